"""Sinks: a mail server and a Slack workspace on loopback that keep what they are given, and misbehave on request.

Only drills, `up --demo` and tests open them. They listen on 127.0.0.1 and nowhere else, and nobody is ever "reached"
by a sink. This room touches sockets on this machine and one folder or file that the caller names.
"""
