"""The law as a pure function: its order, its three answers, what it asks next, and what it never does."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bench.law import incident
from tests.shipped import shipped
from tocsin.domain.asking import first_test
from tocsin.domain.facts import read_facts
from tocsin.domain.law.regime import Assessment, Regime, assess
from tocsin.domain.questions import FACTS

CATALOG = shipped()
DECLARED = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
REGIMES = tuple(CATALOG.regimes.values())


def law(
    facts: dict[str, Any], *regimes: Regime, declared_at: datetime | None = DECLARED, at: datetime = DECLARED
) -> Assessment:
    return assess(
        read_facts(facts),
        CATALOG.contacts.organisation,
        regimes or REGIMES,
        authorities=CATALOG.contacts.authorities,
        at=at,
        declared_at=declared_at,
    )


RULE: dict[str, Any] = {
    "id": "notice",
    "recipient": "authority",
    "place": "VN",
    "when": {"fact": "attack_on_system", "is": True},
    "clock": {"from": "aware_at", "within": {"hours": 72}},
    "cite": "Art. 1",
}
REGIME: dict[str, Any] = {
    "id": "test-law",
    "name": {"en": "A law"},
    "jurisdiction": "VN",
    "status": "in-force",
    "zone": "Asia/Ho_Chi_Minh",
    "verification": "primary",
    "sources": [{"title": "A law", "url": "https://law.example", "verification": "primary"}],
}


def regime(rule: dict[str, Any] | None = None, **changes: Any) -> Regime:
    return Regime.model_validate(REGIME | changes | {"rules": [RULE | (rule or {})]})


#: What a law asks of the harm.
TEST = {"question": {"en": "Is harm likely?", "vi": "?"}, "cite": "s 1"}
SAFE = {"for": {"protection": "intact", "protection_proven": True}, "cite": "Art. 2"}


def test_who_is_spared_is_left_out_of_every_condition_and_number() -> None:
    safe = {"place": "VN", "categories": ["health"], "protection": "intact", "protection_evidence": "key log"}
    bare, other = (
        safe | {"protection": "none"},
        {"place": "VN", "categories": ["contact"], "protection": "none"},
    )
    some = regime({"when": {"cells": {"categories": "health"}}, "exceptions": [SAFE]})
    many = regime({"when": {"people": {"categories": "health"}, "more_than": 500}, "exceptions": [SAFE]})
    for cells, for_some, for_many in (
        ([safe | {"count": 900}, bare | {"count": 501}], "owed", "owed"),
        ([safe | {"count": 900}, bare | {"count": 500}], "owed", "not owed"),
        ([safe | {"count": 900}, other | {"count": 900}], "not owed", "not owed"),
        ([safe | {"count": 900}, {"place": "VN", "count": 900}], "cannot tell", "cannot tell"),
        ([safe | {"count": 900, "protection_evidence": None}], "owed", "owed"),
    ):
        for one, answer in ((some, for_some), (many, for_many)):
            found = law({"cells": cells}, one)
            given = "owed" if found.duties else "not owed" if found.not_owed else "cannot tell"
            assert given == answer, (cells, one.rules[0].when)
    lifted = law({"cells": [safe, other]}, some).not_owed[0].because
    assert lifted[0] == "people in VN: protection is intact, protection_evidence is key log"
    assert lifted[1] == "lifted by Art. 2"


@pytest.mark.parametrize(
    ("living", "owed", "open_", "not_owed"),
    [
        ({"US-TX": 400, "US-OH": 400, "US": 1}, [], 0, 3),
        ({"US-TX": 300, "US": 300}, [], 1, 1),
        ({"US-TX": 501, "US": 300}, ["us-tx"], 0, 1),
        ({"US": 501}, [], 1, 0),
        ({"US": 500}, [], 0, 1),
        # Territories with a code of their own are parts too, and a country without parts is whole.
        ({"PR": 501, "US": 2}, ["us-pr"], 0, 1),
    ],
)
def test_who_is_placed_in_a_country_alone_is_not_counted_for_each_of_its_parts(
    living: dict[str, int], owed: list[str], open_: int, not_owed: int
) -> None:
    by_state = {"recipient": "media", "place": None, "per": {"place_in": "US"}}
    one = regime({**by_state, "when": {"people": {}, "more_than": 500}})
    found = law({"aware_at": "2026-11-23T10:00Z", "people_by_country": living}, one)
    assert [duty.key.split("/")[2] for duty in found.duties] == owed
    assert [each.needs for each in found.undecided] == [("people_by_country",)] * open_
    assert len(found.not_owed) == not_owed


def test_an_amount_is_asked_for_in_the_currency_of_the_law() -> None:
    loss = {"fact": "direct_loss", "more_than": 500_000, "currency": "EUR"}
    large = regime({"when": {"any": [loss, {"fact": "attack_on_system", "is": True}]}})
    known = {"aware_at": "2026-11-23T10:00Z", "attack_on_system": False}
    for stated in ({}, {"direct_loss": "600000 USD"}):
        asked = law(known | stated, large).next_question
        assert asked
        assert asked.question == "How large is the direct loss? State it in EUR."
    assert law(known | {"direct_loss": "600000 EUR"}, large).duties


def test_a_duty_of_a_country_speaks_of_those_whose_part_nobody_stated() -> None:
    per_place = {"place": None, "per": {"place_in": "EEA"}, "when": {"cells": {"risk": "high"}}}
    facts = {"aware_at": "2026-11-23T10:00Z", "people_by_country": {"DE": 2, "DE-HH": 3}, "risk": "high"}
    said = {duty.key.split("/")[2]: duty.because[-1] for duty in law(facts, regime(per_place)).duties}
    assert said == {"de": "people in DE: risk is high", "de-hh": "people in DE-HH: risk is high"}


@pytest.mark.parametrize(
    ("exempt", "said"),
    [
        ({"cite": "Art. 2"}, "either a condition"),
        (SAFE | {"when": {"fact": "intent", "is": "malicious"}}, "either a condition"),
        (SAFE | {"for": {}}, "spares everybody"),
        (SAFE | {"instead": "public"}, "instead goes with a condition"),
        (SAFE | {"for": {"protecshun": "intact"}}, "protecshun"),
    ],
)
def test_an_exception_says_one_thing(exempt: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        regime({"exceptions": [exempt]})


def test_a_law_speaks_of_all_people_only_to_a_company_that_is_established_there() -> None:
    one = regime({"when": {"people": {}, "more_than": 5}}, answers_for="EEA")
    facts = read_facts({"aware_at": "2026-11-23T10:00Z", "people_by_country": {"DE": 5, "VN": 9}})

    def owed(**changes: Any) -> bool:
        company = CATALOG.contacts.organisation.model_copy(update=changes)
        return bool(assess(facts, company, [one], authorities=(), at=DECLARED).duties)

    assert not owed()
    assert owed(established_in="FR")
    assert owed(eea_establishments=("IE",))
    assert owed(eu_main_establishment="IE")
    nowhere = CATALOG.contacts.organisation.model_copy(update={"established_in": None})
    [open_] = assess(facts, nowhere, [one], authorities=(), at=DECLARED).undecided
    assert open_.needs == ("organisation.established_in",)
    with pytest.raises(ValidationError, match="is no place"):
        regime(answers_for="Europe")


def test_a_law_that_does_not_bind_the_company_asks_nothing_of_it() -> None:
    per_state = {"recipient": "media", "place": None, "per": {"place_in": "US"}, "when": None}
    facts = {"aware_at": "2026-11-23T10:00Z", "cells": [{"place": "US-CA"}, {"place": "US-NY"}, {"count": 3}]}
    of_banks = regime(per_state, applies={"organisation": "sectors", "has": "finance"})
    found = law(facts, of_banks)
    assert (found.duties, found.undecided) == ((), ())
    assert [each.because for each in found.not_owed] == [("the company's sectors is none",)]
    of_all = law(facts, regime(per_state))
    assert [duty.place for duty in of_all.duties] == ["US-CA", "US-NY"]
    assert [each.needs for each in of_all.undecided] == [("cells",)]


def test_forty_groups_of_people_are_judged_by_every_law_in_few_calls() -> None:
    """Counted and not timed: every command of an incident asks all laws, and a machine may be busy."""
    law(
        incident()
    )  # What is worked out once for all incidents, such as the days off of a country, does not count.
    facts, calls = read_facts(incident()), 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    organisation, authorities = CATALOG.contacts.organisation, CATALOG.contacts.authorities
    sys.setprofile(count)
    try:
        found = assess(facts, organisation, REGIMES, authorities=authorities, at=DECLARED)
    finally:
        sys.setprofile(None)
    assert found.duties
    assert calls < 17_000


def test_of_a_law_that_has_ended_it_cannot_be_told_while_no_moment_is_known() -> None:
    ended = regime({"valid_until": "2026-10-31"})
    attacked = {"attack_on_system": True}
    assert law(attacked | {"aware_at": "2026-10-31T23:00+07:00"}, ended).duties
    assert law(attacked | {"aware_at": "2026-11-01T00:00+07:00"}, ended).not_owed
    open_ = law(attacked, ended).undecided
    assert [each.needs for each in open_] == [("aware_at",)]
    assert law({"attack_on_system": False}, ended, declared_at=None).not_owed


def test_a_later_stage_is_judged_by_the_day_on_which_the_incident_was_found() -> None:
    clock = {"clock": {"from": "incident_ended_at", "within": {"hours": 72}}, "valid_from": "2026-08-19"}
    july = {"attack_on_system": True, "detected_at": "2026-07-20T10:00+07:00"}
    ended = july | {"incident_ended_at": "2026-09-01T10:00+07:00"}
    assert law(ended, regime(clock | {"stage": "final"})).not_owed
    assert law(july, regime(clock | {"stage": "final"})).not_owed, "whenever it will end"
    assert law(ended, regime(clock)).duties, "a duty of its own begins with its own moment"
    later = ended | {"detected_at": "2026-08-19T10:00+07:00"}
    assert law(later, regime(clock | {"stage": "final"})).duties


def test_a_clock_that_runs_from_the_breach_is_judged_by_the_day_on_which_it_was_found() -> None:
    clock = {"clock": {"from": ["occurred_from", "detected_at"], "within": {"hours": 72}}}
    newer = regime(clock | {"valid_from": "2026-08-19"})
    older = regime(clock | {"valid_until": "2026-08-18"})
    began = {"attack_on_system": True, "occurred_from": "2025-03-01T10:00+07:00"}
    july, august = (began | {"detected_at": f"2026-{day}T10:00+07:00"} for day in ("07-20", "08-19"))
    assert law(august, newer).duties[0].due_at == datetime.fromisoformat("2025-03-04T10:00+07:00")
    assert law(august, older).not_owed
    assert law(july, newer).not_owed
    assert law(july, older).duties
    found = law(began, newer, declared_at=None).undecided
    assert [each.needs for each in found] == [("detected_at",)], "who knew of it, and when, decides"


def test_a_law_to_come_opens_candidates_from_its_first_day() -> None:
    coming: dict[str, Any] = {"status": "not-in-force", "why_off": "the day is doubtful"}
    facts, later = (
        {"attack_on_system": True, "aware_at": "2027-01-01T00:00+07:00"},
        datetime(2027, 2, 1, tzinfo=UTC),
    )
    assert not law(facts, regime(**coming), at=later).duties, "nobody knows the day"
    dated = regime(**coming, valid_from="2027-01-01")
    [duty] = law(facts, dated, at=later).duties
    assert duty.candidate
    assert duty.because[-1] == "counsel must confirm: the day is doubtful"
    [before] = law(facts | {"aware_at": "2026-12-31T23:59+07:00"}, dated, at=later).not_owed
    assert before.because == ("in force only from 2027-01-01 (not in force: the day is doubtful)",)
    assert law(facts, dated, at=datetime(2026, 12, 1, tzinfo=UTC)).not_owed, "asked before that day"
    assert not law(facts, regime(**coming | {"status": "off"}, valid_from="2027-01-01"), at=later).duties


def test_the_letter_to_customers_has_a_clock_from_the_declaration() -> None:
    found = law({})
    assert [duty.key for duty in found.duties] == ["policy-promise/customers/individuals/controller"]
    duty = found.duties[0]
    assert (duty.clock_from, duty.assumed, duty.due_at) == (
        "declared_at",
        True,
        DECLARED + timedelta(hours=72),
    )
    assert duty.content == ("what-happened", "what-data", "what-steps")
    assert {"eu-gdpr", "vn-pdpl", "us-ca", "sg-pdpa"} <= {each.regime for each in found.undecided}


def test_duties_stand_soonest_first_and_the_rest_in_order() -> None:
    found = law({"aware_at": "2026-11-24T03:00+07:00", "our_role": "controller", "groups": "customers", "risk": "high",
                 "nature": "hacking", "people_by_country": {"DE": 1, "VN": 1}, "categories": "contact"})  # fmt: skip
    moments = [duty.soonest for duty in found.duties]
    assert moments == sorted(moments, key=lambda each: each or datetime.max.replace(tzinfo=UTC))
    assert found.duties[0].key == "eu-gdpr/individuals/individuals/controller"


def test_reasons_name_the_facts_for_all_three_answers() -> None:
    owed = law({"attack_on_system": True}, regime()).duties[0]
    not_owed = law({"attack_on_system": False}, regime()).not_owed[0]
    undecided = law({}, regime()).undecided[0]
    assert owed.because == ("attack_on_system is yes",)
    assert not_owed.because == ("attack_on_system is no",)
    assert (undecided.because, undecided.needs) == (("attack_on_system is unknown",), ("attack_on_system",))
    assert undecided.soonest == DECLARED + timedelta(hours=72)


def test_the_earliest_known_of_several_moments_starts_the_clock() -> None:
    several = regime(
        {"clock": {"from": {"earliest_of": ["suspected_at", "aware_at"]}, "within": {"hours": 24}}}
    )
    facts = {"attack_on_system": True, "aware_at": "2026-11-24T03:00Z", "suspected_at": "2026-11-24T02:00Z"}
    duty = law(facts, several).duties[0]
    assert (duty.clock_from, duty.clock_start) == ("suspected_at", datetime(2026, 11, 24, 2, tzinfo=UTC))


def test_without_any_moment_a_duty_stands_without_a_due_moment() -> None:
    duty = law({"attack_on_system": True}, regime(), declared_at=None).duties[0]
    assert (duty.due_at, duty.clock_start, duty.assumed, duty.needs) == (None, None, True, ("aware_at",))


@pytest.mark.parametrize(
    ("changes", "at", "words"),
    [
        ({"status": "off", "why_off": "guidance only"}, DECLARED, "guidance only"),
        ({"valid_from": "2026-11-25"}, DECLARED, "in force only from 2026-11-25"),
        # Found before the law began: a later look does not change that.
        ({"valid_from": "2026-11-25"}, DECLARED + timedelta(days=30), "in force only from 2026-11-25"),
        ({"valid_until": "2026-11-23"}, DECLARED, "in force only until 2026-11-23"),
    ],
)
def test_a_law_binds_what_was_found_while_it_is_in_force(changes: Any, at: datetime, words: str) -> None:
    found = law({"attack_on_system": True, "aware_at": DECLARED.isoformat()}, regime(**changes), at=at)
    assert words in found.not_owed[0].because[0]


@pytest.mark.parametrize(
    ("changes", "at", "answer"),
    [
        ({"valid_from": "2026-11-25"}, DECLARED, "not owed"),
        ({"valid_from": "2026-11-25"}, DECLARED + timedelta(days=30), "cannot tell"),
        ({"valid_until": "2026-11-23"}, DECLARED, "not owed"),
        ({"valid_until": "2026-11-24"}, DECLARED, "owed"),
    ],
)
def test_a_moment_that_stands_in_for_another_puts_it_outside_the_law_only_where_the_other_cannot_lie_inside(
    changes: Any, at: datetime, answer: str
) -> None:
    found = law({"attack_on_system": True, "detected_at": DECLARED.isoformat()}, regime(**changes), at=at)
    assert answer == ("owed" if found.duties else "cannot tell" if found.undecided else "not owed")
    assert [each.needs for each in found.undecided] == [("aware_at",)] * (answer == "cannot tell")
    if found.undecided:
        assert found.undecided[0].because[-1] == "aware_at is unknown"


def test_a_law_begins_at_midnight_in_its_own_zone() -> None:
    # 19:40 in UTC is already the 24th in Vietnam.
    assert law({"attack_on_system": True}, regime(valid_from="2026-11-24")).duties


@pytest.mark.parametrize(
    ("rule", "candidate"),
    [({}, False), ({"verification": "secondary"}, False), ({"verification": "recalled"}, True),
     ({"verification": "unconfirmed"}, True), ({"doubt": "whether it applies"}, True)],
)  # fmt: skip
def test_a_rule_that_nobody_has_confirmed_opens_a_candidate(rule: dict[str, Any], candidate: bool) -> None:
    duty = law({"attack_on_system": True}, regime(rule)).duties[0]
    assert duty.candidate is candidate
    assert duty.due_at is not None


def test_the_next_question_is_the_one_that_settles_most() -> None:
    question = law({}).next_question
    assert question is not None
    assert question.fact == "our_role"
    assert question.question == FACTS["our_role"].question
    assert {"eu-gdpr/authority", "us-ca/individuals"} <= {*question.settles}


def test_the_questions_reach_everything_that_cannot_be_told_and_each_thing_once() -> None:
    found = law({})
    settled = [rule for question in found.questions for rule in question.settles]
    assumed = {each.name for each in found.duties if each.needs}
    assert sorted(settled) == sorted({each.name for each in found.undecided} | assumed)
    sizes = [len(question.settles) for question in found.questions]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) < 6
    assert found.questions[0] == found.next_question
    assert law({"attack_on_system": False}, regime()).questions == ()


def test_with_everything_decided_the_next_question_is_the_moment_of_an_assumed_clock() -> None:
    question = law({"attack_on_system": True}, regime()).next_question
    assert question is not None
    assert (question.fact, question.settles) == ("aware_at", ("test-law/notice",))
    settled = law({"attack_on_system": True, "aware_at": "2026-11-24T03:00+07:00"}, regime())
    assert settled.next_question is None


def test_one_person_of_unknown_place_is_asked_for_before_the_harm_tests_of_many_laws() -> None:
    facts = {"our_role": "controller", "people_by_country": "DE-BY:100,unknown:1", "kinds": "account-info"}
    found = law(facts)
    first = found.questions[0]
    assert first.fact == "people_by_country"
    assert first.question.startswith("Where does the 1 person of unknown place live? It decides ")
    assert first.question.endswith(f" {len(first.settles)} duties.")
    # What is only assumed is asked for together with what cannot be told.
    assumed = {f"{duty.regime}/{duty.rule}" for duty in found.duties if duty.key in found.on_a_place}
    assert assumed
    assert assumed < {*first.settles}
    named = law({**facts, "people_by_country": "DE-BY:100,FR:1"})
    assert "people_by_country" not in {question.fact for question in named.questions}
    assert len(named.undecided) < len(found.undecided)
    told_apart = law({**facts, "cells": "[{place: DE, count: 100}, {place: unknown, count: 3}]"}).questions[0]
    assert (told_apart.fact, told_apart.question[:41]) == (
        "cells",
        "Where do the 3 people of unknown place li",
    )


def test_of_many_harm_tests_the_one_whose_duty_falls_due_first_comes_first() -> None:
    asks = {"when": {"fact": "harm_tests", "of": "test-law", "is": "met"}}
    late = regime({**asks, "clock": {"from": "aware_at", "within": {"hours": 90}}}, harm_test=TEST)
    other = {"when": {"fact": "harm_tests", "of": "urgent", "is": "met"}}
    soon = regime(other, id="urgent", harm_test=TEST)
    found = law({}, late, soon)
    question = found.questions[0]
    assert [test.of for test in question.harm_tests] == ["test-law", "urgent"]
    first = first_test(question.harm_tests, found.undecided)
    assert first is not None
    assert first.of == "urgent"
    assert first_test((), found.undecided) is None


def test_what_the_organisation_has_not_stated_is_asked_for_in_its_file() -> None:
    question = law({}, regime({"when": {"organisation": "size_class", "is": "large"}})).next_question
    assert question is not None
    assert question.fact == "organisation.size_class"
    assert "organisation.yaml" in question.question


def test_people_without_a_place_leave_more_countries_open() -> None:
    found = law(
        {"our_role": "controller", "risk": "risk", "cells": [{"place": "DE"}, {}]}, CATALOG.regimes["eu-gdpr"]
    )
    assert "eu-gdpr/authority/de/controller" in [duty.key for duty in found.duties]
    assert ("authority", ("cells",)) in [(each.rule, each.needs) for each in found.undecided]


def test_people_in_an_unknown_place_bring_in_an_authority_and_ask_where_they_live() -> None:
    found = law(
        {"our_role": "controller", "risk": "risk", "people_by_country": {"DE-BY": 2, "DE": 1, "unknown": 1}},
        CATALOG.regimes["eu-gdpr"],
    )
    asks = {duty.key.split("/")[2]: (duty.assumed, duty.needs) for duty in found.duties}
    of_the_land = asks.pop("unknown")
    assert asks == {"de-by": (True, ("aware_at",)), "de": (True, ("aware_at",))}
    assert of_the_land == (True, ("people_by_country", "aware_at"))


KEY_SAFE = {"protection": "intact", "protection_evidence": "the key never left the vault"}


@pytest.mark.parametrize(
    ("facts", "candidate"),
    [(KEY_SAFE, True), ({"protection": "intact"}, False), ({"protection": "none"}, False), ({}, False)],
)
def test_a_doubt_under_a_condition_is_one_only_where_that_is_known(
    facts: dict[str, Any], candidate: bool
) -> None:
    doubt = {"cells": {"protection": "intact", "protection_proven": True}, "every": True}
    rule = regime({"doubt": "whether encryption helps", "doubt_when": doubt})
    (duty,) = law({"attack_on_system": True} | facts, rule).duties
    assert duty.candidate is candidate
    assert ("counsel must confirm: whether encryption helps" in duty.because) is candidate


@pytest.mark.parametrize(
    ("facts", "content"),
    [({"categories": ["tax"]}, ("what-happened", "services")), ({"categories": ["photo"]}, ("what-happened",)),
     ({}, ("what-happened", "services"))],
)  # fmt: skip
def test_a_part_under_a_condition_is_left_out_only_where_that_is_known_to_fail(
    facts: dict[str, Any], content: tuple[str, ...]
) -> None:
    services = {"when": {"cells": {"categories": "tax"}}, "content": ["services"]}
    rule = regime({"content": ["what-happened"], "content_where": [services]})
    assert law({"attack_on_system": True} | facts, rule).duties[0].content == content
    with pytest.raises(ValidationError, match="both must and must not"):
        regime({"must_not_contain": ["services"], "content_where": [services]})


def test_a_processor_owes_word_to_each_controller_that_is_named_and_to_those_who_are_not() -> None:
    rule = regime({"recipient": "controller", "role": "processor", "among": {"role": "processor"}, "place": None,
                   "when": {"cells": {"place": "EEA"}}})  # fmt: skip

    def told(*cells: dict[str, Any]) -> list[str]:
        found = law({"cells": list(cells)}, rule)
        assert len(found.not_owed) == (not found.duties and not found.undecided)
        return [duty.key.split("/")[2] for duty in found.duties]

    acme, beta = ({"role": "processor", "place": "DE", "controllers": [code]} for code in ("acme", "beta"))
    assert told(acme, beta, acme) == ["acme", "beta"]
    assert told(acme, {"role": "processor", "place": "FR"}) == ["acme", "controller"]
    # The people of whom nobody knows whose they are live elsewhere, or are our own.
    assert told(acme, {"role": "processor", "place": "VN"}) == ["acme"]
    assert told(acme, {"role": "controller", "place": "DE"}) == ["acme"]
    assert told(acme | {"place": "VN"}) == []
    assert told({"role": "processor", "place": "DE"}) == ["controller"]
    with pytest.raises(ValidationError, match="controllers"):
        regime({"among": {"controllers": "acme"}})


def test_people_in_an_outermost_region_belong_to_its_state() -> None:
    found = law({"our_role": "controller", "risk": "risk", "people_by_country": {"RE": 3, "FR": 1}})
    assert [duty.key for duty in found.duties if duty.rule == "authority"] == [
        "eu-gdpr/authority/fr/controller"
    ]


def test_the_assessment_is_plain_json_with_moments_in_utc() -> None:
    plain = law({"detected_at": "2026-11-24T01:10+07:00"}).as_json()
    assert plain["duties"][0]["due_at"] == "2026-11-26T18:10:00+00:00"
    assert set(plain) == {"duties", "undecided", "not_owed", "next_question"}
    assert set(plain["undecided"][0]) >= {"regime", "rule", "needs"}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"clock": {"from": "aware", "within": {"hours": 72}}}, "not a moment"),
        ({"clock": {"from": "risk", "within": {"hours": 72}}}, "not a moment"),
        ({"place": "Vietnam"}, "is no place"),
        ({"per": {"place_in": "EEA"}}, "not both"),
        ({"per": {"place_in": "Europe"}, "place": None}, "is no place"),
        ({"valid_from": "2026-02-01", "valid_until": "2026-01-01"}, "before it begins on 2026-02-01"),
        ({"recipient": "neighbours"}, "recipient"),
        ({"cite": None}, "cite"),
        ({"whan": {}}, "whan"),
        ({"doubt_when": {"fact": "intent", "is": "malicious"}}, "write the doubt itself too"),
        ({"extension": {"filed": "risk", "within": {"hours": 1}, "cite": "1"}}, "not a moment"),
        ({"phased": 1}, "valid boolean"),
        (
            {"hold": {"by": ["court"], "cite": "1", "then": {"asap": True, "target_hours": 9}}},
            "write a number",
        ),
        ({"hold": {"by": ["court"], "cite": "1", "spoken_days": 30}}, "goes with written: false"),
    ],
)
def test_a_rule_that_says_something_unknown_is_refused(rule: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        regime(rule)


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="rule notice: the regime has two of this name"):
        Regime.model_validate(REGIME | {"rules": [RULE, RULE]})


def test_every_shipped_rule_cites_its_article_and_survives_being_stored() -> None:
    for each in REGIMES:
        assert all(rule.cite for rule in each.rules)
        assert Regime.model_validate_json(each.model_dump_json(by_alias=True, exclude_defaults=True)) == each


def test_the_question_for_harm_is_that_of_each_law_with_its_article() -> None:
    def asking(code: str, en: str, **rule: Any) -> Regime:
        test = {"question": {"en": en, "vi": "Có không?"}, "cite": f"s 1 {code}"}
        when = {"fact": "harm_tests", "of": code, "is": "met"}
        return regime({"when": when, **rule}, id=code, harm_test=test)

    one, other = asking("one-law", "Is fraud likely?"), asking("other-law", "Is harm likely?")
    alone = law({}, one).next_question
    assert alone is not None
    assert (alone.fact, alone.question) == ("harm_tests", "Is fraud likely? (s 1 one-law)")
    both = law({}, one, other).next_question
    assert both is not None
    assert (
        both.question == "one-law: Is fraud likely? (s 1 one-law) other-law: Is harm likely? (s 1 other-law)"
    )
    assert [(test.of, test.question["vi"]) for test in both.harm_tests] == [
        ("one-law", "Có không?"),
        ("other-law", "Có không?"),
    ]
    # What is answered is asked no more, and the rest by its own words.
    left = law({"harm_tests": {"one-law": "not"}}, one, other)
    assert left.next_question is not None
    assert left.next_question.question == "Is harm likely? (s 1 other-law)"
    assert left.undecided[0].because == ("harm_tests of other-law is unknown",)
    document = left.as_json()
    assert document["undecided"][0]["harm_tests"] == document["next_question"]["harm_tests"]
    assert document["undecided"][0]["harm_tests"][0]["cite"] == "s 1 other-law"


def test_a_rule_may_ask_for_harm_in_its_own_words() -> None:
    own = {"question": {"en": "Is misuse likely?"}, "cite": "s 2"}
    whole = {"question": {"en": "Is misuse reasonably likely?"}, "cite": "s 1"}
    when = {"fact": "harm_tests", "of": "test-law/notice", "is": "met"}
    question = law({}, regime({"when": when, "harm_test": own}, harm_test=whole)).next_question
    assert question is not None
    assert question.question == "Is misuse likely? (s 2)"


UNKNOWN_PLACE = "the place of 3 people is unknown, which counts as the strictest: ASSUMED until it is known"


@pytest.mark.parametrize(
    ("places", "when", "assumed"),
    [
        ({"unknown": 3}, {"cells": {"place": "US-WA"}}, True),
        ({"unknown": 3, "DE": 9}, {"cells": {"place": "US-WA"}}, True),
        # Somebody is known to live there: the duty stands without those of whom nobody knows.
        ({"unknown": 3, "US-WA": 1}, {"cells": {"place": "US-WA"}}, False),
        # But not with such a number.
        ({"unknown": 3, "US-WA": 499}, {"people": {"place": "US-WA"}, "more_than": 500}, True),
        ({"unknown": 3, "US-WA": 501}, {"people": {"place": "US-WA"}, "more_than": 500}, False),
        # Where nobody asks for a place, none is assumed.
        ({"unknown": 3}, {"people": {}, "at_least": 3}, False),
    ],
)
def test_a_duty_that_rests_on_a_place_nobody_knows_says_so(
    places: dict[str, int], when: dict[str, Any], assumed: bool
) -> None:
    facts = {"aware_at": "2026-11-23T10:00:00Z", "people_by_country": places}
    (duty,) = law(facts, regime({"when": when})).duties
    assert duty.assumed is assumed
    assert (UNKNOWN_PLACE in duty.because) is assumed
    assert duty.needs == (("people_by_country",) if assumed else ())


def test_how_many_have_no_known_place_is_said_as_far_as_it_is_known() -> None:
    cells = [{"place": "unknown", "count": 2}, {"place": "unknown", "group": ["patients"]}]
    facts = {"aware_at": "2026-11-23T10:00:00Z", "cells": cells}
    (duty,) = law(facts, regime({"when": {"cells": {"place": "VN"}}})).duties
    assert "the place of some people is unknown" in duty.because[-1]
