"""Scope: what is asked of the logs, and what came back. Pure values; `tocsin/scoping/` fills them.

A `Question` holds secrets (tokens) and personal data (addresses, accounts): it is stored only encrypted, and its
digest enters the timeline only as a keyed hash. A `ScopeResult` holds neither: counts, cells, gaps and digests.
People stand in a table of their own (`AffectedPerson`), since they may be millions and are personal data.
Question and answer share a module, though it is a long one, because together they are what a second analyst repeats.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Literal, Self

from pydantic import AwareDatetime, Field, ValidationError, field_validator, model_validator

from tocsin.domain.cells import Cell
from tocsin.domain.errors import Refused
from tocsin.domain.moments import iso, parse_moment
from tocsin.domain.records import Record
from tocsin.domain.timeline import canonical

# --- what is asked


class Listed(Record):
    """Somebody whom a colleague names: a customer's id or e-mail address, and the kinds concerned, if known."""

    who: str = Field(min_length=1)
    kinds: tuple[str, ...] = ()


class Question(Record):
    """Who was touched by any of these indicators between `since` (included) and `until` (not included)?

    Order and repetition do not matter: the same question always has the same digest.
    """

    tokens: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    #: Addresses and CIDR blocks, v4 and v6; a v4-mapped one becomes the v4 one.
    ips: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    #: Names of the log sources to read; none means all.
    sources: tuple[str, ...] = ()
    people: tuple[Listed, ...] = ()

    @field_validator("tokens", "sessions", "accounts", "agents", "sources", mode="after")
    @classmethod
    def _once_each(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted({value.strip() for value in values} - {""}))

    @field_validator("ips", mode="after")
    @classmethod
    def _as_networks(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        networks = set()
        for number, value in enumerate(values, 1):
            try:
                networks.add(str(network(value)))
            except ValueError:
                # The address itself may be a person's: name its place, not its text.
                raise ValueError(f"ip {number} of {len(values)} is no address and no CIDR block") from None
        return tuple(sorted(networks))

    @field_validator("since", "until", mode="after")
    @classmethod
    def _in_a_year_that_is_meant(cls, edge: datetime | None) -> datetime | None:
        return edge and parse_moment(edge.isoformat())

    @field_validator("people", mode="after")
    @classmethod
    def _listed_once(cls, values: tuple[Listed, ...]) -> tuple[Listed, ...]:
        kinds: dict[str, set[str]] = {}
        for listed in values:
            kinds.setdefault(listed.who.strip(), set()).update(listed.kinds)
        return tuple(Listed(who=who, kinds=tuple(sorted(kinds[who]))) for who in sorted(kinds) if who)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.since and self.until and self.since >= self.until:
            raise ValueError("the window is empty: `from` must be before `to`")
        if not (self.given() or self.people):
            raise ValueError("ask about at least one token, session, account, ip, agent, or a list of people")
        return self

    def given(self) -> tuple[str, ...]:
        """The kinds of indicator that are asked about."""
        return tuple(kind for kind in INDICATORS if getattr(self, kind))

    def canonical(self) -> bytes:
        """The question as canonical JSON."""
        raw = self.model_dump(mode="json", exclude_defaults=True)
        for edge in ("since", "until"):
            if (moment := getattr(self, edge)) is not None:
                raw[edge] = iso(moment)
        return canonical(raw)

    @property
    def sha256(self) -> str:
        """Digest of the canonical JSON. It stays with the encrypted question; outside stands only a keyed one."""
        return hashlib.sha256(self.canonical()).hexdigest()


INDICATORS = ("tokens", "sessions", "accounts", "ips", "agents")


def network(text: str) -> IPv4Network | IPv6Network:
    """An address or CIDR block; host bits are dropped, `::ffff:a.b.c.d` is its v4 self (RFC 4291, 2.5.5.2)."""
    found = ip_network(text.strip(), strict=False)
    mapped = found.network_address.ipv4_mapped if isinstance(found, IPv6Network) else None
    if mapped is None or found.prefixlen < 96:
        return found
    return IPv4Network((mapped, found.prefixlen - 96))


def read_question(raw: Mapping[str, Any]) -> Question:
    """A question from plain values; Refused with one line that shows no indicator."""
    try:
        return Question.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "question"
        raise Refused(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None


# --- what came back


class Bucket(StrEnum):
    """How sure we are that a person's data were read. The first four are told."""

    #: Read, and every kind of indicator asked about fits.
    CONFIRMED = "confirmed"
    #: Read, and one of them fits: a leaked token from elsewhere, or an attacker's address with another token.
    LIKELY = "likely"
    #: On a list that somebody gave. No log says whether her data were read (decision 10).
    LISTED = "listed"
    #: Only a user agent fits, or nobody knows how the request ended, or the logs have gaps.
    CANNOT_EXCLUDE = "cannot-exclude"
    #: Every request was denied (4xx).
    ATTEMPTED = "attempted"
    #: An indicator points at this person, and complete logs show no request in the window.
    EXCLUDED = "excluded"


TOLD = (Bucket.CONFIRMED, Bucket.LIKELY, Bucket.LISTED, Bucket.CANNOT_EXCLUDE)

GapKind = Literal[
    "unreadable-lines",
    "unreadable-addresses",
    "missing-hours",
    "damaged-file",
    "changed-file",
    "missing-column",
    "ids-nobody-owns",
    "listed-differently",
    "requests-without-account",
    "unknown-outcome",
    "unmapped-endpoint",
    "unknown-listed",
    "no-customers",
    "people-not-counted",
]
#: Gaps in which a request may hide: while one is open, nobody is excluded.
HIDING: frozenset[GapKind] = frozenset(
    {
        "unreadable-lines",
        "unreadable-addresses",
        "missing-hours",
        "damaged-file",
        "changed-file",
        "missing-column",
    }
)


class Gap(Record):
    """Something the result cannot know. `detail` names files, hours and line numbers, never a person."""

    kind: GapKind
    source: str
    count: int
    detail: str = ""


class InputFile(Record):
    """One input as it was read: SHA-256 of its bytes, and how many rows came out of it."""

    source: str
    name: str
    sha256: str
    bytes: int
    rows: int


class Seen(Record):
    """How many indicators of one kind were asked about, and how many of them any log knows."""

    indicator: str
    given: int
    seen: int


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
    #: HMAC-SHA256 over the question, with the caller's key.
    question_digest: str
    #: SHA-256 over the people in order of their ids, each under a keyed pseudonym.
    set_digest: str

    @property
    def method(self) -> Literal["exact", "approximate"]:
        """`exact` only while nothing is missing."""
        return "approximate" if self.gaps else "exact"


@dataclass(frozen=True)
class AffectedPerson:
    """One person, with what a letter needs. Personal data: only ever stored encrypted."""

    id: str
    bucket: Bucket
    #: Ids of the data map; empty where nobody knows which.
    kinds: tuple[str, ...]
    first_seen: datetime | None
    last_seen: datetime | None
    #: Distinct requests that were answered, and that were denied.
    hits: int
    attempts: int
    place: str
    group: str
    role: str
    email: str | None = None
    name: str | None = None
    locale: str | None = None
    status: str | None = None
    closed_at: str | None = None
    email_agreed: str | None = None
    #: Kinds of which we are less sure than of the person: `kinds` alone are as sure as her bucket says.
    less_sure: tuple[tuple[str, Bucket], ...] = ()

    def bucket_of(self, kind: str) -> Bucket:
        """How sure we are that this kind of her data was read."""
        return dict(self.less_sure).get(kind, self.bucket)

    @property
    def told(self) -> bool:
        """Whether this person is owed a letter."""
        return self.bucket in TOLD


def pseudonym(key: bytes, person: str) -> str:
    """The only way a person's id enters the timeline: HMAC-SHA256, in hex. A bare hash could be guessed."""
    return hmac.digest(key, person.encode(), "sha256").hex()


def set_digest(people: Iterable[AffectedPerson], key: bytes) -> str:
    """SHA-256 over one line for each person, in order of their ids."""
    return lines_digest(set_line(person, key) for person in people)


def set_line(person: AffectedPerson, key: bytes) -> str:
    """A person's line: pseudonym, bucket, kinds, first and last seen, hits, attempts, place.

    A kind of which we are less sure than of the person says so: `billing:listed`.
    """
    edges = (iso(edge) if edge else "-" for edge in (person.first_seen, person.last_seen))
    doubts = dict(person.less_sure)
    words: tuple[str, ...] = (
        person.bucket,
        ",".join(f"{kind}:{doubts[kind]}" if kind in doubts else kind for kind in person.kinds),
        *edges,
        str(person.hits),
        str(person.attempts),
        person.place,
    )
    return f"{pseudonym(key, person.id)} {' '.join(words)}"


def lines_digest(lines: Iterable[str]) -> str:
    """SHA-256 over lines in this order, in hex."""
    seen = hashlib.sha256()
    for line in lines:
        seen.update(f"{line}\n".encode())
    return seen.hexdigest()
