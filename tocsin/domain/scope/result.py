"""What came back of the logs, as counts: it names nobody."""

from typing import Literal

from pydantic import AwareDatetime

from tocsin.domain.cells import Cell
from tocsin.domain.records import Record
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.gaps import Gap, Stretch
from tocsin.domain.scope.retained import Retained
from tocsin.domain.scope.why import Ground


class InputFile(Record):
    """One input as it was read: SHA-256 of its bytes, and how many rows came out of it.

    `after` is its SHA-256 once everything was read, empty where it was gone by then. `by`, `origin` and `collected_at`
    say who collected it, from where and when, as it was declared.
    """

    source: str
    name: str
    sha256: str
    bytes: int
    rows: int
    after: str | None = None
    by: str | None = None
    origin: str | None = None
    collected_at: AwareDatetime | None = None
    #: How wrong its clock was known to be; its moments were set right by that.
    clock_offset: str | None = None
    #: What a row of it goes by, where that is no line.
    numbers: Literal["row", "event"] | None = None
    #: So many of its rows were looked at one by one for whether they stand in the order of time.
    ordered: int = 0


class Seen(Record):
    """How many indicators of one kind were asked about, and how many of them any log knows."""

    indicator: str
    given: int
    seen: int


class Repeated(Record):
    """What one source, or the sources of one stream, said again; it counts once, and nothing is missing by it."""

    source: str
    #: Rows among those that fit which agree in every column with another.
    rows: int = 0
    #: Names of files that hold the same bytes as another, and were read once.
    files: tuple[str, ...] = ()


class Proof(Record):
    """Why silence excludes: these sources, together, show every one of these hours, and hide nothing."""

    stream: str
    sources: tuple[str, ...]
    hours: tuple[Stretch, ...]
    #: All the rows that were read of these hours.
    rows: int
    #: SHA-256 of each file that holds some of them, as it stands among the inputs.
    files: tuple[str, ...]


class ScopeResult(Record):
    """Who was affected, as counts. `people_count` is who will be told: a lower bound while gaps exist."""

    people_count: int
    by_place: dict[str, int]
    by_kind: dict[str, int]
    buckets: dict[Bucket, int]
    cells: tuple[Cell, ...]
    gaps: tuple[Gap, ...]
    seen: tuple[Seen, ...]
    inputs: tuple[InputFile, ...]
    repeated: tuple[Repeated, ...] = ()
    #: Empty where nobody is excluded.
    proof: tuple[Proof, ...] = ()
    #: What should still have existed, by the periods of the data map.
    retained: tuple[Retained, ...] = ()
    #: Customers to be told as controllers of other people's data.
    controllers: int = 0
    #: Every clause of the question, and every way beside them, with how many people it brought in.
    grounds: tuple[Ground, ...] = ()
    #: HMAC-SHA256 over the question, with the caller's key.
    question_digest: str
    #: SHA-256 over the people in order of their ids, each under a keyed pseudonym.
    set_digest: str
    #: SHA-256 over why each of them is in, in the same order (`why_line`).
    why_digest: str

    @property
    def method(self) -> Literal["exact", "approximate"]:
        """`exact` only while nothing is missing."""
        return "approximate" if self.gaps else "exact"
