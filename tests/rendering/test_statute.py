"""A regime in words: everything that a pack says is on its page, and the pages of all regimes are current."""

import re
from pathlib import Path

import pytest

from tocsin.domain.catalog import Catalog
from tocsin.domain.law.criteria import AllOf, AnyOf, Cells, FactIs, Not, OrganisationIs, People
from tocsin.domain.law.rules import Regime, Rule
from tocsin.domain.matching import CellTest
from tocsin.domain.questions import FACTS
from tocsin.rendering.statute.markdown import escaped, markdown, pages
from tocsin.rendering.statute.page import page_of
from tocsin.rendering.statute.phrases import MOMENTS
from tocsin.rendering.statute.sentences import Item, condition, people
from tocsin.rendering.statute.terminal import terminal
from tocsin.rendering.statute.terms import TERMS, clock

DOCS = Path(__file__).parent.parent.parent / "docs" / "regimes"


@pytest.fixture(scope="module")
def library(catalog: Catalog) -> Catalog:
    """Every law that ships."""
    return catalog


def flat(lines: object) -> str:
    return " ".join(" ".join(lines if isinstance(lines, list) else list(lines)).split())  # type: ignore[call-overload]


def said(test: object) -> str:
    """A condition on one line."""

    def line(item: Item) -> str:
        return item.text + (f" [{'; '.join(map(line, item.below))}]" if item.below else "")

    return line(condition(test))  # type: ignore[arg-type]


def test_the_terms_of_a_page_say_every_field_of_a_rule() -> None:
    fields = [name for _, names, _ in TERMS for name in names]
    assert sorted(fields) == sorted(set(Rule.model_fields) - {"id", "cite"})


def test_every_feature_of_people_has_words() -> None:
    for name, field in CellTest.model_fields.items():
        value: object = True
        if not re.search("bool|Literal", str(field.annotation)):
            value = {"place": "DE", "categories": "identity", "all_categories": "identity"}.get(name)
            value = value or (FACTS[{"kinds": "categories"}.get(name, name)].choices or ("account",))[0]
        clause = people(CellTest.model_validate({name: value} if name != "kinds" else {"kinds": "account"}))
        assert re.match(r"(whose|who|of) ", clause), name


def test_every_moment_has_a_name() -> None:
    assert set(MOMENTS) == {name for name, fact in FACTS.items() if fact.type == "moment"} - {
        "told_by_other_at",
        "notice_planned_for",
    }


@pytest.mark.parametrize(
    ("test", "words"),
    [
        (FactIs(fact="attack_on_system", **{"is": [True]}), "an information system was attacked"),
        (FactIs(fact="attack_on_system", **{"is": [False]}), "no information system was attacked"),
        (
            FactIs(fact="harm_tests", of="us-fl", **{"is": ["not"]}),
            "the harm test of us-fl, which a person decides, is not met",
        ),
        (FactIs(fact="risk", **{"is": ["risk", "high"]}), "there are people who are at risk or high risk"),
        (
            Cells(cells=CellTest(place=("EEA",), access=("viewed", "acquired"))),
            "there are people who live in the EEA and whose data somebody acquired or viewed",
        ),
        (
            Cells(cells=CellTest(protection=("intact",), protection_proven=True), every=True),
            "all people concerned are people whose data had a protection that was intact, as is proven",
        ),
        (
            Cells(cells=CellTest(categories=("tax", "phi"), all_categories=("identity",))),
            "there are people whose data include identity together with phi or tax",
        ),
        (People(people=CellTest(place=("US-CA",)), more_than=500), "more than 500 people who live in US-CA"),
        (People(people=CellTest(), less_than=500), "fewer than 500 people concerned"),
        (
            OrganisationIs(organisation="established_in", **{"is": ["EEA"]}),
            "the company is established in the EEA",
        ),
        (OrganisationIs(organisation="public_sector", **{"is": [True]}), "the company is a public body"),
        (
            Not(**{"not": OrganisationIs(organisation="sectors", has=("finance",))}),
            "it is not so that the company's sectors include finance",
        ),
        (
            AllOf(
                all=(
                    FactIs(fact="ongoing", **{"is": [True]}),
                    AllOf(all=(AnyOf(any=(FactIs(fact="ransom_paid_at", known=True),)),)),
                )
            ),
            "all of these [the breach still goes on; any of these [the payment of a ransom is known]]",
        ),
    ],
)
def test_a_condition_reads_as_a_sentence(test: object, words: str) -> None:
    assert said(test) == words


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("eu-gdpr/authority", "within 72 hours of awareness (aware_at) or the processor's word to us"),
        ("us-ca/attorney-general", "within 15 calendar days of the discharge of rule individuals"),
        (
            "eu-dora/initial",
            "within 4 hours of the classification as major (classified_major_at); at most 24 hours from",
        ),
        ("br-lgpd/authority", "within 3 working days (BR) of awareness"),
        (
            "eu-dora/final",
            "within 1 month of the discharge of rule intermediate; a limit on a day off in our own Member State",
        ),
        (
            "us-hipaa/authority-under-500",
            "within 60 calendar days of the end of the year of the first signal",
        ),
        (
            "eu-gdpr/processor",
            "as soon as possible (no number in the law; our own target: 24 hours) after awareness",
        ),
    ],
)
def test_a_clock_reads_as_a_sentence(library: Catalog, rule: str, words: str) -> None:
    code, _, name = rule.partition("/")
    found = library.regime(code).rule(name)
    assert found is not None
    assert clock(found.clock).startswith(words)


def test_every_page_names_each_rule_its_article_its_sources_and_what_it_asks(library: Catalog) -> None:
    for regime in library.regimes.values():
        page = flat(terminal(page_of(regime), 100))
        for rule in regime.rules:
            assert f"{regime.id}/{rule.id}" in page
            for text in (rule.cite, rule.note, rule.doubt, *(exempt.cite for exempt in rule.exceptions)):
                assert text is None or flat([text]) in page, (rule.id, text)
        for source in regime.sources:
            assert source.url in page
        for note in regime.notes:
            assert flat([note]) in page


def test_a_page_keeps_to_the_width_and_says_the_same_in_every_width(library: Catalog) -> None:
    regime = library.regime("eu-gdpr")
    narrow, wide = (list(terminal(page_of(regime), width)) for width in (72, 119))
    assert max(len(line) for line in wide if "://" not in line) <= 119
    assert flat(narrow).replace(" ", "") == flat(wide).replace(" ", "")


def test_what_was_said_before_is_referred_to(library: Catalog) -> None:
    page = flat(terminal(page_of(library.regime("us-ma")), 100))
    assert page.count("any of these:") == 1
    assert page.count("if as in us-ma/individuals") == 4


def test_whom_a_law_means_by_agencies_its_note_says(library: Catalog) -> None:
    canada = flat(terminal(page_of(library.regime("ca-pipeda")), 100))
    assert "tell the agencies that the note names, as controller" in canada
    assert "consumer reporting agencies" not in canada
    named = [rule for law in library.regimes.values() for rule in law.rules if rule.recipient == "agencies"]
    assert all(rule.note for rule in named)


def test_a_text_of_a_pack_is_never_markup(library: Catalog) -> None:
    hostile = "<script>x</script> | *bold* [a](b) `c` # head"
    regime = library.regime("in-certin").model_copy(
        update={"notes": (hostile,), "name": {"en": hostile}, "jurisdiction": "a | b"}
    )
    page = markdown(page_of(regime))
    assert f"- {escaped(hostile)}" in page
    assert "<script" not in page.replace("\\<script", "")
    row = next(line for line in pages([regime])["README.md"].splitlines() if "in-certin.md" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == 6


def test_the_pages_of_the_regimes_are_current(library: Catalog) -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("*")}
    written = pages(library.regimes.values())
    assert there.keys() == written.keys(), "make docs writes the pages anew"
    stale = [name for name, text in written.items() if there[name] != text]
    assert stale == [], "make docs writes the pages anew"


def test_the_index_has_a_line_for_each_regime(library: Catalog) -> None:
    index = pages(library.regimes.values())["README.md"]
    for regime in library.regimes.values():
        assert f"({regime.id}.md) |" in index


def test_the_order_in_which_regimes_are_read_changes_nothing(library: Catalog) -> None:
    laws: list[Regime] = list(library.regimes.values())
    assert pages(laws) == pages(reversed(laws))
