"""What became of each line of a file. Lines that were read, rejected or empty are all there are, or a gap says so."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from tocsin.domain.scope.unread import LONGEST
from tocsin.scoping.asked import Counted
from tocsin.scoping.spans import Spans
from tocsin.sources import delimited
from tocsin.sources.blocks import Block
from tocsin.sources.files import File
from tocsin.sources.gate import Passed, formats
from tocsin.sources.lines import KEPT, Rejects
from tocsin.sources.unpacking import Fault

#: What reading says of bytes that it cannot read.
BAD_BYTES = (duckdb.Error, pa.ArrowException)
#: The engine's errors that are mistakes of ours, or no fault of the file.
_NOT_THE_FILE = (
    duckdb.ProgrammingError,
    duckdb.NotSupportedError,
    duckdb.InternalError,
    duckdb.OutOfMemoryException,
    duckdb.InterruptException,
)
_REASONS = {"MISSING COLUMNS": "too few values", "TOO MANY COLUMNS": "too many values"}
_NO_JSON, NO_MOMENT = "no JSON", "no moment that can be read"
_UNSEEN = "passed over by the engine"


@dataclass
class Account:
    """One file: as it was handed in, as it was read (None: nothing of it could be), rows, and what is no row."""

    file: File
    read_from: File | None
    rows: int = 0
    fault: Fault | None = None
    rejects: Rejects = field(default_factory=Rejects)
    #: Why nothing of it was read, though its bytes are sound.
    unfit: str = ""
    #: Which lines each slot of time takes up, where it was read line by line and an order is declared.
    spans: Spans = field(default_factory=dict)


def refuse_ours(error: Exception) -> None:
    """Raise an error again that no bad file is the cause of."""
    if isinstance(error, _NOT_THE_FILE) and not isinstance(error, duckdb.InvalidInputException):
        raise error


def doubtful(
    engine: Any, kind: str, files: Sequence[File], counts: Mapping[str, tuple[int, int]]
) -> set[File]:
    """Files of which the engine lost lines, or may have. `counts` are rows, and rows without a moment, by path."""
    if kind not in formats() or not files:
        return set()
    heads, spoilt, rejected = 0, set[str](), Counter[str]()
    if kind in delimited.FORMATS:
        heads, spoilt = 1, delimited.spoilt_files(engine)
        rejected = Counter(path for path, _, _ in delimited.rejected_lines(engine))
    found = set()
    for file in files:
        path = str(file.read_from)
        rows, lost = counts.get(path, (0, 0))
        seen = rows + rejected[path] + (heads if file.survey.lines else 0)
        if lost or path in spoilt or seen != file.survey.lines:
            found.add(file)
    return found


def trusted(
    engine: Any, kind: str, files: Sequence[File], counts: Mapping[str, tuple[int, int]]
) -> list[Account]:
    """Accounts of files that the engine alone has read, every line of which is accounted for."""
    rejects: defaultdict[str, Rejects] = defaultdict(Rejects)
    if kind in delimited.FORMATS and files:
        for path, line, error in delimited.rejected_lines(engine):
            rejects[path].add(_REASONS.get(error, error.lower()), line)
    accounts = []
    for file in files:
        path = str(file.read_from)
        rows, lost = counts.get(path, (0, 0))
        if lost:
            rejects[path].counts[NO_MOMENT] += lost
        accounts.append(Account(file, file, rows - lost, rejects=rejects[path]))
    return accounts


def judge(block: Block, found: Counted, expected: int) -> None:
    """Add to what the gate rejected of a block what the engine `found` to be no row among the `expected` ones, and the
    lines themselves.
    """
    rejects = block.rejects
    if found.unnumbered:
        rejects.judged(_NO_JSON, found.unnumbered)
    if found.lost:
        rejects.counts[NO_MOMENT] += len(found.lost)
        rejects.numbers[NO_MOMENT] += found.lost[:KEPT]
    if found.rows < expected:
        rejects.counts[_UNSEEN] += expected - found.rows
    if not block.numbered:
        _keep_texts(rejects, block)


def _keep_texts(rejects: Rejects, block: Block) -> None:
    """Keep the lines that are no row, as they stand."""
    numbers = sorted(
        {number for listed in rejects.numbers.values() for number in listed} - rejects.texts.keys()
    )
    numbers = numbers[:KEPT]
    picked = zip(numbers, block.picked(number - block.first + 1 for number in numbers), strict=True)
    rejects.texts = {number: text[:LONGEST] for number, text in (rejects.texts | dict(picked)).items()}


def behind_the_gate(
    file: File,
    passed: Passed,
    counts: Mapping[str, tuple[int, int]],
    unplaced: Mapping[str, "Unplaced"],
    why: str = NO_MOMENT,
) -> Account:
    """The account of a file that went through the gate, once the engine has read what came out of it. `why` says what
    the rows lack that are lost."""
    path = str(passed.file.read_from) if passed.file else ""
    rows, lost = counts.get(path, (0, 0))
    here, rejects = unplaced.get(path, Unplaced()), passed.rejects
    if here.unnumbered:
        rejects.judged(_NO_JSON, here.unnumbered)
    if lacking := lost - here.unnumbered:
        rejects.counts[why] += lacking
        rejects.numbers[why] += here.numbers
    if rows < passed.rows:
        rejects.counts[_UNSEEN] += passed.rows - rows
    return Account(file, passed.file, rows - lost, passed.fault, rejects)


@dataclass(frozen=True)
class Unplaced:
    """Rows of one file without a moment: those that have no number, and the numbers of the first of the others."""

    unnumbered: int = 0
    numbers: tuple[int, ...] = ()


def without(engine: Any, rows: Any) -> dict[str, Unplaced]:
    """By path, these rows of files whose lines are numbered."""
    rows = rows.select("file", "line")
    counted = engine.to_pyarrow(rows.group_by("file").aggregate(n=rows.line.isnull().sum())).to_pylist()
    ranked = rows.filter(rows.line.notnull())
    ranked = ranked.mutate(rank=ibis.row_number().over(group_by="file", order_by="line"))
    first = engine.to_pyarrow(ranked.filter(ranked.rank < KEPT)).to_pylist()
    numbers = defaultdict(list)
    for row in first:
        numbers[row["file"]].append(row["line"])
    return {row["file"]: Unplaced(int(row["n"]), tuple(sorted(numbers[row["file"]]))) for row in counted}
