"""Tests of the room `scoping`."""
