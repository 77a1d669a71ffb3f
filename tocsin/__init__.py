"""Tocsin, an alarm bell: a breach incident-response workflow engine."""
