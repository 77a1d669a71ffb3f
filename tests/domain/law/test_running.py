"""Clocks that hang on something else: another duty, a cap, the latest of two, the end of a year."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from tests.domain.law.test_regime import CATALOG, REGIME
from tocsin.domain.facts import read_facts
from tocsin.domain.law.duties import Duty
from tocsin.domain.law.regime import Regime, assess

FOUND = datetime(2026, 11, 23, 14, tzinfo=UTC)


def law(*rules: dict[str, Any], **changes: Any) -> Regime:
    """A law of these rules, each owed whatever the facts are."""
    shared = {"recipient": "authority", "place": "US-CA", "cite": "Sec. 1"}
    return Regime.model_validate(
        REGIME | {"zone": "America/Los_Angeles"} | changes | {"rules": [shared | r for r in rules]}
    )


def duties(
    regime: Regime,
    facts: dict[str, Any],
    told: dict[str, datetime] | None = None,
    *others: Regime,
    at: datetime = FOUND,
) -> dict[str, Duty]:
    """Duties by rule, `told` naming what was discharged and when."""
    found = assess(
        read_facts(facts),
        CATALOG.contacts.organisation,
        (regime, *others),
        authorities=(),
        at=at,
        declared_at=FOUND,
        discharged=told or {},
    )
    return {duty.rule: duty for duty in found.duties}


def rule(name: str, within: dict[str, Any], **clock: Any) -> dict[str, Any]:
    """A rule whose clock runs from `aware_at` unless it says otherwise."""
    start = {} if "after" in clock else {"from": "aware_at"}
    return {"id": name, "clock": start | clock | {"within": within}}


CALIFORNIA = law(
    rule("people", {"calendar_days": 30}) | {"recipient": "individuals", "place": None},
    rule("authority", {"calendar_days": 15}, after=["people"]),
)
AWARE = {"aware_at": "2026-11-23T14:00Z"}


def test_an_incident_stays_under_the_law_of_its_day_while_its_letters_are_on_their_way() -> None:
    newer = CALIFORNIA.model_copy(update={"valid_from": date(2026, 11, 23)})
    told = {"test-law/people": datetime(2026, 12, 10, 17, tzinfo=UTC)}
    assert set(duties(newer, AWARE, told)) == {"people", "authority"}
    assert duties(newer, {"aware_at": "2026-11-23T07:59Z"}, told) == {}


def test_a_clock_that_follows_a_letter_runs_from_its_last_moment_until_it_leaves() -> None:
    authority = duties(CALIFORNIA, AWARE)["authority"]
    assert authority.assumed
    assert authority.due_at == datetime.fromisoformat("2027-01-07T23:59:59-08:00")
    assert authority.clock_from == "test-law/people"
    assert authority.needs == ()
    assert "until that is told: its last moment" in authority.explained


def test_once_the_letter_has_left_the_clock_runs_from_there() -> None:
    told = {"test-law/people": datetime.fromisoformat("2026-12-10T09:00-08:00")}
    authority = duties(CALIFORNIA, AWARE, told)["authority"]
    assert not authority.assumed
    assert authority.due_at == datetime.fromisoformat("2026-12-25T23:59:59-08:00")
    assert "15 calendar days from test-law/people (2026-12-10T17:00:00+00:00)" in authority.explained


MORE_TIME = law(
    rule("people", {"calendar_days": 30})
    | {"extension": {"filed": "good_cause_filed_at", "within": {"calendar_days": 15}, "cite": "Sec. 4"}}
    | {"hold": {"by": ["law-enforcement"], "then": {"calendar_days": 7}, "cite": "Sec. 5"}}
)


@pytest.mark.parametrize(
    ("known", "due_at", "said"),
    [
        ({}, "2026-12-23", ""),
        ({"good_cause_filed_at": "2026-12-23T17:00-08:00"}, "2027-01-07", "15 calendar days more for good_cause"),
        ({"good_cause_filed_at": "2026-12-24T00:00-08:00"}, "2026-12-23", "it came after the limit, Sec. 4"),
        ({"hold_lifted_at": "2026-12-16T12:00-08:00"}, "2026-12-23", ""),
        ({"hold_lifted_at": "2026-12-17T12:00-08:00"}, "2026-12-24", "at least 7 calendar days from hold_lifted_at"),
        ({"good_cause_filed_at": "2026-12-01T17:00-08:00", "hold_lifted_at": "2027-01-05T12:00-08:00"},
         "2027-01-12", "at least 7 calendar days"),
    ],
)  # fmt: skip
def test_a_limit_moves_for_good_cause_and_after_a_hold_and_says_so(
    known: dict[str, str], due_at: str, said: str
) -> None:
    people = duties(MORE_TIME, AWARE | known)["people"]
    assert people.due_at == datetime.fromisoformat(f"{due_at}T23:59:59-08:00")
    assert said in people.explained
    assert said in " ".join(people.because)


def test_a_clock_may_follow_the_duty_of_another_law() -> None:
    copy = law(
        rule("copy", {"business_days": 5, "holidays": "US"}, after=["test-law/people"]), id="other-law"
    )
    told = {"test-law/people": datetime.fromisoformat("2026-11-25T09:00-08:00")}
    assert duties(copy, AWARE, told, CALIFORNIA)["copy"].due_at == datetime.fromisoformat(
        "2026-12-03T23:59:59-08:00"
    )
    # Not asked about that law, it runs from when anybody knew: never too late.
    alone = duties(copy, AWARE)["copy"]
    assert (alone.clock_from, alone.clock_start, alone.assumed) == ("aware_at", FOUND, True)


HANDLED = law(
    rule("progress", {"months": 1}),
    rule("final", {"months": 1}, **{"from": "handled_at"}, after=["progress"]),
)


def test_while_the_moment_of_a_clock_is_unknown_another_duty_may_stand_in() -> None:
    final = duties(HANDLED, AWARE)["final"]
    assert (final.clock_from, final.assumed, final.needs) == ("test-law/progress", True, ("handled_at",))
    assert final.due_at == datetime.fromisoformat("2027-01-23T23:59:59-08:00")
    assert final.explained.endswith("ASSUMED until handled_at is known")
    told = {"test-law/progress": datetime.fromisoformat("2026-12-01T09:00-08:00")}
    assert duties(HANDLED, AWARE, told)["final"].assumed
    handled = duties(HANDLED, AWARE | {"handled_at": "2027-03-02T12:00-08:00"}, told)["final"]
    assert (handled.clock_from, handled.assumed, handled.needs) == ("handled_at", False, ())
    assert handled.due_at == datetime.fromisoformat("2027-04-02T23:59:59-07:00")


DORA = law(
    rule(
        "initial",
        {"hours": 4},
        **{"from": "classified_major_at"},
        cap={"from": "aware_at", "within": {"hours": 24}},
    )
)


@pytest.mark.parametrize(
    ("classified", "due_at"),
    [
        # Soon: four hours from the classification.
        ("2026-11-23T16:00Z", "2026-11-23T20:00Z"),
        # So late that the day since awareness runs out first.
        ("2026-11-24T12:00Z", "2026-11-24T14:00Z"),
        # After that day: four hours again.
        ("2026-11-24T15:00Z", "2026-11-24T19:00Z"),
    ],
)
def test_a_cap_binds_a_clock_that_started_before_it_ran_out(classified: str, due_at: str) -> None:
    initial = duties(DORA, AWARE | {"classified_major_at": classified})["initial"]
    assert initial.due_at == datetime.fromisoformat(due_at)
    assert ("at most 24 hours from aware_at" in initial.explained) is (due_at == "2026-11-24T14:00Z")


def test_what_may_not_come_later_than_the_letters_is_due_with_them() -> None:
    people = rule("people", {"asap": True, "target_hours": 48}) | {"recipient": "individuals", "place": None}
    state = law(people, rule("authority", {"calendar_days": 60}) | {"not_after": ["people"]})
    sixty_days = datetime.fromisoformat("2027-01-22T23:59:59-08:00")
    # "As soon as possible" is our own aim, no limit that could bind the authority's.
    assert duties(state, AWARE)["authority"].due_at == sixty_days
    left = FOUND + timedelta(hours=30)
    bound = duties(state, AWARE, {"test-law/people": left})["authority"]
    assert bound.due_at == left
    assert "not later than test-law/people" in bound.explained
    # Who was told before anybody was aware: the authority is told at once, not in the past.
    early = duties(state, AWARE, {"test-law/people": FOUND - timedelta(days=3)})["authority"]
    assert early.due_at == early.clock_start


def test_a_limit_may_be_counted_from_the_end_of_the_year() -> None:
    small = law(rule("log", {"calendar_days": 60}, end_of="year"))
    found = duties(small, AWARE)["log"]
    assert found.due_at == datetime.fromisoformat("2027-03-01T23:59:59-08:00")
    assert "from the end of the year of aware_at" in found.explained


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ([rule("a", {"hours": 1}, after=["b"])], "the regime has no rule 'b'"),
        ([rule("a", {"hours": 1}, after=["b"]), rule("b", {"hours": 1}, after=["a"])], "its clock waits for itself"),
        ([rule("a", {"hours": 1}, after=["a"])], "its clock waits for itself"),
        ([rule("a", {"hours": 1}, after=["test-law/a"])], "its clock waits for itself"),
        ([rule("a", {"hours": 1}, after=["test-law/b"])], "the regime has no rule 'b'"),
        ([rule("a", {"hours": 1}) | {"not_after": ["a"]}], "its clock waits for itself"),
        ([rule("a", {"hours": 1}) | {"send_after": ["c"]}], "the regime has no rule 'c'"),
        ([{"id": "a", "clock": {"within": {"hours": 1}}}], "runs from moments"),
        ([rule("a", {"hours": 1}) | {"content": ["count"], "must_not_contain": ["count"]}], "both must and must not"),
    ],
)  # fmt: skip
def test_a_law_that_contradicts_itself_is_refused(rules: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        law(*rules)


@pytest.mark.parametrize("status", ["off", "not-in-force"])
def test_a_law_that_is_off_says_why(status: str) -> None:
    with pytest.raises(ValidationError, match="why_off"):
        law(rule("a", {"hours": 1}), status=status)
    with pytest.raises(ValidationError, match="why_off"):
        law(rule("a", {"hours": 1}), why_off="guidance only")
    assert duties(law(rule("a", {"hours": 1}), status=status, why_off="guidance only"), AWARE) == {}
