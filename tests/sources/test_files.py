"""Input files: fingerprinted, and rescued up to their damage."""

import csv
import gzip
import hashlib
import io
import stat
from glob import escape

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tocsin.sources.files import changed
from tocsin.sources.files import take_in as take_in_found
from tocsin.sources.finding import find
from tocsin.sources.logs import readers, repairs
from tocsin.sources.rescue import mended


def take_in(source, paths, folder):
    return take_in_found(source, find(source, [escape(str(path)) for path in paths]).files, folder)


def test_files_carry_their_digest_and_a_copy_is_left_out(tmp_path):
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(b"same")
    (files,) = [take_in_found("api", find("api", [f"{tmp_path}/*.log"]).files, tmp_path)]
    assert [(file.name, file.sha256, file.size) for file in files] == [
        ("a.log", hashlib.sha256(b"same").hexdigest(), 4)
    ]


def test_a_changed_or_removed_file_is_noticed(tmp_path):
    for name in ("a.log", "b.log", "c.log"):
        (tmp_path / name).write_text(name)
    files = take_in_found("api", find("api", [f"{tmp_path}/*.log"]).files, tmp_path)
    assert changed(files) == ()
    (tmp_path / "a.log").write_text("A.log")
    (tmp_path / "c.log").unlink()
    assert [file.name for file in changed(files)] == ["a.log", "c.log"]


# A cut between two members may halve a character, which is replaced then: so these have one byte each.
texts = st.text(st.characters(codec="ascii", exclude_characters="\n"), max_size=400)
lines = st.lists(texts.map(str.encode), min_size=1, max_size=60)


@settings(max_examples=times(60))
@given(lines=lines, cut=st.floats(0, 1), members=st.integers(1, 3))
@example(lines=[b""], cut=0.0625, members=1)  # one byte is left
def test_a_rescue_keeps_whole_lines_from_the_start_and_nothing_else(tmp_path_factory, lines, cut, members):
    folder = tmp_path_factory.mktemp("rescue")
    content = b"\n".join(lines) + b"\n"
    step = len(content) // members + 1
    archive = b"".join(gzip.compress(content[place : place + step]) for place in range(0, len(content), step))
    kept = archive[: int(len(archive) * cut)]
    (folder / "log.gz").write_bytes(kept or b"\x1f\x8b")
    (file,) = take_in("api", [folder / "log.gz"], folder)
    rescue = mended(file, folder, "ndjson")
    if kept == archive:
        assert (rescue.file, rescue.damaged) == (file, False)
        return
    found = b"" if rescue.file is file else rescue.file.read_from.read_bytes()
    assert content.startswith(found)
    # An archive cut exactly between two members is whole, as far as anybody can tell.
    assert not rescue.damaged or not found or found.endswith(b"\n")


def test_line_ends_of_a_csv_are_evened(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"x,y\r\n1,2\n3,4\r\n")
    (file,) = take_in("api", [tmp_path / "a.csv"], tmp_path)
    rescue = mended(file, tmp_path, "csv")
    assert rescue.file.read_from.read_bytes() == b"x,y\n1,2\n3,4\n"
    assert not rescue.damaged
    assert mended(file, tmp_path, "ndjson").file is file


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
def test_a_sound_csv_is_repaired_to_itself_wherever_its_blocks_end(rows, kind, step, last):
    out = io.StringIO()
    csv.writer(out, delimiter="," if kind == "csv" else "\t", lineterminator="\n").writerows(rows)
    content = out.getvalue().encode()
    content = content if last else content.removesuffix(b"\n")
    # A header is one line.
    assume(not any("\n" in cell for cell in rows[0]))
    lines = content.splitlines(keepends=True)
    blocks = [b"".join(lines[place : place + step]) for place in range(0, len(lines), step)]
    assert b"".join(repairs()[kind](blocks, kind)) == content


@pytest.mark.parametrize(("kind", "content"), [("csv", b"x\r\n"), ("parquet", b"")])
def test_a_copy_is_for_its_owner_alone(tmp_path, kind, content):
    if kind == "parquet":
        pq.write_table(pa.table({"x": [1]}), tmp_path / "plain")
        content = (tmp_path / "plain").read_bytes()
    (tmp_path / "log.gz").write_bytes(gzip.compress(content))
    (file,) = take_in("api", [tmp_path / "log.gz"], tmp_path)
    rescue = mended(file, tmp_path, kind)
    assert rescue.file.read_from.read_bytes() == content.replace(b"\r\n", b"\n")
    assert stat.S_IMODE(rescue.file.read_from.stat().st_mode) == 0o600
    assert (rescue.file.path, rescue.file.sha256) == (file.path, file.sha256)


def test_every_declared_format_has_a_reader():
    assert set(readers()) == {"ndjson", "csv", "tsv", "parquet"}
    assert set(repairs()) == {"ndjson", "csv", "tsv"}
