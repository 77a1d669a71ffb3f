"""What proves the letters of one notice: its approvals, its stops, each letter as the last stop's root has it.

Verified before anything is taken out of it: what is proven elsewhere is what `tocsin verify` proves here.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from tocsin.app import App
from tocsin.domain import kinds as k
from tocsin.domain.canonical import canonical
from tocsin.domain.contacts import Contacts
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.domain.timeline import Entry
from tocsin.evidence.case import Case
from tocsin.evidence.letters import rows_as_stopped
from tocsin.evidence.story import heard
from tocsin.evidence.verify import verify
from tocsin.rendering.proof import LetGoAlone, Proven, Stop
from tocsin.storage import ledger, returned, timeline
from tocsin.storage.texts import read_texts, shown


@dataclass(frozen=True)
class NoticeProof:
    """One notice as its papers of proof tell it. `entries` are those that speak of it, in order."""

    case: Case
    incident: Incident
    notice: str
    as_of: datetime
    stop: Entry
    entries: Sequence[Entry]
    counts: dict[str, int]
    #: Readers, as `place/role/group`: (letters, of whom these are still untold).
    readers: dict[str, tuple[int, int]]
    #: Duties to tell people that these letters met, or are to: (article and key, when due, when met).
    duties: Sequence[tuple[str, datetime | None, datetime | None]]

    def of_kind(self, kind: type[k.Body]) -> list[Entry]:
        """Entries of one kind."""
        return [entry for entry in self.entries if isinstance(entry.body, kind)]


@dataclass(frozen=True)
class Line:
    """One letter: its row as it is, as it was at the stop, and how it is counted now."""

    row: Row[Any]
    was: Any
    stands: str


def notice_proof(app: App, connection: Connection, incident: Incident, notice: str) -> NoticeProof:
    """What is known of a notice. Refused before its first stop, and where the verifier finds a fault."""
    key = incident.key
    verdict = verify(app, key)
    if not verdict.proven:
        raise Refused(
            f"{key} is not proven: {verdict.fault or verdict.unchecked}; tocsin verify {key} says more"
        )
    entries = [e for e in timeline.entries(connection, key) if getattr(e.body, "notice", None) == notice]
    stops = [entry for entry in entries if isinstance(entry.body, k.SendingStopped)]
    if not stops:
        raise Refused(f"no letter of {notice} has left yet, so there is nothing to prove")
    case = Case(app, key, connection, heard(connection, key)[0])
    if case.story.sending(notice).may_move(app.now()):
        raise Refused(
            f"letters of {notice} are on their way; their next stop proves them: tocsin pause {key} {notice}"
        )
    counts = ledger.counts(connection, key, notice)
    readers = ledger.by_readers(connection, key, notice)
    duties = _duties(incident)
    return NoticeProof(case, incident, notice, app.now(), stops[-1], entries, counts, readers, duties)


def _duties(incident: Incident) -> list[tuple[str, datetime | None, datetime | None]]:
    duties = [each for each in incident.duties.values() if each.opened.recipient == "individuals"]
    return [(f"{each.opened.cite} ({each.opened.key})", each.due_at, each.met_at) for each in duties]


def letter_lines(proof: NoticeProof) -> Iterator[Line]:
    """Each letter in the order of the pseudonyms, a few at a time."""
    sending = proof.case.story.sending(proof.notice)
    for row, was in rows_as_stopped(proof.case, proof.notice, sending):
        yield Line(row, was, ledger.standing(row))


def chain_lines(connection: Connection, key: str) -> Iterator[bytes]:
    """The whole timeline, each entry as the bytes that were hashed, with its hash."""
    return (canonical(row) for row in timeline.raw_rows(connection, key))


def returns_lines(connection: Connection, proof: NoticeProof) -> Iterator[bytes]:
    """What came back, each line behind the number of the entry that speaks of it."""
    for entry in proof.of_kind(k.LettersReturned):
        for line in returned.lines(connection, proof.incident.key, proof.notice, entry.seq):
            yield b"[%d,%s]" % (entry.seq, line)


def proven(app: App, proof: NoticeProof, head: str) -> Proven:
    """What the paper says, with people of the house by name."""
    contacts = app.catalog_of(proof.incident).contacts
    state, stop = proof.incident.notices[proof.notice], proof.stop.body
    assert isinstance(stop, k.SendingStopped)

    return Proven(
        incident=proof.incident.key,
        notice=proof.notice,
        edition=state.edition,
        digest=state.digest,
        sender=state.sender,
        organisation=contacts.organisation,
        as_of=proof.as_of,
        approved=_approved(proof, contacts),
        released=[(contacts.name_of(entry.actor), entry.at) for entry in proof.of_kind(k.NoticeReleased)],
        alone=_alone(app, proof, contacts),
        duties=proof.duties,
        relays=sorted(
            {(body.relay, body.relay_country) for _, body in _said(proof, k.SendingStopped) if body.relay}
        ),
        counts={name: proof.counts[name] for name in ledger.STATES},
        twice=proof.counts["possible_duplicates"],
        readers=proof.readers,
        ways=state.ways,
        otherwise=_told_otherwise(proof),
        returned=sum((Counter(body.reports) for _, body in _said(proof, k.LettersReturned)), Counter[str]()),
        stops=[Stop(entry.seq, entry.at, body.why) for entry, body in _said(proof, k.SendingStopped)],
        root=stop.root,
        head=head,
        drill=proof.incident.drill,
    )


def _said(proof: NoticeProof, kind: type[k.Body]) -> Iterator[Any]:
    """(entry, body) of each entry of one kind."""
    return ((entry, entry.body) for entry in proof.of_kind(kind))


def _approved(proof: NoticeProof, contacts: Contacts) -> list[tuple[str, datetime]]:
    """Who approved what left, and when; of what was approved before anything happened, with the day."""
    digest = proof.incident.notices[proof.notice].digest
    yes = [
        (contacts.name_of(body.person), entry.at)
        for entry, body in _said(proof, k.NoticeApproved)
        if body.digest == digest
    ]
    ahead = [
        (f"{contacts.name_of(who)} ({day})", entry.at)
        for entry, body in _said(proof, k.ApprovedAhead)
        if body.digest == digest
        for who, day in zip(body.people, body.on, strict=True)
    ]
    return yes + ahead


def _alone(app: App, proof: NoticeProof, contacts: Contacts) -> list[LetGoAlone]:
    """What one person let leave without the approvals, why, and who stood for it since."""
    key = proof.incident.key
    with app.database.read() as connection:
        texts = read_texts(connection, key, app.record_key(key))
    return [
        LetGoAlone(
            contacts.name_of(each.person),
            each.at,
            each.ground,
            len(each.given),
            each.needed,
            str(shown(each.because, texts)) if each.because else "",
            [(contacts.name_of(yes.person), yes.at) for yes in each.countersigned],
        )
        for each in proof.incident.notices[proof.notice].alone
    ]


def _told_otherwise(proof: NoticeProof) -> list[tuple[int, datetime, int]]:
    """How many were accounted for by a person, when, and by which entry, in order."""
    told = [(sum(body.people.values()), entry.at, entry.seq) for entry, body in _said(proof, k.ToldOtherwise)]
    told += [(1, entry.at, entry.seq) for entry in proof.of_kind(k.LetterExcluded)]
    return sorted(told, key=lambda each: each[2])
