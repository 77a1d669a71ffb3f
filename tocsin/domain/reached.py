"""How many people letters reached by which way, as far as they left, or somebody said so. Pure."""

from collections.abc import Iterable

from tocsin.domain.incident import Incident, NoticeState
from tocsin.domain.letters import LetterPlan
from tocsin.domain.ways import WAYS


def ways_of(incident: Incident, letters: Iterable[LetterPlan], duty: str) -> dict[str, int]:
    """How many people the letters that this duty wants reached by which way, as far as they left."""
    bound = (incident.notices.get(letter.id) for letter in letters if duty in letter.duties)
    return all_ways(state for state in bound if state)


def all_ways(states: Iterable[NoticeState]) -> dict[str, int]:
    """How many people these letters reached by which way. Who has another letter of ours is counted there."""
    found: dict[str, int] = {}
    for state in states:
        for way, count in state.ways.items():
            found[way] = found.get(way, 0) + count
    return {way: found[way] for way in WAYS if found.get(way) and way != "other-letter"}
