"""Blocks: whole lines, each once and with its number, wherever a block ends."""

import gzip
import io
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tocsin.sources import blocks, unpacking
from tocsin.sources.blocks import Block, Blocks
from tocsin.sources.bounds import Bounds
from tocsin.sources.delimited import blocks as delimited_blocks
from tocsin.sources.unpacking import Content

BOUNDS = Bounds(line=50)


def content(path: Path, packing="none") -> Content:
    return Content(path, packing, BOUNDS)


def read(path: Path, **how) -> list[Block]:
    return list(Blocks(content(path), BOUNDS, **how))


def numbered(found) -> dict[int, bytes]:
    """Line number to line, over all blocks."""
    lines = {}
    for block in found:
        for place, line in enumerate(block.text.split(b"\n")[:-1]):
            assert block.first + place not in lines
            lines[block.first + place] = line
    return lines


def as_lines(whole: bytes) -> dict[int, bytes | None]:
    """The lines of a text by their numbers, in the plainest way; None for one that is too long."""
    lines = whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    lines = [line.decode(errors="replace").encode() for line in (lines if lines[-1] else lines[:-1])]
    lines = [line.removeprefix(b"\xef\xbb\xbf") for line in lines]
    return {n: line if len(line) <= BOUNDS.line else None for n, line in enumerate(lines, 1)}


@settings(max_examples=times(200), deadline=None)
@given(
    st.lists(
        st.one_of(st.binary(max_size=70), st.just(b""), st.just(b"\xef\xbb\xbf" + b"x" * 48)), max_size=60
    ),
    st.integers(1, 400),
    st.sampled_from([b"\n", b"\r\n", b"\r"]),
)
def test_every_line_stands_in_one_block_under_its_number(tmp_path_factory, lines, size, end):
    path, whole = tmp_path_factory.mktemp("blocks") / "log", end.join(lines)
    assume(not whole.startswith((b"\xff\xfe", b"\xfe\xff")))  # UTF-16, of which other tests say what becomes
    path.write_bytes(whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "SIZE", size)
        patch.setattr(blocks, "_MOST", 2 * size)
        read_ = read(path)
    cut = {n for block in read_ for numbers in block.rejects.numbers.values() for n in numbers}
    found = {n: None if n in cut else line for n, line in numbered(read_).items()}
    assert found == as_lines(whole)


@pytest.mark.parametrize("size", [10, 40, 1000])
@pytest.mark.parametrize("strays", [False, True])
def test_no_block_ends_within_quotes(tmp_path, monkeypatch, size, strays):
    monkeypatch.setattr(blocks, "SIZE", size)
    monkeypatch.setattr(unpacking, "_BLOCK", 16)
    stray = [b'e,5" wide', b"f,plain"] if strays else []
    rows = [b'a,"one\ntwo"', b"b,plain", b'c,"say ""so""\n\n"', b'd,"x"', *stray, b"g,more"] * 5
    path = tmp_path / "log.csv"
    path.write_bytes(b"\n\nid,said\n" + b"\n".join(rows) + b"\n")
    found = list(delimited_blocks(content(path), BOUNDS, "csv"))
    assert {block.header for block in found} == {b"id,said"}
    assert (len(found) > 1) == (size < 1000)
    begun = tuple(row[:2] for row in rows)
    assert all(block.text.startswith(begun) for block in found)
    assert b"".join(block.text for block in found) == b"\n".join(rows) + b"\n"
    firsts = [block.first for block in found]
    assert firsts == [4 + sum(each.lines for each in found[:place]) for place in range(len(found))]


def test_a_quote_that_nothing_closes_keeps_no_more_than_two_blocks_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "SIZE", 1000)
    monkeypatch.setattr(blocks, "_MOST", 2000)
    path = tmp_path / "log.csv"
    path.write_bytes(b'id\n"open\n' + b"line\n" * 10_000)
    found = list(delimited_blocks(content(path), BOUNDS, "csv"))
    assert sum(block.lines for block in found) == 10_001
    assert max(len(block.text) for block in found) < 3 << 20


def test_a_line_of_a_gigabyte_is_told_and_not_held(tmp_path):
    path = tmp_path / "log.gz"
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.write(b"before\n")
        for _ in range(1024):
            out.write(bytes(1 << 20))
        out.write(b"\nbehind\n")
    content = Content(path, "gzip", Bounds(line=1 << 20, small=1 << 31))
    longest, found = 0, []
    for block in Blocks(content, Bounds(line=1 << 20)):
        longest = max(longest, len(block.text))
        found.append(block)
    assert b"".join(block.text for block in found) == b"before\n\nbehind\n"
    assert found[0].rejects.numbers == {"longer than 1,048,576 bytes": [2]}
    assert longest < 100


def test_half_a_line_behind_which_an_archive_breaks_off_is_none(tmp_path):
    whole = io.BytesIO()
    with gzip.GzipFile(fileobj=whole, mode="wb", mtime=0) as out:
        out.write(b"".join(b"%07d %s\n" % (number, b"x" * (number % 30)) for number in range(20_000)))
    path = tmp_path / "log.gz"
    path.write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    broken = content(path, "gzip")
    lines = numbered(Blocks(broken, BOUNDS))
    assert broken.fault == "damaged"
    assert 1000 < len(lines) < 20_000
    assert all(line == b"%07d %s" % (n - 1, b"x" * ((n - 1) % 30)) for n, line in lines.items())


@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), min_size=1), st.data())
def test_picked_lines_are_those_at_their_places(lines, data):
    block = Block(1, b"".join(line + b"\n" for line in lines))
    places = data.draw(st.lists(st.integers(1, len(lines)), unique=True).map(sorted))
    assert block.lines == len(lines)
    assert list(block.picked(places)) == [lines[place - 1] + b"\n" for place in places]


def test_a_long_block_is_picked_from_across_its_stretches():
    lines = [b"%d %s\n" % (number, b"x" * (number * 7 % 900)) for number in range(3000)]
    block = Block(1, b"".join(lines))
    assert list(block.picked(range(1, 3001, 13))) == lines[::13]
