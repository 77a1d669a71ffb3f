"""CloudTrail's own files: arrays of records and single events, who called, how it ended, and who stopped the trail."""

import gzip
import json
import tracemalloc

import pytest

from tests.scoping.scenes import ask, at, buckets, gaps, write_customers
from tocsin.domain.sources import LogSource
from tocsin.sources.cloudtrail import _events
from tocsin.sources.lines import Rejects

WINDOW = {"since": at(0), "until": at(180)}
ALICE = {"type": "IAMUser", "userName": "alice", "arn": "arn:aws:iam::1:user/alice", "accessKeyId": "AKIA1"}
ROLE = {
    "type": "AssumedRole", "principalId": "AROA1:bob", "accessKeyId": "ASIA1",
    "arn": "arn:aws:sts::1:assumed-role/Admin/bob",
    "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "Admin"}, "attributes": {}},
}  # fmt: skip


def event(minutes, who=ALICE, call="GetObject", source="s3.amazonaws.com", **more):
    return {
        "eventVersion": "1.08", "userIdentity": who, "eventTime": at(minutes).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": source, "eventName": call, "sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli",
        "requestParameters": {"bucketName": "b", "key": 'a "{[\\'}, "responseElements": None, "readOnly": True,
    } | more  # fmt: skip


CALM = {"type": "AWSService", "invokedBy": "config.amazonaws.com"}
HOURS = [event(60 * hour + 1, CALM, sourceIPAddress="config.amazonaws.com") for hour in range(3)]


def write(folder, events, shape="records", name="trail.json"):
    text = json.dumps({"Records": events}) if shape == "records" else "\n".join(map(json.dumps, events))
    text = json.dumps({"Records": events}, indent=2) if shape == "pretty" else text
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def source(path, **other):
    return LogSource(name="trail", format="cloudtrail", paths=(str(path),), **other)


@pytest.mark.parametrize("shape", ["records", "lines", "pretty"])
@pytest.mark.parametrize("name", ["trail.json", "trail.json.gz"])
def test_every_shape_of_a_trail_gives_the_same_people(tmp_path, shape, name):
    events = [
        *HOURS, event(5), event(6, ROLE), event(7, {"type": "Root", "accessKeyId": "AKIA1", "accountId": "1"}),
        event(8, ALICE | {"userName": "eve"}, errorCode="AccessDenied"),
        event(9, ALICE | {"userName": "may"}, errorCode="NoSuchKey"),
    ]  # fmt: skip
    people = [
        (who, f"{n}@example.org", "VN") for n, who in enumerate(("alice", "Admin/bob", "root", "eve", "may"))
    ]
    found = ask(
        tmp_path, source(write(tmp_path, events, shape, name)), WINDOW | {"tokens": ["AKIA1", "ASIA1"]},
        customers=write_customers(tmp_path, people),
    )  # fmt: skip
    assert buckets(found) == {
        "alice": "confirmed", "Admin/bob": "confirmed", "root": "confirmed",
        "eve": "attempted", "may": "cannot-exclude",
    }  # fmt: skip
    assert "unreadable-lines" not in gaps(found)


@pytest.mark.parametrize("shape", ["records", "lines"])
def test_who_stops_the_trail_leaves_a_gap(tmp_path, shape):
    stop = event(20, call="StopLogging", source="cloudtrail.amazonaws.com")
    refused = stop | {"errorCode": "AccessDenied"}
    asked = WINDOW | {"tokens": ["AKIA9"]}
    found = ask(tmp_path, source(write(tmp_path, [*HOURS, stop], shape)), asked)
    assert "logging-switched-off" in gaps(found)
    found = ask(tmp_path, source(write(tmp_path, [*HOURS, refused], shape)), asked)
    assert "logging-switched-off" not in gaps(found)


@pytest.mark.parametrize(
    ("call", "thins"),
    [
        ("StopLogging", False), ("DeleteTrail", False), ("DeleteEventDataStore", False),
        ("StopEventDataStoreIngestion", False), ("UpdateTrail", True), ("PutEventSelectors", True),
        ("PutInsightSelectors", True), ("UpdateEventDataStore", True),
    ],
)  # fmt: skip
def test_what_stops_a_trail_ends_with_its_next_rows_and_what_thins_it_does_not(tmp_path, call, thins):
    change = event(20, ROLE, call=call, source="cloudtrail.amazonaws.com", readOnly=False)
    start = event(30, ROLE, call="StartLogging", source="cloudtrail.amazonaws.com", readOnly=False)
    used = event(-600, ALICE)
    asked = WINDOW | {"tokens": ["AKIA1"]}
    people = write_customers(tmp_path, [("alice", "alice@example.org", "VN")])
    for events, until in (([change], 60), ([change, start], 30)):
        log = write(tmp_path, [used, *HOURS, *events])
        found = ask(tmp_path, source(log), asked, customers=people)
        (gap,) = [gap for gap in found.result.gaps if gap.kind == "logging-switched-off"]
        assert [(each.since, each.until) for each in gap.hours] == [(at(20), at(180 if thins else until))]
        assert buckets(found) == {"alice": "cannot-exclude"}
    # A call that failed, for whatever reason, changed nothing.
    failed = change | {"errorCode": "InsufficientS3BucketPolicyException"}
    found = ask(tmp_path, source(write(tmp_path, [used, *HOURS, failed])), asked, customers=people)
    assert (gaps(found), buckets(found)) == ({}, {"alice": "excluded"})


def test_what_is_cut_off_or_broken_hides_no_other_event(tmp_path):
    whole = write(tmp_path, [*HOURS, event(5)], "records").read_bytes()
    lines = [json.dumps(each) for each in (*HOURS, event(5))]
    for content, lost in (
        (whole[:-2] + b', {"eventTime": "2026-', 1),
        ("\n".join([*lines[:2], '{"eventTime": "2026', *lines[2:]]).encode(), 1),
        ("\n".join([*lines[:2], "no event", *lines[2:], "nor this"]).encode(), 2),
    ):
        path = tmp_path / "broken.json"
        path.write_bytes(content)
        found = ask(tmp_path, source(path), WINDOW | {"tokens": ["AKIA1"]})
        assert gaps(found)["unreadable-lines"] == lost
        assert found.result.seen[0].seen == 1


def test_fifty_megabytes_in_one_line_are_never_held_whole():
    one = json.dumps(event(5)).encode()
    many = 50_000_000 // len(one)

    def blocks():
        yield b'{"Records":['
        for _ in range(many // 1000):
            yield (one + b",") * 1000
        yield one + b"]}"

    tracemalloc.start()
    try:
        assert sum(1 for _ in _events(blocks(), Rejects())) == many // 1000 * 1000 + 1
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def deep(levels):
    inner = "x"
    for _ in range(levels):
        inner = {"in": inner}
    return inner


@pytest.mark.parametrize(
    "written",
    [
        lambda events: json.dumps({"Records": events}, indent=2),
        lambda events: json.dumps({"Records": events}, sort_keys=True),
        lambda events: json.dumps({"tool": "x", "n": 1, "Records": events}),
        lambda events: json.dumps({"Records": events}, separators=(",", ":")),
    ],
)
@pytest.mark.parametrize("broken", ['"eventName": ', '"userAgent": "'])
def test_behind_a_broken_event_the_next_one_is_found(tmp_path, written, broken):
    lost, found_ = (
        event(5, ALICE | {"userName": "lost"}, eventID="here"),
        event(6, ALICE | {"userName": "eve"}),
    )
    text = written([*HOURS, lost, found_, event(7)])
    place = text.index('"here"')
    broken = broken if broken in text else broken.replace(": ", ":")
    at_ = text.rindex(broken, 0, place) if broken in text[:place] else text.index(broken, place)
    path = tmp_path / "trail.json"
    path.write_text(text[:at_] + "@" + text[at_ + len(broken) :])
    people = write_customers(tmp_path, [(who, f"{who}@example.org", "VN") for who in ("alice", "eve")])
    found = ask(tmp_path, source(path), WINDOW | {"tokens": ["AKIA1"]}, customers=people)
    assert {"alice", "eve"} <= set(buckets(found))
    assert "unreadable-lines" in gaps(found)


@pytest.mark.parametrize("shape", ["records", "pretty", "lines"])
def test_an_event_may_lie_deep(tmp_path, shape):
    path = write(tmp_path, [*HOURS, event(5, requestParameters=deep(60)), event(6, ROLE)], shape)
    people = write_customers(
        tmp_path, [("alice", "a@example.org", "VN"), ("Admin/bob", "b@example.org", "VN")]
    )
    question = WINDOW | {"tokens": ["AKIA1", "ASIA1"]}
    found = ask(tmp_path, source(path), question, customers=people)
    assert set(buckets(found)) == {"alice", "Admin/bob"}
    assert "unreadable-lines" not in gaps(found)
