"""How a few rows of a source are understood: columns by what kind of thing stands in them, moments in UTC, losses."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tocsin.domain.likeness import as_written, is_kind, likeness, shape
from tocsin.domain.lists import ListSource
from tocsin.domain.moments import from_microseconds
from tocsin.domain.places import ALIASES, PLACES
from tocsin.domain.sources import LOG_COLUMNS, CustomerSource, LogSource
from tocsin.domain.timeformats import EPOCHS, TimeFormat
from tocsin.scoping.gaps.moments import REASONS
from tocsin.sources.flagging import UNEXPLAINED, UNREADABLE_BIRTH
from tocsin.sources.heads import ROWS

Source = LogSource | ListSource
Row = dict[str, Any]
#: What should stand in a column, and the kinds of `likeness` that are it: others tell of a column that is not the one.
_EXPECTED_OF_LOGS = {
    "ip": ("network address", "IPv4 address", "IPv6 address"),
    "status": ("whole number", "whole number"),
    "bytes": ("whole number", "whole number"),
}
_EXPECTED_OF_LISTS = {"email": ("e-mail address", "e-mail address")}
#: Moments are shown in so many ways of writing at most.
_WAYS = 3


@dataclass(frozen=True)
class FilesSeen:
    """The files of a source, by count, bytes and name; `unread` are those that cannot be read, each with the reason."""

    count: int
    bytes: int
    first: str
    last: str
    looked_into: str
    unread: tuple[str, ...]


@dataclass(frozen=True)
class ColumnSeen:
    """One of our columns: what the source calls it, in how many rows it stands, and what that looks like."""

    name: str
    called: str
    filled: int
    looks: str


@dataclass(frozen=True)
class MomentSeen:
    """A moment as the file writes it, and as it is understood; None where it is not."""

    written: str
    understood: datetime | None


@dataclass
class Checked:
    """One source as it was understood. `faults` keep a scope from using it; `remarks` want a person's eye."""

    name: str
    kind: str
    format: str
    country: str | None
    #: How moments are declared: their format, and the zone of those without one.
    time: str | None = None
    files: FilesSeen | None = None
    rows: int = 0
    columns: tuple[ColumnSeen, ...] = ()
    unreadable: dict[str, int] = field(default_factory=dict)
    moments: tuple[MomentSeen, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    #: Our names of the columns that are declared and are not there.
    lacking: list[str] = field(default_factory=list)

    @property
    def usable(self) -> bool:
        """Whether a scope can be measured with this source."""
        return not self.faults


def understand(backend: Any, source: Source, table: Any, records: int | None, found: Checked) -> None:
    """Note in `found` what the first rows of a table say; `records` is how many the file holds there, where known."""
    rows: list[Row] = backend.to_pyarrow(table.limit(ROWS)).to_pylist()
    lost: Counter[str] = Counter()
    if records is not None and records > len(rows):
        lost[f"no {found.format}"] = records - len(rows)
    if (time := time_of(source)) is not None:
        _understand_moments(time, rows, lost, found)
    elif isinstance(source, CustomerSource):
        _remark_on_people(rows, found)
    found.rows, found.unreadable = len(rows), dict(lost)
    found.columns = tuple(_columns(source, rows))
    _remark_on_columns(rows, found)
    if not rows and (records or isinstance(source, LogSource)):
        found.faults.append(f"none of its first rows can be read as {found.format}")


def time_of(source: Source) -> TimeFormat | None:
    """How a source writes moments; None where it has none."""
    time: TimeFormat | None = getattr(source, "time", None)
    return time if "at" in source.fields.mapped() else None


def _columns(source: Source, rows: list[Row]) -> Iterator[ColumnSeen]:
    """Every declared column with what stands in it; one that is not there stands in no row."""
    for name in type(source.fields).model_fields:
        called = getattr(source.fields, name)
        if not called:
            continue
        values = [row.get("written" if name == "at" else name) for row in rows]
        filled = [value for value in values if value and str(value).strip()]
        looks = "" if name == "flags" else likeness(filled)
        yield ColumnSeen(name, called if isinstance(called, str) else ", ".join(called), len(filled), looks)


def _remark_on_columns(rows: list[Row], found: Checked) -> None:
    # The status of a customer is a word of the company's own.
    expected = _EXPECTED_OF_LOGS if found.kind == "logs" else _EXPECTED_OF_LISTS
    for column in found.columns:
        if column.name in found.lacking:
            continue
        if not column.filled:
            found.remarks.append(f"{column.name}: none of these rows has one")
        elif column.name in expected:
            what, *kinds = expected[column.name]
            values = [row.get(column.name) for row in rows]
            if odd := sum(1 for value in values if value and not is_kind(value, *kinds)):
                found.remarks.append(f"{column.name}: {odd} of {column.filled} look like no {what}")


def _remark_on_people(rows: list[Row], found: Checked) -> None:
    named = [str(row["country"]).upper() for row in rows if row.get("country")]
    if strange := sum(code not in PLACES and code not in ALIASES for code in named):
        found.remarks.append(
            f"country: {strange} of {len(named)} name no place that we know; ISO 3166 codes do"
        )
    flags = [row.get("flags") or 0 for row in rows]
    if unread := sum(bool(each & UNREADABLE_BIRTH) for each in flags):
        found.remarks.append(f"birth_date: {unread} cannot be read; check `birth_dates`")
    if strange := sum(bool(each & UNEXPLAINED) for each in flags):
        found.remarks.append(f"flags: {strange} rows bear a word that nobody explained; add it to `flags`")


def _understand_moments(time: TimeFormat, rows: list[Row], lost: Counter[str], found: Checked) -> None:
    ways: dict[tuple[str, bool], MomentSeen] = {}
    moments = []
    for row in rows:
        written, at = str(row["written"] or "").strip(), row["at"]
        if at is None:
            lost[_why(row, written, found.format)] += 1
        else:
            moments.append(from_microseconds(at))
        if written:
            plain = at is not None and time.format not in EPOCHS
            seen = MomentSeen(
                as_written(written) if plain else shape(written), moments[-1] if at is not None else None
            )
            ways.setdefault((shape(written), at is not None), seen)
    found.moments = tuple(ways.values())[:_WAYS]
    if moments:
        found.since, found.until = min(moments), max(moments)
    elif rows:
        found.faults.append(
            "no row has a moment that can be read; check `fields.at`, `time.format` and `time.zone`"
        )


def _why(row: Row, written: str, form: str) -> str:
    """Why a row cannot be placed."""
    if row["unplaced"]:
        return f"a moment {REASONS[row['unplaced']]}"
    if written:
        return f"a moment written {shape(written)}"
    others = any(value for name, value in row.items() if name in LOG_COLUMNS and name != "at")
    return "no moment" if others else f"no {form}"
