"""A clock that was set back: whatever counts from a moment ahead of it counts from now, and nothing else does."""

from datetime import timedelta

from tests.domain.bodies import START, declared, timeline
from tocsin.domain import kinds as k
from tocsin.domain import moves as m
from tocsin.domain.fold import fold
from tocsin.domain.plan import plan
from tocsin.domain.setback import set_back
from tocsin.domain.timeline import Draft, chain

ROLES = [k.RoleTaken(role=role, person=who) for role, who in (("incident-commander", "linh"), ("dpo", "an"))]
CALLED = k.Paged(role="dpo", person="an", level=0, round=0, routes=("slack",))
HOUR = timedelta(hours=1)


def told(*after: tuple[timedelta, k.Body]):
    """The incident after a declaration and these entries, each at its own moment, by whatever clock."""
    entries = list(timeline(declared()))
    for later, body in after:
        last = entries[-1]
        behind = {"after_seq": last.seq, "after_hash": last.hash, "after_recorded": last.recorded_at}
        draft = Draft(body, at=START + later)
        entries += chain("INC-1", [draft], actor="linh", now=START + later, **behind)
    return fold(entries)


def anew(state, catalog, now) -> list[int]:
    return [move.seconds for move in plan(state, catalog, now).moves if isinstance(move, m.CountAnew)]


def test_what_counts_from_a_moment_ahead_counts_from_now_and_once(catalog):
    before = told(*((timedelta(0), each) for each in ROLES), (HOUR, k.UpdateAsked()))
    now = START - 47 * HOUR
    assert anew(before, catalog, now) == [48 * 3600]
    back = k.ClockSetBack(seconds=48 * 3600)
    after = told(*((timedelta(0), each) for each in ROLES), (HOUR, k.UpdateAsked()), (now - START, back))
    assert anew(after, catalog, now) == []
    held = [each.since for each in after.tenures.values()]
    assert {after.rhythm.since, after.rhythm.asked_at, *held} == {now}


def test_no_deadline_moves_with_a_clock(catalog):
    asleep = (timedelta(days=-20000), k.ClockSetBack(seconds=20000 * 86400))
    assert told(asleep).moments == told().moments


def test_each_time_that_it_is_set_back_is_a_move_of_its_own(catalog):
    first = told((-HOUR, k.ClockSetBack(seconds=3600)))
    keys = {
        move.key
        for state, now in ((told(), START - HOUR), (first, START - 2 * HOUR))
        for move in plan(state, catalog, now).moves
        if isinstance(move, m.CountAnew)
    }
    assert len(keys) == 2


def test_a_ladder_that_began_before_goes_on_and_its_telephone_waits_no_longer(catalog):
    called, now = (2 * HOUR, CALLED), START + HOUR
    assert set_back(told(called), catalog.contacts, now) == HOUR
    after = told(called, (HOUR, k.ClockSetBack(seconds=3600)))
    assert (after.ringing("dpo").since, after.ringing("dpo").seq) == (START, 1)
    assert [page.at for page in after.pages] == [now]


def test_a_clock_that_only_goes_on_sets_nothing_back(catalog):
    state = told((HOUR, ROLES[0]), (2 * HOUR, CALLED))
    assert set_back(state, catalog.contacts, START + 2 * HOUR) is None
