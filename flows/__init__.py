"""When things happen: the flows that Prefect runs and shows. No rules, no SQL, no wording, and nothing remembered here.

Wipe Prefect and no duty, approval or message is lost: every flow reads the incident from our own database and asks the
plan what to do. Parameters hold the incident's key and nothing else.
"""
