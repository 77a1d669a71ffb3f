"""The web door: pages behind the links of our mails, and the page of an incident for those who are signed in.

Nothing is decided here: pages call actions and read views. Every page works without a script, on a phone, at night.
"""
