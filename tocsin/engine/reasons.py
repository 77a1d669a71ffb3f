"""Why people are in a revision of the scope, in words: clauses by what they are called, rows by file and line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.app import App
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import ScopeMeasured
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.why import LogRow, Way, Why, labels
from tocsin.storage import timeline
from tocsin.storage.texts import read_texts


@dataclass(frozen=True)
class Place:
    """A row of an input: the file as the inputs name it, with its SHA-256, and where in it the row stands.

    `numbers` is what `line` counts: lines, rows of Parquet, or events of CloudTrail.
    """

    source: str
    file: str
    sha256: str
    line: int | None
    at: datetime | None
    numbers: str = "line"


@dataclass(frozen=True)
class Reasons:
    """Why somebody is in: clauses by what they are called, each with how sure it makes us of her."""

    ways: tuple[Way, ...]
    clauses: tuple[tuple[str, Bucket], ...]
    tables: tuple[str, ...]
    accounts: tuple[str, ...]
    first: Place | None
    last: Place | None

    @property
    def brief(self) -> str:
        """The clauses, or where none says it, the ways."""
        said = [f"{label} ({bucket})" for label, bucket in self.clauses]
        beside = [way.replace("-", " ") for way in self.ways if not said or way in (Way.LISTED, Way.OPEN)]
        return "; ".join(said + beside)


@dataclass(frozen=True)
class Explained:
    """What the numbers in the reasons of one revision stand for."""

    grounds: tuple[dict[str, Any], ...]
    inputs: Sequence[Mapping[str, Any]]

    def of(self, why: Why) -> Reasons:
        """One person's reasons in words."""
        called = labels(self.grounds)
        clauses = tuple((called[number], bucket) for number, bucket in why.clauses)
        return Reasons(
            why.ways, clauses, why.tables, why.accounts, self._place(why.first), self._place(why.last)
        )

    def _place(self, row: LogRow | None) -> Place | None:
        if row is None:
            return None
        file = self.inputs[row.file]
        numbers = file.get("numbers", "line")
        return Place(file["source"], file["name"], file["sha256"], row.line, row.at, numbers)


def explained(app: App, incident: Incident, revision: int) -> Explained:
    """The clauses of a revision by what somebody called them, and its inputs. An erased name is none."""
    with app.database.read() as connection:
        body = _measured(incident, revision) or next(
            entry.body
            for entry in timeline.entries(connection, incident.key)
            if isinstance(entry.body, ScopeMeasured) and entry.body.revision == revision
        )
        names = [each["name"] for each in body.grounds if each.get("name")]
        texts = read_texts(connection, incident.key, app.record_key(incident.key), names) if names else {}
    grounds = tuple({**each, "name": texts.get(each.get("name", ""))} for each in body.grounds)
    called = labels(grounds)
    return Explained(
        tuple(each | {"label": called.get(each.get("clause", 0))} for each in grounds), body.inputs
    )


def _measured(incident: Incident, revision: int) -> ScopeMeasured | None:
    latest = incident.scope
    return latest if latest is not None and latest.revision == revision else None
