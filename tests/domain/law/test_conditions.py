"""Conditions: three answers, with reasons, and no way to misspell one silently."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tests.shipped import shipped
from tocsin.domain.contacts import Organisation
from tocsin.domain.facts import Facts, read_facts
from tocsin.domain.law.conditions import Condition, Verdict, evaluate
from tocsin.domain.law.verdicts import Reasons
from tocsin.domain.places import PLACES, lies_in

CONDITION: TypeAdapter[Any] = TypeAdapter(Condition)
ORGANISATION = shipped().contacts.organisation


def verdict(condition: Any, facts: dict[str, Any], organisation: Organisation = ORGANISATION) -> Verdict:
    return evaluate(CONDITION.validate_python(condition), read_facts(facts), organisation)


MALICE = {"fact": "intent", "is": "malicious"}
RANSOM = {"fact": "nature", "has": "ransomware"}


@pytest.mark.parametrize(
    ("condition", "facts", "answer", "words"),
    [
        (MALICE, {"intent": "malicious"}, True, "intent is malicious"),
        (MALICE, {"intent": "accidental"}, False, "intent is accidental"),
        (MALICE, {}, None, "intent is unknown"),
        (MALICE, {"intent": "unknown"}, None, "intent is unknown"),
        ({"not": MALICE}, {}, None, "intent is unknown"),
        ({"not": MALICE}, {"intent": "accidental"}, True, "intent is accidental"),
        (RANSOM, {"nature": "hacking"}, False, "nature is hacking"),
        ({"fact": "violation", "in": ["breach"]}, {"violation": "breach"}, True, "violation is breach"),
        ({"fact": "downtime_minutes", "at_least": 30}, {"downtime_minutes": 30}, True, "downtime_minutes is 30"),
        ({"fact": "downtime_minutes", "at_most": 29}, {"downtime_minutes": 30}, False, "downtime_minutes is 30"),
        ({"fact": "hold", "known": True}, {}, None, "hold is unknown"),
        ({"fact": "hold", "known": True}, {"hold": {"authority": "Police"}}, True, "hold is authority Police"),
        ({"fact": "harm_tests", "of": "sg-pdpa", "is": "met"}, {"harm_tests": {"sg-pdpa": "met"}}, True, "met"),
        ({"fact": "harm_tests", "of": "sg-pdpa", "is": "met"}, {"harm_tests": {"au-ndb": "met"}}, None, "unknown"),
        ({"all": [MALICE, RANSOM]}, {"intent": "accidental"}, False, "intent is accidental"),
        ({"all": [MALICE, RANSOM]}, {"intent": "malicious"}, None, "nature is unknown"),
        ({"any": [MALICE, RANSOM]}, {"intent": "malicious"}, True, "intent is malicious"),
        ({"any": [MALICE, RANSOM]}, {"intent": "accidental"}, None, "nature is unknown"),
        ({"fact": "risk", "in": ["risk", "high"]}, {"risk": "high", "place": "DE"}, True, "people in DE: risk is high"),
        ({"cells": {"place": "EEA"}}, {"people_by_country": {"DE": 1, "FR": 1, "VN": 1}}, True, "live in DE, FR"),
        ({"cells": {"place": "EEA"}}, {"people_by_country": {"VN": 1, "SG": 1}}, False, "nobody who was hit lives in"),
        ({"cells": {"place": "EEA"}}, {"place": "RE"}, True, "people live in RE"),
        ({"cells": {"place": "US"}}, {"place": "PR"}, True, "people live in PR"),
        ({"cells": {"place": "US-PR"}}, {"place": "PR"}, True, "people live in PR"),
        ({"cells": {"place": "EEA"}}, {"place": "unknown"}, True, "people live in unknown"),
        ({"cells": {"place": "US"}}, {"place": "US-CA"}, True, "people live in US-CA"),
        ({"cells": {"place": "US-CA"}}, {"place": "US-NY"}, False, "place is US-NY"),
        ({"cells": {"place": "US-CA"}}, {"place": "US"}, None, "people_by_country is unknown"),
        ({"cells": {"place": "EEA"}}, {}, None, "people_by_country is unknown"),
        ({"cells": {"misuse": "fraud"}}, {"misuse": "unknown"}, None, "misuse is unknown"),
        ({"cells": {"protection_proven": True}}, {"protection": "intact"}, None, "protection_evidence is unknown"),
        ({"cells": {"group": "customers"}}, {"people": 0}, False, "people is 0"),
        ({"people": {"place": "US-CA"}, "more_than": 500}, {"people_by_country": {"US-CA": 500}}, False, "500 people"),
        ({"people": {"place": "US-CA"}, "at_least": 500}, {"people_by_country": {"US-CA": 500}}, True, "500 people"),
        ({"people": {"place": "US-CA"}, "less_than": 500}, {"people_by_country": {"US-CA": 499}}, True, "499 people"),
        ({"people": {}, "at_most": 5}, {"people": 3, "people_method": "to-be-determined"}, None, "at least 3 people"),
        ({"people": {"place": "VN"}, "at_least": 5}, {"people": 9}, None, "at least 0 people"),
        ({"people": {"place": "VN"}, "at_least": 10}, {"people": 9}, False, "at most 9 people"),
        ({"people": {}, "counting": "records", "at_least": 5}, {"records": 7}, True, "7 records"),
        ({"fact": "people", "at_least": 5}, {"people": 9}, True, "9 people"),
        ({"organisation": "established_in", "is": "VN"}, {}, True, "the company's established_in is VN"),
        ({"organisation": "offers_to", "has": "EEA"}, {}, True, "worldwide"),
        ({"organisation": "sectors", "has": "finance"}, {}, False, "sectors is none"),
        ({"organisation": "eu_main_establishment", "known": False}, {}, True, "is none"),
        ({"organisation": "small_agent_in", "has": "BR"}, {}, False, "small_agent_in is none"),
        ({"organisation": "size_class", "is": "large"}, {}, None, "size_class is not stated"),
    ],
)  # fmt: skip
def test_a_condition_answers_and_names_the_facts(
    condition: Any, facts: Any, answer: bool | None, words: str
) -> None:
    found = verdict(condition, facts)
    assert found.answer is answer
    assert words in "; ".join(found.because)
    assert bool(found.needs) is (answer is None)


@pytest.mark.parametrize(
    ("stated", "answers", "need"),
    [
        ({"people_method": "approximate", "log_coverage": "partial"}, (None, True), "people"),
        ({"people_method": "approximate", "log_coverage": "none"}, (None, True), "people"),
        ({"people_method": "approximate", "log_coverage": "unknown"}, (None, True), "log_coverage"),
        ({"people_method": "approximate"}, (None, True), "log_coverage"),
        ({"people_method": "approximate", "log_coverage": "complete"}, (False, True), None),
        ({"log_coverage": "partial"}, (False, True), None),
        ({"people_method": "exact", "log_coverage": "complete"}, (False, True), None),
        ({"people_method": "to-be-determined", "log_coverage": "complete"}, (None, True), "people"),
    ],
)
def test_an_approximate_number_is_a_lower_bound_until_the_logs_are_complete(
    stated: dict[str, Any], answers: tuple[bool | None, bool], need: str | None
) -> None:
    facts = {"people": 249, **stated}
    below = verdict({"people": {}, "at_least": 250}, facts)
    reached = verdict({"people": {}, "at_least": 249}, facts)
    assert (below.answer, reached.answer) == answers
    assert below.needs == ((need,) if need else ())
    as_records = {name.replace("people", "records"): value for name, value in facts.items()}
    of_records = verdict({"people": {}, "counting": "records", "at_least": 250}, as_records)
    assert of_records.answer is below.answer


def test_a_number_that_may_grow_says_why() -> None:
    asked = {"people": {}, "at_least": 250}
    about = {"people": 249, "people_method": "approximate"}
    assert verdict(asked, {**about, "log_coverage": "partial"}).because == (
        "at least 249 people",
        "the number may grow, since log_coverage is partial",
    )
    assert "log_coverage is unknown" in "; ".join(verdict(asked, about).because)


def test_only_the_facts_that_matter_are_needed() -> None:
    assert verdict({"all": [MALICE, RANSOM]}, {"intent": "malicious"}).needs == ("nature",)
    assert verdict({"organisation": "size_class", "is": "large"}, {}).needs == ("organisation.size_class",)
    place_and_kind = {"cells": {"place": "EEA", "categories": "health"}}
    assert verdict(place_and_kind, {"place": "DE"}).needs == ("kinds",)
    assert verdict(place_and_kind, {"place": "VN"}).needs == ()


def test_features_named_together_must_meet_in_one_cell() -> None:
    apart = {"cells": [{"place": "DE", "categories": "contact"}, {"place": "VN", "categories": "health"}]}
    together = {"cells": [{"place": "DE", "categories": "health,contact"}]}
    assert verdict({"cells": {"place": "DE", "categories": "health"}}, apart).answer is False
    assert verdict({"cells": {"all_categories": ["health", "contact"]}}, apart).answer is False
    assert verdict({"cells": {"all_categories": ["health", "contact"]}}, together).answer is True


def test_people_are_counted_once_who_pass_any_of_several_tests() -> None:
    number = {"people": [{"categories": "health"}, {"categories": "credentials"}], "more_than": 4}
    sick, login = {"categories": ["health"], "count": 3}, {"categories": ["credentials"], "count": 2}
    both, other = (
        {"categories": ["health", "credentials"], "count": 3},
        {"categories": ["contact"], "count": 90},
    )
    for cells, answer, said in (
        ([sick, login, other], True, "5 people"),
        ([both, other], False, "3 people"),
        ([other], False, "0 people"),
        ([both, {"count": 1}], False, "at most 4 people"),
        ([both, {"count": 2}], None, "at least 3 people"),
        ([sick, {"categories": ["credentials"]}], None, "at least 3 people"),
    ):
        found = verdict(number, {"cells": cells})
        assert (found.answer, found.because[0]) == (answer, said), cells
    assert verdict(number, {"cells": [both, {"count": 2}]}).needs == ("kinds",)
    assert verdict(number, {"cells": [sick, {"categories": ["credentials"]}]}).needs == ("cells",)


def test_a_question_about_some_people_looks_at_no_others() -> None:
    there = {"cells": {"protection": "intact"}, "among": {"place": "EEA"}}
    every, some = (CONDITION.validate_python(there | {"every": each}) for each in (True, False))
    safe, other = {"place": "DE", "protection": "intact"}, {"place": "VN", "protection": "none"}
    for cells, answers in (
        ([safe, other], (True, True)),
        ([safe, {"protection": "none"}], (None, True)),
        ([safe, {"place": "FR"}], (None, True)),
        ([safe, {"place": "FR", "protection": "none"}], (False, True)),
        ([{"place": "VN", "protection": "intact"}], (False, False)),
        ([{"protection": "intact"}], (None, None)),
    ):
        facts = read_facts({"cells": cells})
        assert tuple(evaluate(each, facts, ORGANISATION).answer for each in (every, some)) == answers, cells


def test_every_cell_looks_only_at_cells_that_are_among_those_asked_for() -> None:
    every = CONDITION.validate_python({"cells": {"protection": "intact"}, "every": True})
    only = [CONDITION.validate_python({"cells": {"role": "controller"}}).cells]
    cells: list[dict[str, Any]] = [
        {"role": "controller", "protection": "intact"},
        {"role": "processor", "protection": "none"},
    ]
    assert evaluate(every, read_facts({"cells": cells}), ORGANISATION, among=only).answer is True
    assert evaluate(every, read_facts({"cells": cells}), ORGANISATION).answer is False
    assert evaluate(every, read_facts({"cells": cells[1:]}), ORGANISATION, among=only).answer is False
    assert (
        evaluate(
            every, read_facts({"cells": [*cells, {"role": "controller"}]}), ORGANISATION, among=only
        ).answer
        is None
    )
    assert (
        evaluate(
            every, read_facts({"cells": [*cells, {"protection": "none"}]}), ORGANISATION, among=only
        ).answer
        is None
    )
    assert evaluate(every, read_facts({"protection": "intact"}), ORGANISATION, among=only).answer is None


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"fakt": "intent"}, "a condition is one of all, any, not"),
        ({"fact": "intend", "is": "malicious"}, "did you mean intent"),
        ({"fact": "intent", "is": "evil"}, "intent cannot be 'evil'"),
        ({"fact": "intent", "has": "malicious"}, "one value; write is"),
        ({"fact": "nature", "is": "hacking"}, "a set; write has"),
        ({"fact": "intent", "is": "malicious", "known": True}, "exactly one of"),
        ({"fact": "intent"}, "exactly one of"),
        ({"fact": "intent", "is": "malicious", "of": "x", "why": "y"}, "why"),
        ({"cells": {"plase": "DE"}}, "plase"),
        ({"cells": {"place": "Germany"}}, "is no place"),
        ({"cells": {"categories": "helth"}}, "did you mean health"),
        ({"people": {}}, "exactly one of"),
        ({"people": [], "more_than": 5}, "an empty list asks for nothing"),
        ({"organisation": "colour", "is": "red"}, "no 'colour' to ask for"),
        ({"organisation": "established_in", "is": "Vietnam"}, "is no place"),
        ({"all": []}, "at least 1 item"),
        ({"fact": "intent", "of": "us-fl", "is": "malicious"}, "of names the law"),
        ({"fact": "harm_tests", "is": "met"}, "of names the law"),
        ({"fact": "harm_tests", "of": "us-fl", "is": "mett"}, "did you mean met"),
        ({"fact": "harm_tests", "of": "US FL", "is": "met"}, "pattern"),
        ({"organisation": "sectors", "has": "finanse"}, "did you mean finance"),
        ({"organisation": "size_class", "is": "huge"}, "size_class cannot be 'huge'"),
        ({"organisation": "free_zone", "is": "dmcc"}, "free_zone cannot be 'dmcc'"),
        ({"organisation": "public_sector", "is": 1}, "public_sector cannot be 1"),
        ({"cells": {"place": []}}, "an empty list asks for nothing"),
        ({"cells": {"categories": []}}, "an empty list asks for nothing"),
        ({"fact": "intent", "is": []}, "an empty list asks for nothing"),
        ({"organisation": "sectors", "has": []}, "an empty list asks for nothing"),
        ({"people": {}, "more_than": True}, "valid integer"),
        ({"people": {}, "more_than": "500"}, "valid integer"),
        ({"people": {}, "more_than": 500.0}, "valid integer"),
        ({"fact": "people", "at_least": True}, "valid integer"),
        ({"cells": {}, "every": 1}, "valid boolean"),
    ],
)
def test_what_the_vocabulary_does_not_know_is_refused(condition: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        CONDITION.validate_python(condition)


LEAVES: list[Any] = [
    MALICE,
    RANSOM,
    {"cells": {"place": "EEA"}},
    {"cells": {"protection": "intact"}, "every": True},
    {"people": {"place": "VN"}, "at_least": 5},
    {"fact": "risk", "is": "high"},
]


def not_refused_for_contradicting_itself(condition: Any) -> bool:
    """Chance may join what can never hold together, and no law may say that."""
    try:
        CONDITION.validate_python(condition)
    except ValidationError as error:
        return "can never hold" not in str(error)
    return True


CONDITIONS = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        inner.map(lambda each: {"not": each}),
        st.lists(inner, min_size=1, max_size=3).map(lambda several: {"all": several}),
        st.lists(inner, min_size=1, max_size=3).map(lambda several: {"any": several}),
    ),
    max_leaves=6,
).filter(not_refused_for_contradicting_itself)
KNOWN = st.fixed_dictionaries(
    {},
    optional={
        "intent": st.sampled_from(["malicious", "accidental"]),
        "nature": st.sampled_from([["ransomware"], ["hacking"]]),
        "protection": st.sampled_from(["intact", "none"]),
        "risk": st.sampled_from(["unlikely", "high"]),
        "people_by_country": st.dictionaries(
            st.sampled_from(["DE", "VN", "SG"]), st.integers(1, 9), min_size=1
        ),
    },
)


@given(CONDITIONS, KNOWN, st.data())
def test_forgetting_a_fact_never_turns_an_answer_round(
    condition: Any, known: dict[str, Any], data: st.DataObject
) -> None:
    forgotten = data.draw(st.sets(st.sampled_from(sorted(known)))) if known else set()
    parsed = CONDITION.validate_python(condition)
    before = evaluate(parsed, Facts(known), ORGANISATION)
    after = evaluate(parsed, Facts({k: v for k, v in known.items() if k not in forgotten}), ORGANISATION)
    assert after.answer in (None, before.answer)
    assert after.answer is not None or after.needs


@given(CONDITIONS)
def test_a_condition_survives_being_written_as_json(condition: Any) -> None:
    parsed = CONDITION.validate_python(condition)
    assert (
        CONDITION.validate_json(CONDITION.dump_json(parsed, by_alias=True, exclude_defaults=True)) == parsed
    )


@pytest.mark.parametrize(("share", "answer"), [("5", True), ("12.5", True), ("4.99", False), (None, None)])
def test_a_share_is_compared_as_the_number_that_it_states(share: str | None, answer: bool | None) -> None:
    facts = {"users_affected_share": share} if share else {}
    assert verdict({"fact": "users_affected_share", "at_least": 5}, facts).answer is answer


@pytest.mark.parametrize(
    ("bound", "stated", "answer", "words"),
    [
        ({"at_least": 500_000}, "500000 EUR", True, "direct_loss is 500000 EUR"),
        ({"at_least": 500_000}, "499999.99 EUR", False, "direct_loss is 499999.99 EUR"),
        ({"more_than": 500_000}, "500000 EUR", False, "500000 EUR"),
        ({"more_than": 500_000}, "500000.01 EUR", True, "500000.01 EUR"),
        ({"less_than": 500_000}, "500000 EUR", False, "500000 EUR"),
        ({"at_most": 500_000}, "500000 EUR", True, "500000 EUR"),
        ({"at_least": 500_000}, "900000 USD", None, "direct_loss is 900000 USD, not stated in EUR"),
        ({"at_least": 500_000}, None, None, "direct_loss is unknown"),
    ],
)
def test_an_amount_is_compared_in_its_own_currency_and_never_converted(
    bound: dict[str, int], stated: str | None, answer: bool | None, words: str
) -> None:
    found = verdict({"fact": "direct_loss", "currency": "EUR", **bound}, {"direct_loss": stated})
    assert (found.answer, found.because) == (answer, (words,)) or words in found.because[0]
    assert found.needs == (() if answer is not None else ("direct_loss",))


def test_only_numbers_are_compared() -> None:
    for wrong, said in (
        ({"fact": "intent", "at_least": 5}, "intent is no number"),
        ({"fact": "direct_loss", "at_least": 500_000}, "needs its currency"),
        ({"fact": "downtime_minutes", "at_least": 5, "currency": "EUR"}, "only that has one"),
        ({"fact": "direct_loss", "at_least": 5, "currency": "euro"}, "currency"),
    ):
        with pytest.raises(ValidationError, match=said):
            verdict(wrong, {})


@pytest.mark.parametrize(
    ("cells", "answer"),
    [
        ([{"count": 251}], True),
        ([{"count": 250}], False),
        ([{"count": 9, "method": "to-be-determined"}], None),
        ([{"count": 9, "method": "cannot-be-determined"}], True),
        ([{"method": "cannot-be-determined"}], True),
        # Of those who are not looked at, nobody asks.
        ([{"count": 9}, {"place": "VN", "method": "cannot-be-determined"}], False),
    ],
)
def test_a_number_that_cannot_be_determined_may_count_as_reached(cells: Any, answer: bool | None) -> None:
    many = {"people": {"place": "US-OR"}, "more_than": 250}
    facts = {"cells": [{"place": "US-OR"} | cell for cell in cells]}
    assert verdict(many | {"or_undeterminable": True}, facts).answer is answer
    assert verdict(many, facts).answer is (None if cells[0].get("method") else answer)
    with pytest.raises(ValidationError, match="goes with at_least or more_than"):
        verdict({"people": {}, "at_most": 9, "or_undeterminable": True}, {})


def test_words_are_found_when_they_are_read_and_once() -> None:
    asked: list[str] = []

    def find() -> list[str]:
        asked.append("asked")
        return ["place is DE", "5 people"]

    reasons = Reasons(find)
    assert not asked
    assert reasons == ("place is DE", "5 people")
    assert (*reasons, reasons[1], len(reasons)) == ("place is DE", "5 people", "5 people", 2)
    assert reasons == Reasons(find)
    assert reasons != Reasons(tuple)
    assert asked == ["asked"] * 2


def test_a_verdict_finds_its_words_only_when_they_are_read() -> None:
    facts = read_facts({"place": "DE", "people": 5, "our_role": "controller"})
    asked = {"all": [{"cells": {"place": "EEA"}}, {"people": {"role": "controller"}, "more_than": 9}]}
    found = evaluate(CONDITION.validate_python(asked), facts, ORGANISATION)
    assert isinstance(found.because, Reasons)
    assert found == (False, ("5 people", "people in DE: our_role is controller"), (), ())


def test_where_cells_live_is_found_as_lies_in_says() -> None:
    places = sorted(PLACES)
    cells = [{"place": place} for place in (*places, "unknown")]
    crowd = read_facts({"cells": [*cells, {"count": 3}]}).crowd
    for wanted in (*((place,) for place in places), ("EEA",), ("US-CA", "DE"), ("EEA", "DE-BY", "VN")):
        have, lack = crowd.answers((("place", frozenset(wanted)),))
        for number, cell in enumerate(cells):
            said = True if have >> number & 1 else False if lack >> number & 1 else None
            assert said is lies_in(cell["place"], wanted), (cell, wanted)
        assert not (have | lack) >> len(cells), "of people whose place is unknown it cannot be told"
