"""fold: the incident that a timeline tells of."""

from datetime import timedelta

import pytest

from tests.domain.bodies import (
    DUTY,
    OTHER_WORDS,
    START,
    WORDS,
    declared,
    drafted,
    incident,
    learned,
    opened,
    stopped,
    timeline,
)
from tocsin.domain import kinds as k
from tocsin.domain.fold import BrokenTimeline, as_of, evolve, fold
from tocsin.domain.kinds import KINDS
from tocsin.domain.timeline import Draft, chain

LATER = START + timedelta(hours=5)


def test_a_timeline_begins_with_its_declaration():
    with pytest.raises(BrokenTimeline, match="begins with its declaration"):
        fold([])
    with pytest.raises(BrokenTimeline, match="begins with its declaration"):
        fold(timeline()[1:] or timeline(k.Noted(text=WORDS))[1:])


@pytest.mark.parametrize("order", [(0, 2, 1), (0, 1, 1), (0, 2)])
def test_entries_out_of_order_break_the_story(order):
    entries = timeline(k.Noted(text=WORDS), k.StepReminded(step="C1"))
    with pytest.raises(BrokenTimeline, match="cannot follow"):
        fold(entries[place] for place in order)


def test_folding_reads_no_catalog_so_that_an_edited_template_cannot_change_the_past():
    assert (
        incident(declared(type="a-type-nobody-ever-wrote", catalog="gone")).type == "a-type-nobody-ever-wrote"
    )


def test_evolving_step_by_step_gives_what_folding_at_once_gives():
    entries = timeline(
        opened(), learned("risk", "high"), k.StepReminded(step="C1"), k.StatusEntered(status="review")
    )
    grown = fold(entries[:1])
    for entry in entries[1:]:
        grown = evolve(grown, entry)
    assert grown == fold(entries)


def test_as_of_an_hour_is_what_had_been_written_by_then():
    early, late = (
        timeline(k.Noted(text=WORDS)),
        timeline(k.Noted(text=WORDS), learned("risk", "high"), now=LATER),
    )
    entries = [*early, late[2]]
    assert [entry.seq for entry in as_of(entries, START)] == [1, 2]
    assert [entry.seq for entry in as_of(entries, LATER)] == [1, 2, 3]


def test_every_kind_of_entry_has_its_own_name_and_version():
    assert all(body.__name__ == name and body.version == version for (name, version), body in KINDS.items())


def test_a_clock_that_runs_otherwise_warns_anew_and_another_reason_does_not():
    warned = opened(), k.DeadlineWarned(duty=DUTY, percent=75)
    clock = {"key": DUTY, "clock_from": "aware_at", "clock_start": START, "assumed": False}
    same = k.DutyMoved(**clock, due_at=opened().due_at, because=("now it is known",))
    sooner = k.DutyMoved(**clock, due_at=START + timedelta(hours=60), because=())
    assert incident(*warned, same).duties[DUTY].warned == 75
    assert incident(*warned, sooner).duties[DUTY].warned == 0
    assert incident(*warned, sooner).duties[DUTY].clock_seq == 4


def test_an_aim_that_moves_without_a_due_moment_warns_anew_too():
    aim = opened(due_at=None, target_at=START + timedelta(hours=24))
    clock = {"key": DUTY, "clock_from": "aware_at", "clock_start": START, "assumed": False, "because": ()}
    moved = k.DutyMoved(**clock, due_at=None, target_at=START + timedelta(hours=20))
    duty = incident(aim, k.DeadlineWarned(duty=DUTY, percent=50), moved).duties[DUTY]
    assert (duty.target_at, duty.warned) == (START + timedelta(hours=20), 0)


def test_a_duty_met_after_its_moment_is_late_and_one_met_before_is_not():
    early = fold(timeline(opened(), k.DutyMet(key=DUTY)))
    late = fold(timeline(opened(due_at=START - timedelta(hours=1)), k.DutyMet(key=DUTY)))
    assert (early.duties[DUTY].late, late.duties[DUTY].late) == (False, True)


def test_a_sending_that_is_paused_before_the_ledger_is_full_goes_on_with_filling_it():
    leaving = drafted(), k.NoticeReleased(notice="customers", digest="d")
    pause, go_on = k.SendingPaused(notice="customers", because=WORDS), k.SendingResumed(notice="customers")
    filled = k.LedgerFilled(notice="customers", digest="d", rows=3)
    assert incident(*leaving, pause, go_on).notices["customers"].mark == "released"
    assert incident(*leaving, filled, pause, go_on).notices["customers"].mark == "sending"


def test_a_new_draft_has_no_approvals_and_remembers_what_became_of_the_letters_that_left():
    yes = k.NoticeApproved(notice="customers", digest="d", person="an")
    state = incident(drafted(), yes, stopped(), drafted(edition=2)).notices["customers"]
    assert (state.mark, state.approvals, state.edition) == ("in-review", (), 2)
    assert state.counts == {"handed_over": 3}


def test_a_further_batch_does_not_move_the_moment_at_which_people_were_told():
    early = timeline(drafted(), stopped())
    drafts = [Draft(drafted(edition=2)), Draft(stopped())]
    late = chain(
        "INC-1",
        drafts,
        after_seq=early[-1].seq,
        after_hash=early[-1].hash,
        after_recorded=START,
        actor="an",
        now=LATER,
    )
    state = fold([*early, *late]).notices["customers"]
    assert (state.told_at, state.finished_at) == (START, LATER)


def test_letters_settled_by_hand_count_until_the_next_stop_counts_them():
    settled = k.LetterExcluded(notice="customers", person="p", because=WORDS)
    assert incident(drafted(), stopped(), settled).notices["customers"].settled == 1
    assert incident(drafted(), stopped(), settled, stopped()).notices["customers"].settled == 0


def test_a_fact_whose_words_were_destroyed_is_unknown_again():
    texts = learned("measures_taken", {"en": WORDS, "vi": OTHER_WORDS})
    one = k.Redacted(words=WORDS, because=OTHER_WORDS)
    both = k.Redacted(words=OTHER_WORDS, because=OTHER_WORDS)
    assert incident(texts, one).learned["measures_taken"].value == {"vi": OTHER_WORDS}
    assert not incident(texts, one, both).facts.known("measures_taken")
    assert incident(texts, one).facts_seq == 3


def test_redacting_a_note_changes_no_fact():
    before = incident(learned("risk", "high"), k.Noted(text=WORDS))
    after = incident(
        learned("risk", "high"), k.Noted(text=OTHER_WORDS), k.Redacted(words=OTHER_WORDS, because=WORDS)
    )
    assert after.learned == before.learned
    assert after.facts_seq == before.facts_seq


def test_a_closed_file_says_when_and_a_reopened_one_is_open_again():
    closed = incident(k.Closed())
    assert (closed.open, closed.closed_at) == (False, START)
    again = incident(k.Closed(), k.Reopened(because=WORDS))
    assert (again.open, again.closed_at, again.status) == (True, None, "containment")


def test_taking_a_role_answers_for_it():
    taken = incident(k.RoleTaken(role="dpo", person="an"))
    assert taken.holder("dpo") == "an"
    assert "dpo" in taken.answered


def test_a_click_and_a_refusal_change_nothing_but_the_head():
    before = timeline(opened())
    clicks = (
        k.TakenUp(door="slack", deed="ack", subject="dpo"),
        k.Refusal(door="mail", who="an", deed="ack", why="stale"),
    )
    after = fold(
        [
            *before,
            *chain(
                before[0].incident,
                [Draft(each) for each in clicks],
                actor="an",
                now=LATER,
                after_seq=before[-1].seq,
                after_hash=before[-1].hash,
            ),
        ]
    )
    same = {"head_seq", "head_hash", "recorded_at"}
    one, other = (
        {name: value for name, value in vars(each).items() if name not in same}
        for each in (fold(before), after)
    )
    assert one == other
    assert after.head_seq == before[-1].seq + 2
