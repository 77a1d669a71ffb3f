"""Doubt: only what a route says it took has reached somebody, and nothing is given up for a doubt."""

import pytest

from tocsin.domain.doubt import Fate, fate, in_doubt

KINDS = {
    "word": {},
    "warning": {"urgent": True},
    "call": {"urgent": True, "answerable": True},
}
TAKEN, LEFT = Fate("handed_over", final=True), Fate("ambiguous", final=True, turns=True)
#: How an attempt ended and whether an earlier one was in doubt; what becomes of it then.
TABLE = {
    ("handed_over", False): {
        "word": Fate("handed_over", final=True, withdraws=True),
        "warning": TAKEN,
        "call": TAKEN,
    },
    ("refused", False): dict.fromkeys(KINDS, Fate("refused", final=True, turns=True)),
    ("down", False): dict.fromkeys(KINDS, Fate("pending", turns=True)),
    ("retry", False): {
        "word": Fate("pending"),
        "warning": Fate("pending", turns=True),
        "call": Fate("pending", turns=True),
    },
    ("ambiguous", False): {
        "word": Fate("ambiguous"),
        "warning": Fate("ambiguous", turns=True),
        "call": Fate("ambiguous", turns=True),
    },
    ("ambiguous", True): {"word": LEFT, "warning": LEFT, "call": Fate("ambiguous", turns=True)},
}


@pytest.mark.parametrize(("ended", "kind"), [(ended, kind) for ended in TABLE for kind in KINDS])
def test_what_becomes_of_a_message_after_an_attempt(ended, kind):
    outcome, doubted = ended
    assert fate(outcome, doubted=doubted, **KINDS[kind]) == TABLE[ended][kind]
    if outcome != "ambiguous":  # an earlier doubt says nothing of what was found out since
        assert fate(outcome, doubted=True, **KINDS[kind]) == TABLE[ended][kind]


@pytest.mark.parametrize("outcome", ["handed_over", "refused", "down", "retry", "ambiguous"])
def test_only_what_was_taken_has_reached_somebody(outcome):
    assert fate(outcome).reached is (outcome == "handed_over")


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
