"""Where the risk is high, letters aim at 24 hours; 72 hours stay the outer limit of every letter to customers."""

from datetime import datetime, timedelta

import pytest

from tests.domain.bodies import incident
from tests.domain.test_letters import hit
from tocsin.domain import kinds as k
from tocsin.domain.aiming import HIGH_RISK, aim_words, aims
from tocsin.domain.catalog import Catalog
from tocsin.domain.letters import CUSTOMERS, letters_of

AWARE = datetime.fromisoformat("2026-11-23T19:31:00+00:00")
PLACES = {"VN": 40, "US-MA": 3, "US-IL": 2, "AU": 4, "DE": 2}


def aims_of(state, catalog):
    return aims(state, catalog, letters_of(state, catalog))


def test_every_letter_to_customers_is_due_in_72_hours_however_late_their_law_lets_it_be(
    catalog: Catalog,
) -> None:
    state = incident(*hit(catalog, PLACES, risk="risk"))
    found = letters_of(state, catalog)
    assert {place.place for letter in found for place in letter.readers} == set(PLACES)
    limit = state.duties["policy-promise/customers/individuals/controller"].due_at
    assert limit is not None
    assert all(letter.due_at is not None and letter.due_at <= limit for letter in found)


def test_where_the_risk_is_high_each_letter_aims_at_24_hours(catalog: Catalog) -> None:
    state = incident(*hit(catalog, PLACES, risk="high"))
    found = aims_of(state, catalog)
    assert {aim.notice for aim in found} == {letter.id for letter in letters_of(state, catalog)}
    assert timedelta(hours=24) == HIGH_RISK
    for aim in found:
        starts = [
            state.duties[key].clock_start
            for letter in letters_of(state, catalog)
            if letter.id == aim.notice
            for key in letter.duties
        ]
        assert aim.at - timedelta(hours=24) == min(start for start in starts if start)
    assert all(aim_words(aim) == "the risk to people is high: 24 hours are the aim" for aim in found)


def test_people_of_whom_only_the_promise_speaks_are_told_in_24_hours_too(catalog: Catalog) -> None:
    state = incident(*hit(catalog, {"GH": 3}, risk="high"))
    (aim,) = aims_of(state, catalog)
    promise = state.duties["policy-promise/customers/individuals/controller"]
    assert (aim.notice, aim.due_at) == (CUSTOMERS, promise.due_at)
    assert aim.at - promise.clock_start == timedelta(hours=24)
    assert promise.due_at - promise.clock_start == timedelta(hours=72)


@pytest.mark.parametrize("level", ["risk", "unlikely"])
def test_a_lower_risk_aims_at_nothing_whatever_the_advice(catalog: Catalog, level: str) -> None:
    assert aims_of(incident(*hit(catalog, PLACES, risk=level)), catalog) == ()


def test_while_nobody_has_decided_the_advice_counts_and_it_is_said(catalog: Catalog) -> None:
    found = aims_of(incident(*hit(catalog, {"VN": 3}, risk=None)), catalog)
    assert [aim.decided for aim in found] == [False]
    assert "by the advice, and nobody has decided on it" in aim_words(found[0])


def test_what_is_leaving_has_no_aim_any_more(catalog: Catalog) -> None:
    bodies = hit(catalog, {"VN": 3}, risk="high")
    (letter,) = letters_of(incident(*bodies), catalog)
    draft = k.NoticeDrafted(
        notice=CUSTOMERS, edition=1, digest="d" * 64, inputs="i", recipients=3, recipients_digest="r", variants=1,
        sender="notices@streamonapi.example", dated="2026-11-24", added=letter.added,
    )  # fmt: skip
    gone = (
        draft,
        k.NoticeReleased(notice=CUSTOMERS, digest="d" * 64),
        k.LedgerFilled(notice=CUSTOMERS, digest="d" * 64, rows=3),
    )
    assert aims_of(incident(*bodies, draft), catalog) != ()
    assert aims_of(incident(*bodies, *gone), catalog) == ()
