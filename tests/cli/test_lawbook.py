"""tocsin law: what the law says to given facts, without an incident and without a database."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Result
from tocsin.cli import main

FACTS = """
aware_at: 2026-11-24T02:40+07:00
detected_at: 2026-11-24T01:10+07:00
our_role: controller
nature: [access-abuse]
breach_of: [confidentiality]
people_by_country: {DE: 1200, VN: 40}
kinds: [account-info]
groups: [customers]
disclosure: confirmed
intent: malicious
"""


@pytest.fixture
def facts(home: Path) -> Path:
    """A facts file on the desk."""
    path = Path("facts.yaml")
    path.write_text(FACTS, encoding="utf-8")
    return path


def law(capfd: pytest.CaptureFixture[str], *words: object) -> Result:
    capfd.readouterr()
    status = main(["law", *map(str, words)])
    said = capfd.readouterr()
    return Result(status, said.out, said.err)


def test_the_answer_has_the_shape_that_programs_rely_on(
    facts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    document = law(capfd, "--facts", facts, "--json").json
    assert {"risk_advice", "duties", "undecided", "not_owed", "next_question"} == set(document)
    assert {"level", "score", "reasons"} <= set(document["risk_advice"])
    promise = next(each for each in document["duties"] if each["regime"] == "policy-promise")
    assert {
        "key", "regime", "rule", "cite", "recipient", "authority", "stage", "clock_from", "due_at", "within",
        "assumed", "because", "verification", "candidate",
    } <= set(promise)  # fmt: skip
    assert promise["due_at"] == "2026-11-26T18:10:00+00:00"
    assert {"regime", "rule", "needs", "because", "key", "cite"} <= set(document["undecided"][0])
    assert {"regime", "rule", "because", "key", "cite"} <= set(document["not_owed"][0])
    assert {"fact", "settles"} <= set(document["next_question"])


def test_the_advised_risk_stands_in_only_when_asked(facts: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def owed(*more: str) -> set[str]:
        document = law(capfd, "--facts", facts, "--regime", "eu-gdpr", "--json", *more).json
        return {each["key"] for each in document["duties"]}

    assert "eu-gdpr/authority/de/controller" not in owed()
    assert "eu-gdpr/authority/de/controller" in owed("--assume-risk", "advice")


def test_a_decided_risk_is_not_overruled_by_advice(facts: Path, capfd: pytest.CaptureFixture[str]) -> None:
    facts.write_text(f"{FACTS}risk: unlikely\n", encoding="utf-8")
    document = law(capfd, "--facts", facts, "--regime", "eu-gdpr", "--assume-risk", "advice", "--json").json
    assert document["duties"] == []


def test_only_the_named_regimes_are_asked(facts: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["--facts", facts, "--json", "--regime", "vn-pdpl", "--regime", "policy-promise"]
    document = law(capfd, *words).json
    named = {each["regime"] for part in ("duties", "undecided", "not_owed") for each in document[part]}
    assert named == {"vn-pdpl", "policy-promise"}


def test_the_law_is_that_of_the_moment_asked_for(facts: Path, capfd: pytest.CaptureFixture[str]) -> None:
    facts.write_text(FACTS.replace("2026-11-24", "2025-11-24"), encoding="utf-8")
    words = ["--facts", facts, "--json", "--regime", "vn-pdpl", "--at", "2025-12-01T00:00Z"]
    document = law(capfd, *words).json
    assert document["duties"] == []
    assert "in force only from 2026-01-01" in document["not_owed"][0]["because"][0]


def test_a_short_moment_is_echoed_as_understood(
    facts: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.cli.lawbook.at_terminal", lambda: True)
    assert law(capfd, "--facts", facts, "--at", "yesterday 23:10").err.startswith("yesterday 23:10 is ")
    assert law(capfd, "--facts", facts, "--at", "2026-11-24T02:40Z").err == ""


def test_another_organisation_is_bound_by_other_laws(
    facts: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from tocsin.catalog import default_folders

    ours = (default_folders()[1] / "organisation.yaml").read_text(encoding="utf-8")
    other = tmp_path / "organisation.yaml"
    other.write_text(ours.replace("established_in: VN", "established_in: US"), encoding="utf-8")
    facts.write_text(FACTS.replace(", VN: 40", ""), encoding="utf-8")
    words = ["--facts", facts, "--json", "--regime", "vn-pdpl"]
    assert law(capfd, *words).json["duties"] != []
    assert law(capfd, *words, "--organisation", other).json["duties"] == []


def test_json_is_read_as_well(facts: Path, capfd: pytest.CaptureFixture[str]) -> None:
    plain = law(capfd, "--facts", facts, "--json", "--at", "2026-11-25T00:00Z").out
    Path("facts.json").write_text(
        json.dumps(
            {
                "aware_at": "2026-11-24T02:40+07:00",
                "detected_at": "2026-11-24T01:10+07:00",
                "our_role": "controller",
                "nature": ["access-abuse"],
                "breach_of": ["confidentiality"],
                "people_by_country": {"DE": 1200, "VN": 40},
                "kinds": ["account-info"],
                "groups": ["customers"],
                "disclosure": "confirmed",
                "intent": "malicious",
            }
        ),
        encoding="utf-8",
    )
    assert law(capfd, "--facts", "facts.json", "--json", "--at", "2026-11-25T00:00Z").out == plain


def test_people_read_what_is_owed_by_when_and_what_to_ask_next(
    facts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said = law(capfd, "--facts", facts, "--at", "2026-11-24T00:00Z").out
    assert said.startswith("ADVICE  ")
    assert "OWED policy-promise/customers/individuals/controller  due Fri 01:10 +07 (18:10Z)" in said
    assert "CANNOT TELL eu-gdpr/authority: needs risk" in said
    assert "ASK NEXT risk: " in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("our_role: controller\nriks: high\n", "facts.yaml:2: there is no fact 'riks'; did you mean risk?"),
        ("\nrisk: hihg\n", "facts.yaml:2: risk cannot be 'hihg'; did you mean high?"),
        ("aware_at: 2026-11-24T02:40\n", "facts.yaml:1: "),
        ("risk: high\nrisk: high\n", "facts.yaml:2: key 'risk' stands here twice"),
        ("- risk\n", "facts.yaml:1: write one mapping"),
        ("", "facts.yaml:1: is empty"),
        ("occurred_from: 2026-11-24T02:40Z\noccurred_to: 2026-11-23T02:40Z\n", "occurred_to lies before"),
    ],
)
def test_a_wrong_line_of_a_facts_file_is_named(
    facts: Path, capfd: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    facts.write_text(text, encoding="utf-8")
    said = law(capfd, "--facts", facts)
    assert (said.status, said.out, said.err.count("\n")) == (1, "", 1)
    assert says in said.err


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["--facts", "nowhere.yaml"], 1, "nowhere.yaml: cannot be read"),
        (["--facts", "facts.yaml", "--regime", "eu-gdp"], 1, "did you mean eu-gdpr?"),
        (["--facts", "facts.yaml", "--at", "2026-11-24T02:40"], 1, "has no zone"),
        (["--facts", "facts.yaml", "--assume-risk", "high"], 2, "advice"),
        (["show"], 2, "law show CODE"),
        (["show", "nowhere"], 1, "there is no regime 'nowhere'"),
        (["show", "eu-gdpr", "--facts", "facts.yaml"], 2, "law show CODE"),
        (["--regime", "eu-gdpr"], 2, "law --facts FILE"),
        (["schema", "people"], 2, "there is no schema 'people'; "),
        (["schema", "typo"], 2, "there is no schema 'typo'; did you mean type?"),
        (["shw", "eu-gdpr"], 2, "there is no tocsin law 'shw'; did you mean show?"),
    ],
)
def test_what_cannot_be_answered_is_one_line(
    facts: Path, capfd: pytest.CaptureFixture[str], words: list[str], status: int, says: str
) -> None:
    said = law(capfd, *words)
    assert (said.status, says in said.err, said.err.count("\n")) == (status, True, 1)


@pytest.mark.parametrize("code", ["eu-gdpr", "policy-promise", "vn-pdpl"])
def test_a_regime_reads_like_a_statute_with_every_rule_article_and_source(
    home: Path, capfd: pytest.CaptureFixture[str], code: str
) -> None:
    said = law(capfd, "show", code).out
    document = law(capfd, "show", code, "--json").json
    for rule in document["rules"]:
        assert f"{code}/{rule['id']}  {rule['cite']}" in said
        for exempt in rule.get("exceptions", ()):
            assert exempt["cite"] in " ".join(said.split())
    for source in document["sources"]:
        assert source["url"] in said


def test_the_schema_knows_every_fact_and_accepts_the_example(
    facts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from tocsin.domain.facts import FACTS as KNOWN

    schema = law(capfd, "schema").json
    assert set(schema["properties"]) == set(KNOWN)
    assert "unlikely" in json.dumps(schema["properties"]["risk"])
    assert law(capfd, "schema", "regime").json["title"] == "Regime"
    within = law(capfd, "schema", "type").json["$defs"]["Due"]["properties"]["within"]
    assert re.search(within["pattern"], "15 min")
    assert "established_in" in law(capfd, "schema", "organisation").json["properties"]


def test_the_law_needs_no_database(facts: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (home / "tocsin.db").unlink()
    assert law(capfd, "--facts", facts).status == 0
    assert not (home / "tocsin.db").exists()


def test_every_law_is_listed_and_every_law_judges(
    home: Path, facts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    listed = law(capfd, "--json").json
    assert {"us-ca", "us-hipaa", "sg-pdpa", "br-lgpd", "uk-gdpr"} < {each["id"] for each in listed}
    said = law(capfd).out
    assert [line.split()[0] for line in said.splitlines()[: len(listed)]] == [each["id"] for each in listed]
    answered = law(capfd, "--facts", facts, "--json").json
    named = {each["regime"] for part in ("duties", "undecided", "not_owed") for each in answered[part]}
    assert named == {each["id"] for each in listed}
    asked = law(capfd, "--facts", facts, "--regime", "us-ca", "--json").json
    assert {each["regime"] for each in asked["not_owed"]} == {"us-ca"}
    assert "California" in law(capfd, "show", "us-ca").out


def test_the_pages_of_all_laws_are_written_into_a_folder_and_what_others_wrote_there_stays(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = Path("regimes")
    first = law(capfd, "docs", folder)
    assert first.out.endswith("written anew, 0 taken away\n")
    (folder / "ours.md").write_text("our own page", encoding="utf-8")
    (folder / "gone-law.md").write_bytes((folder / "us-ca.md").read_bytes())
    (folder / "us-ca.md").write_text("edited", encoding="utf-8")
    assert "1 written anew, 1 taken away" in law(capfd, "docs", folder).out
    assert (folder / "ours.md").exists()
    assert not (folder / "gone-law.md").exists()
    Path("file").write_text("", encoding="utf-8")
    said = law(capfd, "docs", "file")
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert law(capfd, "docs").status == 2


def amended(folder: Path, code: str, *changes: tuple[str, str]) -> Path:
    """A copy of a shipped law in a folder, with other words in it."""
    from tocsin.catalog import default_folders

    (source,) = default_folders()[0].glob(f"*/{code}/regime.yaml")
    text = source.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    target = folder / code / "regime.yaml"
    target.parent.mkdir(parents=True)
    target.write_text(text, encoding="utf-8")
    return target


def test_a_stricter_draft_of_a_law_is_told_from_the_law(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    draft = amended(Path("draft"), "eu-gdpr", ("hours: 72", "hours: 48"))
    said = law(capfd, "diff", "eu-gdpr", draft).out
    assert "eu-gdpr/authority  stricter  when" in said
    assert "was: within 72 hours of awareness (aware_at)" in said
    assert "now: within 48 hours of awareness (aware_at)" in said
    document = law(capfd, "diff", "eu-gdpr", "draft/", "--json").json
    assert (document["a"], document["mark"]) == ("eu-gdpr", "stricter")
    (rule,) = document["laws"][0]["rules"]
    assert (rule["rule"], rule["mark"], rule["terms"][0]["term"]) == ("authority", "stricter", "clock")
    back = law(capfd, "diff", "draft/", "eu-gdpr", "--json").json
    assert back["mark"] == "looser"
    # Left out, the other side is what judges incidents today.
    assert law(capfd, "diff", "draft/", "--json").json["mark"] == "looser"


def test_two_laws_are_compared_each_with_its_own_residents(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said = law(capfd, "diff", "us-ca", "us-ny").out
    assert "binds us if" not in said
    assert "us-ny/state-police" in said
    words = " ".join(said.split())
    assert "us-ca: within 15 calendar days of the discharge of rule individuals" in words


def test_each_side_speaks_of_its_own_place(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    said = law(capfd, "diff", "eu-gdpr", "uk-gdpr").out
    first, _, second = said.partition("binds us if   ")[2].partition("- uk-gdpr:")
    assert "the company is established in the EEA" in first
    assert "GB" not in first
    assert "the company is established in GB" in second


def test_a_first_day_that_only_one_of_two_laws_states_makes_neither_stricter(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # Nobody has written down since when HIPAA stands.
    for sides in (("us-hipaa", "us-ca"), ("us-ca", "us-hipaa")):
        document = law(capfd, "diff", *sides, "--json").json
        assert "valid_from" not in {term["term"] for term in document["laws"][0]["terms"]}


def test_what_says_the_same_is_said_in_one_line(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert law(capfd, "diff", "us-ma", "us-ma").out == "us-ma and us-ma say the same.\n"
    assert law(capfd, "diff", "us-ma", "us-ma", "--json").json["mark"] == "same"


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["diff"], 2, "law diff A [B]"),
        (["diff", "us-ma"], 2, "us-ma is what judges incidents today, and there is no single open incident"),
        (["diff", "today"], 2, "name the other side: tocsin law diff INC, tocsin law diff today OTHER-CODE"),
        (["diff", "us-ma", "us-mx"], 1, "there is no regime 'us-mx'; did you mean"),
        (["diff", "us-ma", "nowhere/"], 1, "there is no regime.yaml"),
        (["diff", "us-ma", "broken/"], 1, "regime.yaml:1: "),
        (["diff", "INC-2026-0001"], 1, "there is no incident INC-2026-0001"),
        (["diff", "a", "b", "c"], 2, "law diff A [B]"),
    ],
)
def test_a_side_that_is_none_is_one_line(
    home: Path, capfd: pytest.CaptureFixture[str], words: list[str], status: int, says: str
) -> None:
    Path("broken").mkdir()
    Path("broken/regime.yaml").write_text("id: xx\n", encoding="utf-8")
    said = law(capfd, *words)
    assert (said.status, says in said.err, said.err.count("\n")) == (status, True, 1)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("kinds: [account-infos]\n", "facts.yaml:1: the data map has no kind 'account-infos'; did you mean acc"),
        ("risk: high\naware_at: 2026-11-23\n", "facts.yaml:2: aware_at: '2026-11-23' has no time; add it with"),
        ("people: 900\ncells: [{place: US-CA, count: 7}]\n", "facts.yaml:1: people is 900, and its groups add up to 7"),
    ],
)  # fmt: skip
def test_facts_that_would_be_lost_or_misread_are_refused_with_their_line(
    text: str, complaint: str, facts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    facts.write_text(text, encoding="utf-8")
    refused = law(capfd, "--facts", facts)
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert complaint in refused.err


def test_a_total_that_its_groups_add_up_to_is_no_contradiction(
    facts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    facts.write_text("people: 8\npeople_by_country: {DE: 5, VN: 3}\n", encoding="utf-8")
    assert law(capfd, "--facts", facts).status == 0


def test_what_has_no_end_is_no_facts_file(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    refused = law(capfd, "--facts", "/dev/zero")
    assert (refused.status, refused.err) == (1, "tocsin: /dev/zero: is no file; name a file\n")


def test_what_cannot_be_told_says_when_it_would_be_due_and_once_for_all_places(
    facts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    facts.write_text(
        "people_by_country: {DE: 3, FR: 2}\nour_role: controller\naware_at: 2026-11-23T10:00Z\n",
        encoding="utf-8",
    )
    said = law(capfd, "--facts", facts, "--regime", "eu-gdpr").out
    assert "CANNOT TELL eu-gdpr/authority: needs risk; if owed, due " in said
    assert said.count("CANNOT TELL eu-gdpr/authority") == 1
    assert "(in 2 places)\n  Art. 33(1), (3) GDPR; to DE, FR\n  because " in said


def test_what_is_not_owed_names_its_article_and_whom_and_a_shared_reason_once(
    facts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    facts.write_text(
        "people_by_country: {DE: 3, FR: 2}\nour_role: controller\naware_at: 2026-11-23T10:00Z\nrisk: unlikely\n",
        encoding="utf-8",
    )
    said = law(capfd, "--facts", facts, "--regime", "eu-gdpr", "--regime", "br-lgpd").out
    assert (
        "NOT OWED eu-gdpr, 2 rules: risk is unlikely\n"
        "  authority to DE, FR: Art. 33(1), (3) GDPR\n"
        "  individuals: Art. 34(1), (2) GDPR\n"
        "NOT OWED eu-gdpr/processor: our_role is controller\n"
        "  Art. 33(2) GDPR; to controller\n"
    ) in said
    assert said.count("nobody who was hit lives in BR: place is DE, FR\n") == 1
    assert "NOT OWED br-lgpd, " in said


def test_a_clock_that_has_not_begun_says_what_the_law_allows(
    facts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    facts.write_text("people_by_country: {DE: 3}\nour_role: controller\nrisk: high\n", encoding="utf-8")
    said = law(capfd, "--facts", facts, "--regime", "eu-gdpr").out
    assert "OWED eu-gdpr/authority/de/controller  due 72 hours from aware_at  ASSUMED\n" in said
    assert "due as soon as possible (own target 24 hours) from " in said


def test_a_hold_stands_beside_each_duty_and_every_moment_is_in_the_zone_of_the_company(
    facts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hold = "{by: law-enforcement, reference: A-12, until: 2026-12-01T00:00Z, covers: people in Bonn}"
    facts.write_text(
        f"{FACTS.replace('VN: 40', 'SG: 40')}harm_tests: {{sg-pdpa: met}}\nhold: {hold}\n", encoding="utf-8"
    )
    asked = (
        "--facts",
        facts,
        "--regime",
        "sg-pdpa",
        "--regime",
        "policy-promise",
        "--at",
        "2026-11-25T00:00Z",
    )
    said = law(capfd, *asked).out
    assert (
        "HOLD: held back by law-enforcement until Tue 07:00 +07 (00:00Z) (s 26D(6) PDPA); it covers people in"
        in said
    )
    assert said.count("HOLD: the hold delays nothing here: this rule lets nobody ask for it in that way") == 2
    assert "72 hours from violation_found_at (Tue 01:10 +07 (18:10Z))" in said
    assert "+00:00" not in said
    held = {duty["rule"]: duty["held"] for duty in law(capfd, *asked, "--json").json["duties"]}
    assert held["individuals"].endswith("it covers people in Bonn; its clock runs on")
    later = law(capfd, *asked[:-1], "2026-12-02T00:00Z").out
    assert "HOLD: no longer held back by law-enforcement" in later


def test_without_a_hold_none_is_named(facts: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert "HOLD" not in law(capfd, "--facts", facts).out
    assert {duty["held"] for duty in law(capfd, "--facts", facts, "--json").json["duties"]} == {None}


def test_moments_that_cannot_be_are_said_beside_the_answer(
    facts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    facts.write_text(
        f"{FACTS}occurred_from: 2026-11-24T01:00+07:00\ncontained_at: 2026-11-24T00:30+07:00\n",
        encoding="utf-8",
    )
    early = law(capfd, "--facts", facts, "--json", "--at", "2026-11-23T19:00Z")
    assert early.status == 0
    assert early.json["duties"]
    ahead, disorder = early.err.splitlines()
    assert ahead.startswith(
        "CHECK aware_at Tue 02:40 +07 (19:40Z) lies in the future, seen from Tue 02:00 +07"
    )
    assert ahead.endswith("an incident would refuse it; correct it, or say --at a later moment")
    assert disorder == (
        "CHECK contained_at Tue 00:30 +07 (17:30Z) lies before occurred_from Tue 01:00 +07 (18:00Z); correct one"
    )
    late = law(capfd, "--facts", facts, "--at", "2026-11-25T00:00Z").err
    assert (late.count("CHECK"), "in the future" in late) == (1, False)


def test_an_answer_to_a_test_that_no_law_asks_is_said_and_changes_nothing(
    facts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = law(capfd, "--facts", facts, "--json").json
    facts.write_text(f"{FACTS}harm_tests: {{us-ma: met}}\n", encoding="utf-8")
    after = law(capfd, "--facts", facts, "--json")
    assert "CHECK harm_tests: us-ma asks for no harm test; leave it out\n" in after.err
    assert after.json["duties"] == before["duties"]
