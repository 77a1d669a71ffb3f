"""Lists beside the customers, every line accounted for: records of deletions, and addresses that take no mail.

They are short beside any log, so all of them go through the gate: a line is a row, or it is told with its number and
its reason. What is sound is used. What a lost row might have said is for each list to say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.errors import Refused
from tocsin.domain.lists import ListSource
from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.result import InputFile
from tocsin.scoping.accounts import BAD_BYTES, Account, behind_the_gate, refuse_ours, without
from tocsin.scoping.custody import looked_at_now
from tocsin.scoping.gaps.files import damaged, unread_files
from tocsin.scoping.gaps.rows import unreadable
from tocsin.scoping.reading import Desk, Reading
from tocsin.sources import databases
from tocsin.sources.fetching import fetched
from tocsin.sources.files import File, take_in
from tocsin.sources.finding import find
from tocsin.sources.gate import Passed, formats, through
from tocsin.sources.logs import readers


def read_list(
    engine: Any, source: ListSource, key: str, desk: Desk, reading: Reading
) -> tuple[Any | None, list[Gap]]:
    """The rows of a list under our names, with `file`, `sha256` and `line` (null where nobody knows); None without any.

    `key` is the column without which a row says nothing. Beside the rows stands what of the list was lost, each loss
    one gap of the kind that a log would have. Refused where nothing of it can be read as declared.
    """
    if source.url is not None:
        return _from_database(engine, source, key, reading)
    listing = fetched(source.name, find(source.name, source.patterns), desk.folder, desk.progress)
    files = take_in(source.name, listing.files, desk.bounds, of_lines=source.format in formats())
    fields = source.fields.mapped()
    passed = {file: through(file, desk.folder, source.format, desk.bounds, fields) for file in files}
    rows, passed = _opened(engine, source, passed)
    accounts = _accounts(engine, rows, key, passed)
    if any(_holds(each) for each in accounts) and not any(each.read_from for each in accounts):
        raise Refused(
            f"source {source.name}: its files cannot be read as {source.format}; check `format`, or get whole copies"
        )
    reading.inputs += (_input(source.name, each) for each in accounts)
    lost = [
        *unread_files(source.name, listing.unread),
        *(damaged(each) for each in accounts if each.fault),
        *unreadable(source.name, accounts),
        *looked_at_now(reading, files, listing),
    ]
    return (None if rows is None else _named(rows, key, fields, passed)), lost


def _holds(account: Account) -> bool:
    return bool(account.fault or account.rejects.total())


def _opened(
    engine: Any, source: ListSource, passed: Mapping[File, Passed]
) -> tuple[Any | None, dict[File, Passed]]:
    """What came through the gate as one table; a file whose bytes nobody can read counts as damaged."""
    copies = {file: each.file for file, each in passed.items() if each.file is not None}
    if not copies:
        return None, dict(passed)
    rows = _tried(engine, source, list(copies.values()))
    if rows is not None:
        return rows, dict(passed)
    tries = {file: _tried(engine, source, [copy]) for file, copy in copies.items()}
    sound = [each for each in tries.values() if each is not None]
    beyond = {
        file: replace(passed[file], file=None, fault="damaged") for file in tries if tries[file] is None
    }
    return (ibis.union(*sound) if len(sound) > 1 else sound[0] if sound else None), {**passed, **beyond}


def _tried(engine: Any, source: ListSource, copies: Sequence[File]) -> Any | None:
    try:
        rows = readers()[source.format](engine, source.name, copies, source.fields.mapped(), source.format)
        return engine.create_table(ibis.util.gen_name("list"), rows, temp=True)
    except BAD_BYTES as error:
        refuse_ours(error)
        return None


def _accounts(engine: Any, rows: Any | None, key: str, passed: Mapping[File, Passed]) -> list[Account]:
    """What became of the lines of each file."""
    counts: dict[str, tuple[int, int]] = {}
    places = {}
    if rows is not None:
        silent = _text(rows[key]).isnull()
        found = rows.group_by("file").aggregate(n=rows.count(), lost=silent.sum())
        counts = {row["file"]: (row["n"], row["lost"]) for row in engine.to_pyarrow(found).to_pylist()}
        places = without(engine, rows.filter(silent)) if "line" in rows.columns else {}
    return [behind_the_gate(file, each, counts, places, f"no {key}") for file, each in passed.items()]


def _named(rows: Any, key: str, fields: Mapping[str, str], passed: Mapping[File, Passed]) -> Any:
    """The rows that say something, each with the name and the fingerprint of the file as it was handed in."""
    files = [(each.file.read_from, file) for file, each in passed.items() if each.file is not None]
    names = pa.table(
        {
            "read_from": pa.array([str(path) for path, _ in files], pa.string()),
            "name": pa.array([file.name for _, file in files], pa.string()),
            "sha256": pa.array([file.sha256 for _, file in files], pa.string()),
        }
    )
    known = ibis.memtable(names)
    line = rows.line if "line" in rows.columns else ibis.null("int64")
    rows = rows.mutate(line=line).filter(_text(rows[key]).notnull())
    rows = rows.join(known, rows.file == known.read_from)
    return rows.select(*fields, file=rows.name, sha256=rows.sha256, line=rows.line)


def _from_database(engine: Any, source: ListSource, key: str, reading: Reading) -> tuple[Any, list[Gap]]:
    """The rows of a table or query; its canonical rows are its bytes."""
    rows, seen = databases.fetched(engine, source)
    silent = _text(rows[key]).isnull()
    counts = engine.to_pyarrow(rows.aggregate(n=rows.count(), lost=silent.sum().fill_null(0))).to_pylist()[0]
    reading.inputs.append(
        InputFile(
            source=source.name, name=source.place, sha256=seen.sha256, bytes=seen.size, rows=counts["n"]
        )
    )
    count, detail = counts["lost"], f"{source.place}: {counts['lost']} (no {key})"
    lost = [Gap(kind="unreadable-lines", source=source.name, count=count, detail=detail)] if count else []
    place = {
        "file": ibis.literal(source.place),
        "sha256": ibis.literal(seen.sha256),
        "line": ibis.null("int64"),
    }
    return rows.filter(~silent).mutate(**place), lost


def _text(column: Any) -> Any:
    return column.cast("string").strip().nullif("")


def _input(source: str, account: Account) -> InputFile:
    file, rows = account.file, account.rows + account.rejects.total()
    return InputFile(source=source, name=file.name, sha256=file.sha256, bytes=file.size, rows=rows)
