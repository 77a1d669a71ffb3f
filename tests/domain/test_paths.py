"""Paths of sources: secrets in them, and dates that were declared."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tocsin.domain.paths import by_date, dated_by_itself, refuse_unfit


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


WINDOW = day("2026-03-17"), day("2026-03-18")


@pytest.mark.parametrize(
    ("below", "outside"),
    [
        ("2026/03/15", True),
        ("2026/03/15/api.gz", True),
        ("2026/03/16", False),
        ("2026/03/17", False),
        ("2026/03/18/x/y", False),
        ("2026/03/19", True),
        ("eu/2025/12/31/api.gz", True),
        ("2026/03", False),
        ("2026", False),
        ("current", False),
        ("2026/02/31", False),
        ("2026/13/01", False),
        ("0000/00/00", False),
        ("9999/12/31", False),
        ("12026/03/15", False),
        ("2026/03/155", False),
        # Which of two dates is meant, nobody said.
        ("2026/03/01/2026/03/31", False),
    ],
)
def test_a_folder_is_left_out_only_where_its_date_lies_a_folder_beyond_the_window(below, outside):
    for said in ("{year}/{month}/{day}", "%Y/%m/%d"):
        assert by_date(said).outside(below, WINDOW) is outside


@pytest.mark.parametrize(
    ("said", "left_out", "kept"),
    [
        ("{year}", ["2024", "2024/x"], ["2025", "2026", "2027"]),
        ("{year}-{month}", ["2026-01", "2026-05"], ["2026-02", "2026-03", "2026-04"]),
        ("dt={year}-{month}-{day}", ["dt=2026-03-15"], ["dt=2026-03-16", "2026-03-15", "date=2026-03-15"]),
        ("api-%Y%m%d", ["x/api-20260315.ndjson.gz"], ["x/api-20260316.gz", "x/api-202603151.gz"]),
        ("%Y/%m/%d/%H", ["2026/03/15/22", "2026/03/19/01"], ["2026/03/15", "2026/03/16/00", "2026/03/18/23"]),
    ],
)
def test_a_date_stands_as_it_was_declared(said, left_out, kept):
    shape = by_date(said)
    assert [below for below in (*left_out, *kept) if shape.outside(below, WINDOW)] == left_out


def test_a_path_may_say_itself_how_it_is_dated():
    plain, shape = dated_by_itself("s3://logs/gw/*/%Y/%m/%d/*-%Y%m%d.gz")
    d2, d4 = "[0-9]" * 2, "[0-9]" * 4
    assert plain == f"s3://logs/gw/*/{d4}/{d2}/{d2}/*-{d4}{d2}{d2}.gz"
    assert shape.outside("eu/2026/03/15/api-20260315.gz", WINDOW)
    # Folder and name differ: nobody knows which is right.
    assert not shape.outside("eu/2026/03/15/api-20260317.gz", WINDOW)
    assert not shape.outside("eu/2026/03/16/api-20260316.gz", WINDOW)
    assert not shape.outside("eu/us/2026/03/15/api-20260315.gz", WINDOW)
    deep = dated_by_itself("/logs/**/dt=%Y-%m-%d/**")[1]
    assert deep.outside("dt=2026-03-15", WINDOW)
    assert deep.outside("a/b/dt=2026-03-15/c/d.gz", WINDOW)
    assert not deep.outside("a/b/dt=2026-03-15x", WINDOW)
    assert dated_by_itself("/logs/%%%Y/x")[0] == f"/logs/%{d4}/x"


def test_without_a_year_no_date_is_meant():
    assert dated_by_itself("/logs/%d0%b9/%m.gz") == ("/logs/%d0%b9/%m.gz", None)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("{month}/{day}", "needs its year"),
        ("%Y/%d", "needs its year"),
        ("%Y/%H", "needs its year"),
        ("%Y-%j", "%j is no part of a date"),
        ("daily", "names no date"),
    ],
)
def test_a_date_that_cannot_be_placed_is_refused(said, words):
    with pytest.raises(ValueError, match=words):
        by_date(said)


def test_an_open_window_leaves_out_nothing_on_its_open_side():
    shape = by_date("%Y-%m-%d")
    assert [shape.outside(each, (WINDOW[0], None)) for each in ("2026-03-15", "2099-01-01")] == [True, False]
    assert [shape.outside(each, (None, WINDOW[1])) for each in ("1999-01-01", "2026-03-19")] == [False, True]
    assert not shape.outside("1999-01-01", (None, None))


moments = st.integers(0, 10**8).map(lambda minutes: day("2020-01-01") + timedelta(seconds=3 * minutes))


@settings(max_examples=times(300))
@given(
    moment=moments,
    before=st.timedeltas(timedelta(0), timedelta(days=400)),
    after=st.timedeltas(timedelta(0), timedelta(days=400)),
    zone=st.integers(-12, 14),
    late=st.integers(0, 9),
    said=st.sampled_from(["%Y", "%Y/%m", "%Y/%m/%d", "%Y/%m/%d/%H"]),
)
def test_no_row_of_the_window_lies_in_a_folder_that_is_left_out(moment, before, after, zone, late, said):
    # Written some hours late, into the folder of whatever zone the machine keeps.
    folder = (moment + timedelta(hours=zone + late)).strftime(said)
    window = moment - before, moment + after + timedelta(microseconds=1)
    assert not by_date(said).outside(folder, window)


@pytest.mark.parametrize(
    "path",
    [
        "s3://AKIAXXXX:abc/def+ghi@bucket/x",
        "s3://:secret@bucket/x",
        "sftp://me:hunter2@host:22/logs",
        "s3://bucket/x?X-Amz-Signature=abc",
        "https://host/x.gz?sig=abc&x=1",
        "abfs://c@host/x?a=1&token=abc",
    ],
)
def test_a_secret_in_a_path_is_refused_and_not_shown(path):
    with pytest.raises(ValueError, match="holds a password or key") as refusal:
        refuse_unfit(path)
    assert not {"abc", "hunter2", "secret@"} & set(str(refusal.value).split())
    assert "abc" not in str(refusal.value)


@pytest.mark.parametrize(
    "path",
    [
        "s3://bucket/logs/dt=2026-03-1?/*.gz",
        "sftp://me@host:22/logs/a@b.gz",
        "/var/log/a:b@c/x.log",
        "abfs://container@account.example/logs/*",
    ],
)
def test_a_path_without_one_passes(path):
    refuse_unfit(path)


def test_one_store_is_named_and_not_a_chain_of_them():
    with pytest.raises(ValueError, match="several stores"):
        refuse_unfit("zip://*.csv::s3://bucket/logs.zip")
