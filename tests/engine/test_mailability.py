"""Whether a letter may go by e-mail: the address, the mailbox itself, and what a law of the person wants."""

from collections.abc import Collection, Mapping
from datetime import date

import pytest

from tests.rendering.companies import COMPANY
from tocsin.domain.asked import Asked
from tocsin.domain.contacts import Organisation
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.people import AffectedPerson
from tocsin.engine.mailability import no_route, route

DAY = date(2026, 11, 26)

ASKED = Asked("us-ca", "Cal. Civ. Code 1798.82(j)", "us-ca/individuals/individuals/controller")
POST = "by post: no consent to e-mail is known (Cal. Civ. Code 1798.82(j))"


def why_not(
    who: AffectedPerson, needs: Mapping[str, Asked], company: Organisation, openers: Collection[str]
) -> str | None:
    return no_route(who, route(who, openers, DAY), needs, company)


def person(**change: object) -> AffectedPerson:
    values = {
        "id": "c1", "bucket": Bucket.CONFIRMED, "kinds": ("account-info",), "first_seen": None, "last_seen": None,
        "hits": 1, "attempts": 0, "place": "US-CA", "group": "customers", "role": "controller",
        "email": "a@example.org",
    }  # fmt: skip
    return AffectedPerson(**values | change)


@pytest.mark.parametrize(
    ("said", "of_all", "why"),
    [
        ("yes", None, None), ("Yes", False, None), ("no", True, POST), ("", None, POST), (None, None, POST),
        ("perhaps", None, POST), (None, True, None), (None, False, POST),
    ],
)  # fmt: skip
def test_silence_is_no_consent(said: str | None, of_all: bool | None, why: str | None) -> None:
    company = COMPANY.model_copy(update={"email_agreed": of_all})
    assert why_not(person(email_agreed=said), {"consent": ASKED}, company, ()) == why
    # Where no law asks for it, consent has no say.
    assert why_not(person(email_agreed=said), {}, company, ()) is None


def test_a_law_may_want_the_usual_way_or_no_email_at_all() -> None:
    usual = COMPANY.model_copy(update={"email_is_usual": True})
    assert why_not(person(), {"usual-channel": ASKED}, usual, ()) is None
    assert why_not(person(), {"usual-channel": ASKED}, COMPANY, ()).startswith("by post: e-mail is not how")
    assert why_not(person(email_agreed="yes"), {"never": ASKED}, usual, ()).startswith(
        "by post: the law takes no"
    )


def test_no_letter_goes_to_a_mailbox_that_was_taken() -> None:
    taken = person(kinds=("account-info", "mailbox-password"), email_agreed="yes")
    assert (
        why_not(taken, {}, COMPANY, ("mailbox-password",))
        == "by post: what opens the mailbox itself was taken"
    )


def test_an_address_that_is_none_is_said_before_any_law() -> None:
    assert why_not(person(email=""), {"consent": ASKED}, COMPANY, ()) == "no e-mail address"
    assert why_not(person(email="not one"), {"consent": ASKED}, COMPANY, ()) == "invalid e-mail address"
