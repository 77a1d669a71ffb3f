"""The timeline: an append-only, hash-chained list of everything that happened to one incident.

The bytes that are hashed are canonical JSON. Each hash covers the one before it, so that a changed, removed, moved or
inserted entry shows.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from json.encoder import encode_basestring as _quoted
from typing import Any

from pydantic import ValidationError

from tocsin.domain.canonical import canonical
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import KINDS, Body
from tocsin.domain.moments import iso

#: What the first entry of every chain names as its predecessor.
GENESIS = "0" * 64


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `at` is when it happened, `recorded_at` when it was written; the order is `seq`."""

    incident: str
    seq: int
    at: datetime
    recorded_at: datetime
    actor: str
    body: Body
    causation_seq: int | None
    command_key: str | None
    previous_hash: str
    hash: str

    @property
    def kind(self) -> str:
        """The name of what happened, as stored."""
        return self.body.kind


@dataclass(frozen=True)
class Draft:
    """An entry before it has a place in the chain; `at` defaults to the moment of recording."""

    body: Body
    at: datetime | None = None
    causation_seq: int | None = None
    command_key: str | None = None


def as_row(entry: Entry) -> dict[str, Any]:
    """The entry as plain values: what is stored, exported and hashed."""
    return {
        "incident": entry.incident,
        "seq": entry.seq,
        "at": iso(entry.at),
        "recorded_at": iso(entry.recorded_at),
        "actor": entry.actor,
        "kind": entry.kind,
        "version": entry.body.version,
        "body": entry.body.model_dump(mode="json", exclude_defaults=True),
        "causation_seq": entry.causation_seq,
        "command_key": entry.command_key,
        "previous_hash": entry.previous_hash,
        "hash": entry.hash,
    }


def row_hash(row: Mapping[str, Any]) -> str:
    """The hash that a stored row must carry."""
    return hashlib.sha256(canonical({k: v for k, v in row.items() if k != "hash"})).hexdigest()


def text_hash(row: Mapping[str, Any]) -> str:
    """The same hash of a row whose `body` is the stored text, without reading that text: its very bytes were hashed.

    A verifier spends its time here, so the canonical form is written out. TypeError or ValueError for values that
    no row of ours holds.
    """
    key, cause = row["command_key"], row["causation_seq"]
    return hashlib.sha256(
        (
            f'{{"actor":{_quoted(row["actor"])},"at":{_quoted(row["at"])},"body":{row["body"]},'
            f'"causation_seq":{"null" if cause is None else format(cause, "d")},'
            f'"command_key":{"null" if key is None else _quoted(key)},"incident":{_quoted(row["incident"])},'
            f'"kind":{_quoted(row["kind"])},"previous_hash":{_quoted(row["previous_hash"])},'
            f'"recorded_at":{_quoted(row["recorded_at"])},"seq":{row["seq"]:d},"version":{row["version"]:d}}}'
        ).encode()
    ).hexdigest()


class Unreadable(Refused):
    """This release cannot read an entry: a newer one wrote it, or somebody who should not have."""


def from_row(row: Mapping[str, Any]) -> Entry:
    """The typed entry of a stored row. Raises Unreadable for a kind or a body that this release does not know."""
    name = f"{row['incident']} entry {row['seq']} ({row['kind']})"
    kind = KINDS.get((row["kind"], row["version"]))
    if kind is None:
        raise Unreadable(
            f"{name} is of a kind that this release does not know; install the newer Tocsin again"
        )
    try:
        body = kind.model_validate(row["body"])
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"]) or "its body"
        raise Unreadable(
            f"{name} cannot be read at {place}; tocsin verify {row['incident']} looks why"
        ) from None
    return Entry(
        incident=row["incident"],
        seq=row["seq"],
        at=datetime.fromisoformat(row["at"]),
        recorded_at=datetime.fromisoformat(row["recorded_at"]),
        actor=row["actor"],
        body=body,
        causation_seq=row["causation_seq"],
        command_key=row["command_key"],
        previous_hash=row["previous_hash"],
        hash=row["hash"],
    )


def chain(
    incident: str,
    drafts: Iterable[Draft],
    *,
    actor: str,
    now: datetime,
    after_seq: int = 0,
    after_hash: str = GENESIS,
    after_recorded: datetime | None = None,
) -> tuple[Entry, ...]:
    """Give drafts their places behind a head; a clock that stepped back never makes `recorded_at` go back."""
    entries: list[Entry] = []
    recorded = max(now, after_recorded) if after_recorded else now
    seq, previous = after_seq, after_hash
    for draft in drafts:
        seq += 1
        unhashed = Entry(
            incident=incident,
            seq=seq,
            at=draft.at or recorded,
            recorded_at=recorded,
            actor=actor,
            body=draft.body,
            causation_seq=draft.causation_seq,
            command_key=draft.command_key,
            previous_hash=previous,
            hash="",
        )
        entries.append(replace(unhashed, hash=row_hash(as_row(unhashed))))
        previous = entries[-1].hash
    return tuple(entries)


@dataclass(frozen=True)
class Fault:
    """The first entry that breaks a chain, and how, in one line."""

    seq: int
    words: str


def first_fault(rows: Iterable[Mapping[str, Any]], *, head: tuple[int, str] | None = None) -> Fault | None:
    """The first entry that breaks the chain, or None. A row is not looked at again once the next is asked for.

    `head` is the (seq, hash) that is known from elsewhere. Bodies are either plain values or the stored text.
    """
    seq, previous = 0, GENESIS
    for row in rows:
        seq += 1
        name = f"{row['incident']} entry {row['seq']} ({row['kind']})"
        if row["seq"] != seq:
            return Fault(seq, f"{name}: entry {seq} is missing or out of place")
        if row["previous_hash"] != previous:
            return Fault(seq, f"{name}: does not follow entry {seq - 1} (removed, reordered or inserted)")
        if not _has_its_hash(row):
            return Fault(seq, f"{name}: changed after it was written")
        previous = row["hash"]
    if head is not None and (seq, previous) != head:
        return Fault(seq, f"the chain ends at entry {seq}, but its head is known as entry {head[0]}")
    return None


def _has_its_hash(row: Mapping[str, Any]) -> bool:
    stored = isinstance(row["body"], str)
    try:
        return bool((text_hash(row) if stored else row_hash(row)) == row["hash"])
    except (TypeError, ValueError):  # a column holds what we never write, a blob or a word for a number
        return False
