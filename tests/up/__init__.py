"""Tests of the room `up`."""
