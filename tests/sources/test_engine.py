"""How much of the machine a measurement takes: what it was given, however many cores there are."""

import pytest

from tocsin.sources.bounds import Bounds
from tocsin.sources.engine import Limits, crew


@pytest.mark.parametrize(
    ("megabytes", "cores", "hands"), [(400, 64, 1), (600, 64, 2), (1000, 64, 5), (8000, 4, 4)]
)
def test_hands_and_engine_together_stay_within_the_memory(megabytes, cores, hands):
    limits = Limits.within(megabytes, cores, Bounds())
    assert limits.hands == hands
    engine = int(limits.memory.removesuffix("MB"))
    assert engine >= 128
    assert 150 + engine + 64 * hands <= megabytes


def test_a_crew_has_as_many_hands_as_it_may_and_each_sees_what_another_made(tmp_path):
    with crew(tmp_path / "spill", Limits(hands=3)) as found:
        assert len(found.hands) == 3
        found.hands[0].execute("CREATE TABLE made AS SELECT 7 AS seven")
        assert [hand.execute("FROM made").fetchall() for hand in found.hands] == [[(7,)]] * 3
