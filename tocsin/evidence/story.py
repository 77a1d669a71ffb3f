"""One pass over a timeline as it is stored: the chain is proven, and what other checks need is picked up on the way.

It reads raw rows, so that a timeline with kinds that this release does not know is proven all the same. Memory grows
by a commitment for each text and a line for each page, never by the entries.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tocsin.domain.kinds import KINDS
from tocsin.domain.timeline import GENESIS, Fault, first_fault
from tocsin.storage import timeline

Row = Mapping[str, Any]
_WORDS = re.compile(r"words:([0-9a-f]{64})")


@dataclass
class Sending:
    """What the timeline says of one notice's letters."""

    filled_seq: int = 0
    filled: int = 0
    stop_seq: int = 0
    stop: Mapping[str, Any] | None = None
    stopped_at: str = ""
    paused: bool = False
    #: Whether letters may have left since the last stop without an entry of their own.
    moved: bool = False
    #: Letters that a person settled since the last stop: pseudonym to entry, reason, and the reason before.
    settled: dict[str, tuple[int, str, str]] = field(default_factory=dict)

    def may_move(self, now: datetime) -> bool:
        """Whether the ledger may differ from the last stop's root, because letters are leaving."""
        if self.moved or self.stop is None:
            return True
        resume_at = self.stop.get("resume_at")
        if resume_at is None or self.paused or self.stop["complete"]:
            return False
        return datetime.fromisoformat(resume_at) <= now


@dataclass
class Story:
    """What a sound chain tells the verifier."""

    seq: int = 0
    head: str = GENESIS
    #: The packs that the incident was and is bound to, in order, and the entry that says so.
    packs: list[tuple[int, str]] = field(default_factory=list)
    #: Commitments to texts, as bytes; and those that were redacted.
    words: set[bytes] = field(default_factory=set)
    redacted: set[bytes] = field(default_factory=set)
    published: list[tuple[int, int, str]] = field(default_factory=list)
    #: Digests of the messages up to an entry, as (seq of the entry that says so, that entry, digest).
    said: list[tuple[int, int, str]] = field(default_factory=list)
    #: The messages of which a page is made, by their keys in the outbox, and its entry.
    calls: dict[str, int] = field(default_factory=dict)
    #: What the vault must hold by number, column by column, and the entry that says so.
    evidence: dict[str, tuple[int, Mapping[str, Any]]] = field(default_factory=dict)
    sendings: dict[str, Sending] = field(default_factory=dict)
    #: Outcomes of pages: message and number of the attempt to the entry that tells of it and how it ended.
    outcomes: dict[tuple[str, int], tuple[int, str]] = field(default_factory=dict)
    #: What each revision of the scope found, and the entry that says so, in order.
    scopes: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    #: Who measured a revision again, and who signed one, with the entry that says so, in order.
    repetitions: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    signatures: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    #: What was decided of people whom the scope no longer supports, and the entry that says so, in order.
    judgements: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    #: What came back on letters: the entry that says so, the notice, and the digest over it.
    returns: list[tuple[int, str, str]] = field(default_factory=list)
    erased_seq: int = 0
    #: The first entry of a kind that this release does not know.
    unknown: tuple[int, str] | None = None

    def hear(self, row: Row) -> None:
        """Take in one row that follows those before it and carries its hash."""
        self.seq, self.head = row["seq"], row["hash"]
        if "words:" in row["body"]:
            self.words.update(map(bytes.fromhex, _WORDS.findall(row["body"])))
        if (row["kind"], row["version"]) not in KINDS:
            self.unknown = self.unknown or (row["seq"], row["kind"])
        elif heed := _HEEDED.get(row["kind"]):
            heed(self, row, json.loads(row["body"]))

    def sending(self, notice: str) -> Sending:
        """The letters of a notice."""
        return self.sendings.setdefault(notice, Sending())


def heard(connection: Connection, key: str) -> tuple[Story, Fault | None]:
    """The story up to the end of the chain, or up to the first fault."""
    story = Story()

    def rows() -> Iterator[Mapping[str, Any]]:
        for row in timeline.stored_rows(connection, key):
            yield row
            # Asked for the next one: this one was sound.
            story.hear(row)

    return story, first_fault(rows())


def _declared(story: Story, row: Row, body: dict[str, Any]) -> None:
    story.packs.append((row["seq"], body["catalog"]))


def _accepted(story: Story, row: Row, body: dict[str, Any]) -> None:
    story.packs.append((row["seq"], body["packs"]))


def _redacted(story: Story, row: Row, body: dict[str, Any]) -> None:
    story.redacted.add(bytes.fromhex(body["words"].removeprefix("words:")))


def _erased(story: Story, row: Row, body: dict[str, Any]) -> None:
    story.erased_seq = row["seq"]


def _paged(story: Story, row: Row, body: dict[str, Any]) -> None:
    for route in body["routes"]:
        story.calls[f"{row['incident']}/page/{row['seq']}/{body['person']}/{route}"] = row["seq"]


def _published(story: Story, row: Row, body: dict[str, Any]) -> None:
    story.said.append((row["seq"], body["seq"], body["messages"]))
    story.published.append((row["seq"], body["seq"], body["head"]))


def _kept(story: Story, row: Row, body: dict[str, Any]) -> None:
    kept = {name: body[name] for name in ("item", "name", "content", "size")}
    kept |= {"incident": row["incident"], "path": f"{row['incident']}/{body['content']}"}
    kept |= {"kept_by": row["actor"], "kept_at": datetime.fromisoformat(row["recorded_at"])}
    story.evidence[body["item"]] = (row["seq"], kept | {"purpose": body.get("purpose", "people")})


def _scoped(story: Story, row: Row, body: dict[str, Any]) -> None:
    names = ("revision", "question", "set_digest", "rows_digest", "buckets")
    more = {
        "by": row["actor"],
        "why_digest": body.get("why_digest"),
        "accounts_digest": body.get("accounts_digest"),
        "unowned_digest": body.get("unowned_digest"),
        "files": [each["sha256"] for each in body.get("inputs", ())],
    }
    story.scopes.append((row["seq"], {name: body[name] for name in names} | more))


def _repeated(story: Story, row: Row, body: dict[str, Any]) -> None:
    story.repetitions.append((row["seq"], {**body, "by": row["actor"]}))


def _signed(story: Story, row: Row, body: dict[str, Any]) -> None:
    story.signatures.append((row["seq"], {**body, "by": row["actor"]}))


def _released(story: Story, row: Row, body: dict[str, Any]) -> None:
    count = sum(body["people"].values()) + sum(body.get("undone", {}).values())
    story.judgements.append((row["seq"], {**body, "count": count, "upheld": False}))


def _upheld(story: Story, row: Row, body: dict[str, Any]) -> None:
    story.judgements.append((row["seq"], {**body, "count": sum(body["people"].values()), "upheld": True}))


def _outcome(story: Story, row: Row, body: dict[str, Any]) -> None:
    # The entry's key names the message, and how often it had been tried before.
    kind, _, tried = str(row["command_key"]).partition("/")
    if kind == "page-outcome":
        id_, _, before = tried.partition("/")
        story.outcomes[id_, int(before) + 1] = row["seq"], body["outcome"]


def _filled(story: Story, row: Row, body: dict[str, Any]) -> None:
    sending = story.sending(body["notice"])
    sending.filled_seq, sending.filled = row["seq"], body["rows"]
    sending.moved, sending.paused = True, False


def _paused(story: Story, row: Row, body: dict[str, Any]) -> None:
    sending = story.sending(body["notice"])
    # The sender may have been at work until it saw this entry: its own stop follows.
    sending.moved, sending.paused = True, True


def _resumed(story: Story, row: Row, body: dict[str, Any]) -> None:
    sending = story.sending(body["notice"])
    sending.moved, sending.paused = True, False


def _stopped(story: Story, row: Row, body: dict[str, Any]) -> None:
    sending = story.sending(body["notice"])
    sending.stop_seq, sending.stop, sending.moved = row["seq"], body, False
    sending.stopped_at = row["recorded_at"]
    sending.settled = {}


def _came_back(story: Story, row: Row, body: dict[str, Any]) -> None:
    story.returns.append((row["seq"], body["notice"], body["digest"]))
    if body.get("onward"):
        # They leave once more, each to another address: the next stop proves them.
        story.sending(body["notice"]).moved = True


def _settled(story: Story, row: Row, body: dict[str, Any]) -> None:
    settled = (row["seq"], body["because"], body.get("before", ""))
    story.sending(body["notice"]).settled[body["person"]] = settled


_HEEDED = {
    "Declared": _declared,
    "TriageOpened": _declared,
    "LawsAccepted": _accepted,
    "Redacted": _redacted,
    "Erased": _erased,
    "HeadPublished": _published,
    "EvidenceKept": _kept,
    "ScopeMeasured": _scoped,
    "ScopeRepeated": _repeated,
    "ScopeSigned": _signed,
    "PeopleReleased": _released,
    "PeopleUpheld": _upheld,
    "Paged": _paged,
    "PageOutcome": _outcome,
    "LedgerFilled": _filled,
    "SendingPaused": _paused,
    "SendingResumed": _resumed,
    "SendingStopped": _stopped,
    "LettersReturned": _came_back,
    "LetterExcluded": _settled,
}
