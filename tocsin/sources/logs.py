"""Access logs of any format as one table: `file` and the columns of `LogFields`, typed and null where absent."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin import sources as rooms
from tocsin.domain.answers import nearest
from tocsin.domain.errors import Refused
from tocsin.domain.sources import LOG_COLUMNS, LogFields, LogSource, Sources
from tocsin.sources.blocks import Block, Blocks, Shape
from tocsin.sources.bounds import Bounds
from tocsin.sources.files import File
from tocsin.sources.times import placed
from tocsin.sources.unpacking import Content

Reader = Callable[..., Any]


#: What a module of this package may name beside its `FORMATS`:
#: - `read(engine, source, files, fields, format)`: gives a table of the columns that `fields` names, and `file`;
#: - `read_few(engine, source, files, fields, format, wanted, own)`: the same, without the rows that `wanted` leaves out
#:   by their `own` columns, where those that it leaves are few;
#: - `blocks(content, bounds, format)`: the blocks of a file, where these are not just its lines;
#: - `refuse_unknown(source, files, fields, format)`: refuses a declared column that is not there;
#: - `in_block(engine, address, shape, fields)`: the same of one block, with `line` for `file`;
#: - `numbered(lines, format, rejects)`: what the gate writes in place of lines (see `gate.Numbered`);
#: - `defaults(format)`: keys of `LogSource` that hold of this format where a source does not give them;
#: - `NUMBERS`: what a row goes by, where that is no line;
#: - `HEADED`: each file names its columns itself, so that one of them may lack what others have;
#: - `TABLES`: the files may hold people as well as requests.


#: What `placed` makes of the text of a moment.
MOMENT = ("at", "again", "unplaced")


@cache
def readers() -> dict[str, Reader]:
    """Format to reader, from every module of this package that names its `FORMATS`."""
    return by_format("read")


@cache
def tables() -> frozenset[str]:
    """Formats in which people may be listed."""
    return frozenset(by_format("TABLES"))


def completed(sources: Sources) -> Sources:
    """The sources, each with what its format brings along; Misdeclared where a format or a column is not known."""
    for part, known in (("logs", frozenset(readers())), ("customers", tables())):
        for place, source in enumerate(getattr(sources, part)):
            # A database has no format.
            if source.format not in known and getattr(source, "url", None) is None:
                words = f"{source.format!r} is unknown{nearest(source.format, sorted(known))}"
                raise Misdeclared(source.name, (part, place, "format"), words)
    logs = tuple(_completed(source, ("logs", place)) for place, source in enumerate(sources.logs))
    return sources.model_copy(update={"logs": logs})


def _completed(source: LogSource, place: tuple[str | int, ...]) -> LogSource:
    brought = by_format("defaults").get(source.format)
    given = brought(source.format) if brought else {}
    fields = given.pop("fields", LogFields())
    own = {name: getattr(source.fields, name) for name in source.fields.model_fields_set}
    known = fields.model_fields_set | own.keys()
    for name in ("at", "account"):
        if name not in known:
            way = "; write `account: null` where no row names anybody" if name == "account" else ""
            raise Misdeclared(source.name, (*place, "fields"), f"key {name!r} is missing{way}")
    update = {name: value for name, value in given.items() if name not in source.model_fields_set}
    update["fields"] = fields.model_copy(update=own)
    if update["fields"].at is None:
        raise Misdeclared(source.name, (*place, "fields", "at"), "name the column that holds the moment")
    return source.model_copy(update=update)


class Misdeclared(Refused):
    """A source that no reader can read as it is declared; `loc` leads to the key in `sources.yaml`."""

    def __init__(self, source: str, loc: tuple[str | int, ...], words: str) -> None:
        super().__init__(f"source {source}: {loc[-1]}: {words}; correct sources.yaml")
        self.loc, self.words = loc, words


@cache
def by_format(function: str) -> dict[str, Any]:
    """Format to a function of its module, from every module of this package that names its `FORMATS`."""
    modules = [import_module(f"{rooms.__name__}.{module.name}") for module in iter_modules(rooms.__path__)]
    return {
        name: getattr(module, function)
        for module in modules
        if hasattr(module, function)
        for name in getattr(module, "FORMATS", ())
    }


@dataclass(frozen=True)
class Only:
    """Which rows alone are wanted: those of which these columns, as text, have what is asked about."""

    columns: tuple[str, ...]
    holds: Callable[[Any], Any]


def open_log(
    engine: Any,
    source: LogSource,
    files: Sequence[File],
    until: int,
    *,
    written: bool = False,
    only: Only | None = None,
) -> Any:
    """The rows of a source: `at`, `again` and `unplaced` as `placed` gives them, all else as the text it is.

    `line` is the number of each row's line, where the files carry it. No row lies after `until` (microseconds). With
    `written`, a column of this name holds moments as the file has them. `only` says which rows are wanted: to leave out
    the others before their moments are read costs least.
    """
    asked = engine, source.name, files, source.fields.mapped(), source.format
    few = by_format("read_few").get(source.format)
    if only and few:
        raw = few(*asked, lambda rows: wanted(rows, only), only.columns)
    else:
        raw = readers()[source.format](*asked)
    return understood(raw, source, until, written=written, only=only)


def open_block(engine: Any, source: LogSource, address: str, shape: Shape) -> Any:
    """The rows of a block at an address of the engine, not yet `understood`; `file` is empty.

    Where the block is not numbered, `line` counts its rows from 1.
    """
    rows = by_format("in_block")[source.format](engine, address, shape, source.fields.mapped())
    return rows.mutate(file=ibis.literal(""))


def blocks_of(kind: str, content: Content, bounds: Bounds) -> Iterator[Block]:
    """The blocks of a file of lines."""
    of_format = by_format("blocks").get(kind)
    return iter(of_format(content, bounds, kind) if of_format else Blocks(content, bounds))


def unfit(source: LogSource, files: Sequence[File]) -> dict[File, str]:
    """The files that lack a column which is declared, each with words to be read behind its name.

    MissingColumn where all do: then the declaration is wrong. Objects may lack a field, so of these all are asked.
    """
    refuses = by_format("refuse_unknown").get(source.format)
    if refuses is None:
        return {}
    if source.format not in by_format("HEADED"):
        refuses(source.name, files, source.fields.mapped(), source.format)
        return {}
    faults: dict[File, Refused] = {}
    for file in files:
        try:
            refuses(source.name, [file], source.fields.mapped(), source.format)
        except Refused as error:
            faults[file] = error
    if faults and len(faults) == len(files):
        raise faults[files[0]]
    return {
        file: str(error).removeprefix(f"source {source.name}: ").removeprefix(f"{file.name} ")
        for file, error in faults.items()
    }


def understood(
    raw: Any, source: LogSource, until: int, *, written: bool = False, only: Only | None = None
) -> Any:
    """What a reader gives, as `open_log` promises it."""
    raw = wanted(raw, only)
    if written:
        raw = raw.mutate(written=raw.at.cast("string"))
    raw = placed(raw, source.time, until)
    beside = {"line": raw.line} if "line" in raw.columns else {}
    if written:
        beside["written"] = raw.written
    return raw.select("file", *MOMENT[1:], *LOG_COLUMNS, **beside)


def wanted(raw: Any, only: Only | None) -> Any:
    """What a reader gives, or what was kept of it, with all columns of a log but its moment as text: the rows that are
    wanted.
    """
    texts = {
        name: raw[name].cast("string") if name in raw.columns else ibis.null("string")
        for name in LOG_COLUMNS
        if name != "at"
    }
    raw = raw.mutate(**texts)
    return raw.filter(only.holds(raw)) if only else raw


def told_columns(source: LogSource) -> tuple[str, ...]:
    """The columns that a source has, beside those of `MOMENT`."""
    return tuple(name for name in source.fields.mapped() if name != "at")


def as_kept(rows: Any, source: LogSource, until: int, *, settled: bool, only: Only | None = None) -> Any:
    """Rows that were kept, as `understood` gave them, and gives them `until` now. `written` is the text of a moment
    that is not settled; where all are, nobody looks for any.
    """
    rows = wanted(rows, only)
    columns = ("file", *MOMENT[1:], *LOG_COLUMNS, "line")
    if settled:
        return rows.select(*columns)
    open_ = rows.filter(rows.written.notnull()).drop(*MOMENT).rename(at="written")
    certain = rows.filter(rows.written.isnull())
    return ibis.union(certain.select(*columns), placed(open_, source.time, until).select(*columns))


def moments_of(engine: Any, source: LogSource, files: Sequence[File], until: int) -> Any:
    """`file` and `at` of the rows of a source, as `open_log` gives them."""
    raw = readers()[source.format](engine, source.name, files, {"at": source.fields.at}, source.format)
    return placed(raw, source.time, until).select("file", "at")


def tidied(name: str, text: Any) -> Any:
    """The value of a column: a whole number for status and bytes, else stripped text; null where there is nothing."""
    if name in ("status", "bytes"):
        # To DuckDB, and to no source of logs, 1_000 is a number.
        text = text.cast("string")
        return ibis.ifelse(text.contains("_"), ibis.null("string"), text).try_cast("int64")
    return text.strip().nullif("")
