"""What a pack says is closed: a word that nobody knows, or a rule that can never speak, is refused where it stands.

Each case writes one thing into a small law that stands beside those that ship.
"""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tocsin.catalog import default_folders
from tocsin.catalog.lawfile import read_laws, vocabulary_of
from tocsin.domain.errors import BadFile
from tocsin.domain.languages import LANGUAGES
from tocsin.domain.law.laws import no_harm_test

if TYPE_CHECKING:
    from tests.catalog.conftest import Copy
    from tocsin.domain.catalog import Catalog

LAW = """\
id: xx-law
name: {en: A law, vi: Một luật}
jurisdiction: VN
status: in-force
verification: primary
valid_from: 2026-01-01
sources: [{title: The law, url: "https://example.com/law", verification: primary}]
rules:
  - id: people
    recipient: individuals
    when: {people: {}, more_than: 500}
    clock: {from: aware_at, within: {hours: 72}}
    content: [nature]
    cite: Art. 1
  - id: authority
    recipient: authority
    clock: {from: aware_at, within: {hours: 72}}
    cite: Art. 2
"""
WHEN, CLOCK = "when: {people: {}, more_than: 500}", "clock: {from: aware_at, within: {hours: 72}}"
CONTENT, PEOPLE = "content: [nature]", "cite: Art. 1"

#: What stands in the law, what is put in its place, the complaint
MISTAKES = [
    # Words
    (CONTENT, "content: [natur]", "content: no law has the part 'natur'; did you mean nature?"),
    (CONTENT, "must_not_contain: [natur]", "must_not_contain: no law has the part 'natur'"),
    (CONTENT, "content_where: [{when: {fact: ongoing, is: true}, content: [natur]}]", "content: no law has"),
    ("id: xx-law", "parts: {nature: what it is}\nid: xx-law", "parts: 'nature' stands in incident_templates/regimes/"),
    ("id: xx-law", "parts: {scar: ' '}\nid: xx-law", "parts.scar: is empty; write it"),
    ("jurisdiction: VN", "jurisdiction: Vietnam", "jurisdiction: 'Vietnam' is no place"),
    ("jurisdiction: VN", "jurisdiction: vn", "jurisdiction: 'vn' is no place; did you mean VN?"),
    ("jurisdiction: VN", "jurisdiction: true", "jurisdiction: is read as a number or a truth value here"),
    ("{en: A law, vi: Một luật}", "{en: A law, vn: Một luật}", "'vn' is no language; did you mean vi?"),
    ("{en: A law, vi: Một luật}", "{en: A law, en-XX: A law}", "'en-XX': XX is no country"),
    ("{en: A law, vi: Một luật}", "{en: ' '}", "name.en: is empty; write it"),
    (PEOPLE, "language: xq\n    cite: Art. 1", "language: 'xq' is no language"),
    (PEOPLE, "cited: {vn: Điều 1}\n    cite: Art. 1", "'vn' is no language; did you mean vi?"),
    (PEOPLE, "cite: ''", "cite: is empty; write it"),
    (PEOPLE, "note: ''\n    cite: Art. 1", "note: is empty; write it, or leave the key out"),
    (PEOPLE, "source: somewhere\n    cite: Art. 1", "source: 'somewhere' does not fit; write an address like https://"),
    ("https://example.com/law", "example.com", "url: 'example.com' does not fit; write an address like https://"),
    (WHEN, "when: {fact: harm_tests, of: xx-law, is: met}", "of: xx-law does not say what it asks; write its question"),
    (WHEN, "when: {fact: harm_tests, of: xx-law/people, is: met}", "of: xx-law/people does not say what it asks"),
    ("id: xx-law", "harm_test: {question: {vi: Có không?}, cite: Art. 3}\nid: xx-law", "add the words in English (en)"),
    ("id: xx-law", "harm_test: {question: {en: Harm?}}\nid: xx-law", "key 'cite' is missing"),
    # Days
    ("valid_from: 2026-01-01", "valid_from: 2026-01-01\nvalid_until: 2025-12-31", "valid_until: it ends on 2025-12-31"),
    ("valid_from: 2026-01-01", "valid_from: 20260101", "valid_from: 20260101 is no day; write one like"),
    ("valid_from: 2026-01-01", "valid_from: 2026-02-30", "valid_from: write a day like"),
    ("valid_from: 2026-01-01", "valid_from: 2026-01-01T00:00Z", "is no day; write one like"),
    (PEOPLE, "valid_from: 2027-01-01\n    valid_until: 2026-01-01\n    cite: Art. 1", "before it begins on 2027-01-01"),
    # Numbers
    (WHEN, "when: {people: {}, more_than: -1}", "more_than: must be 0 or more"),
    (WHEN, "when: {people: {}, at_least: 0}", "at_least: must be 1 or more"),
    (WHEN, "when: {people: {}, less_than: 0}", "less_than: must be 1 or more"),
    (WHEN, "when: {people: {}, at_most: -1}", "at_most: must be 0 or more"),
    (WHEN, f"when: {{people: {{}}, more_than: {'9' * 30}}}", "more_than: must be less than 1000000000000000"),
    (WHEN, 'when: {people: {}, more_than: "500"}', "more_than: is no whole number"),
    (WHEN, "when: {people: {}, more_than: 500.0}", "more_than: is no whole number"),
    (WHEN, "when: {people: {}, more_than: true}", "more_than: is no whole number"),
    (WHEN, "when: {fact: users_affected_share, at_least: 101}", "100 percent at most, so this can never hold"),
    (WHEN, "when: {fact: direct_loss, at_least: 5, currency: EUT}", "'EUT' is no currency"),
    (CLOCK, "clock: {from: aware_at, within: {hours: 0}}", "hours: must be more than 0"),
    (CLOCK, "clock: {from: aware_at, within: {hours: -72}}", "hours: must be more than 0"),
    # What can never hold
    (WHEN, "when: {all: [{people: {}, more_than: 500}, {people: {}, at_most: 500}]}", "this can never hold: no number"),
    (WHEN, "when: {all: [{fact: intent, is: malicious}, {fact: intent, is: accidental}]}", "intent has one answer"),
    (
        WHEN,
        "when: {all: [{fact: ongoing, is: true}, {not: {fact: ongoing, is: true}}]}",
        "one of these says the very thing that another denies",
    ),
    # Nothing asked
    (WHEN, "when: {all: []}", "when.all: is empty; write at least 1"),
    (WHEN, "when: {any: []}", "when.any: is empty; write at least 1"),
    (WHEN, "when: {cells: {}}", "when.cells: {} asks for nothing"),
    (WHEN, "when: {cells: {place: []}}", "an empty list asks for nothing"),
    (WHEN, "when: {cells: {place: }}", "an empty value asks for nothing"),
    (WHEN, "when: {fact: nature, has: []}", "an empty list asks for nothing"),
    (WHEN, "when: {people: [{}, {place: VN}], more_than: 5}", "counts everybody, whatever the others ask"),
    # Values of another kind
    (WHEN, "when: {cells: {place: {a: b}}}", "is no place"),
    (WHEN, "when: {cells: {place: false}}", "False is no place"),
    (WHEN, "when: {cells: {categories: [{a: b}]}}", "is no single value"),
    (WHEN, "when: {cells: {categories: [identiy]}}", "did you mean identity"),
    (WHEN, "when: {fact: intent, is: [[malicious]]}", "is no single value"),
    (CLOCK, "clock: {from: , within: {hours: 72}}", "None is not a moment from which a clock can run"),
    (CLOCK, "clock: {from: [[aware_at]], within: {hours: 72}}", "is not a moment from which a clock can run"),
    (CLOCK, "clock: {from: awareat, within: {hours: 72}}", "did you mean aware_at?"),
    # Rules that wait for themselves
    (PEOPLE, "send_after: [people]\n    cite: Art. 1", "rule xx-law/people: it is to be told after itself through"),
    (PEOPLE, "send_after: [nobody]\n    cite: Art. 1", "the regime has no rule 'nobody'"),
    ("- id: authority", "- id: people", "the regime has two of this name; give each its own"),
    ("status: in-force", "status: off", "regime xx-law: why_off says why a regime is not in force, and only then"),
]  # fmt: skip


@pytest.fixture(scope="module")
def words() -> Collection[str]:
    """The words for parts that all laws share."""
    return vocabulary_of([default_folders()[0]])


@pytest.mark.parametrize(("was", "now", "complaint"), MISTAKES)
def test_what_a_pack_cannot_mean_is_refused_where_it_stands(
    shipped: "Catalog", words: Collection[str], tmp_path: Path, was: str, now: str, complaint: str
) -> None:
    assert was in LAW
    path = tmp_path / "regime.yaml"
    path.write_text(LAW.replace(was, now, 1), encoding="utf-8")
    with pytest.raises(BadFile) as caught:
        read_laws(path, shipped.regimes, words)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
    begin = 1 + LAW[: LAW.index(was)].count("\n")
    top_of_rule = 1 + LAW[: LAW.rfind("  - id:", 0, LAW.index(was) + 1)].count("\n")
    assert caught.value.line in (*range(begin, begin + 1 + now.count("\n")), top_of_rule)


def test_the_law_that_is_broken_here_is_sound(copy: "Copy") -> None:
    path = copy.path("regimes/xx-law/regime.yaml")
    path.parent.mkdir()
    path.write_text(
        LAW.replace("[nature]", "[scar]").replace("id: xx", "parts: {scar: what stays}\nid: xx", 1)
    )
    assert copy.load().regimes["xx-law"].parts == {"scar": "what stays"}


def test_notices_of_two_laws_that_wait_for_each_other_are_refused(copy: "Copy") -> None:
    copy.edit("regimes/us-nj/regime.yaml", "send_after: [", "send_after: [us-ca/individuals, ")
    copy.edit(
        "regimes/us-ca/regime.yaml",
        "id: individuals\n",
        "id: individuals\n    send_after: [us-nj/individuals]\n",
    )
    said = "us-ca/individuals: it is to be told after itself through us-nj/individuals, us-ca/individuals; take one"
    with pytest.raises(BadFile, match=said) as caught:
        copy.load()
    assert caught.value.path.parent.name == "us-ca"


def test_a_mistake_in_a_pack_keeps_the_catalog_from_being_read(copy: "Copy") -> None:
    path = copy.path("regimes/xx-law/regime.yaml")
    path.parent.mkdir()
    path.write_text(LAW.replace("[nature]", "[natur]"), encoding="utf-8")
    with pytest.raises(BadFile, match=r"regime\.yaml:13: content: no law has the part 'natur'"):
        copy.load()


def test_two_files_that_are_the_same_law_are_not_compared_as_one(
    shipped: "Catalog", words: Collection[str], tmp_path: Path
) -> None:
    path = tmp_path / "regime.yaml"
    path.write_text(LAW, encoding="utf-8")
    assert set(read_laws(path, shipped.regimes, words)) == {"xx-law"}
    again = tmp_path / "again" / "regime.yaml"
    again.parent.mkdir()
    again.write_text(LAW, encoding="utf-8")
    with pytest.raises(BadFile, match="is 'xx-law' too; compare one of them"):
        read_laws(tmp_path, shipped.regimes, words)


def test_a_part_that_the_letter_says_is_one_that_a_law_knows(copy: "Copy") -> None:
    line = copy.edit("notices/letter.yaml", "      - outline\n", "      - outlines\n")
    with pytest.raises(
        BadFile, match=rf"letter\.yaml:{line}: says: no law has the part 'outlines'; did you mean"
    ):
        copy.load()
    copy.edit("notices/letter.yaml", "      - outlines\n", "      - outline\n")
    copy.edit("notices/added/place.yaml", "says: [place]", "says: [places]")
    with pytest.raises(BadFile, match=r"place\.yaml:1: says: no law has the part 'places'"):
        copy.load()


def test_every_shared_word_is_used_by_some_law(shipped: "Catalog", words: Collection[str]) -> None:
    rules = [rule for law in shipped.regimes.values() for rule in law.rules]
    used = {part for rule in rules for part in (*rule.content, *rule.must_not_contain)}
    used |= {part for rule in rules for where in rule.content_where for part in where.content}
    assert used == set(words)


def test_languages_are_those_of_iso_639_1() -> None:
    assert len(LANGUAGES) == 183
    assert {"en", "vi", "ja"} < LANGUAGES
    assert not {"vn", "jp", "cn"} & LANGUAGES


def test_every_test_of_harm_is_asked_in_both_languages_and_by_some_condition(shipped: "Catalog") -> None:
    tests = {law.id: law.harm_test for law in shipped.regimes.values() if law.harm_test}
    tests |= {
        law.full(rule.id): rule.harm_test
        for law in shipped.regimes.values()
        for rule in law.rules
        if rule.harm_test
    }
    assert {of for of, test in tests.items() if set(test.question) != {"en", "vi"}} == set()
    assert {of for of in tests if no_harm_test(of, shipped.regimes)} == set()
    documents = b"".join(shipped.regimes.documents.values())  # type: ignore[attr-defined]
    assert {of for of in tests if f'"of":"{of}"'.encode() not in documents} == set()
    assert len({test.question["en"] for test in tests.values()}) == len(tests)
