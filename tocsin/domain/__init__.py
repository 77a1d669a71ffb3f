"""The heart: what an incident is, and what to do next. Pure: no clock, no disk, no network."""
