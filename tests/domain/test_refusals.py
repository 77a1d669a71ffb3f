"""Whose fault a refusal is, and when a sending has had too many for ours."""

import pytest

from tocsin.domain.refusals import Refusals, gist, is_ours, puts_everybody_off

OURS = [
    "at rcpt: 550 5.7.1 blocked, see our policy page",
    "at after-dot: 554 5.7.1 Message rejected due to reputation",
    "at data: 554 transaction failed",
    "at after-dot: 554 5.0.0 no",
    "at rcpt: 550 5.7.26 Unauthenticated email is not accepted",
    "at mail: 553 5.1.8 sender's domain does not exist",
    "at rcpt: 550 SC-001 messages from your address were blocked using a list",
    "at rcpt: 554 5.7.1 Relay access denied",
    "at after-dot: 550 5.6.0 message content rejected",
    "relay.example:25 at connect: 554 5.7.1 go away",
]
THEIRS = [
    "at rcpt: 550 5.1.1 recipient unknown",
    "at rcpt: 550 5.1.10 recipient not found",
    "at rcpt: 552 5.2.2 mailbox full",
    "at rcpt: 550 5.4.1 recipient address rejected",
    "at rcpt: 550 5.7.17 mailbox owner has changed",
    "at rcpt: 550 no such user here",
    "at rcpt: 556 domain takes no mail",
    "at rcpt: 451 4.7.1 try again later",
    "given up after 7 tries: at rcpt: 451 4.7.1 try again later",
    "not an e-mail address: it is empty",
    "",
]


@pytest.mark.parametrize("reply", OURS)
def test_a_refusal_of_us_is_our_fault(reply):
    assert is_ours(reply)


@pytest.mark.parametrize("reply", THEIRS)
def test_a_refusal_of_an_address_is_not_our_fault(reply):
    assert not is_ours(reply)


@pytest.mark.parametrize(
    ("reply", "everybody"),
    [
        ("at mail: 450 4.7.1 too much mail from you", True),
        ("at mail: Connection lost", True),
        ("at rcpt: 451 4.3.0 temporary lookup failure", True),
        ("at after-dot: 452 4.3.1 no room", True),
        ("at rcpt: 421 4.3.2 closing", True),
        ("at data: 451-4.3.5 set up wrongly", True),
        ("at rcpt: 452 4.3.4 this mail is too big", False),
        ("at rcpt: 451 4.7.1 greylisted", False),
        ("at rcpt: 452 4.2.2 mailbox full", False),
        ("at rcpt: 552 5.3.1 no room", False),
        ("at rcpt: 451 4.4.1 mx.example said at rcpt: 452 4.3.1 full", False),
        ("at rcpt: 451 later", False),
        ("", False),
    ],
)
def test_what_puts_everybody_off_is_told_from_what_is_a_readers(reply, everybody):
    assert puts_everybody_off(reply) is everybody


def after(*replies, share=0.5, least=4, letters=1000):
    heard = Refusals(share, least, letters)
    heard.hear(*replies)
    return heard


def test_it_takes_the_least_number_and_the_share():
    ours, theirs = OURS[0], THEIRS[0]
    assert not after(*[ours] * 3).too_many
    assert after(*[ours] * 4).too_many
    assert not after(*[theirs] * 100).too_many
    assert not after(*[ours, None, None] * 50).too_many
    assert after(None, ours, ours, None, ours, ours).figures == (4, 6)


def test_only_the_latest_answers_count_so_that_a_long_good_past_hides_nothing():
    heard = after(*[None] * 10_000)
    heard.hear(*[OURS[0]] * 4)
    assert heard.too_many
    assert heard.figures == (4, 8)
    heard.hear(*[None] * 8)
    assert (heard.too_many, heard.figures) == (False, (0, 8))


@pytest.mark.parametrize(
    ("share", "least"), [(0.05, 10), (0.07, 77), (0.17, 51), (0.3, 5), (0.34, 51), (0.68, 51), (1, 1)]
)
def test_what_was_taken_before_outweighs_no_refusal_that_comes(share, least):
    answers = [None] * 2_000 + [OURS[0]] * least
    assert after(*answers, share=share, least=least, letters=10_000).too_many
    assert not after(*answers[:-1], share=share, least=least, letters=10_000).too_many


def test_where_there_are_fewer_letters_it_takes_all_of_them():
    assert not after(OURS[0], OURS[0], letters=3).too_many
    assert after(*[OURS[0]] * 3, letters=3).too_many
    assert not after(None, OURS[0], letters=2, share=1).too_many
    assert not after(letters=0).too_many


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("mx:25 at dot: 554 5.7.1 <hoa@example.org> is spam", "mx:25 at dot: 554 5.7.1"),
        ("mx:25 at mail: 550 go away, Hoa", "mx:25 at mail: 550"),
        ("mx:25 at rcpt: 421-4.3.2 Hoa", "mx:25 at rcpt: 421-4.3.2"),
        ("mx:25 at connect: ConnectionRefusedError", "mx:25 at connect: ConnectionRefusedError"),
    ],
)
def test_the_gist_of_an_answer_has_none_of_the_servers_words(reason, said):
    assert gist(reason) == said
