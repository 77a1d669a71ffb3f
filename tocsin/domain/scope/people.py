"""The affected people, one by one, and the digests that prove the set of them without naming anybody."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.domain.moments import iso
from tocsin.domain.scope.buckets import TOLD, Bucket
from tocsin.domain.scope.why import Why, why_line

#: Address in small letters, what a list of suppressions says of it, and since when, as far as that is known.
Suppressed = tuple[str, str, str | None]
#: Mail came back from it; it is none; its owner wants no more mail, which a notice of a breach is not asked for.
SUPPRESSIONS = ("bounced", "invalid", "unsubscribed")


@dataclass(frozen=True)
class Deletion:
    """The record by which a person's data were gone before the time that was asked about."""

    source: str
    file: str
    sha256: str
    #: The number of the record, or the account where it has none.
    record: str
    at: datetime


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
    #: Where post reaches her, in lines.
    address: str | None = None
    locale: str | None = None
    status: str | None = None
    closed_at: str | None = None
    email_agreed: str | None = None
    #: Her other addresses, in the order of the sources.
    emails: tuple[str, ...] = ()
    created_at: str | None = None
    deleted_at: str | None = None
    verified: str | None = None
    #: As `2001-12-31`; None where it is unknown or cannot be read.
    birth_date: str | None = None
    #: The day from which she speaks for herself, by her birth date and her place.
    of_age_on: str | None = None
    #: Id or e-mail address of whom to tell in her place.
    guardian: str | None = None
    #: Where mail to the guardian goes, and in which language, as far as a source says it.
    guardian_email: str | None = None
    guardian_emails: tuple[str, ...] = ()
    guardian_locale: str | None = None
    #: Flags of a source, and what Tocsin found: `UNCERTAIN`, `SHARED_ID`.
    flags: tuple[str, ...] = ()
    #: Ids of her other accounts. `id` is the least of all.
    accounts: tuple[str, ...] = ()
    #: Those of her addresses, in lower case, that other people have too.
    shared: tuple[str, ...] = ()
    #: Kinds of which we are less sure than of the person: `kinds` alone are as sure as her bucket says.
    less_sure: tuple[tuple[str, Bucket], ...] = ()
    #: Kinds in her account that are about other people, of whom she is the controller: she tells them, we tell her.
    controller_of: tuple[str, ...] = ()
    #: Id of our customer for whom we hold her, where one is known.
    controller: str | None = None
    #: Whether a customer source knows that one, and what it says of whom to write to.
    controller_known: bool = False
    controller_name: str | None = None
    controller_email: str | None = None
    controller_locale: str | None = None
    #: Kinds of hers that should no longer have existed when they were read.
    overdue: tuple[str, ...] = ()
    deletion: Deletion | None = None
    why: Why = field(default_factory=Why)
    #: What lists of suppressions say of her addresses.
    suppressed: tuple[Suppressed, ...] = ()

    def suppressed_as(self, kind: str) -> frozenset[str]:
        """Those of her addresses, in small letters, of which a list says this."""
        return frozenset(address for address, said, _ in self.suppressed if said == kind)

    def bucket_of(self, kind: str) -> Bucket:
        """How sure we are that this kind of her data was read."""
        return dict(self.less_sure).get(kind, self.bucket)

    @property
    def told(self) -> bool:
        """Whether this person is owed a letter."""
        return self.bucket in TOLD


@dataclass(frozen=True)
class Company(AffectedPerson):
    """A customer for whom we hold other people's data, as the letter about those goes to her: kinds are theirs.

    `people` are those of hers whom we know to be hit; None: only she knows how many.
    """

    people: int | None = None
    #: Whether a source knows her.
    known: bool = True
    #: Whether what opens her own mailbox was taken.
    taken: bool = False


@dataclass(frozen=True)
class Stranger:
    """An account that was hit and that no customer source knows. Its id may be personal: only ever stored encrypted."""

    id: str
    bucket: Bucket
    first_seen: datetime | None
    last_seen: datetime | None
    hits: int
    why: Why = field(default_factory=Why)


def stranger_line(stranger: Stranger, hidden: str, files: Sequence[str]) -> str:
    """The line of an account that nobody owns: pseudonym, bucket, first and last seen, hits; then its reasons."""
    seen = f"{_moment(stranger.first_seen)} {_moment(stranger.last_seen)} {stranger.hits}"
    return f"{hidden} {stranger.bucket} {seen} {why_line(hidden, stranger.why, files)}"


def pseudonym(key: bytes, person: str) -> str:
    """The only way a person's id enters the timeline: HMAC-SHA256, in hex. A bare hash could be guessed."""
    return hmac.digest(key, person.encode(), "sha256").hex()


def digests(people: Iterable[AffectedPerson], key: bytes, files: Sequence[str]) -> tuple[str, str]:
    """SHA-256 over one line for each person, in this order: over `set_line`, and over `why_line`.

    `files` are the SHA-256 of the inputs, in their order.
    """
    found, reasons = hashlib.sha256(), hashlib.sha256()
    for person in people:
        hidden = pseudonym(key, person.id)
        found.update(_line(set_line(person, hidden)))
        reasons.update(_line(why_line(hidden, person.why, files)))
    return found.hexdigest(), reasons.hexdigest()


def lines_digest(lines: Iterable[str]) -> str:
    """SHA-256 over lines in this order, in hex."""
    seen = hashlib.sha256()
    for line in lines:
        seen.update(_line(line))
    return seen.hexdigest()


def _line(text: str) -> bytes:
    return f"{text}\n".encode()


def set_line(person: AffectedPerson, hidden: str) -> str:
    """A person's line: pseudonym, bucket, kinds, first and last seen, hits, attempts, place.

    A kind of which we are less sure than of the person says so: `billing:listed`.
    """
    doubts = dict(person.less_sure)
    words: tuple[str, ...] = (
        person.bucket,
        ",".join(f"{kind}:{doubts[kind]}" if kind in doubts else kind for kind in person.kinds),
        _moment(person.first_seen),
        _moment(person.last_seen),
        str(person.hits),
        str(person.attempts),
        person.place,
    )
    return f"{hidden} {' '.join(words)}"


def _moment(edge: datetime | None) -> str:
    return iso(edge) if edge else "-"
