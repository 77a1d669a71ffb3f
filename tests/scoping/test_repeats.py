"""Said twice, counted once: rows, files and sources of one stream change no answer, and how many is stated."""

import pytest

from tests.scoping.scenes import ask, at, buckets, every_hour, log_source, request, told, write_log
from tocsin.domain.logkeeping import Switch
from tocsin.domain.sources import LogSource, Sources

LEAK = {"tokens": ["leaked"], "since": at(0), "until": at(180)}
THEFT = [*every_hour(3), *(request(5 + n, "c1", token="leaked") for n in range(4))]


def repeated(found):
    return [(each.source, each.rows, each.files) for each in found.result.repeated]


def test_two_sources_of_one_stream_count_a_request_once(tmp_path):
    logs = [
        log_source(write_log(tmp_path, THEFT, form, name), form=form, name=name)
        for name, form in (("gateway", "ndjson"), ("proxy", "csv"))
    ]
    once = ask(tmp_path, logs[:1], LEAK)
    apart = ask(tmp_path, logs, LEAK)
    assert [told(each)["c1"].hits for each in (once, apart)] == [4, 8]
    off = Switch(endpoints=("StopLogging",))
    stream = [
        logs[0].model_copy(update={"stream": "web", "logging_off": off}),
        logs[1].model_copy(update={"stream": "web"}),
    ]
    found = ask(tmp_path, stream, LEAK)
    assert found.result.set_digest == once.result.set_digest
    assert found.result.gaps == ()
    assert repeated(found) == [("web", 4, ())]
    assert repeated(once) == repeated(apart) == []


def test_overlapping_rotations_and_copies_are_stated_and_change_nothing(tmp_path):
    parts = [
        write_log(tmp_path, part, name=name)
        for name, part in (("a", THEFT[:5]), ("b", THEFT[4:]), ("c", THEFT[4:]))
    ]
    once = ask(tmp_path, write_log(tmp_path, THEFT, name="whole"), LEAK)
    found = ask(tmp_path, log_source(*parts), LEAK)
    assert found.result.set_digest == once.result.set_digest
    assert found.result.method == "exact"
    assert repeated(found) == [("api", 1, ("c.ndjson",))]


def test_a_request_that_differs_in_anything_is_another_one(tmp_path):
    rows = [*every_hour(3), *(request(5, "c1", token="leaked", bytes=n) for n in range(3))]
    found = ask(tmp_path, log_source(write_log(tmp_path, rows), stream="web"), LEAK)
    assert told(found)["c1"].hits == 3
    assert repeated(found) == []


def test_whoever_is_excluded_is_so_by_named_files_and_hours(tmp_path):
    before = write_log(tmp_path, [request(-200, "c3", token="leaked")], name="before")
    logs = [
        log_source(before, write_log(tmp_path, every_hour(2), name="gateway"), name="gateway", stream="web"),
        log_source(write_log(tmp_path, every_hour(3)[1:], name="proxy"), name="proxy", stream="web"),
        log_source(write_log(tmp_path, every_hour(3), name="console"), name="console"),
    ]
    found = ask(tmp_path, logs, LEAK)
    assert buckets(found) == {"c3": "excluded"}
    digests = {each.name: each.sha256 for each in found.result.inputs}
    by_stream = {each.stream: each for each in found.result.proof}
    assert by_stream["web"].sources == ("gateway", "proxy")
    assert set(by_stream["web"].files) == {digests["gateway.ndjson"], digests["proxy.ndjson"]}
    assert by_stream["console"].files == (digests["console.ndjson"],)
    assert [by_stream[each].rows for each in ("web", "console")] == [4, 3]
    assert {(hours.since, hours.until) for each in by_stream.values() for hours in each.hours} == {
        (at(0), at(180))
    }


@pytest.mark.parametrize("hours", [2, 3])
def test_there_is_no_proof_where_nobody_is_excluded(tmp_path, hours):
    rows = [*every_hour(hours), request(5 if hours == 3 else -5, "c1", token="leaked")]
    assert ask(tmp_path, write_log(tmp_path, rows), LEAK).result.proof == ()


def test_a_stream_has_no_name_of_a_source_outside_it():
    fields = {"at": "t", "account": "a"}
    logs = [
        LogSource(name=name, format="csv", paths=("x",), fields=fields, stream=stream)
        for name, stream in (("gateway", None), ("proxy", "gateway"))
    ]
    with pytest.raises(ValueError, match="gateway is a source and a stream that it is not in"):
        Sources(logs=tuple(logs))
