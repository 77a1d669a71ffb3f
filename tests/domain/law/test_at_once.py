"""What is owed before anything is known: the first page asks only the laws that can answer, and misses none."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.domain.bodies import WORDS
from tests.shipped import shipped
from tocsin.domain.facts import Facts
from tocsin.domain.fold import fold
from tocsin.domain.kinds import Declared, FactLearned
from tocsin.domain.law.regime import Regime, assess, owing_at_once
from tocsin.domain.organisation import Organisation
from tocsin.domain.owing import assessment, owed_at_once
from tocsin.domain.timeline import Draft, chain

SAMPLE = shipped().contacts.organisation
DECLARED = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)

#: Companies of which different laws can tell at once what they owe.
COMPANIES = {
    "as shipped": {},
    "in Germany": {"established_in": "DE", "eu_main_establishment": "DE"},
    "a bank in New York": {"established_in": "US-NY", "sectors": ("finance",)},
    "a hospital of the State": {"established_in": "IN", "sectors": ("health",), "public_sector": True},
    "an agency abroad": {"established_in": "SG", "offers_to": ("SG",), "collects_directly": False},
}


@pytest.fixture(params=COMPANIES.values(), ids=COMPANIES)
def company(request) -> Organisation:
    return Organisation.model_validate(SAMPLE.model_dump(exclude={"eu_main_establishment"}) | request.param)


def moments(law: Regime) -> list[datetime]:
    """Around each day on which a law begins or ends, and today."""
    days = [day for day in (law.valid_from, law.valid_until) if day]
    at = [datetime(day.year, day.month, day.day, 12, tzinfo=UTC) for day in days]
    return [DECLARED, *(each + timedelta(days=apart) for each in at for apart in (-2, 2))]


def owed(company: Organisation, laws: Iterable[Regime], at: datetime) -> list[object]:
    authorities = shipped().contacts.authorities
    found = assess(Facts({}), company, laws, authorities=authorities, at=at, declared_at=at)
    return [(duty.key, duty.due_at, duty.target_at) for duty in found.duties]


def test_whoever_the_company_is_no_duty_is_missed(company):
    laws = shipped().regimes
    first = owing_at_once(laws.values(), company, shipped().contacts.authorities)
    assert owed(company, [laws[code] for code in first], DECLARED) == owed(company, laws.values(), DECLARED)


def test_a_law_that_is_not_asked_owes_nothing_on_any_day(company):
    laws = shipped().regimes
    others = laws.keys() - owing_at_once(laws.values(), company, shipped().contacts.authorities)
    owing = [code for code in others for at in moments(laws[code]) if owed(company, [laws[code]], at)]
    assert (owing, len(others) > len(laws) / 2) == ([], True)


def test_only_few_laws_are_asked_and_the_promise_is_one_of_them():
    assert "policy-promise" in shipped().first_laws
    assert len(shipped().first_laws) < len(shipped().regimes) / 4


def declared(*facts: FactLearned):
    begun = Declared(
        code_name="Amber Heron", title=WORDS, type="unclassified", severity="sev1", catalog="0" * 64
    )
    drafts = [Draft(begun), *map(Draft, facts)]
    return fold(chain("INC-2026-0001", drafts, actor="linh", now=DECLARED))


def test_a_page_of_a_bare_declaration_names_what_a_full_assessment_names():
    incident = declared()
    full = assessment(incident, shipped())
    assert owed_at_once(incident, shipped()).duties == full.duties != ()


def test_where_a_fact_is_stated_all_laws_are_asked():
    incident = declared(FactLearned(name="people_by_country", value={"VN": 12, "DE": 3}, source=WORDS))
    assert owed_at_once(incident, shipped()) == assessment(incident, shipped())


def test_another_company_is_not_told_what_this_one_owes_at_once():
    contacts = shipped().contacts
    moved = contacts.model_copy(update={"organisation": SAMPLE.model_copy(update={"established_in": "SG"})})
    assert shipped().with_contacts(contacts.model_copy()).first_laws == shipped().first_laws
    assert shipped().with_contacts(moved).first_laws is None


def test_where_nobody_worked_it_out_all_laws_are_asked():
    catalog = replace(shipped(), first_laws=None)
    assert owed_at_once(declared(), catalog) == assessment(declared(), catalog)
