"""Rows that were kept: the second question gets the same answer from them as from the files, or reads the files."""

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.scoping.scenes import (
    ASKED,
    CROWD,
    START,
    as_delimited,
    as_ndjson,
    ask,
    at,
    gaps,
    log_source,
    request,
    write_customers,
)
from tocsin.domain.scope.question import read_question
from tocsin.domain.sources import LogFields, LogSource, Sources
from tocsin.domain.timeformats import TimeFormat
from tocsin.scoping import passing, reading
from tocsin.scoping.caching import keep_rows
from tocsin.scoping.measure import Measurement
from tocsin.sources.bounds import Bounds
from tocsin.sources.caches import Cache
from tocsin.sources.engine import Limits
from tocsin.sources.sealed import SealedFiles
from tocsin.sources.times import latest

KEY = b"k" * 32
ROOT = Path(__file__).parents[2]
WINDOW = {"since": START, "until": at(150)}
QUESTIONS: list[dict[str, Any]] = [
    WINDOW | {"tokens": ["token-c1", "token-c2", "nobody"]},
    WINDOW | {"accounts": ["c3"], "sessions": ["s"]},
    WINDOW | {"ips": ["192.0.2.0/24"]},
    WINDOW
    | {"where": {"all": [{"endpoints": ["GET /v1/account*"]}, {"statuses": ["2xx"], "bytes": ">= 10"}]}},
    WINDOW | {"where": {"any": [{"agents": ["brow*"], "until": at(30)}, {"tokens": ["token-c4"]}]}},
]


class Place:
    """A folder with logs of one source, and the rows that were kept of them."""

    def __init__(self, folder: Path, source: LogSource, **limits: Any) -> None:
        self.folder, self.source = folder, source
        self.cache = Cache(folder / "cache" / "INC-1", KEY, 10**9)
        self.limits = Limits(threads=2, **limits)
        self.customers = write_customers(folder, CROWD)

    def ask(
        self, question: dict[str, Any], *, cache: Cache | None = None, asked_at: Any = ASKED
    ) -> Measurement:
        how = {"cache": cache, "asked_at": asked_at, "limits": self.limits}
        return ask(self.folder, self.source, question, customers=self.customers, **how)

    def keep(self, first: Measurement, question: dict[str, Any], *, asked_at: Any = ASKED) -> None:
        keep_rows(
            read_question(question),
            Sources(logs=(self.source,)),
            {(each.source, each.name): each.sha256 for each in first.result.inputs},
            self.cache,
            workspace=self.folder / "work",
            until=latest(asked_at),
            limits=self.limits,
        )

    @property
    def rows(self) -> list[Path]:
        return sorted(self.cache.folder.glob("*.rows"))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that a question has read, and not recalled."""
    names: list[str] = []
    over = passing.Pass.over

    def noting(self: Any, files: Any, told: Any) -> Any:
        names.extend(file.name for file in files)
        return over(self, files, told)

    monkeypatch.setattr(passing.Pass, "over", noting)
    return names


def same(one: Measurement, other: Measurement) -> bool:
    return (
        one.result == other.result
        and one.roll.whole().equals(other.roll.whole())
        and one.unread == other.unread
    )


def requests(hours: int = 3) -> list[dict[str, Any]]:
    people, found = [owner for owner, _, _ in CROWD], []
    for minute in range(-60, 60 * hours):
        more = {"status": (200, 401, 304, None)[minute % 4], "token": f" token-c{minute % 6} "}
        found.append(request(minute, people[minute % 5], bytes=minute, **more))
    # Some twice in one file, and rows of another account, at other times.
    return found + found[:7] + [request(60 * hour + 1, "nobody-of-interest") for hour in range(-24, 24)]


def as_combined() -> bytes:
    lines = []
    for row in requests():
        moment = datetime.fromisoformat(row["at"]).strftime("%d/%b/%Y:%H:%M:%S %z")
        asked = (
            f'"GET {row["endpoint"]} HTTP/1.1" {row["status"] or "-"} {max(0, row["bytes"])} "-" "browser"'
        )
        lines.append(f"{row['ip']} - {row['account']} [{moment}] {asked}\n")
    return "".join(lines).encode()


def as_trail() -> bytes:
    """An array of events, of which one lacks its moment."""
    events = []
    for row in [*requests(), request(5, "c1", at=None)]:
        who = {"type": "IAMUser", "userName": row["account"], "accessKeyId": row["token"].strip()}
        event = {"eventTime": row["at"], "eventSource": "s3.amazonaws.com", "eventName": "GetObject"}
        events.append(event | {"userIdentity": who, "sourceIPAddress": row["ip"], "userAgent": "browser"})
    return json.dumps({"Records": events}).encode()


def broken(lines: bytes, *other: bytes) -> bytes:
    """The lines, with others among them that are none."""
    found = lines.splitlines(keepends=True)
    for place, each in enumerate(other, 2):
        found.insert(place * 7, each + b"\n")
    return b"".join(found)


NO_JSON = (
    b"{not json",
    b"",
    b'["a list"]',
    b'{"at": "yesterday", "account": "c1", "token": "token-c1"}',
    b"\xff\xfe{",
)
ODD = ["1970-01-01T00:00:00Z", "2026-11-26T20:00:00Z", "2026-11-27T20:00:00Z", "2099-01-01T00:00:00Z", "x"]
LOCAL = ["2026-10-25T02:30:00", "2026-03-29T02:30:00", "2026-11-20T11:30:00", "2026-11-26T23:00"]
FORMS: dict[str, Callable[[], tuple[bytes, dict[str, Any]]]] = {
    "ndjson": lambda: (as_ndjson(requests()), {}),
    "ndjson with lines that are none": lambda: (broken(as_ndjson(requests()), *NO_JSON), {}),
    "csv": lambda: (as_delimited(requests(), ","), {"form": "csv"}),
    "csv with lines that are none": lambda: (
        broken(as_delimited(requests(), ","), b"too,few", b'"open', b"x" * 300, b"a" + b",b" * 30),
        {"form": "csv"},
    ),
    "tsv": lambda: (as_delimited(requests(), "\t"), {"form": "tsv"}),
    "combined": lambda: (
        broken(as_combined(), b"no request", b"- - -"),
        {
            "form": "combined",
            "fields": LogFields(
                at="time", account="user", ip="host", endpoint="path", status="status", bytes="bytes"
            ),
            "time": TimeFormat(format="%d/%b/%Y:%H:%M:%S %z"),
        },
    ),
    "cloudtrail": lambda: (
        as_trail(),
        {
            "form": "cloudtrail",
            "fields": LogFields(
                at="eventTime",
                account="principal",
                token="userIdentity.accessKeyId",
                ip="sourceIPAddress",
                endpoint="call",
                status="outcome",
            ),
        },
    ),
    "moments that a later question may place": lambda: (
        as_ndjson([*requests(), *(request(0, "c1", at=moment) for moment in ODD)]),
        {},
    ),
    "a clock that changes": lambda: (
        as_ndjson([request(0, f"c{place % 6}", at=moment) for place, moment in enumerate(LOCAL * 3)]),
        {"time": TimeFormat(zone="Europe/Berlin")},
    ),
    "a clock that was wrong": lambda: (as_ndjson(requests()), {"clock_offset": "00:20:00 fast"}),
}
#: A packing for each form, and for one form each.
CASES = [(form, ("none", "gzip", "damaged")[place % 3]) for place, form in enumerate(FORMS)]
CASES += [("ndjson with lines that are none", "damaged"), ("csv with lines that are none", "gzip")]
CASES += [("ndjson with lines that are none", "altered")]


@pytest.mark.parametrize(("form", "packing"), CASES)
def test_the_second_question_is_answered_alike(
    tmp_path: Path, read: list[str], form: str, packing: str
) -> None:
    content, declared = FORMS[form]()
    kind = declared.pop("form", "ndjson")
    if packing != "none":
        content = gzip.compress(content, mtime=0)
    if packing == "damaged":
        content = content[: len(content) * 2 // 3]
    if packing == "altered":
        content = content[:-8] + b"altered."
    for name in ("a", "b"):
        (tmp_path / f"{name}.log").write_bytes(content)
    (tmp_path / "c.log").write_bytes(b"")
    source = log_source(tmp_path / "*.log", form=kind, **declared)
    place = Place(tmp_path, source, bounds=Bounds(line=600))
    place.keep(place.ask(QUESTIONS[1]), QUESTIONS[1])
    assert len(place.rows) == 1  # the second file is a copy of the first, and the third is empty
    later = ASKED + timedelta(days=2)
    for each, asked_at in [
        *((each, ASKED) for each in QUESTIONS),
        (QUESTIONS[0], later),
        (QUESTIONS[2], later),
    ]:
        read.clear()
        second = place.ask(each, cache=place.cache, asked_at=asked_at)
        assert read == []
        assert same(second, place.ask(each, asked_at=asked_at))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Two files of which the rows are kept."""
    for name, hours in (("a", 1), ("b", 2)):
        (tmp_path / f"{name}.log").write_bytes(as_ndjson(requests(hours)))
    made = Place(tmp_path, log_source(tmp_path / "*.log"))
    made.keep(made.ask(QUESTIONS[0]), QUESTIONS[0])
    assert len(made.rows) == 2
    return made


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def changed(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def swapped(path: Path) -> None:
    first, second = sorted(path.parent.glob(f"*{path.suffix}"))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)


def foreign(path: Path) -> None:
    """What another incident has kept under this name."""
    own = SealedFiles(path.parent, KEY).open(path.name)
    content = own.read()
    own.close()
    other = SealedFiles(path.parent, b"o" * 32).open(path.name, "wb")
    other.write(content)
    other.close()


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("spoil", [cut, changed, swapped, foreign, emptied, gone])
@pytest.mark.parametrize("end", [".rows", ".card"])
def test_what_is_not_as_it_was_kept_is_thrown_away(
    place: Place, read: list[str], spoil: Callable[[Path], None], end: str
) -> None:
    spoilt = place.rows[0].with_suffix(end)
    spoil(spoilt)
    second = place.ask(QUESTIONS[0], cache=place.cache)
    assert read != []
    assert not (spoilt.exists() and spoilt.with_suffix(".card").exists())
    assert same(second, place.ask(QUESTIONS[0]))
    place.keep(second, QUESTIONS[0])
    read.clear()
    place.ask(QUESTIONS[0], cache=place.cache)
    assert read == []


def test_other_bytes_and_other_ways_of_reading_are_read(place: Place, read: list[str]) -> None:
    def names(**changes: Any) -> list[str]:
        read.clear()
        asked_at = changes.pop("asked_at", ASKED)
        changed = Place(place.folder, place.source.model_copy(update=changes))
        second = changed.ask(QUESTIONS[2], cache=place.cache, asked_at=asked_at)
        found = list(read)
        assert same(second, changed.ask(QUESTIONS[2], asked_at=asked_at))
        return found

    assert names() == []
    assert names(fields=place.source.fields.model_copy(update={"session": None})) == ["a.log", "b.log"]
    assert names(clock_offset="00:01:00 slow") == ["a.log", "b.log"]
    assert names(time=TimeFormat(zone="Asia/Ho_Chi_Minh")) == ["a.log", "b.log"]
    # Then it was not yet to be believed that a row is so young.
    assert names(asked_at=ASKED - timedelta(days=1)) == ["a.log", "b.log"]
    log = place.folder / "a.log"
    log.write_bytes(log.read_bytes().replace(b"browser", b"Browser", 1))
    assert names() == ["a.log"]


def test_a_file_that_changes_after_it_was_hashed_is_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    recalled = reading.recalled

    def and_then(*asked: Any) -> Any:
        found = recalled(*asked)
        with (place.folder / "a.log").open("ab") as log:
            log.write(as_ndjson([request(1)]))
        return found

    monkeypatch.setattr(reading, "recalled", and_then)
    assert gaps(place.ask(QUESTIONS[0], cache=place.cache))["changed-file"] == 1


def test_a_file_that_changed_since_the_answer_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(as_ndjson(requests(1)))
    made = Place(tmp_path, log_source(tmp_path / "*.log"))
    first = made.ask(QUESTIONS[0])
    (tmp_path / "a.log").write_bytes(as_ndjson(requests(1)[:-1]))
    made.keep(first, QUESTIONS[0])
    assert made.rows == []


def test_the_oldest_leave_for_others_but_not_for_those_of_their_own_question(
    place: Place, tmp_path: Path
) -> None:
    old, size = place.cache, place.rows[0].stat().st_size
    for number, path in enumerate(sorted(old.folder.glob("*.card"))):
        os.utime(path, (number, number))
    (tmp_path / "c.log").write_bytes(as_ndjson(requests(3)))
    other = Place(tmp_path, log_source(tmp_path / "c.log", name="other"))
    other.cache = Cache(old.folder.parent / "INC-2", KEY, old.most)
    first = other.ask(QUESTIONS[0])
    other.keep(first, QUESTIONS[0])
    needed = other.rows[0].stat().st_size
    other.rows[0].with_suffix(".card").unlink()
    # Rows without a card are of no use, and leave first.
    room = sum(path.stat().st_size for path in place.rows) + needed - size // 2
    other.cache = replace(other.cache, most=room)
    other.keep(first, QUESTIONS[0])
    assert len(other.rows) == 1
    assert len(place.rows) == 1
    other.cache = replace(other.cache, most=needed // 2)
    other.rows[0].with_suffix(".card").unlink()
    other.keep(first, QUESTIONS[0])
    assert list(other.cache.folder.glob("*.card")) == []


def test_while_somebody_keeps_rows_nobody_else_does(place: Place) -> None:
    first = place.ask(QUESTIONS[0])
    place.cache.drop(path.stem for path in place.rows)
    with place.cache.writing():
        place.keep(first, QUESTIONS[0])
    assert place.rows == []
    place.keep(first, QUESTIONS[0])
    assert len(place.rows) == 2


WRITES = """
import os, signal, sys
from pathlib import Path
from tests.scoping import test_caching as t
from tocsin.scoping import sheets

add = sheets._Sheet.add

def and_die(sheet, rows):
    add(sheet, rows)
    sheet.sink._file.flush()
    if sheet.sink.tell() > 100_000:
        os.kill(os.getpid(), signal.SIGKILL)

sheets._Sheet.add = and_die
folder = Path(sys.argv[1])
made = t.Place(folder, t.log_source(folder / "*.log"))
made.keep(made.ask(t.QUESTIONS[0]), t.QUESTIONS[0])
"""


def test_who_is_killed_while_writing_leaves_nothing_in_clear(tmp_path: Path) -> None:
    rows = [request(minute % 60, f"canary-{minute:06}-{os.urandom(20).hex()}") for minute in range(60_000)]
    (tmp_path / "a.log").write_bytes(as_ndjson(rows))
    died = subprocess.run([sys.executable, "-c", WRITES, str(tmp_path)], cwd=ROOT, check=False)
    assert died.returncode == -signal.SIGKILL
    made = Place(tmp_path, log_source(tmp_path / "*.log"))
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix not in (".log", ".csv")]
    assert [path.parent.name for path in left if path.suffix == ".rows"] == ["new"]
    assert sum(path.stat().st_size for path in left) > 100_000
    assert [path for path in left if b"canary" in path.read_bytes()] == []
    made.keep(made.ask(QUESTIONS[0]), QUESTIONS[0])
    assert len(made.rows) == 1
    assert list((made.cache.folder / "new").iterdir()) == []
    assert [
        path for path in made.cache.folder.rglob("*") if path.is_file() and b"canary" in path.read_bytes()
    ] == []
