"""Slack as a place to work: the door by which clicks, commands, modals, emojis and files come in.

What comes in is guarded, kept in the database, acknowledged within Slack's three seconds, and worked off after that by
a few hands, through the same actions as at the shell. Nothing is decided here. What leaves here names no customer:
it is counts, clocks and codes (docs.slack.dev, apps: Slack is one more processor).
"""
