"""Who is called, when, until whom answers. Sample ladders: commander 0-5-10-15 min, again after 20; DPO 0-15-30-45."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain import kinds as k
from tocsin.domain.catalog import Catalog
from tocsin.domain.escalation import calls_due, next_call_at, next_calls, rung_at, unanswered
from tocsin.domain.fold import evolve, fold
from tocsin.domain.incident import Incident
from tocsin.domain.timeline import Draft, chain

START = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
WORDS = "words:" + "a" * 64


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def declared(**change) -> Incident:
    body = {
        "code_name": "Teal Wren",
        "title": WORDS,
        "type": "unclassified",
        "severity": "sev1",
        "catalog": "c",
    }
    return fold(chain("INC-1", [Draft(k.Declared(**body | change))], actor="an", now=START))


def after(incident: Incident, *bodies: k.Body, at: datetime = START) -> Incident:
    entries = chain(
        incident.key,
        [Draft(body) for body in bodies],
        actor="engine",
        now=at,
        after_seq=incident.head_seq,
        after_hash=incident.head_hash,
        after_recorded=incident.recorded_at,
    )
    for entry in entries:
        incident = evolve(incident, entry)
    return incident


def called(incident: Incident, catalog: Catalog, at: datetime, role: str | None = None) -> list[str]:
    return [call.person for call in calls_due(incident, catalog.contacts, at) if role in (None, call.role)]


def make_calls(incident: Incident, catalog: Catalog, at: datetime) -> Incident:
    bodies = [
        k.Paged(role=call.role, person=call.person, level=call.level, round=call.round, routes=("slack",))
        for call in calls_due(incident, catalog.contacts, at)
    ]
    return after(incident, *bodies, at=at)


def test_the_first_rung_calls_at_once_and_each_role_for_itself(catalog):
    assert [(c.role, c.person) for c in calls_due(declared(), catalog.contacts, START)] == [
        ("incident-commander", "linh"),
        ("dpo", "an"),
    ]


def test_a_call_that_was_made_is_not_made_again_on_the_same_rung(catalog):
    incident = make_calls(declared(), catalog, START)
    assert called(incident, catalog, START + minutes(4.9)) == []
    assert called(incident, catalog, START + minutes(5)) == ["minh"]


@pytest.mark.parametrize(
    ("minute", "people"),
    [
        (0, ["linh"]),
        (5, ["minh"]),
        (10, ["linh", "minh", "dung"]),
        (15, ["bao"]),
        (20, ["linh"]),
        (35, ["bao"]),
    ],
)
def test_only_the_rung_on_which_the_ladder_stands_calls_and_rounds_come_again(catalog, minute, people):
    assert called(declared(), catalog, START + minutes(minute), "incident-commander") == people


def test_the_second_round_is_another_call_of_the_same_person(catalog):
    incident = make_calls(declared(), catalog, START)
    (again,) = (c for c in calls_due(incident, catalog.contacts, START + minutes(20)) if c.person == "linh")
    assert (again.round, again.level) == (1, 0)


def test_an_answer_for_one_role_never_silences_another(catalog):
    incident = after(declared(), k.Acknowledged(role="incident-commander", person="linh"))
    assert unanswered(incident, catalog.contacts) == ["dpo"]
    assert called(incident, catalog, START + minutes(20)) == ["an", "chi"]


def test_what_fell_due_while_all_was_dead_is_weighed_against_now_and_not_replayed(catalog):
    week = START + timedelta(days=7, minutes=3)
    people = called(declared(), catalog, week, "incident-commander")
    assert len(people) == len(set(people)) <= 3


def test_somebody_excluded_is_never_called_and_the_next_rung_is_called_at_once(catalog):
    incident = declared(excluded=("linh",))
    assert called(incident, catalog, START, "incident-commander") == ["minh"]
    for minute in range(0, 60, 5):
        assert "linh" not in called(incident, catalog, START + minutes(minute))


def test_a_clock_that_steps_back_behind_the_declaration_stands_on_the_first_rung(catalog):
    incident = make_calls(declared(), catalog, START)
    assert called(incident, catalog, START - timedelta(hours=3)) == []
    assert next_call_at(incident, catalog.contacts, START - timedelta(hours=3)) == START + minutes(5)


def test_another_severity_starts_its_ladder_from_the_first_rung(catalog):
    incident = make_calls(declared(severity="sev5"), catalog, START)
    change = k.Reclassified(field="severity", value="sev1", because=WORDS)
    later = START + timedelta(hours=10, minutes=7)
    incident = after(incident, change, at=later)
    assert called(incident, catalog, later, "incident-commander") == ["linh"]
    assert called(incident, catalog, later + minutes(5), "incident-commander") == ["minh"]


def test_a_call_that_somebody_asked_for_stands_in_for_no_rung(catalog):
    asked = k.Paged(
        role="incident-commander", person="linh", level=0, round=0, routes=("slack",), asked_by="an"
    )
    assert called(after(declared(), asked), catalog, START, "incident-commander") == ["linh"]


@given(st.timedeltas(timedelta(0), timedelta(days=9)))
def test_a_rung_holds_now_and_ends_later(catalog, elapsed):
    for ladder in catalog.contacts.ladders:
        rung = rung_at(ladder, START, START + elapsed)
        assert rung.until > START + elapsed
        just_before = rung_at(ladder, START, rung.until - timedelta(microseconds=1))
        assert (just_before.round, just_before.level) == (rung.round, rung.level)


@given(st.lists(st.timedeltas(timedelta(0), timedelta(hours=3)), max_size=12))
def test_no_call_is_ever_made_twice_whenever_somebody_looks(catalog, looks):
    incident, now = declared(), START
    for look in looks:
        now += look
        incident = make_calls(incident, catalog, now)
    made = [(page.role, page.person, page.round, page.level) for page in incident.pages]
    assert len(made) == len(set(made))


def test_the_next_call_is_the_one_that_the_ladder_then_makes(catalog):
    contacts = catalog.contacts
    for excluded in ((), ("minh",), ("linh", "minh")):
        for severity in ("sev1", "sev3"):
            state = declared(excluded=excluded, severity=severity)
            for call in next_calls(state, contacts, START):
                made = [c.person for c in calls_due(state, contacts, call.at) if c.role == call.role]
                assert list(call.people) == made, (excluded, severity, call)
