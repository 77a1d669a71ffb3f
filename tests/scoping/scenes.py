"""Small logs and customers in real files, for the tests of scoping."""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.domain.datamap import DataKind, DataMap, Retention
from tocsin.domain.scope.people import AffectedPerson
from tocsin.domain.scope.question import Question, read_question
from tocsin.domain.sources import CustomerFields, CustomerSource, LogFields, LogSource, Sources
from tocsin.domain.timeformats import TimeFormat
from tocsin.scoping.measure import Measurement, measure

KEY = b"a key of the tests".ljust(32, b".")
START = datetime(2026, 11, 20, 10, tzinfo=UTC)
#: When the question is put.
ASKED = datetime(2026, 11, 26, tzinfo=UTC)
EVERY_COLUMN = tuple(LogFields.model_fields)
#: What every log of the tests has; a test adds `subject` or `country` where it needs it.
COLUMNS = tuple(name for name in EVERY_COLUMN if name not in ("subject", "country"))
FIELDS = LogFields(**{name: name for name in COLUMNS})

Row = dict[str, Any]


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def request(minutes: float, account: str | None = "c1", **other: Any) -> Row:
    """A row with its moment as text; every column can be overruled."""
    row = {
        "at": at(minutes).isoformat(),
        "account": account,
        "token": f"token-{account}",
        "session": "s",
        "ip": "192.0.2.1",
    }
    row |= {
        "agent": "browser",
        "endpoint": "/v1/account",
        "method": "GET",
        "status": 200,
        "bytes": 10,
        "country": "VN",
    }
    return row | other


def every_hour(hours: int, account: str = "nobody-of-interest") -> list[Row]:
    """One harmless request in each hour, so that no hour is missing."""
    return [request(60 * hour + 1, account) for hour in range(hours)]


def write_log(
    folder: Path, rows: Sequence[Row], form: str = "ndjson", name: str = "log", *, zipped: bool = False
) -> Path:
    path = folder / f"{name}.{form}{'.gz' if zipped else ''}"
    if form == "parquet":
        columns = {
            each: pa.array([None if row[each] is None else str(row[each]) for row in rows], pa.string())
            for each in COLUMNS
        }
        out = io.BytesIO()
        pq.write_table(pa.table(columns), out)
        content = out.getvalue()
    else:
        content = as_ndjson(rows) if form == "ndjson" else as_delimited(rows, "," if form == "csv" else "\t")
    path.write_bytes(gzip.compress(content, mtime=0) if zipped else content)
    return path


def as_ndjson(rows: Iterable[Row]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_delimited(rows: Iterable[Row], delimiter: str) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, delimiter=delimiter, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def write_customers(folder: Path, people: Iterable[tuple[str, str, str]]) -> CustomerSource:
    """People as (id, e-mail, country)."""
    path = folder / "customers.csv"
    with path.open("w", newline="") as out:
        csv.writer(out).writerows([("id", "email", "country"), *people])
    return CustomerSource(
        name="crm", path=str(path), fields=CustomerFields(id="id", email="email", country="country")
    )


def log_source(*paths: Path, form: str = "ndjson", name: str = "api", **other: Any) -> LogSource:
    return LogSource(
        name=name,
        format=form,
        paths=tuple(map(str, paths)),
        **({"fields": FIELDS, "time": TimeFormat()} | other),
    )


CROWD = tuple(
    (f"c{number}", f"c{number}@example.org", country)
    for number, country in enumerate(("VN", "DE", "us-ca", "Neverland", "FR", "FR"))
)
#: Rows of the same people once they are deleted.
TOMBSTONES = tuple((who, "", country) for who, _, country in CROWD)


def ask(
    folder: Path,
    log: Path | LogSource | Sequence[LogSource],
    question: Question | dict[str, Any],
    **other: Any,
) -> Measurement:
    """Measure over a log and the crowd of customers (or the `customers` given)."""
    logs = (
        (log_source(log, form=_form(log)),)
        if isinstance(log, Path)
        else (log,)
        if isinstance(log, LogSource)
        else tuple(log)
    )
    customers = other.pop("customers", None) or write_customers(folder, CROWD)
    asked = question if isinstance(question, Question) else read_question(question)
    found = {"workspace": folder / "work", "pseudonym_key": KEY, "asked_at": ASKED} | other
    return measure(asked, Sources(logs=logs, customers=(customers,)), found.pop("data_map", MAP), **found)


def _form(path: Path) -> str:
    return path.name.removesuffix(".gz").rpartition(".")[2]


def told(measurement: Measurement) -> dict[str, AffectedPerson]:
    return {person.id: person for person in measurement.people() if person.told}


def buckets(measurement: Measurement) -> dict[str, str]:
    return {person.id: person.bucket.value for person in measurement.people()}


def gaps(measurement: Measurement) -> dict[str, int]:
    return {gap.kind: gap.count for gap in measurement.result.gaps}


def kind(
    name: str, *endpoints: Any, role: str = "controller", group: str = "customers", **other: Any
) -> DataKind:
    words = {"en": name}
    retention = other.pop("retention", None) or Retention(words=words, backup_days=30, basis=words)
    return DataKind(
        id=name, name=words, categories=("account",), role=role, group=group, purpose=words,
        retention=retention, endpoints=endpoints, protection=words, source="test", **other,
    )  # fmt: skip


MAP = DataMap(
    kinds=(
        kind("profile", "/v1/account", "/v1/account/*"),
        kind("billing", "/v1/billing/*"),
        kind("invoices", "GET /v1/billing/invoices*"),
        kind("viewers", "/v1/streams*", role="processor", group="end-users-of-customers"),
    )
)
