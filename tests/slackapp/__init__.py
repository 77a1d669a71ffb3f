"""Tests of the Slack app, against a workspace on loopback."""
