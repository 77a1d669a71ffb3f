"""A sender is killed at every one of its steps; whoever comes after it loses nobody and doubles nobody in silence.

From the fill of the ledger to the release of the lease: each statement, commit, letter, command and reply is a point,
and after each of them a sending is begun anew and ends.
"""

import pytest

from tests.dying import ONE_BY_ONE, Bed

#: The loop over all points, so many side by side.
SHARES = 4


@pytest.mark.parametrize("share", range(SHARES))
def test_a_sender_may_die_at_any_step(on_sqlite: Bed, share: int) -> None:
    points = on_sqlite.points()
    assert len(points) >= 200
    doubled = [on_sqlite.killed(point).twice for point in range(share + 1, len(points) + 1, SHARES)]
    # A death between the content and the receipt cannot be told from one before: some letters do come twice.
    assert 0 < sum(doubled) < len(doubled)


def test_so_it_may_on_postgresql(on_postgresql: Bed) -> None:
    points = on_postgresql.points()
    every = len(points) // 40
    doubled = [on_postgresql.killed(point).twice for point in range(every, len(points), every)]
    assert len(doubled) >= 40
    assert 0 < sum(doubled) < len(doubled)


def at(points: list[str], name: str) -> list[int]:
    """At which of the points a step of this name is."""
    return [number for number, each in enumerate(points, 1) if each == name]


@pytest.mark.parametrize("on_sqlite", [ONE_BY_ONE], indirect=True)
def test_who_comes_after_may_die_too(on_sqlite: Bed) -> None:
    given_up: list[int] = []
    on_the_wire = ("before a letter is written", "after content and dot")
    for first in at(on_sqlite.points(), "after content and dot"):
        points = on_sqlite.points(first)
        for second in [number for name in on_the_wire for number in at(points, name)]:
            # Whoever had a letter of the dead in hand had no other: at most that one is given up.
            found = on_sqlite.killed(first, second, given_up=1)
            given_up.append(found.states["refused"])
    assert {0, 1} == set(given_up)
