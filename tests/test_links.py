"""Signed links: what was written here is read as it was, and nothing else is a link."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.app import open_app
from tocsin.domain.errors import Refused
from tocsin.domain.offers import DEEDS, Offer
from tocsin.links import Ticket, Unsigned, expiry, key_of, link, read, signed
from tocsin.sealing import Keyring

KEY, INC = b"k" * 32, "INC-2026-0007"
END = datetime(2026, 11, 24, 19, 40, tzinfo=UTC)
TICKET = Ticket("linh", INC, Offer("approve", INC, "customers", "ab" * 32), END, "n")


@given(st.sampled_from(DEEDS), st.from_regex(r"[a-z][a-z0-9./-]{0,40}", fullmatch=True))
def test_a_link_is_read_as_it_was_written(deed, subject):
    for offer in (Offer(deed, INC, subject, "ab12"), None):
        ticket = Ticket("linh", INC, offer, END, "n1")
        assert read(KEY, signed(KEY, ticket)) == ticket


def test_every_change_of_a_letter_is_noticed():
    token = signed(KEY, TICKET)
    assert len(token) < 400
    for place, letter in enumerate(token):
        for other in {"A", "B", "_", "=", "é"} - {letter}:
            with pytest.raises(Unsigned, match="not made here"):
                read(KEY, token[:place] + other + token[place + 1 :])


@pytest.mark.parametrize(
    "token", ["", "x", "=", "a" * 1001, "..", signed(KEY, TICKET)[:-4], signed(b"o" * 32, TICKET)]
)
def test_nothing_else_is_a_link(token):
    with pytest.raises(Unsigned):
        read(KEY, token)


def test_links_of_another_person_or_home_are_other_links():
    assert signed(KEY, TICKET) != signed(KEY, replace(TICKET, person="minh"))
    one, other = (Keyring(each * 32).derived("links") for each in (b"a", b"b"))
    assert one != other != Keyring(b"a" * 32).derived("session")
    with pytest.raises(Unsigned):
        read(other, signed(one, TICKET))


@pytest.fixture
def served(settings_of_home, clock):
    app = open_app(settings_of_home.model_copy(update={"console_url": "https://tocsin.example/"}), now=clock)
    yield app
    app.close()


def test_a_link_leads_to_the_console_and_names_nobody_in_the_clear(served, clock):
    address = link(served, "linh", TICKET.offer, END)
    assert address.startswith("https://tocsin.example/o/")
    assert "linh" not in address
    ticket = read(key_of(served), address.rpartition("/")[2])
    assert (ticket.person, ticket.offer, ticket.expires) == ("linh", TICKET.offer, END)
    assert link(served, "linh", TICKET.offer, END) != address, "each has a nonce of its own"


def test_without_a_console_there_are_no_links(app):
    with pytest.raises(Refused, match="console_url"):
        link(app, "linh", INC, END)


def test_an_approval_is_open_until_its_duty_is_due_and_three_days_at_most(served, clock):
    now = clock.moment
    usual = now + timedelta(hours=24)
    assert expiry(served, None, None) == usual
    assert expiry(served, Offer("ack", INC, "dpo"), now + timedelta(hours=50)) == usual
    for hours, expected in ((50, 50), (100, 72), (2, 24), (-5, 24)):
        assert expiry(served, TICKET.offer, now + timedelta(hours=hours)) == now + timedelta(hours=expected)
