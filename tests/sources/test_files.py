"""Input files: fingerprinted, and rescued up to their damage."""

import csv
import gzip
import hashlib
import io
import re
import stat
from glob import escape

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tocsin.sources.bounds import Bounds
from tocsin.sources.files import clerks, prints_now
from tocsin.sources.files import take_in as take_in_found
from tocsin.sources.finding import find
from tocsin.sources.gate import formats, needs_gate, through
from tocsin.sources.lines import Lines, Rejects
from tocsin.sources.logs import readers, tables


def take_in(source, paths, kind="ndjson"):
    return take_in_found(
        source,
        find(source, [escape(str(path)) for path in paths]).files,
        Bounds(),
        of_lines=kind in formats(),
    )


def test_files_carry_their_digest_and_a_copy_is_left_out(tmp_path):
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(b"same")
    (files,) = [take_in_found("api", find("api", [f"{tmp_path}/*.log"]).files, Bounds(), of_lines=True)]
    assert [(file.name, file.sha256, file.size) for file in files] == [
        ("a.log", hashlib.sha256(b"same").hexdigest(), 4)
    ]


def changed(files):
    with clerks() as pool:
        return [
            file for file, now in prints_now(files, pool, beside=True).items() if file.sha256 != now.result()
        ]


def test_a_changed_or_removed_file_is_noticed(tmp_path):
    for name in ("a.log", "b.log", "c.log"):
        (tmp_path / name).write_text(name)
    files = take_in_found("api", find("api", [f"{tmp_path}/*.log"]).files, Bounds(), of_lines=True)
    assert changed(files) == []
    (tmp_path / "a.log").write_text("A.log")
    (tmp_path / "c.log").unlink()
    assert [file.name for file in changed(files)] == ["a.log", "c.log"]


# A cut between two members may halve a character, which is replaced then: so these have one byte each.
texts = st.text(st.characters(codec="ascii", exclude_characters="\n"), max_size=400)
lines = st.lists(texts.map(str.encode), min_size=1, max_size=60)


def passed_through(file, folder, kind):
    found = through(file, folder, kind, Bounds(), {})
    return found, found.file.read_from.read_bytes() if found.file else b""


@settings(max_examples=times(60))
@given(lines=lines, cut=st.floats(0, 1), members=st.integers(1, 3))
@example(lines=[b""], cut=0.0625, members=1)  # one byte is left
def test_whole_lines_up_to_the_damage_are_kept_and_nothing_else(tmp_path_factory, lines, cut, members):
    folder = tmp_path_factory.mktemp("rescue")
    content = b"\n".join(b'{"x":"%b"}' % line.hex().encode() for line in lines) + b"\n"
    step = len(content) // members + 1
    archive = b"".join(gzip.compress(content[place : place + step]) for place in range(0, len(content), step))
    kept = archive[: int(len(archive) * cut)]
    (folder / "log.gz").write_bytes(kept or b"\x1f\x8b")
    (file,) = take_in("api", [folder / "log.gz"])
    found, text = passed_through(file, folder, "ndjson")
    assert content.startswith(re.sub(rb'"tocsin line":\d+,', b"", text))
    assert (found.rows, found.rejects.total()) == (text.count(b"\n"), 0)
    if kept == archive:
        assert (found.rows, found.fault) == (len(lines), None)
    # An archive cut exactly between two members is whole, as far as anybody can tell.
    if found.fault:
        assert needs_gate(file, "ndjson")


def test_line_ends_of_a_csv_are_evened(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"x,y\r\n1,2\n3,4\r5,6\n")
    (file,) = take_in("api", [tmp_path / "a.csv"])
    assert needs_gate(file, "csv")
    found, text = passed_through(file, tmp_path, "csv")
    assert text == b"tocsin line,x,y\n2,1,2\n3,3,4\n4,5,6\n"
    assert (found.rows, found.fault, found.rejects.total()) == (3, None, 0)


cells = st.text(st.sampled_from('ab ",\t\n\u00e9'), max_size=6)


@settings(max_examples=times(200))
@given(
    rows=st.integers(2, 4).flatmap(
        lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=12)
    ),
    kind=st.sampled_from(["csv", "tsv"]),
    step=st.integers(1, 5),
    last=st.booleans(),
)
def test_a_sound_csv_comes_through_whole_wherever_its_blocks_end(rows, kind, step, last):
    out = io.StringIO()
    csv.writer(out, delimiter="," if kind == "csv" else "\t", lineterminator="\n").writerows(rows)
    content = out.getvalue().encode()
    content = content if last else content.removesuffix(b"\n")
    # A header is one line, and stands once.
    assume(not any("\n" in cell for cell in rows[0]))
    assume(rows[0] not in rows[1:])
    blocks = [content[place : place + step] for place in range(0, len(content), step)]
    found, rejects = b"", Rejects()
    for text, _ in formats()[kind](Lines(blocks, Bounds(), rejects), kind, rejects):
        found += text
    again = list(
        csv.reader(io.StringIO(found.decode(), newline=""), delimiter="," if kind == "csv" else "\t")
    )
    assert [row[1:] for row in again] == [row for row in rows if row != [""]]
    assert not [reason for reason in rejects.counts if reason != "looks like a row, and lies within quotes"]


@pytest.mark.parametrize(("kind", "content"), [("csv", b"x\r\n1\r\n"), ("parquet", b"")])
def test_a_copy_is_for_its_owner_alone(tmp_path, kind, content):
    if kind == "parquet":
        pq.write_table(pa.table({"x": [1]}), tmp_path / "plain")
        content = (tmp_path / "plain").read_bytes()
    (tmp_path / "log.gz").write_bytes(gzip.compress(content))
    (file,) = take_in("api", [tmp_path / "log.gz"], kind)
    found, text = passed_through(file, tmp_path, kind)
    assert text == (content if kind == "parquet" else b"tocsin line,x\n2,1\n")
    assert stat.S_IMODE(found.file.read_from.stat().st_mode) == 0o600
    assert (found.file.path, found.file.sha256) == (file.path, file.sha256)


def test_a_reader_is_a_file_that_names_its_formats():
    assert set(readers()) >= {"ndjson", "csv", "tsv", "parquet", "combined", "common"}
    assert set(formats()) == set(readers()) - {"parquet"}
    assert tables() == {"csv", "tsv", "parquet"}
