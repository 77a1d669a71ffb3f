"""Tests of the room `drill`."""
