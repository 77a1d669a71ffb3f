"""The pass block by block: whatever size blocks have, and however many hands read them, the answer is the same."""

import gzip
import json
import signal
import subprocess
import sys

import pytest

from tests.scoping.scenes import as_delimited, as_ndjson, ask, at, every_hour, log_source, request
from tocsin.sources import blocks, unpacking
from tocsin.sources.engine import Limits

LEAK = {"tokens": ["leaked", "stolen"], "ips": ["203.0.113.0/24"], "since": at(0), "until": at(180)}
TOKENS = {"tokens": ["leaked", "stolen"], "since": at(0), "until": at(180)}
ROWS = [
    *every_hour(3),
    *(
        request(place / 2, f"c{place % 4}", token="leaked" if place % 9 == 0 else "fine")
        for place in range(150)
    ),
    *(request(place, "c5", ip=f"203.0.113.{place}", agent='of "two"\nlines, or') for place in range(20)),
    *(request(-300, "c4", token="stolen") for _ in range(3)),
]
JUNK = {
    "ndjson": [b"{broken", b"", b"[1]", b'{"at": "never", "token": "leaked"}', b"\xff\xfe\x00"],
    "csv": [b"too,few", b"", b'"open', b",".join([b"x"] * 30), b'a "quote" within' + b"," * 9],
}


def written(tmp_path, form, zipped):
    """A log with junk between its rows."""
    content = as_ndjson(ROWS) if form == "ndjson" else as_delimited(ROWS, ",")
    head, end, rest = content.partition(b"\n") if form == "csv" else (b"", b"", content)
    # Of CSV, a row may have several lines.
    lines = rest.split(b"}\n") if form == "ndjson" else rest.split(b",VN\n")
    tail = b"}\n" if form == "ndjson" else b",VN\n"
    step = len(lines) // len(JUNK[form])
    for place, junk in enumerate(JUNK[form]):
        lines[place * step] = junk + b"\n" + lines[place * step]
    whole = head + end + tail.join(lines)
    path = tmp_path / (f"log.{form}" + (".gz" if zipped else ""))
    path.write_bytes(gzip.compress(whole, mtime=0) if zipped else whole)
    return log_source(path, form=form)


def everything(found):
    return found.result, [repr(each) for each in found.people()], [repr(each) for each in found.unowned()]


@pytest.mark.parametrize("question", [LEAK, TOKENS])
@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_the_answer_is_the_same_whatever_size_blocks_have(tmp_path, monkeypatch, form, zipped, question):
    log = written(tmp_path, form, zipped)
    whole = everything(ask(tmp_path, log, question, limits=Limits(threads=1)))
    assert whole[0].people_count > 0
    monkeypatch.setattr(unpacking, "_BLOCK", 100)
    for size, threads in ((200, 3), (5_000, 2)):
        monkeypatch.setattr(blocks, "SIZE", size)
        assert everything(ask(tmp_path, log, question, limits=Limits(threads=threads))) == whole


def test_each_row_of_a_small_block_knows_its_line(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "SIZE", 300)
    monkeypatch.setattr(unpacking, "_BLOCK", 100)
    rows = [request(place, f"c{place % 6}", token=f"t{place}") for place in range(60)]
    path = tmp_path / "log.ndjson"
    path.write_bytes(as_ndjson(rows))
    for place in (0, 1, 17, 58, 59):
        question = {"tokens": [f"t{place}"], "since": at(-1), "until": at(61)}
        (person,) = ask(tmp_path, path, question).people()
        assert person.id == f"c{place % 6}"
        assert (person.why.first.line, person.why.last.line) == (place + 1, place + 1)


CHILD = """
import sys
from pathlib import Path
from tests.scoping.scenes import ask, at, log_source
folder = Path(sys.argv[1])
def told(words, share):
    if words.startswith("reading") and share > 0:
        print("reading", flush=True)
log = log_source(folder / "log.ndjson")
ask(folder, log, {"tokens": ["leaked"], "since": at(0), "until": at(180)}, progress=told)
print("done", flush=True)
"""


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_who_is_stopped_while_reading_leaves_nothing_and_the_next_one_answers(tmp_path, sign):
    line = as_ndjson([request(5, "c1", token="fine", agent="x" * 900)])
    path = tmp_path / "log.ndjson"
    with path.open("wb") as out:
        for _ in range(300):
            out.write(line * 1000)
        out.write(as_ndjson([request(6, "c2", token="leaked"), *every_hour(3)]))
    reading = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert reading.stdout.readline() == "reading\n"
        reading.send_signal(sign)
        _, said = reading.communicate(timeout=120)
    finally:
        reading.kill()
        reading.wait()
    assert reading.returncode != 0
    left = list((tmp_path / "work").iterdir())
    assert (left == []) == (sign is signal.SIGINT)
    assert ("KeyboardInterrupt" in said) == (sign is signal.SIGINT)
    path.write_bytes(as_ndjson([request(6, "c2", token="leaked"), *every_hour(3)]))
    found = ask(tmp_path, path, TOKENS)
    assert [person.id for person in found.people()] == ["c2"]
    assert list((tmp_path / "work").iterdir()) == []


def test_nothing_of_a_question_is_left_on_the_shelf_in_clear(tmp_path):
    path = tmp_path / "log.ndjson"
    path.write_bytes(as_ndjson([*every_hour(3), request(6, "c2", token="leaked")]))
    ask(tmp_path, path, TOKENS)
    seen = b"".join(file.read_bytes() for file in (tmp_path / "work").rglob("*") if file.is_file())
    assert b"leaked" not in seen
    assert json.dumps("c2").encode() not in seen
