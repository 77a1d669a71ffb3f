"""The law: how a statute is written down, and what it says to the facts of an incident.

A room of the heart that knows of no incident, no letter and no plan: it takes facts and a company and gives duties.
Enter by `regime.assess`. How a pack is written is in `rules`, `terms` and `criteria`; how it is held against the facts
in `conditions`, `verdicts`, `validity`, `running` and `clock`; how two texts are compared in `amending`.
"""
