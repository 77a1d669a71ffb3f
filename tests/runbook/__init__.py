"""The desk at which RUNBOOK.md is played, and what happens there between its blocks."""
