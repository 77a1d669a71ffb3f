"""Rows whose moment nobody can know hide no request: their people cannot be excluded, and the gap says why."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.scoping.scenes import ask, at, buckets, every_hour, gaps, log_source, request, told, write_log
from tocsin.domain.timeformats import TimeFormat

LEAK = {"tokens": ["leaked"], "since": at(0), "until": at(180)}
THEFT = [*every_hour(3), request(5, "c1", token="leaked")]
BERLIN = TimeFormat(zone="Europe/Berlin")


def said(found, kind="unplaced-moments"):
    return next(gap.detail for gap in found.result.gaps if gap.kind == kind)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2062-11-20T10:09:00Z", "before 1990 or more than a day after the question"),
        ("12026-11-20T10:09:00Z", "before 1990 or more than a day after the question"),
        ("294247-01-10T04:00:54Z", "before 1990 or more than a day after the question"),
        ("0001-01-01T00:00:00Z", "before 1990 or more than a day after the question"),
        ("2026-11-20T10:09:00+99:00", "with an offset from UTC that no place has"),
        ("2026-11-20T10:09:60Z", "in a second :60"),
    ],
)
@pytest.mark.parametrize("window", [("since", "until"), ()])
def test_a_clock_that_is_wrong_excludes_nobody(tmp_path, moment, words, window):
    log = write_log(tmp_path, [*THEFT, request(9, "c2", token="leaked") | {"at": moment}])
    found = ask(tmp_path, log, {"tokens": ["leaked"]} | {side: LEAK[side] for side in window})
    assert buckets(found) == {"c1": "confirmed", "c2": "cannot-exclude"}
    assert gaps(found) == {"unplaced-moments": 1}
    assert said(found) == f"log.ndjson: 1 {words}"
    assert found.result.method == "approximate"
    assert {person.first_seen for person in found.people()} == {at(5), None}


def test_who_fits_only_by_an_address_at_an_unknown_moment_is_not_lost(tmp_path):
    rows = [
        *every_hour(3),
        request(9, "c2", ip="203.0.113.9") | {"at": "2062-11-20T10:09:00Z"},
        request(9, "c3", ip="203.0.113.9", status=403) | {"at": "2062-11-20T10:09:00Z"},
        request(9, "c4", ip="203.1.113.9") | {"at": "2062-11-20T10:09:00Z"},
    ]
    found = ask(tmp_path, write_log(tmp_path, rows), LEAK | {"tokens": [], "ips": ["203.0.113.0/24"]})
    assert buckets(found) == {"c2": "cannot-exclude", "c3": "attempted"}
    assert gaps(found) == {"unplaced-moments": 3}


def test_a_local_time_that_never_was_is_placed_nowhere(tmp_path):
    night = datetime(2026, 3, 29, tzinfo=UTC)
    rows = [request(0, "nobody") | {"at": f"2026-03-29T{hour:02}:30:00"} for hour in (0, 1, 3, 4)]
    rows.append(request(0, "c1", token="leaked") | {"at": "2026-03-29T02:30:00"})
    source = log_source(write_log(tmp_path, rows), time=BERLIN)
    found = ask(tmp_path, source, {"tokens": ["leaked"], "since": night, "until": night + timedelta(hours=2)})
    assert buckets(found) == {"c1": "cannot-exclude"}
    assert gaps(found) == {"unplaced-moments": 1}
    assert said(found) == "log.ndjson: 1 at a time that the clocks skipped"


@pytest.mark.parametrize(
    ("since", "until", "bucket"),
    [
        # Shown at 00:30 and at 01:30 in UTC: both inside, both outside, and on either side of each edge.
        ("2026-10-24T22:00", "2026-10-25T03:00", "confirmed"),
        ("2026-10-24T22:00", "2026-10-25T00:30", "excluded"),
        ("2026-10-24T22:00", "2026-10-25T01:00", "cannot-exclude"),
        ("2026-10-25T01:00", "2026-10-25T03:00", "cannot-exclude"),
        ("2026-10-25T01:31", "2026-10-25T03:00", "excluded"),
        ("2026-10-25T00:30", "2026-10-25T01:31", "confirmed"),
        ("2026-10-25T00:31", "2026-10-25T01:30", "excluded"),
    ],
)
def test_a_local_time_that_was_twice_counts_where_both_lie_on_one_side_of_each_edge(
    tmp_path, since, until, bucket
):
    first = datetime(2026, 10, 24, 22, tzinfo=UTC)
    rows = [request(0, "nobody") | {"at": (first + timedelta(hours=n)).isoformat()} for n in range(6)]
    rows.append(request(0, "c1", token="leaked") | {"at": "2026-10-25T02:30:00"})
    rows.append(request(0, "nobody") | {"at": "2026-10-25T02:30:00"})
    window = {"since": datetime.fromisoformat(f"{since}Z"), "until": datetime.fromisoformat(f"{until}Z")}
    source = log_source(write_log(tmp_path, rows), time=BERLIN)
    found = ask(tmp_path, source, {"tokens": ["leaked"]} | window)
    assert buckets(found) == {"c1": bucket}
    if bucket == "cannot-exclude":
        assert gaps(found) == {"unplaced-moments": 1}
        assert said(found).endswith("at a time that the clocks showed twice, inside and outside the window")
    else:
        assert gaps(found) == {}
    seen = {person.first_seen for person in found.people()}
    assert seen == ({None} if bucket == "excluded" else {datetime(2026, 10, 25, 0, 30, tzinfo=UTC)})


def test_the_edge_of_what_is_believed_goes_by_the_moment_of_the_question(tmp_path):
    log = write_log(tmp_path, THEFT)
    late = ask(tmp_path, log, LEAK, asked_at=at(5) - timedelta(days=1))
    assert set(told(late)) == {"c1"}
    # The hours of rows that are not believed have no others.
    assert gaps(late) == {"unplaced-moments": 2, "missing-hours": 2, "clock-disorder": 2}
    early = ask(tmp_path, log, LEAK, asked_at=at(4) - timedelta(days=1))
    assert buckets(early) == {"c1": "cannot-exclude"}
