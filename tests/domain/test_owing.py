"""What is late asks for its reasons where the law does, until somebody has said them."""

from datetime import timedelta

from tests.domain.bodies import DUTY, START, WORDS, incident, learned, opened
from tocsin.domain import kinds as k
from tocsin.domain.incident import Incident
from tocsin.domain.owing import owes_reasons

LATE = opened(reasons_when_late=True, due_at=START - timedelta(hours=1))


def owes(state: Incident) -> bool:
    return owes_reasons(state, state.duties[DUTY], START)


def test_people_who_were_told_late_by_letters_leave_the_reasons_owed() -> None:
    assert owes(incident(LATE))
    assert owes(incident(LATE, k.DutyMet(key=DUTY)))
    assert not owes(incident(LATE, k.DutyMet(key=DUTY, late_because=WORDS)))
    assert not owes(incident(LATE, k.DutyMet(key=DUTY), learned("reasons_for_delay", {"en": WORDS})))


def test_no_reasons_are_owed_for_what_is_in_time_not_owed_or_of_a_law_that_asks_none() -> None:
    assert not owes(incident(opened(reasons_when_late=True)))
    assert not owes(incident(LATE, k.DutyReleased(key=DUTY, because=WORDS)))
    assert not owes(incident(opened(due_at=START - timedelta(hours=1)), k.DutyMet(key=DUTY)))
    assert not owes(incident(LATE, k.Declined(because=WORDS)))
