"""Tests of the room `channels`."""
