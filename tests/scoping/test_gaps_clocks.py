"""Clocks that cannot be right: known offsets are set right; what is found besides is a gap, as far as it may hide."""

import gzip
import random
from datetime import datetime, timedelta
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scoping.scenes import (
    ASKED,
    FIELDS,
    as_delimited,
    as_ndjson,
    ask,
    at,
    buckets,
    gaps,
    log_source,
    request,
    told,
    write_log,
)
from tocsin.domain.logkeeping import too_late
from tocsin.domain.scope.question import read_question
from tocsin.domain.sources import LogSource, Sources
from tocsin.scoping.caching import keep_rows
from tocsin.scoping.gaps.clocks import order_of
from tocsin.scoping.spans import went_back, widen
from tocsin.sources.caches import Cache
from tocsin.sources.engine import Limits
from tocsin.sources.times import latest

LEAK = {"tokens": ["leaked"], "accounts": ["c3"], "since": at(0), "until": at(180)}
MINUTE = timedelta(minutes=1)


def calm(first: int = -120, last: int = 300, every: float = 1.0) -> list[dict]:
    return [request(minute * every, "c0") for minute in range(int(first / every), int(last / every))]


@pytest.mark.parametrize(
    ("offset", "minutes", "inside"),
    [
        ("00:07:12 fast", 186, True),
        ("+00:07:12 fast", 188, False),
        ("00:07:12 slow", -6, True),
        (None, 186, False),
    ],
)
def test_a_known_offset_is_set_right_and_stated(tmp_path, offset, minutes, inside):
    log = write_log(tmp_path, [*calm(), request(minutes, "c1", token="leaked")])
    found = ask(tmp_path, log_source(log, clock_offset=offset), LEAK)
    assert (buckets(found)["c1"] == "confirmed") is False
    assert ("c1" in told(found)) is inside
    assert {each.name: each.clock_offset for each in found.result.inputs}[log.name] == offset


@pytest.mark.parametrize("words", ["00:07:12", "+00:07:12", "7 min fast", "00:61:00 slow", "00:07:12 late"])
def test_an_offset_that_does_not_say_which_way_is_refused(words):
    with pytest.raises(ValueError, match="is no offset of a clock; write by how much it is wrong"):
        LogSource(name="api", format="csv", paths=("x",), fields=FIELDS, clock_offset=words)


@given(
    st.timedeltas(timedelta(), timedelta(days=4) - timedelta(seconds=1)), st.sampled_from(["fast", "slow"])
)
def test_every_offset_is_read_as_it_is_written(wrong, way):
    minutes, seconds = divmod(wrong.days * 86_400 + wrong.seconds, 60)
    words = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{wrong.microseconds:06} {way}"
    assert too_late(words) == (wrong if way == "fast" else -wrong)


def set_back(rows: list[dict], first: int, by: float) -> list[dict]:
    """From one row on, the clock is set back."""
    return [*rows[:first], *(row | {"at": at(_minutes(row) - by).isoformat()} for row in rows[first:])]


def _minutes(row: dict) -> float:

    return (datetime.fromisoformat(row["at"]) - at(0)) / MINUTE


@pytest.mark.parametrize(
    ("form", "packing"), [("ndjson", ""), ("ndjson", "gz"), ("ndjson", "zst"), ("csv", "zst"), ("tsv", "gz")]
)
def test_time_that_goes_back_may_have_moved_a_request_over_the_edge(tmp_path, form, packing):
    rows = set_back(calm(), 200, 45)
    content = as_ndjson(rows) if form == "ndjson" else as_delimited(rows, "," if form == "csv" else "\t")
    log = tmp_path / f"log.{form}{packing and '.'}{packing}"
    packed = {"": bytes, "gz": gzip.compress, "zst": pa.Codec("zstd").compress}[packing](content)
    log.write_bytes(bytes(packed))
    found = ask(tmp_path, log_source(log, form=form, in_order_within="5 min"), LEAK)
    (gap,) = found.result.gaps
    assert (gap.kind, gap.count, gap.files) == ("clock-disorder", 1, (log.name,))
    assert gap.detail == f"{log.name}: 1 of 420 rows looked at go back, by up to 2,640 s"
    assert buckets(found) == {"c3": "cannot-exclude"}
    assert next(each.ordered for each in found.result.inputs if each.name == log.name) == 420
    assert list((tmp_path / "work").iterdir()) == []


def test_a_step_back_far_from_the_edge_leaves_only_moments_in_doubt(tmp_path):
    asked = LEAK | {"since": at(-120)}
    log = write_log(tmp_path, set_back(calm(-120, 180), 100, 45))
    found = ask(tmp_path, log_source(log, in_order_within="5 min"), asked)
    assert gaps(found) == {"clock-doubt": 1}
    assert buckets(found) == {"c3": "excluded"}
    assert found.result.method == "approximate"


@pytest.mark.parametrize("declared", [None, "1 h"])
def test_rows_that_go_back_by_no_more_than_declared_are_in_order(tmp_path, declared):
    log = write_log(tmp_path, set_back(calm(), 200, 45))
    assert gaps(ask(tmp_path, log_source(log, in_order_within=declared), LEAK)) == {}


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_a_large_file_is_looked_at_all_over(tmp_path, form):
    rows = calm(every=1 / 60)
    wrong = set_back(rows, len(rows) * 9 // 10, 200)
    for name, content, kinds in (("right", rows, set()), ("wrong", wrong, {"clock-disorder"})):
        source = log_source(write_log(tmp_path, content, form, name), form=form, in_order_within="1 min")
        found = ask(tmp_path, source, LEAK)
        assert set(gaps(found)) == kinds
        assert (
            4_000
            < next(each.ordered for each in found.result.inputs if each.name == f"{name}.{form}")
            < 15_000
        )


def kept_of(folder, source, cache):
    """What was measured, with its rows kept."""
    first = ask(folder, source, LEAK, cache=cache)
    keep_rows(
        read_question(LEAK),
        Sources(logs=(source,)),
        {(each.source, each.name): each.sha256 for each in first.result.inputs},
        cache,
        workspace=folder / "work",
        until=latest(ASKED),
        limits=Limits(),
    )
    assert list(cache.folder.glob("*.rows"))
    return first


@pytest.mark.parametrize("form", ["ndjson", "csv"])
@pytest.mark.parametrize("zipped", [False, True])
def test_a_clock_that_was_wrong_for_two_minutes_in_a_large_file_is_seen(tmp_path, form, zipped):
    rows = calm(every=1 / 60)
    wrong = [*rows[:20_000], *set_back(rows[20_000:20_120], 0, 60), *rows[20_120:]]
    for name, content, kinds in (("right", rows, set()), ("wrong", wrong, {"clock-disorder"})):
        log = write_log(tmp_path, content, form, name, zipped=zipped)
        source = log_source(log, form=form, in_order_within="1 min")
        cache = Cache(tmp_path / f"kept-{name}", b"k" * 32, most=10**9)
        first = kept_of(tmp_path, source, cache)
        assert set(gaps(first)) == kinds
        again = ask(tmp_path, source, LEAK, cache=cache)
        assert (again.result.gaps, again.result.set_digest) == (first.result.gaps, first.result.set_digest)


def test_rows_that_were_too_late_to_be_believed_are_looked_at_once_they_are(tmp_path):
    rows = calm(every=1 / 20)
    late = [request(60 * 24 * 9 + minute / 30, "c0") for minute in range(60)]
    rows = [*rows[:5_000], *late, *rows[5_000:]]
    source = log_source(write_log(tmp_path, rows, zipped=True), in_order_within="1 min")
    cache = Cache(tmp_path / "kept", b"k" * 32, most=10**9)
    kept_of(tmp_path, source, cache)
    then = {"asked_at": ASKED + timedelta(days=10)}
    again = ask(tmp_path, source, LEAK, cache=cache, **then)
    anew = ask(tmp_path, source, LEAK, **then)
    assert (again.result.gaps, again.result.set_digest) == (anew.result.gaps, anew.result.set_digest)
    assert set(gaps(anew)) == {"clock-disorder"}


def test_one_row_that_is_ahead_of_all_behind_it_is_seen_among_many(tmp_path):
    rows = calm(-720, 240, every=1 / 30)
    ahead = rows.index(request(0, "c0"))
    rows[ahead:ahead] = [request(14.9, "c0")]
    (gap,) = ask(tmp_path, log_source(write_log(tmp_path, rows), in_order_within="5 min"), LEAK).result.gaps
    assert (gap.kind, gap.count) == ("clock-disorder", 1)
    assert "in 1 of its stretches of five minutes rows stand behind later ones, by up to 900 s" in gap.detail


@given(st.lists(st.integers(0, 12), max_size=40), st.integers(0, 3), st.integers(1, 7))
def test_slots_go_back_as_far_as_their_rows_do(slots, within, size):
    spans = {}
    for start in range(0, len(slots), size):
        block = list(enumerate(slots[start : start + size], 1))
        lines = {slot: [line for line, each in block if each == slot] for _, slot in block}
        widen(spans, [(slot, min(found), max(found)) for slot, found in lines.items()], start)
    back = {slot: max(slots[: len(slots) - slots[::-1].index(slot)]) - slot for slot in set(slots)}
    wrong = [each for each in back.values() if each - 1 >= within]
    assert went_back(spans, within) == (len(wrong), max(wrong, default=-1) + 1)


def test_order_is_declared_for_lines_only():
    with pytest.raises(ValueError, match="a Parquet file has its rows in any order"):
        LogSource(name="api", format="parquet", paths=("x",), fields=FIELDS, in_order_within="5 min")


@given(st.lists(st.one_of(st.none(), st.integers(0, 100)), max_size=30), st.integers(0, 20))
def test_steps_back_are_those_between_neighbours(moments, within):
    known = [each for each in moments if each is not None]
    drops = [a - b for a, b in pairwise(known) if a - b > within]
    found = order_of("log", moments, within)
    assert (found.looked_at, found.steps, found.largest) == (len(known), len(drops), max(drops, default=0))


def test_a_source_in_another_zone_does_not_fit_its_stream(tmp_path):
    dice = random.Random(5)
    rows = [
        request(60 * hour + 1 + n / 100, "c0") for hour in range(-30, 30) for n in range(dice.randint(5, 40))
    ]
    later = [row | {"at": at(_minutes(row) + 7 * 60).isoformat()} for row in rows]
    gateway = log_source(write_log(tmp_path, rows, name="gateway"), name="gateway", stream="web")
    proxy = log_source(write_log(tmp_path, later, name="proxy"), name="proxy", stream="web")
    found = ask(tmp_path, [gateway, proxy], LEAK)
    (gap,) = found.result.gaps
    assert (gap.kind, gap.source) == ("clock-disorder", "gateway")
    assert gap.detail.startswith("its hours fit those of proxy only when moved by 7 h; correct `time.zone`")
    set_right = [gateway, proxy.model_copy(update={"clock_offset": "07:00:00 fast"})]
    assert gaps(ask(tmp_path, set_right, LEAK)) == {}
    # Two logs of one stream of which one lost rows still fit best as they are.
    holed = log_source(write_log(tmp_path, rows[::2], name="half"), name="half", stream="web")
    assert gaps(ask(tmp_path, [gateway, holed], LEAK)) == {}


def test_rows_later_than_the_question_show_a_clock_that_is_fast(tmp_path):
    log = write_log(tmp_path, calm())
    found = ask(tmp_path, log, LEAK, asked_at=at(180))
    (gap,) = found.result.gaps
    assert (gap.kind, gap.count) == ("clock-disorder", 60)
    assert gap.detail.startswith("rows later than the question: 2026-11-20T14:00Z to 2026-11-20T15:00Z; ")
    assert buckets(found) == {"c3": "cannot-exclude"}
    fast = log_source(log, clock_offset="02:00:00 fast")
    assert gaps(ask(tmp_path, fast, LEAK, asked_at=at(180))) == {}
