"""How people name an incident: by its whole key, INC-2026-0007, or by its number alone."""

import re

REFERENCE = re.compile(r"(?:INC-(?P<year>\d{4})-)?(?P<number>\d{1,9})", re.ASCII | re.IGNORECASE)


def names_incident(word: str) -> bool:
    """Whether a word has the form of an incident's key or number."""
    return REFERENCE.fullmatch(word) is not None
