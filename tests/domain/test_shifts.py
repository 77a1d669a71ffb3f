"""A shift that ends while somebody on call holds a role. Sample rota: linh, from Monday 30 November 10:00 on minh."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.domain.bodies import declared, timeline
from tocsin.domain import kinds as k
from tocsin.domain import moves as m
from tocsin.domain.fold import fold
from tocsin.domain.plan import plan
from tocsin.domain.rota import Override
from tocsin.domain.timeline import Draft, chain

#: Monday 30 November, 10:00 in Ho Chi Minh City.
CHANGE = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
BEFORE = CHANGE - timedelta(hours=2)


@pytest.fixture
def primary_only(catalog):
    """The shipped contacts, where the commander is called by the primary rotation alone."""
    ladders = tuple(
        ladder.model_copy(update={"levels": ladder.levels[:1]})
        if ladder.role == "incident-commander"
        else ladder
        for ladder in catalog.contacts.ladders
    )
    return replace(catalog, contacts=catalog.contacts.model_copy(update={"ladders": ladders}))


def held(*bodies: k.Body, by: str = "linh", at: datetime = BEFORE, first=None):
    entries = list(timeline(first or declared(), now=at))
    taken = (k.RoleTaken(role="incident-commander", person=by), k.RoleTaken(role="dpo", person="an"))
    for body in (*taken, *bodies):
        last = entries[-1]
        behind = {"after_seq": last.seq, "after_hash": last.hash, "after_recorded": last.recorded_at}
        now = CHANGE if isinstance(body, k.HandOverAsked) else at
        entries += chain("INC-1", [Draft(body)], actor="engine", now=now, **behind)
    return fold(entries)


def asked(state, catalog, moment: datetime) -> list[tuple[str, str, str]]:
    moves = (move for move in plan(state, catalog, moment).moves if isinstance(move, m.AskHandOver))
    return [(move.role, move.holder, move.to) for move in moves]


ASKED = k.HandOverAsked(role="incident-commander", holder="linh", to="minh")


def test_at_the_end_of_the_shift_who_comes_on_is_asked_to_take_over(primary_only):
    state = held()
    assert asked(state, primary_only, CHANGE - timedelta(seconds=1)) == []
    assert asked(state, primary_only, CHANGE) == [("incident-commander", "linh", "minh")]


def test_it_is_asked_once_for_each_shift(primary_only):
    state = held(ASKED)
    assert asked(state, primary_only, CHANGE + timedelta(days=6)) == []


def test_who_goes_down_the_ladder_is_relieved_and_who_goes_up_goes_on(catalog):
    # Primary and secondary change places: linh was called first and is now called second.
    assert asked(held(), catalog, CHANGE) == [("incident-commander", "linh", "minh")]
    assert asked(held(by="minh"), catalog, CHANGE) == []


def test_who_took_a_role_without_being_on_call_is_not_asked_at_the_end_of_a_shift_of_others(primary_only):
    assert asked(held(by="minh", at=BEFORE), primary_only, CHANGE - timedelta(minutes=1)) == []
    assert asked(held(by="dung"), primary_only, CHANGE) == []


def test_after_the_role_was_handed_over_nobody_is_asked(primary_only):
    handed = k.RoleTaken(role="incident-commander", person="minh", handed_by="linh")
    assert asked(held(ASKED, handed), primary_only, CHANGE + timedelta(days=1)) == []


def test_what_ended_while_everything_was_dead_is_weighed_against_now(primary_only):
    # Two changes later linh is on call again: there is nothing to hand over.
    assert asked(held(), primary_only, CHANGE + timedelta(days=7, hours=1)) == []
    assert asked(held(), primary_only, CHANGE + timedelta(days=6)) == [("incident-commander", "linh", "minh")]


def test_an_override_ends_a_shift_too(primary_only):
    contacts = primary_only.contacts
    away = Override(start=CHANGE - timedelta(hours=1), end=CHANGE, person="minh")
    rotations = tuple(each.model_copy(update={"overrides": (away,)}) for each in contacts.rotations)
    changed = replace(primary_only, contacts=contacts.model_copy(update={"rotations": rotations}))
    assert asked(held(), changed, away.start) == [("incident-commander", "linh", "minh")]


def test_somebody_who_must_not_learn_of_it_is_not_asked(primary_only):
    state = held(first=declared(excluded=("minh",)))
    assert asked(state, primary_only, CHANGE) == []


def test_the_plan_wakes_at_the_end_of_the_shift(primary_only):
    state = held()
    silent = replace(primary_only, contacts=primary_only.contacts.model_copy(update={"updates": ()}))
    wakes, moment = set(), BEFORE
    while moment is not None and moment < CHANGE:
        moment = plan(state, silent, moment).wake_at
        wakes.add(moment)
    assert CHANGE in wakes


def test_a_closed_file_has_no_shifts(primary_only):
    assert asked(held(k.Closed()), primary_only, CHANGE) == []


def test_who_looked_at_it_in_triage_has_nothing_to_hand_over(catalog):
    looked = k.RoleTaken(role="triage", person="linh")
    assert [role for role, _, _ in asked(held(looked), catalog, CHANGE)] == ["incident-commander"]
