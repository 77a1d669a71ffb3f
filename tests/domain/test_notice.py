"""The letter: what makes a draft stale, what voids an approval, what meets the duty. On the shipped catalog."""

from dataclasses import replace

import pytest

from tests.domain.bodies import DUTY, OTHER_WORDS, WORDS, drafted, incident, learned, opened, stopped
from tocsin.domain import kinds as k
from tocsin.domain import moves as m
from tocsin.domain.approving import approvals_needed, approved_enough, standing
from tocsin.domain.facts import FACTS
from tocsin.domain.further import FACT_OF
from tocsin.domain.incident import Incident
from tocsin.domain.notice import (
    CUSTOMERS,
    PRINTED_FACTS,
    is_stale,
    text_inputs,
)
from tocsin.domain.telling import awaited, notice_moves

NEEDED = (learned("measures_taken", {"en": WORDS}), learned("advice_to_people", {"en": WORDS}))


def scope(revision: int = 1, *, total: int = 3, added: int = 3) -> k.ScopeMeasured:
    return k.ScopeMeasured(
        revision=revision, question="q", set_digest=f"s{revision}", rows_digest="r", total=total,
        by_place={"VN": total}, by_kind={}, buckets={"confirmed": total}, cells=(), added=added,
    )  # fmt: skip


@pytest.fixture
def before(catalog):
    """Bodies up to a draft of the letter as the facts have it."""
    bodies = (opened(), scope(), *NEEDED)
    return (*bodies, drafted(inputs=text_inputs(incident(*bodies), catalog), recipients_digest="s1"))


def yes(person: str) -> k.NoticeApproved:
    return k.NoticeApproved(notice=CUSTOMERS, digest="d" * 64, person=person)


RELEASED = k.NoticeReleased(notice=CUSTOMERS, digest="d" * 64)
FILLED = k.LedgerFilled(notice=CUSTOMERS, digest="d" * 64, rows=3)


def kinds(state: Incident, catalog) -> list[str]:
    return [move.kind for move in notice_moves(state, catalog)]


def test_a_draft_wants_people_words_and_a_duty_to_tell_them(catalog):
    assert kinds(incident(opened(), scope(), *NEEDED), catalog) == ["draft"]
    assert kinds(incident(opened(), *NEEDED), catalog) == []
    assert kinds(incident(opened(), scope(), NEEDED[0]), catalog) == []
    assert kinds(incident(opened(), scope(total=0), *NEEDED), catalog) == []
    assert kinds(incident(scope(), *NEEDED), catalog) == []
    assert kinds(incident(opened(), scope(), *NEEDED, learned("measures_taken", None)), catalog) == []


def test_a_fresh_draft_asks_for_approval_once(before, catalog):
    assert kinds(incident(*before), catalog) == ["ask-approval"]
    asked = k.ApprovalAsked(notice=CUSTOMERS, digest="d" * 64, roles=("dpo",))
    assert kinds(incident(*before, asked), catalog) == []


def other(name: str) -> object:
    """A value that the fact does not have yet."""
    kind = FACTS[name].type
    return (
        "2026-11-23T18:00:00+00:00" if kind == "moment" else True if kind == "bool" else {"en": OTHER_WORDS}
    )


@pytest.mark.parametrize("name", [name for name in PRINTED_FACTS if name not in FACT_OF.values()])
def test_every_fact_that_the_letter_prints_voids_its_approval(before, catalog, name):
    state = incident(*before, yes("an"), yes("chi"), learned(name, other(name)))
    (void,) = notice_moves(state, catalog)
    assert isinstance(void, m.VoidNotice)
    assert void.because == (f"{name} changed (entry 9)",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("letter_correction", {"en": WORDS}),
        ("letter_addition", {"en": WORDS}),
        ("risk", "high"),
        ("root_cause", {"en": WORDS}),
        ("log_coverage", "none"),
        ("groups", ["customers"]),
    ],
)
def test_a_fact_that_the_letter_does_not_print_leaves_an_approval_alone(before, catalog, name, value):
    assert kinds(incident(*before, yes("an"), yes("chi"), learned(name, value)), catalog) == []


def test_a_moment_behind_one_that_was_decided_leaves_an_approval_alone(catalog):
    decided = learned("violation_found_at", "2026-11-23T19:00:00+00:00")
    bodies = (opened(), scope(), *NEEDED, decided, learned("violation", "breach"))
    draft = drafted(inputs=text_inputs(incident(*bodies), catalog), recipients_digest="s1")
    approved = (*bodies, draft, yes("an"), yes("chi"))
    for name in ("detected_at", "aware_at"):
        assert kinds(incident(*approved, learned(name, other(name))), catalog) == []
    (void,) = notice_moves(incident(*approved, learned("violation_found_at", other(name))), catalog)
    assert isinstance(void, m.VoidNotice)
    assert void.because == ("violation_found_at changed (entry 11)",)


def test_the_same_moment_learned_again_leaves_an_approval_alone(catalog):
    bodies = (opened(), scope(), *NEEDED, learned("detected_at", "2026-11-23T19:00:00+00:00"))
    draft = drafted(inputs=text_inputs(incident(*bodies), catalog), recipients_digest="s1")
    again = learned("detected_at", "2026-11-24T02:00:00+07:00")
    assert kinds(incident(*bodies, draft, yes("an"), yes("chi"), again), catalog) == []
    # That it is an estimate is printed.
    estimate = learned("detected_at", {"at": "2026-11-23T19:00:00+00:00", "estimated": True})
    assert kinds(incident(*bodies, draft, yes("an"), yes("chi"), estimate), catalog) == ["void"]


def test_what_a_letter_does_not_print_of_the_company_leaves_an_approval_alone(before, catalog):
    def with_company(**change):
        organisation = catalog.contacts.organisation.model_copy(update=change)
        return catalog.with_contacts(catalog.contacts.model_copy(update={"organisation": organisation}))

    approved = incident(*before, yes("an"), yes("chi"))
    assert kinds(approved, with_company(approvals_needed=1, sectors=("cloud",), size_class="small")) == []
    assert kinds(approved, with_company(phone="+84 28 0000 0000")) == ["void"]


def test_words_that_were_destroyed_make_the_letter_stale(before, catalog):
    state = incident(*before, yes("an"), k.Redacted(words=WORDS, because=OTHER_WORDS))
    assert is_stale(state, catalog, state.notices[CUSTOMERS])
    assert kinds(state, catalog) == ["void"]


@pytest.mark.parametrize("leaving", [(), (RELEASED,)])
def test_a_new_revision_of_the_scope_voids_an_approval_before_anything_left(before, catalog, leaving):
    state = incident(*before, yes("an"), yes("chi"), *leaving, scope(2, added=0))
    assert kinds(state, catalog) == ["void"]


def test_a_new_revision_while_letters_leave_stops_none_of_them(before, catalog):
    state = incident(*before, yes("an"), yes("chi"), RELEASED, FILLED, scope(2))
    assert kinds(state, catalog) == []


def test_people_whom_the_scope_adds_after_the_sending_get_a_batch_of_their_own(before, catalog):
    sent = (*before, yes("an"), yes("chi"), RELEASED, FILLED, stopped(), k.DutyMet(key=DUTY))
    assert kinds(incident(*sent, scope(2, added=2)), catalog) == ["draft"]
    assert kinds(incident(*sent, scope(2, added=0)), catalog) == []


def test_a_printed_fact_corrected_while_letters_leave_stops_the_rest(before, catalog):
    correction = learned("measures_taken", {"en": OTHER_WORDS})
    state = incident(*before, yes("an"), yes("chi"), RELEASED, FILLED, correction)
    assert kinds(state, catalog) == ["void"]
    digest = state.notices[CUSTOMERS].digest
    void = k.NoticeVoided(notice=CUSTOMERS, digest=digest, because=("measures_taken",))
    after = incident(*before, yes("an"), yes("chi"), RELEASED, FILLED, correction, void)
    assert kinds(after, catalog) == ["draft"]


def test_a_rejected_draft_comes_back_only_with_other_words_or_people(before, catalog):
    no = k.NoticeRejected(notice=CUSTOMERS, digest="d" * 64, because=WORDS)
    assert kinds(incident(*before, no), catalog) == []
    assert kinds(incident(*before, no, learned("measures_taken", {"en": OTHER_WORDS})), catalog) == ["draft"]
    assert kinds(incident(*before, no, scope(2)), catalog) == ["draft"]


VN = "VN/controller/customers"


def test_the_duty_is_met_when_everybody_was_told_or_accounted_for_by_a_person(before, catalog):
    leaving = (*before, yes("an"), yes("chi"), RELEASED, FILLED)
    assert kinds(incident(*leaving, stopped(untold={VN: 0})), catalog) == ["meet"]
    two_left = (*leaving, stopped(untold={VN: 2}))
    assert kinds(incident(*two_left), catalog) == []
    one = k.LetterExcluded(notice=CUSTOMERS, person="p", because=WORDS, readers=VN)
    assert kinds(incident(*two_left, one), catalog) == []
    assert kinds(incident(*two_left, one, one), catalog) == ["meet"]
    posted = k.ToldOtherwise(notice=CUSTOMERS, people={VN: 2}, because=WORDS)
    assert kinds(incident(*two_left, posted), catalog) == ["meet"]


def test_two_approvals_of_one_person_are_one(before, catalog):
    twice, two = (incident(*before, yes("an"), yes(other)) for other in ("an", "chi"))
    assert approvals_needed(two, catalog, CUSTOMERS) == 2
    enough = [approved_enough(each.notices[CUSTOMERS], each, catalog) for each in (twice, two)]
    assert enough == [False, True]


def test_a_law_may_ask_for_more_approvals_than_the_organisation_and_never_for_fewer(before, catalog):
    law = catalog.regimes["policy-promise"]
    state = incident(*before, yes("an"), yes("chi"))

    def asking(count):
        rules = tuple(rule.model_copy(update={"approvals": count}) for rule in law.rules)
        return replace(catalog, regimes={**catalog.regimes, law.id: law.model_copy(update={"rules": rules})})

    found = {count: approvals_needed(state, asking(count), CUSTOMERS) for count in (None, 1, 2, 3)}
    assert found == {None: 2, 1: 2, 2: 2, 3: 3}
    # The holding letter goes to the readers of every law.
    assert approvals_needed(state, asking(3), "holding") == 3
    assert standing(state.notices[CUSTOMERS], state, asking(3)) == "in-review"
    assert standing(state.notices[CUSTOMERS], state, asking(2)) == "approved"
    waits = awaited(state, asking(3))
    assert waits is not None
    assert waits.what.startswith("approval of the customer notice (2 of 3)")
    released = incident(*before, k.DutyReleased(key=DUTY, because=WORDS))
    assert approvals_needed(released, asking(3), "holding") == 2


def test_the_inputs_do_not_depend_on_when_they_are_looked_at(before, catalog):
    assert text_inputs(incident(*before), catalog) == text_inputs(incident(*before), catalog)
