"""What may be an incident waits: it is no incident before a person says so, and then it is one like any other."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.domain.bodies import WORDS
from tocsin.domain import kinds as k
from tocsin.domain.catalog import Catalog
from tocsin.domain.escalation import calls_due, next_calls, unanswered
from tocsin.domain.fold import fold
from tocsin.domain.incident import Incident
from tocsin.domain.owing import assessment
from tocsin.domain.plan import plan
from tocsin.domain.timeline import Draft, chain

START = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
#: A message lay in the mailbox for so long before it was taken in.
LAY = timedelta(hours=5)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def opened(**change) -> k.TriageOpened:
    body = {
        "code_name": "Teal Wren",
        "title": WORDS,
        "type": "unclassified",
        "severity": "sev1",
        "catalog": "c",
    }
    return k.TriageOpened(**body | change)


def confirmed(**change) -> k.Confirmed:
    return k.Confirmed(**{"type": "credential-leak", "severity": "sev2"} | change)


def told(*parts: tuple[timedelta, k.Body], received: datetime = START) -> Incident:
    """The incident after these bodies, each so long after its opening."""
    first, *later = parts
    entries = chain("INC-1", [Draft(first[1], at=received)], actor="intake", now=START)
    for span, body in later:
        head = entries[-1]
        entries += chain(
            "INC-1", [Draft(body)], actor="linh", now=START + span,
            after_seq=head.seq, after_hash=head.hash, after_recorded=head.recorded_at,
        )  # fmt: skip
    return fold(entries)


def called(incident: Incident, catalog: Catalog, at: datetime) -> list[tuple[str, str]]:
    return [(call.role, call.person) for call in calls_due(incident, catalog.contacts, at)]


NOW = timedelta(0)


def test_what_waits_is_no_incident_and_is_one_from_its_confirmation_on():
    waits = told((NOW, opened()))
    assert (waits.status, waits.open, waits.declared, waits.reported_at) == ("triage", True, False, None)
    found = told((NOW, opened()), (minutes(30), confirmed()))
    assert (found.status, found.declared, found.type, found.severity) == (
        "declared",
        True,
        "credential-leak",
        "sev2",
    )
    assert (found.declared_at, found.declared_by) == (START + minutes(30), "linh")
    assert (found.opened_at, found.opened_by, found.reported_at) == (START, "intake", START)
    assert found.moments["declared_at"] == START + minutes(30)


@pytest.mark.parametrize("hours", [0, 1, 100])
def test_no_duty_opens_and_no_step_is_due_before_that(catalog, hours):
    found = plan(told((NOW, opened(urgent=True))), catalog, START + timedelta(hours=hours))
    assert {move.kind for move in found.moves} == {"page"}
    assert found.waiting_for == "triage: an incident or not"


def test_what_is_not_urgent_is_told_once_to_whoever_is_on_call(catalog):
    waits = told((NOW, opened()))
    assert called(waits, catalog, START) == [("triage", "linh")]
    told_once = told(
        (NOW, opened()), (NOW, k.Paged(role="triage", person="linh", level=0, round=0, routes=("slack",)))
    )
    for later in (minutes(1), minutes(600), timedelta(days=20)):
        assert called(told_once, catalog, START + later) == []
    assert next_calls(told_once, catalog.contacts, START) == []
    assert plan(told_once, catalog, START).wake_at is None


def test_what_is_urgent_climbs_until_somebody_answers(catalog):
    waits = told((NOW, opened(urgent=True)))
    rungs = {0: ["linh"], 10: ["minh"], 20: ["linh", "minh", "an"], 30: ["linh"]}
    assert {at: [who for _, who in called(waits, catalog, START + minutes(at))] for at in rungs} == rungs
    assert plan(waits, catalog, START).wake_at == START + minutes(10)
    answered = told((NOW, opened(urgent=True)), (minutes(3), k.Acknowledged(role="triage", person="linh")))
    assert called(answered, catalog, START + minutes(60)) == []


def test_who_looked_at_it_has_answered_for_no_role_of_the_incident(catalog):
    found = told(
        (NOW, opened(urgent=True)),
        (minutes(3), k.Acknowledged(role="triage", person="linh")),
        (minutes(30), confirmed(severity="sev1")),
    )
    assert unanswered(found, catalog.contacts) == ["incident-commander", "dpo"]
    # From the first rung of each, and not from where half an hour has led.
    assert called(found, catalog, START + minutes(30)) == [("incident-commander", "linh"), ("dpo", "an")]


def test_what_is_quiet_calls_nobody_until_a_message_makes_it_urgent(catalog):
    quiet = told((NOW, opened(quiet=True)))
    assert called(quiet, catalog, START) == []
    urgent = told((NOW, opened(quiet=True)), (minutes(90), k.MessageReceived(item="E1", urgent=True)))
    assert called(urgent, catalog, START + minutes(90)) == [("triage", "linh")]


def test_an_urgent_message_begins_the_ladder_and_one_that_is_held_back_does_not(catalog):
    first = (NOW, k.Paged(role="triage", person="linh", level=0, round=0, routes=("slack",)))
    urgent = told((NOW, opened()), first, (minutes(40), k.MessageReceived(item="E1", urgent=True)))
    assert called(urgent, catalog, START + minutes(40)) == [("triage", "linh")]
    assert called(urgent, catalog, START + minutes(50)) == [("triage", "minh")]
    held = k.MessageReceived(item="E1", urgent=True, held_back="flood")
    assert not told((NOW, opened()), first, (minutes(40), held)).urgent


def clocks(incident: Incident, catalog: Catalog) -> dict[str, tuple[str, datetime | None, bool]]:
    return {
        duty.rule: (duty.clock_from, duty.clock_start, duty.assumed)
        for duty in assessment(incident, catalog).duties
    }


def test_clocks_are_assumed_from_the_reception_however_late_it_is_confirmed(catalog):
    received = START - LAY
    found = told((NOW, opened(source="message")), (timedelta(days=2), confirmed()), received=received)
    assert clocks(found, catalog)["customers"] == ("reported_at", received, True)


def test_a_moment_that_was_stated_later_than_the_reception_moves_no_assumed_clock(catalog):
    suspected = k.FactLearned(name="suspected_at", value=(START + minutes(20)).isoformat(), source=WORDS)
    found = told((NOW, opened()), (minutes(30), confirmed()), (minutes(31), suspected))
    assert {start for _, start, assumed in clocks(found, catalog).values() if assumed} == {START}
    aware = k.FactLearned(name="aware_at", value=(START + minutes(25)).isoformat(), source=WORDS)
    found = told((NOW, opened()), (minutes(30), confirmed()), (minutes(31), aware))
    # What a person states counts for the clock that runs from it.
    assert clocks(found, catalog)["customers"][1] == START + minutes(25)


def test_what_was_declined_in_triage_has_no_milestone_and_waits_there_again_when_it_is_reopened(catalog):
    declined = told((NOW, opened()), (minutes(5), k.Declined(because=WORDS)))
    assert (declined.status, declined.open, declined.declared) == ("declined", False, False)
    assert plan(declined, catalog, START + minutes(6)).moves == ()
    again = told(
        (NOW, opened()), (minutes(5), k.Declined(because=WORDS)), (minutes(9), k.Reopened(because=WORDS))
    )
    assert again.status == "triage"


def test_its_confirmation_is_no_second_milestone(catalog):
    found = told((NOW, opened()), (minutes(30), confirmed()))
    assert "publish" not in {move.kind for move in plan(found, catalog, START + minutes(31)).moves}
