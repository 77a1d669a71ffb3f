"""The roll of people: as often as it is asked for, in order, sealed, and with no name on the disk."""

from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from tocsin.scoping.roll import Roll
from tocsin.sources.engine import Limits, engine

#: What this process holds open, by name.
HELD = Path("/proc/self/fd")


@pytest.fixture
def rows():
    ids = [f"customer-{number:05}" for number in range(9000)]
    edges = [{"when": number, "row": None} for number in range(9000)]
    kinds = pa.struct([("when", pa.int64()), ("row", pa.int64())])
    return pa.table({"id": ids, "first": pa.array(edges, kinds)})


def test_everybody_stands_on_it_in_order_however_often_it_is_read(tmp_path, rows):
    folder = tmp_path / "work"
    folder.mkdir()
    with engine(tmp_path / "spill", Limits()) as duck:
        roll = Roll.of(duck, ibis.memtable(rows).order_by(ibis.desc("id")), folder)
        empty = Roll.of(duck, ibis.memtable(rows).limit(0), folder)
        assert list(folder.iterdir()) == []
    for _ in range(2):
        parts = list(roll.parts())
        assert len(parts) > 1
        assert [each for part in parts for each in part["id"].to_pylist()] == sorted(
            rows["id"].to_pylist(), reverse=True
        )
    assert roll.whole()["first.when"].to_pylist() == list(range(8999, -1, -1))
    assert list(empty.parts()) == []
    assert empty.whole().column_names == ["id", "first.when", "first.row"]


@pytest.mark.skipif(not HELD.exists(), reason="what a process holds open is read from /proc")
def test_what_stands_on_it_is_nowhere_in_clear(tmp_path, rows):
    with engine(tmp_path / "spill", Limits()) as duck:
        roll = Roll.of(duck, ibis.memtable(rows), tmp_path)
    (held,) = [
        each
        for each in HELD.iterdir()
        if each.is_symlink() and str(tmp_path / "roll-") in str(each.readlink())
    ]
    assert str(held.readlink()).endswith("(deleted)")
    assert b"customer-" not in held.read_bytes()
    assert roll.whole().num_rows == 9000
