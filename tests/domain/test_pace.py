"""Letters leave evenly, no lane faster than it may, and a slow domain makes no other wait."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.pace import Lane, Rates, turns

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def seconds(count):
    return timedelta(seconds=count)


def lane(every, free=0.0):
    return Lane(seconds(every), NOON + seconds(free), NOON + seconds(free))


def letters(**counts):
    return {domain: [f"{domain}{n}" for n in range(count)] for domain, count in counts.items()}


def offsets(moments):
    return [(at - NOON).total_seconds() for at in moments.values()]


def test_letters_of_a_domain_leave_one_after_the_other_and_what_does_not_fit_is_put_off_in_a_queue():
    found = turns(letters(slow=5), {"slow": lane(1)}, None, NOON, NOON + seconds(2), NOON + seconds(2))
    assert offsets(found.leave) == [0, 1, 2]
    assert offsets(found.put_off) == [3, 4]


def test_a_slow_domain_makes_no_other_wait():
    found = turns(letters(slow=50, quick=50), {"slow": lane(60)}, None, NOON, NOON, NOON + seconds(2))
    quick = [at for row, at in found.leave.items() if row.startswith("quick")]
    assert quick == [NOON] * 50
    assert len(found.put_off) == 49
    assert found.left == []


def test_what_only_the_relay_has_no_room_for_is_left_and_not_put_off():
    relay = lane(1)
    found = turns(
        letters(one=3, two=3), {"one": lane(0.5)}, relay, NOON, NOON + seconds(2), NOON + seconds(2)
    )
    assert offsets(found.leave) == [0, 1, 2]
    assert (found.put_off, len(found.left)) == ({}, 3)
    assert relay.free_at == NOON + seconds(3)


def test_a_lane_that_another_worker_has_used_up_puts_all_off():
    found = turns(letters(slow=2), {"slow": lane(10, free=30)}, None, NOON, NOON, NOON + seconds(2))
    assert found.leave == {}
    assert offsets(found.put_off) == [30, 40]


def test_room_is_how_many_may_leave():
    assert lane(1).room(NOON, NOON + seconds(2)) == 3
    assert lane(1, free=2).room(NOON, NOON + seconds(2)) == 1
    assert lane(1, free=2.5).room(NOON, NOON + seconds(2)) == 0
    assert lane(1, free=-1).room(NOON, NOON) == 2


def test_a_lane_catches_up_two_seconds_and_no_more():
    tired = lane(1, free=-100)
    assert tired.room(NOON, NOON) == 3
    found = turns(letters(slow=5), {"slow": tired}, None, NOON, NOON, NOON)
    assert (offsets(found.leave), offsets(found.put_off)) == ([0, 0, 0], [1, 2])


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(min_value=0, max_value=30)),
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from([0.1, 0.5, 3.0])),
    st.sampled_from([None, 0.05, 0.2, 5.0]),
)
def test_nobody_is_lost_and_no_lane_is_too_fast(counts, every, relayed):
    wanted = letters(**counts)
    lanes = {domain: lane(between) for domain, between in every.items()}
    relay = lane(relayed) if relayed else None
    found = turns(wanted, lanes, relay, NOON, NOON + seconds(2), NOON + seconds(2))
    everybody = sorted(row for rows in wanted.values() for row in rows)
    assert sorted([*found.leave, *found.put_off, *found.left]) == everybody
    by_lane = defaultdict(list)
    for row, at in found.leave.items():
        assert NOON <= at <= NOON + seconds(2)
        by_lane[row[0]].append(at)
        by_lane["relay"].append(at)
    for name, between in [*every.items(), *([("relay", relayed)] if relayed else [])]:
        moments = by_lane[name]
        assert moments == sorted(moments)
        assert all(at >= NOON + seconds(between) * number for number, at in enumerate(moments))
    assert list(found.leave.values()) == sorted(found.leave.values())


def test_a_domain_s_own_rate_comes_before_that_of_any_domain():
    rates = Rates(None, 60, {"gmail.com": 120})
    assert (rates.every("gmail.com"), rates.every("web.de")) == (seconds(0.5), seconds(1))
    assert Rates(None, None, {"gmail.com": 120}).every("web.de") is None
    assert (Rates().limited, Rates(60).limited, Rates(60).by_domain) == (False, True, False)
