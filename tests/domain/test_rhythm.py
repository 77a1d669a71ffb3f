"""The rhythm of status updates: sev1 every 30 minutes, every 4 hours once contained; sev4 never."""

from datetime import timedelta

import pytest

from tests.domain.bodies import START, WORDS, declared, incident, timeline
from tests.domain.test_triage import confirmed, opened
from tests.domain.test_triage import told as waited
from tocsin.domain import kinds as k
from tocsin.domain import moves as m
from tocsin.domain.cadence import Cadence, Stakeholder
from tocsin.domain.fold import fold
from tocsin.domain.plan import plan
from tocsin.domain.rhythm import next_update, readers
from tocsin.domain.timeline import Draft, chain

ANSWERED = (k.RoleTaken(role="incident-commander", person="linh"), k.RoleTaken(role="dpo", person="an"))
TOLD = k.StatusUpdated(conditions=WORDS, actions=WORDS, needs=WORDS, to=("bao",))


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def at(*told: tuple[float, k.Body], first: k.Declared | None = None):
    """The incident after these entries, each so many minutes after the declaration."""
    entries = list(timeline(first or declared(), *ANSWERED))
    for minute, body in told:
        last = entries[-1]
        behind = {"after_seq": last.seq, "after_hash": last.hash, "after_recorded": last.recorded_at}
        entries += chain("INC-1", [Draft(body)], actor="linh", now=START + minutes(minute), **behind)
    return fold(entries)


def asked(state, catalog, minute: float) -> list[int]:
    """How many were missed, for each question that is due at this minute."""
    found = plan(state, catalog, START + minutes(minute))
    return [move.missed for move in found.moves if isinstance(move, m.AskUpdate)]


def test_an_update_is_asked_for_when_a_period_has_passed_and_not_before(catalog):
    assert (asked(at(), catalog, 29.9), asked(at(), catalog, 30)) == ([], [0])


def test_it_is_asked_for_once_a_period_with_how_many_were_missed(catalog):
    state = at((30, k.UpdateAsked()))
    assert [asked(state, catalog, minute) for minute in (30, 59.9, 60, 90)] == [[], [], [1], [2]]


def test_after_a_night_in_which_everything_was_dead_one_is_asked_for_not_all_that_were_missed(catalog):
    assert asked(at(), catalog, 8 * 60 + 5) == [15]


@pytest.mark.parametrize("beat", [TOLD, k.UpdateSkipped(because=WORDS)])
def test_an_update_or_a_reason_to_skip_it_begins_the_next_period(catalog, beat):
    state = at((30, k.UpdateAsked()), (40, beat))
    assert [asked(state, catalog, minute) for minute in (40, 60, 69.9, 70)] == [[], [], [], [0]]


def test_each_question_has_a_key_of_its_own(catalog):
    states = at(), at((30, k.UpdateAsked())), at((30, k.UpdateAsked()), (60, k.UpdateAsked(missed=1)))
    keys = {
        move.key
        for number, state in enumerate(states, 1)
        for move in plan(state, catalog, START + minutes(30 * number)).moves
        if isinstance(move, m.AskUpdate)
    }
    assert len(keys) == 3


def test_another_severity_has_another_rhythm_that_begins_with_it(catalog):
    calmer = at((20, k.Reclassified(field="severity", value="sev2", because=WORDS)))
    assert [asked(calmer, catalog, minute) for minute in (30, 79.9, 80)] == [[], [], [0]]
    silent = at((20, k.Reclassified(field="severity", value="sev4", because=WORDS)))
    assert asked(silent, catalog, 10_000) == []
    assert next_update(silent, catalog.contacts, START) is None


def test_what_had_no_rhythm_missed_nothing_when_it_gets_one(catalog):
    first = declared(severity="sev4")
    state = at((300, k.Reclassified(field="severity", value="sev1", because=WORDS)), first=first)
    assert [asked(state, catalog, minute) for minute in (300, 330)] == [[], [0]]


def test_once_contained_the_slower_rhythm_counts(catalog):
    state = at((10, TOLD), (20, k.StatusEntered(status="eradication")))
    assert [asked(state, catalog, minute) for minute in (40, 249.9, 250)] == [[], [], [0]]


@pytest.mark.parametrize("body", [k.StatusEntered(status="review"), k.Closed(), k.Declined(because=WORDS)])
def test_nobody_waits_for_news_of_what_is_over(catalog, body):
    assert asked(at((5, body)), catalog, 10_000) == []


def test_nobody_waits_for_news_of_what_is_not_an_incident_yet(catalog):
    assert asked(at((0, k.StatusEntered(status="triage"))), catalog, 10_000) == []


def test_what_waited_in_triage_begins_to_count_with_its_declaration(catalog):
    state = waited((minutes(0), opened()), (minutes(500), confirmed(severity="sev1")), received=START)
    assert [asked(state, catalog, minute) for minute in (500, 529.9, 530)] == [[], [], [0]]


def test_a_file_that_is_opened_again_begins_to_count_anew(catalog):
    state = at((5, k.Closed()), (600, k.Reopened(because=WORDS)))
    assert [asked(state, catalog, minute) for minute in (600, 629.9, 630)] == [[], [], [0]]


def test_the_plan_wakes_for_the_next_update(catalog):
    state = at((31, TOLD), (32, k.StatusEntered(status="eradication")))
    found = next_update(state, catalog.contacts, START + minutes(32))
    assert found is not None
    assert found.asks_at == START + minutes(31 + 240)
    assert plan(state, catalog, START + minutes(32)).wake_at <= found.asks_at


def test_a_clock_that_was_set_back_asks_for_nothing(catalog):
    assert asked(at((30, k.UpdateAsked())), catalog, -600) == []


def test_the_fold_keeps_who_was_told_and_by_whom():
    rhythm = at((30, k.UpdateAsked()), (31, TOLD), (50, k.UpdateSkipped(because=WORDS))).rhythm
    assert (rhythm.told_at, rhythm.told_by, rhythm.readers) == (START + minutes(31), "linh", ("bao",))
    assert (rhythm.since, rhythm.asked_at) == (START + minutes(50), None)


def test_a_severity_without_minutes_has_none_and_a_contained_one_falls_back(catalog):
    assert Cadence(id="sev1").minutes("containment") is None
    assert Cadence(id="sev1", every_minutes=30).minutes("stable") == 30
    assert Cadence(id="sev1", contained_minutes=60).minutes("stable") is None


def test_stakeholders_are_found_as_a_ladder_finds_whom_it_calls_and_each_once(catalog):
    named = (Stakeholder(id="a", role="accountable-officer"), Stakeholder(id="b", person="bao"))
    shift = Stakeholder(id="c", rotation="primary")
    contacts = catalog.contacts.model_copy(update={"stakeholders": (*named, shift)})
    assert readers(contacts, START) == ("bao", "linh")
    assert readers(contacts.model_copy(update={"stakeholders": ()}), START) == ()


def test_an_unanswered_incident_is_asked_about_too(catalog):
    found = plan(incident(), catalog, START + minutes(30))
    assert [move.missed for move in found.moves if isinstance(move, m.AskUpdate)] == [0]
