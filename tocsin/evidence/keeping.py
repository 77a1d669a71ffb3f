"""What lies beside the chain, against what the chain says of it: head, packs, keys, texts, vault."""

import hashlib
import json

from sqlalchemy import func, select

from tocsin.domain.errors import Refused
from tocsin.evidence import vault as safe
from tocsin.evidence.case import Bad, Case, Check
from tocsin.sealing import commits_to, unseal
from tocsin.storage import tables
from tocsin.storage import texts as stored
from tocsin.storage.keys import Purpose

#: Before the hash of a commitment stands `words:`.
_MARK = len("words:")


def head(case: Case, known: tuple[int, str] | None = None) -> Check:
    """The end of the chain against every place that names an entry: a chain that was cut or made anew shows here.

    `known` is (seq, first digits of the hash) as somebody read it in a mail.
    """
    story, heads = case.story, [(n, head, f"entry {at} says") for at, n, head in case.story.published]
    row = case.connection.execute(
        select(tables.incident.c.head_seq, tables.incident.c.head_hash).where(
            tables.incident.c.key == case.key
        )
    ).first()
    heads += [(row.head_seq, row.head_hash, "the list of incidents says")] if row else []
    heads += [(*known, "you say")] if known else []
    for seq, hash_, who in sorted(heads):
        if seq > story.seq:
            raise Bad(
                f"{case.key}: the chain ends at entry {story.seq}, but {who} that entry {seq} exists", seq
            )
        if not hash_ or not _hash_of(case, seq).startswith(hash_):
            raise Bad(f"{case.key} entry {seq}: not the entry {hash_[:12]} that {who} stood there", seq)
    for where, last in _witnesses(case):
        if last > story.seq:
            raise Bad(
                f"{case.key}: the chain ends at entry {story.seq}, but {where} names entry {last}", last
            )
    return Check("head", len(story.published), f"{len(story.published)} published heads stand in the chain")


def _hash_of(case: Case, seq: int) -> str:
    query = select(tables.entry.c.hash).where(tables.entry.c.incident == case.key, tables.entry.c.seq == seq)
    return case.connection.scalar(query) or ""


def _witnesses(case: Case) -> list[tuple[str, int]]:
    """The last entry that other tables speak of."""
    named = {
        "a message in the outbox": (tables.outbox.c.cause, tables.outbox.c.incident),
        "a command": (tables.command.c.seq, tables.command.c.incident),
        "its flow run": (tables.incident.c.parked_seq, tables.incident.c.key),
    }
    return [
        (where, case.connection.scalar(select(func.max(seq)).where(incident == case.key)) or 0)
        for where, (seq, incident) in named.items()
    ]


def pack(case: Case) -> Check:
    """The packs that the incident is and was bound to: every document has the hash by which it is named."""
    named: set[tuple[str, str]] = set()
    for seq, digest in case.story.packs:
        contents: dict[str, str] = json.loads(_document(case, seq, digest, digest))
        for name, wanted in contents.items():
            _document(case, seq, digest, wanted, name)
        named.update(contents.items())
    accepted = f", {len(case.story.packs)} packs" if len(case.story.packs) > 1 else ""
    return Check("pack", len(named), f"{len(named)} pinned documents{accepted}")


def _document(case: Case, seq: int, pack: str, digest: str, name: str = "table of contents") -> bytes:
    query = select(tables.document.c.content).where(tables.document.c.digest == digest)
    content = case.connection.scalar(query)
    if not isinstance(content, bytes) or hashlib.sha256(content).hexdigest() != digest:
        what = "is missing" if content is None else "was changed"
        raise Bad(f"{case.key} pinned pack {pack[:12]}: {name} {what}", seq)
    return content


def keys(case: Case) -> Check:
    """The people's key is there until the timeline says that it was destroyed, and then never again."""
    table = tables.incident_key
    query = select(table.c.purpose, table.c.wrapped.is_not(None)).where(table.c.incident == case.key)
    there = {row.purpose: row[1] for row in case.connection.execute(query)}
    if not there.get("record"):
        raise Bad(f"{case.key}: its record key is missing; restore the database that it belongs to", 1)
    if there.get("people") and case.story.erased_seq:
        seq = case.story.erased_seq
        raise Bad(f"{case.key} entry {seq}: the people's key was destroyed, and is there again", seq)
    if not there.get("people") and not case.story.erased_seq:
        raise Bad(f"{case.key}: the people's key is gone, and no entry says that it was destroyed")
    erased = case.story.erased_seq
    return Check("keys", len(there), "people's key destroyed, as recorded" if erased else "both keys")


def texts(case: Case) -> Check:
    """Every commitment in the chain has the text that it commits to, or an entry that says it was erased."""
    key, kept = case.app.record_key(case.key), set()
    table = tables.text
    query = select(table.c.words, table.c.said, table.c.salt, table.c.sealed).where(
        table.c.incident == case.key
    )
    for words, said, salt, sealed in case.connection.execute(query, execution_options={"yield_per": 1000}):
        try:
            plain = unseal(key, sealed, stored.sealed_for(case.key, words)).decode()
        except Refused:
            raise _false(case, words, "was changed") from None
        if not commits_to(words, salt, plain) or said != stored.said(key, plain):
            raise _false(case, words, "is not the one that was written")
        kept.add(bytes.fromhex(words[_MARK:]))
    gone = case.story.words - kept
    for each in sorted(gone - case.story.redacted):
        raise _false(case, f"words:{each.hex()}", "is missing, and no entry says that it was erased")
    erased = f", {len(gone):,} erased" if gone else ""
    return Check("texts", len(kept), f"{len(kept):,} texts{erased}")


def _false(case: Case, words: str, what: str) -> Bad:
    query = select(func.min(tables.entry.c.seq)).where(
        tables.entry.c.incident == case.key, tables.entry.c.body.contains(words)
    )
    seq = case.connection.scalar(query)
    where = f"entry {seq}: its text" if seq else f"the text {words[6:18]}, which no entry names,"
    return Bad(f"{case.key} {where} {what}", seq)


def vault(case: Case) -> Check:
    """Each item of evidence is in the vault as the timeline says, and its bytes are those that were kept."""
    rows = safe.items_of(case.connection, case.key)
    held = {str(row["item"]): row for row in rows}
    for item, (seq, kept) in case.story.evidence.items():
        row = held.pop(item, None)
        if row is None:
            raise Bad(f"{case.key} entry {seq}: evidence {item} is missing from the vault", seq)
        for name in row:
            if row[name] != kept[name]:
                raise Bad(f"{case.key} entry {seq}: evidence {item} is not what was kept ({name})", seq)
    for item in held:
        raise Bad(f"{case.key} vault: no entry speaks of evidence {item}")
    count = len(case.story.evidence)
    left: tuple[Purpose, ...] = ("record",) if case.story.erased_seq else ("people", "record")
    if fault := safe.first_fault(case.app, case.key, left):
        raise Bad(fault)
    if case.story.erased_seq:
        gone = sum(row["purpose"] == "people" for row in rows)
        return Check(
            "vault", count, f"{count - gone} of {count} items open and are what was kept, {gone} erased"
        )
    return Check("vault", count, f"{count} items of evidence open and are what was kept")
