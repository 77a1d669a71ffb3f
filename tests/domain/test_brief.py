"""What somebody who comes in fresh must know: what is done, the next three of everything, and who was asked."""

from datetime import timedelta

from tests.domain.bodies import DUTY, START, WORDS, drafted, incident, opened
from tocsin.domain import kinds as k
from tocsin.domain.brief import NAMED, next_deadlines, open_steps, standing

ANSWERED = (k.RoleTaken(role="incident-commander", person="linh"), k.RoleTaken(role="dpo", person="an"))
DONE = (k.StepDone(step="C2"), k.StepDone(step="C1"))


def test_what_was_done_last_is_told_apart_from_what_was_done_before(catalog):
    found = standing(incident(*ANSWERED, *DONE), catalog, START)
    assert found.last_done is not None
    assert (found.done, found.last_done.id) == (2, "C1")
    assert standing(incident(), catalog, START).last_done is None


def test_the_next_three_steps_can_be_done_now_and_the_soonest_due_comes_first(catalog):
    state = incident(*ANSWERED, *DONE)
    found = standing(state, catalog, START)
    assert len(found.steps) == NAMED
    ready = [step.id for step in open_steps(state, catalog)]
    assert [step.id for step in found.steps] == ready[:NAMED]
    assert not {"C1", "C2"} & set(ready)
    type_ = catalog.type(state.type)
    waiting = {step.id for step in type_.steps if any(each not in state.steps for each in step.depends_on)}
    assert not waiting & set(ready)


def test_deadlines_are_those_that_still_run_the_soonest_first():
    later = opened(key="a/b/c/d", due_at=START + timedelta(hours=90))
    undated = opened(key="e/f/g/h", due_at=None)
    met = opened(key="i/j/k/l")
    state = incident(later, opened(), undated, met, k.DutyMet(key="i/j/k/l"))
    assert [duty.opened.key for duty in next_deadlines(state)] == [DUTY, "a/b/c/d"]


def test_what_was_asked_and_is_not_answered_is_told(catalog):
    found = standing(incident(), catalog, START)
    assert (found.silent, found.letters, found.update) == (("incident-commander", "dpo"), (), False)
    review = standing(incident(*ANSWERED, drafted()), catalog, START + timedelta(minutes=31))
    assert (review.silent, review.letters, review.update) == ((), ("customers",), True)


def test_a_status_update_that_was_skipped_is_not_asked_for(catalog):
    state = incident(*ANSWERED, k.UpdateSkipped(because=WORDS))
    assert standing(state, catalog, START + timedelta(minutes=29)).update is False


def test_no_step_is_open_before_somebody_has_said_that_it_is_an_incident(catalog):
    assert open_steps(incident(k.StatusEntered(status="triage")), catalog) == []
