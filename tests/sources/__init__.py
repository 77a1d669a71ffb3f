"""Tests of the room `sources`."""
