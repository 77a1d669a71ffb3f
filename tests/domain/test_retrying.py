"""When a letter that was put off is tried again: later each time, never together, and not past the margin."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.retrying import FIRST, LONGEST, Until, next_try, wait

DUE = datetime(2026, 11, 27, 12, tzinfo=UTC)
MARGIN = timedelta(hours=4)
NOTHING = timedelta(0)


def hours(count):
    return timedelta(hours=count)


@given(st.text(max_size=40), st.integers(min_value=1, max_value=5))
def test_each_wait_is_longer_than_the_one_before(letter, number):
    assert FIRST <= wait(letter, number, NOTHING) < wait(letter, number + 1, NOTHING)


@given(st.text(max_size=40), st.integers(min_value=1, max_value=10_000))
def test_no_wait_is_longer_than_the_longest_and_its_jitter(letter, number):
    assert wait(letter, number, NOTHING) <= LONGEST * 1.5


def test_a_wait_is_the_same_when_it_is_asked_again_and_another_for_another_letter():
    waits = {wait(f"<{n}@ours.example>", 1, NOTHING) for n in range(100)}
    assert len(waits) == 100
    assert wait("<7@ours.example>", 1, NOTHING) in waits


def test_the_other_side_may_ask_for_more_and_never_for_less():
    assert wait("a", 1, hours(2)) >= hours(2)
    assert wait("a", 4, timedelta(seconds=1)) == wait("a", 4, NOTHING)


def test_letters_are_tried_until_the_margin_before_their_duty_is_due():
    assert Until(DUE, MARGIN).end(DUE - hours(20)) == DUE - MARGIN


def test_one_that_is_first_tried_within_the_margin_has_an_hour():
    assert Until(DUE, MARGIN).end(DUE - hours(1)) == DUE
    assert Until(DUE, NOTHING).end(DUE - timedelta(minutes=1)) == DUE


def test_one_that_is_late_already_is_tried_for_the_margin():
    assert Until(DUE, MARGIN).end(DUE + hours(1)) == DUE + hours(5)


def test_without_a_dated_duty_a_letter_is_tried_for_days():
    assert Until(None, MARGIN).end(DUE) == DUE + timedelta(days=5)


def test_the_last_try_is_at_the_end_itself_and_none_is_after_it():
    end = DUE - MARGIN
    assert next_try(end - hours(3), hours(2), end) == end - hours(1)
    assert next_try(end - hours(3), hours(4), end) == end
    assert next_try(end - timedelta(minutes=1), hours(4), end) is None
    assert next_try(end, hours(4), end) is None
