"""Tests of the room `domain/law`, and the properties of the whole library."""
