"""One letter for each set of people whose laws agree, on the whole library of laws."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.domain.bodies import START, WORDS, incident, learned
from tocsin.domain import kinds as k
from tocsin.domain.catalog import Catalog
from tocsin.domain.cells import read_cell
from tocsin.domain.facts import parse_fact
from tocsin.domain.incident import Incident
from tocsin.domain.law.regime import assess
from tocsin.domain.letters import CUSTOMERS, LetterPlan, letters_of
from tocsin.domain.owing import facts_of

CARDS = ["identity", "contact", "payment-card", "government-id", "tax"]
STATED = {
    "aware_at": "2026-11-23T19:31:00Z",
    "detected_at": "2026-11-23T19:31:00Z",
    "occurred_from": "2026-11-22T13:40:00Z",
    "assessed_notifiable_at": "2026-11-23T19:40:00Z",
    "our_role": "controller",
    "groups": "customers",
    "risk": "high",
    "violation": "breach",
    "actor": "external",
    "intent": "malicious",
    "nature": "data-theft",
    "breach_of": "confidentiality",
    "harm_tests": {"sg-pdpa": "met"},
    "records": 300,
}
TEXTS = {
    name: {"en": WORDS}
    for name in ("consequences", "measures_taken", "advice_to_people", "place_of_systems", "parties")
}
MONITORING = {"letter_parts": {"credit-monitoring": {"en": WORDS}}}


@pytest.fixture(scope="module")
def laws(catalog: Catalog) -> Catalog:
    """Everything that is known, as every incident is judged by it."""
    return catalog


def hit(
    laws: Catalog, people: Mapping[str, int], categories: Sequence[str] = CARDS, **facts: Any
) -> list[k.Body]:
    """A theft of such data of so many people in these places, its scope, and what the laws say to it."""
    cells = [
        read_cell(
            {"place": place, "count": count, "role": "controller", "group": ["customers"], "categories": [*categories],
             "protection": "none", "access": "acquired", "disclosure": "confirmed", "method": "exact"}
        ).canonical()
        for place, count in people.items()
    ]  # fmt: skip
    bodies: list[k.Body] = [
        learned(name, parse_fact(name, value) if name not in (*TEXTS, "letter_parts") else value)
        for name, value in {**STATED, **TEXTS, **facts, "cells": cells}.items()
    ]
    bodies.append(
        k.ScopeMeasured(
            revision=1, question="q", set_digest="s1", rows_digest="r", total=sum(people.values()),
            by_place=dict(people), by_kind={}, buckets={}, cells=tuple(cells), added=sum(people.values()),
        )
    )  # fmt: skip
    found = assess(
        facts_of(incident(*bodies), laws),
        laws.contacts.organisation,
        laws.regimes.values(),
        authorities=laws.contacts.authorities,
        at=START,
        declared_at=START,
    )
    names = k.DutyOpened.model_fields
    return bodies + [k.DutyOpened(**{name: getattr(duty, name) for name in names}) for duty in found.duties]


def by_id(state: Incident, laws: Catalog) -> dict[str, LetterPlan]:
    return {letter.id: letter for letter in letters_of(state, laws)}


def places(letter: LetterPlan) -> list[str]:
    return [readers.place for readers in letter.readers]


def test_people_in_vietnam_and_the_union_get_one_letter(laws: Catalog) -> None:
    (letter,) = letters_of(incident(*hit(laws, {"VN": 40, "DE": 20, "FR": 5, "NL": 3})), laws)
    assert (letter.id, letter.people, letter.left_out, letter.lacks, letter.waits) == (
        CUSTOMERS,
        68,
        (),
        (),
        (),
    )
    assert {
        "policy-promise/customers/individuals/controller",
        "eu-gdpr/individuals/individuals/controller",
    } <= set(letter.duties)
    assert places(letter) == ["DE", "FR", "NL", "VN"]


def test_each_law_binds_its_own_people(laws: Catalog) -> None:
    (letter,) = letters_of(incident(*hit(laws, {"VN": 40, "DE": 20})), laws)
    bound = {readers.place: owed.duties for readers, owed in letter.readers.items()}
    assert "eu-gdpr/individuals/individuals/controller" in bound["DE"]
    assert "eu-gdpr/individuals/individuals/controller" not in bound["VN"]


def test_massachusetts_gets_a_letter_without_the_nature_of_the_breach(laws: Catalog) -> None:
    letters = by_id(incident(*hit(laws, {"VN": 40, "US-MA": 3, "DE": 20}, **MONITORING)), laws)
    assert [*letters] == [CUSTOMERS, "customers-us-ma"]
    quiet = letters["customers-us-ma"]
    assert places(quiet) == ["US-MA"]
    assert quiet.left_out == ("consequences", "found", "measures", "what-happened", "when")
    assert "Mass. G.L. c. 93H, ss 3(b), 3A (us-ma) forbids nature, number-of-residents" in quiet.because
    # What the company promised to everybody yields to the law, and that is said.
    stays_out = "asks for what-happened, what-steps: what another law forbids stays out"
    assert any(stays_out in line for line in quiet.because)
    assert set(quiet.added["US-MA/controller/customers"]) == {
        "police-report",
        "freezes-and-alerts",
        "credit-monitoring",
    }


def test_illinois_shares_the_common_letter_since_that_names_no_number(laws: Catalog) -> None:
    (letter,) = letters_of(incident(*hit(laws, {"VN": 40, "US-IL": 3})), laws)
    assert set(letter.added["US-IL/controller/customers"]) - set(letter.added["VN/controller/customers"]) == {
        "credit-agencies",
        "federal-trade-commission",
        "freezes-and-alerts",
    }
    # Vietnam's rule for merchants asks how many data were hit: not in Illinois.
    assert set(letter.added["VN/controller/customers"]) - set(letter.added["US-IL/controller/customers"]) == {
        "volume"
    }
    assert "815 ILCS 530/10(a) (us-il) forbids number-of-residents" in letter.because


def test_a_part_that_nobody_has_written_sets_only_its_own_people_apart(laws: Catalog) -> None:
    letters = by_id(incident(*hit(laws, {"VN": 40, "US-CT": 3})), laws)
    assert not letters[CUSTOMERS].lacks
    (lack,) = letters["customers-us-ct"].lacks
    assert lack.words("INC-2026-0007", "customers-us-ct") == (
        "customers-us-ct does not say credit-monitoring, which Conn. Gen. Stat. 36a-701b (us-ct) asks for: "
        "tocsin learn INC-2026-0007 'letter_parts={credit-monitoring: {en: ..., vi: ...}}', or counsel releases "
        "us-ct/individuals/individuals/controller"
    )
    whole = by_id(incident(*hit(laws, {"VN": 40, "US-CT": 3}, **MONITORING)), laws)
    assert [*whole] == [CUSTOMERS]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("US-NY", "agencies-new-york"),
        ("US-MD", "attorney-general-maryland"),
        ("US-NC", "attorney-general-north-carolina"),
    ],
)
def test_the_contacts_of_public_bodies_are_shipped_each_for_the_readers_of_its_own_law(
    laws: Catalog, place: str, text: str
) -> None:
    (letter,) = letters_of(incident(*hit(laws, {place: 3}, harm_tests={"us-nc": "met"})), laws)
    assert not letter.lacks
    own = {
        name
        for name in letter.added[f"{place}/controller/customers"]
        if "-general-" in name or "-york" in name
    }
    assert own == {text}


def test_every_law_that_a_text_is_for_exists_and_asks_for_it(laws: Catalog) -> None:
    for name, added in laws.letter.added.items():
        for law in added.laws:
            asked = {part for rule in laws.regimes[law].rules for part in rule.content}
            assert set(added.says) <= asked, name


def test_what_a_law_forbids_is_kept_from_its_people_while_it_cannot_be_told(laws: Catalog) -> None:
    bodies = [body for body in hit(laws, {"VN": 40, "US-MA": 3}) if getattr(body, "name", "") != "cells"]
    unsure = [
        {**cell, "access": "unknown"} if cell["place"] == "US-MA" else cell
        for cell in next(body.cells for body in bodies if isinstance(body, k.ScopeMeasured))
    ]
    told = [body for body in bodies if not isinstance(body, k.DutyOpened) or body.regime != "us-ma"]
    letters = by_id(incident(*told, learned("cells", unsure)), laws)
    quiet = letters["customers-us-ma"]
    assert "what-happened" in quiet.left_out
    assert "Mass. G.L. c. 93H, ss 3(b), 3A (us-ma) may forbid nature, number-of-residents" in quiet.because
    assert "what-happened" not in letters[CUSTOMERS].left_out


def test_a_candidate_holds_up_no_letter_that_is_surely_owed(laws: Catalog) -> None:
    bodies = [
        body
        for body in hit(laws, {"VN": 40})
        if getattr(body, "name", "") not in ("parties", "place_of_systems")
    ]
    (letter,) = letters_of(incident(*bodies), laws)
    merchant = "vn-pdpl/finance-merchant/individuals/controller"
    assert not letter.lacks
    assert {(lack.part, lack.asked.duty) for lack in letter.without} == {
        ("organisations-and-persons", merchant),
        ("place", merchant),
    }
    line = letter.without[0].words("INC-1", letter.id)
    assert f"--release {merchant} --because" in line
    # What counsel has confirmed is asked for like any other.
    (sure,) = letters_of(incident(*bodies, k.DutyConfirmed(key=merchant, because=WORDS)), laws)
    assert {lack.part for lack in sure.lacks} == {"organisations-and-persons", "place"}


def test_a_section_without_its_fact_lacks_what_it_would_say(laws: Catalog) -> None:
    bodies = [body for body in hit(laws, {"US-FL": 3}) if getattr(body, "name", "") != "occurred_from"]
    (letter,) = letters_of(incident(*bodies), laws)
    lack = next(each for each in letter.lacks if each.part == "date-of-breach")
    assert (lack.asked.law, lack.facts) == ("us-fl", ("occurred_from",))
    assert "tocsin learn INC-1 occurred_from=..." in lack.words("INC-1", letter.id)


def test_only_the_people_whose_law_says_so_wait_for_what_comes_first(laws: Catalog) -> None:
    bodies = hit(laws, {"VN": 40, "US-MD": 3, "US-NJ": 2}, **MONITORING)
    letters = by_id(incident(*bodies), laws)
    assert not letters[CUSTOMERS].waits
    (wait,) = letters["customers-us-nj"].waits
    assert wait.duty.startswith("us-nj/state-police/")
    met = k.DutyMet(key=wait.duty, reference=WORDS)
    after = by_id(incident(*bodies, met), laws)
    assert "customers-us-nj" not in after
    assert "US-NJ" in places(after[CUSTOMERS])


MA, NJ, MD = (f"us-{state}/individuals/individuals/controller" for state in ("ma", "nj", "md"))
POLICE = "us-nj/state-police/us-nj/controller"


def not_notified(*duties: str) -> list[k.Body]:
    """That a person decided to tell nobody under these."""
    return [k.NotNotified(of=duty, because=WORDS, decided_by="bao") for duty in duties]


def test_a_law_under_which_nobody_is_notified_still_limits_the_letter_that_another_law_asks_for(
    laws: Catalog,
) -> None:
    bodies = hit(laws, {"VN": 40, "US-MA": 3, "US-NJ": 2})
    letters = by_id(incident(*bodies, *not_notified(MA, NJ)), laws)
    quiet, waiting = letters["customers-us-ma"], letters["customers-us-nj"]
    assert "what-happened" in quiet.left_out
    assert [wait.duty for wait in waiting.waits] == [POLICE]
    for letter, duty, law in ((quiet, MA, "us-ma"), (waiting, NJ, "us-nj")):
        assert (duty in letter.duties, bool(letter.duties), letter.lacks) == (False, True, ())
        (why,) = [line for line in letter.because if "not notified, as decided" in line]
        assert f"({law})" in why
    # Its words are not asked for any more.
    assert not {"police-report", "credit-monitoring"} & {*quiet.added["US-MA/controller/customers"]}


def test_only_counsels_reading_of_the_law_frees_its_people_of_it(laws: Catalog) -> None:
    bodies = hit(laws, {"VN": 40, "US-MA": 3, "US-NJ": 2})
    released = [k.DutyReleased(key=duty, because=WORDS) for duty in (MA, NJ)]
    (letter,) = letters_of(incident(*bodies, *not_notified(MA, NJ), *released), laws)
    assert (letter.id, places(letter)) == (CUSTOMERS, ["US-MA", "US-NJ", "VN"])
    assert not any("as decided" in line for line in letter.because)


def test_where_nobody_is_notified_at_all_the_laws_limit_a_letter_that_somebody_drafts(laws: Catalog) -> None:
    bodies = hit(laws, {"VN": 40, "US-MA": 3})
    every = [
        body.key for body in bodies if isinstance(body, k.DutyOpened) and body.recipient == "individuals"
    ]
    letters = by_id(incident(*bodies, *not_notified(*every)), laws)
    assert "what-happened" in letters["customers-us-ma"].left_out
    assert [letter.duties for letter in letters.values()] == [(), ()]


def test_a_hold_and_the_way_of_sending_bind_under_a_law_under_which_nobody_is_notified(laws: Catalog) -> None:
    hold = {"by": "law-enforcement", "reference": "L-7", "until": "2026-12-24T00:00Z"}
    illinois = "us-il/individuals/individuals/controller"
    bodies = hit(laws, {"VN": 40, "US-IL": 3}, hold=hold)
    letter = by_id(incident(*bodies, *not_notified(illinois)), laws)["customers-us-il"]
    assert [held.duty for held in letter.held] == [illinois]
    (owed,) = letter.readers.values()
    assert {asked.duty for asked in owed.email_needs.values()} == {illinois}


def test_not_to_notify_who_comes_first_does_not_change_the_order(laws: Catalog) -> None:
    bodies = hit(laws, {"VN": 40, "US-NJ": 2})
    (wait,) = by_id(incident(*bodies, *not_notified(POLICE)), laws)["customers-us-nj"].waits
    line = wait.words("INC-1")
    assert line.startswith(f"{POLICE} comes first, says N.J.S.A. 56:8-163")
    assert f"tocsin not-notify INC-1 {POLICE} --take-back --because" in line
    assert f"tocsin duties INC-1 --release {POLICE} --because" in line
    found = k.DutyReleased(key=POLICE, because=WORDS)
    assert not any(
        letter.waits for letter in letters_of(incident(*bodies, *not_notified(POLICE), found), laws)
    )


def test_the_order_of_a_law_that_may_bind_is_kept_and_the_line_says_what_counsel_can_do(
    laws: Catalog,
) -> None:
    bodies = hit(laws, {"VN": 40, "US-MD": 3}, categories=("contact", "credentials"))
    letter = by_id(incident(*bodies), laws)["customers-us-md"]
    (wait,) = letter.waits
    line = wait.words("INC-1")
    assert line.startswith("us-md/attorney-general/us-md/controller may have to come first, says ")
    assert "Does that law bind? An order once broken cannot be mended, so the letter waits" in line
    assert f"tocsin duties INC-1 --release {MD} --because ..., or --confirm" in line
    assert any(
        why.endswith("attorney-general/us-md/controller may have to come first") for why in letter.because
    )
    # Counsel confirms it, and nothing is doubtful any more; or frees the letter of it.
    sure = by_id(incident(*bodies, k.DutyConfirmed(key=MD, because=WORDS)), laws)["customers-us-md"]
    assert " comes first, says " in sure.waits[0].words("INC-1")
    assert "Does that law bind?" not in sure.waits[0].words("INC-1")
    freed = incident(*bodies, k.DutyReleased(key=MD, because=WORDS))
    assert not any(each.waits for each in letters_of(freed, laws))


def test_a_letter_of_their_own_that_was_drafted_stays_theirs_once_the_wait_is_over(laws: Catalog) -> None:
    bodies = hit(laws, {"VN": 40, "US-NJ": 2})
    own = by_id(incident(*bodies), laws)["customers-us-nj"]
    draft = k.NoticeDrafted(
        notice=own.id, edition=1, digest="d" * 64, inputs="i", recipients=2, recipients_digest="r", variants=1,
        sender="notices@streamonapi.example", dated="2026-11-24", left_out=own.left_out, added=own.added,
    )  # fmt: skip
    met = k.DutyMet(key=own.waits[0].duty, reference=WORDS)
    after = by_id(incident(*bodies, draft, met), laws)
    assert places(after["customers-us-nj"]) == ["US-NJ"]
    assert not after["customers-us-nj"].waits


def test_from_people_whose_place_nobody_knows_nothing_is_kept_and_they_wait_for_all(laws: Catalog) -> None:
    letters = by_id(incident(*hit(laws, {"VN": 40, "unknown": 5})), laws)
    unplaced = letters["customers-unknown-place"]
    assert (unplaced.left_out, unplaced.lacks) == ((), ())
    assert {wait.asked.law for wait in unplaced.waits} >= {"us-md", "us-nj"}
    assert any("nobody knows where these people live" in line for line in unplaced.because)


def test_who_has_a_letter_that_left_stays_with_it_whatever_is_learned(laws: Catalog) -> None:
    before, after = hit(laws, {"VN": 40, "US-MA": 3}, risk="unlikely"), hit(laws, {"VN": 40, "US-MA": 3})
    promise = [
        body for body in before if not isinstance(body, k.DutyOpened) or body.regime == "policy-promise"
    ]
    (common,) = letters_of(incident(*promise), laws)
    draft = k.NoticeDrafted(
        notice=CUSTOMERS, edition=1, digest="d" * 64, inputs="i", recipients=43, recipients_digest="r", variants=1,
        sender="notices@streamonapi.example", dated="2026-11-24", added=common.added,
    )  # fmt: skip
    later = [body for body in after if isinstance(body, k.DutyOpened) and body.regime == "us-ma"]
    (still,) = letters_of(
        incident(*promise, draft, k.NoticeReleased(notice=CUSTOMERS, digest="d" * 64), *later), laws
    )
    assert places(still) == ["US-MA", "VN"]
    # Before it left, the law takes its people out of it.
    assert len(letters_of(incident(*promise, draft, *later), laws)) == 2


def test_nobody_is_left_out_and_nobody_is_in_two_letters(laws: Catalog) -> None:
    people = {
        "VN": 40,
        "DE": 20,
        "FR": 5,
        "NL": 3,
        "US-CA": 9,
        "US-MA": 3,
        "US-IL": 2,
        "US-MD": 1,
        "SG": 7,
        "unknown": 4,
    }
    letters = letters_of(incident(*hit(laws, people, **MONITORING)), laws)
    assert sum(letter.people for letter in letters) == sum(people.values())
    assert sorted(place for letter in letters for place in places(letter)) == sorted(people)
