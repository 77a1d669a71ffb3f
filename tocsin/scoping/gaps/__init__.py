"""Gaps: what the logs cannot show, one module for each way in which a request may be missing.

Each thing that may be missing becomes a gap with a count and its places, never a guess.
"""
