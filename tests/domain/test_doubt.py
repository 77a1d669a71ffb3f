"""Doubt: only what a route says it took has reached somebody, and a page is never given up for it."""

import pytest

from tocsin.domain.doubt import Fate, fate, in_doubt


@pytest.mark.parametrize("page", [True, False])
@pytest.mark.parametrize("doubted", [True, False])
def test_only_a_page_that_was_taken_has_reached_somebody(page, doubted):
    assert fate("handed_over", page=page, doubted=doubted) == Fate("handed_over", final=True, reached=True)
    assert fate("refused", page=page, doubted=doubted) == Fate("refused", final=True)
    for outcome in ("retry", "down"):
        assert fate(outcome, page=page, doubted=doubted) == Fate("pending")


def test_a_second_doubt_is_final_but_for_a_page():
    assert fate("ambiguous", page=False) == Fate("ambiguous")
    assert fate("ambiguous", page=False, doubted=True) == Fate("ambiguous", final=True)
    assert fate("ambiguous", page=True, doubted=True) == Fate("ambiguous")


@pytest.mark.parametrize(
    ("state", "doubtful", "said"),
    [
        ("pending", False, False),
        ("pending", True, True),
        ("sending", False, True),
        ("ambiguous", False, True),
    ],
)
def test_what_may_be_there_already_is_in_doubt(state, doubtful, said):
    assert in_doubt({"state": state, "doubtful": doubtful}) is said
