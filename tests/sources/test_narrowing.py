"""Rows of Parquet that are found first, and unpacked then: all that are wanted; and where these are few, no other."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tocsin.sources import narrowing
from tocsin.sources.engine import Limits, engine
from tocsin.sources.files import not_yet_read
from tocsin.sources.finding import Found
from tocsin.sources.parquet import read, read_few

FIELDS = {"token": "of", "ip": "from"}
COLUMNS = ("file", "line", *FIELDS)
ROWS = 5000


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two files in which the same number stands for other rows, and one wanted token stands ten times in each."""
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for shift, path in enumerate(paths):
        tokens = [f"tok_{(number + 3 * shift) % 500}" for number in range(ROWS)]
        table = pa.table({"of": tokens, "from": [f"10.{shift}.0.{number}" for number in range(ROWS)]})
        pq.write_table(table, path, row_group_size=1000)
    return paths


def asked(tmp_path: Path, paths: list[Path], tokens: list[str]) -> tuple[list, list]:
    """What a filter over all rows gives, and what is given of rows that were looked for."""
    found = not_yet_read("api", [Found(str(path), path.name, path.stat().st_size, "") for path in paths])
    with engine(tmp_path / "spill", Limits(threads=2)) as backend:
        how = (backend, "api", found, FIELDS, "parquet")
        every = read(*how)
        few = read_few(*how, lambda rows: rows.filter(rows.token.isin(tokens)), ("token", "session"))
        rows = [
            sorted(tuple(row[name] for name in COLUMNS) for row in backend.to_pyarrow(table).to_pylist())
            for table in (every.filter(every.token.isin(tokens)), few)
        ]
    return rows[0], rows[1]


def test_every_wanted_row_is_given_and_no_other(tmp_path, files):
    # The number of a row is that of another one in the other file.
    wanted, given = asked(tmp_path, files, ["tok_7"])
    assert wanted == given
    assert len(wanted) == 20
    wanted, given = asked(tmp_path, files[:1], ["tok_7", "tok_9"])
    assert wanted == given
    assert len(wanted) == 20


def test_where_many_rows_are_wanted_all_are_unpacked_at_once(tmp_path, files):
    wanted, given = asked(tmp_path, files, [f"tok_{number}" for number in range(100)])
    assert len(wanted) == 2000
    assert len(given) == 2 * ROWS


def test_of_rows_that_nobody_wants_none_is_unpacked(tmp_path, files):
    assert asked(tmp_path, files, ["tok_none"]) == ([], [])


def test_no_row_is_made_of_two_states_of_a_file(tmp_path, files, monkeypatch):
    """Somebody puts another file in its place between the two looks."""
    path, given = files[0], narrowing.made

    def made(engine, rows, what):
        table = given(engine, rows, what)
        if what == "found":
            pq.write_table(pa.table({"of": ["tok_0"] * ROWS, "from": ["192.0.2.1"] * ROWS}), tmp_path / "new")
            (tmp_path / "new").rename(path)
        return table

    monkeypatch.setattr(narrowing, "made", made)
    _, found = asked(tmp_path, [path], ["tok_7"])
    assert len(found) == ROWS  # all rows, as they are by now: whoever asks looks at each once more
    assert {row[2:] for row in found} == {("tok_0", "192.0.2.1")}
