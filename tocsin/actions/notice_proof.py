"""Papers of proof: what a company shows of one notice's letters, and what anybody can check without us.

A folder: the paper, tables, each letter as the Merkle root covers it, the attempts, what came back, the timeline, and a
program that works all of it out anew. People stand in it under pseudonyms; that it was taken out is an entry.
"""

import hashlib
import inspect
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tocsin.actions.asking import act, command_of, first_answer, refuse_silence
from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain import kinds as k
from tocsin.domain.approving import APPROVERS
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.domain.moments import iso
from tocsin.engine.letters import drafted
from tocsin.engine.notice_proof import (
    Line,
    NoticeProof,
    chain_lines,
    letter_lines,
    notice_proof,
    proven,
    returns_lines,
)
from tocsin.evidence import check
from tocsin.private import appearing, private_file
from tocsin.record import Recorded
from tocsin.rendering.proof import proof_pdf
from tocsin.rendering.register import languages
from tocsin.rendering.spreadsheet import spreadsheet_lines
from tocsin.storage import ledger

#: Who may take it out.
TAKERS = (*APPROVERS, "liaison")
_PEOPLE = (
    "person",
    "stands",
    "letter",
    "message_id",
    "variant",
    "attempts",
    "address",
    "perhaps_twice",
    "tried_at",
    "reply",
    "came_back",
    "reason",
)


def take_proof(
    app: App,
    actor: Actor,
    key: str,
    notice: str,
    out: Path,
    *,
    language: str = "en",
    because: str,
    command: str | None = None,
) -> Recorded:
    """Write what proves a notice's letters into the new folder `out`, for its owner alone.

    Refused before the first stop, while letters leave, and where the verifier finds a fault. Said again, it writes no
    second folder: the first may have served and been deleted.
    """
    asked = command_of(command, "proof", [notice, str(out.absolute()), language, because])
    if done := first_answer(app, actor, key, asked):
        return done
    incident = app.incident(key)
    need(actor, incident, *TAKERS)
    drafted(app, incident, notice)
    refuse_silence(because, "say for whom the proof is taken out: --because 'asked by the authority'")
    _refuse_language(app, language)
    with appearing(out, advice="name a folder in one that can be written") as folder:
        proof, files = _made(app, incident, notice, folder, language)
        return _said(app, actor, proof, files, because, asked)


def _said(
    app: App,
    actor: Actor,
    proof: NoticeProof,
    files: dict[str, str],
    because: str,
    asked: tuple[str, str] | None,
) -> Recorded:
    """Said before it is there: a proof that nobody knows of is worse than an entry without one."""

    def decide(change: Change) -> None:
        need(actor, change.incident, *TAKERS)
        change.add(
            k.ProofTaken(
                notice=proof.notice,
                stop=proof.stop.seq,
                letters=sum(proof.counts[state] for state in ledger.STATES),
                files=files,
                because=change.keep(because.strip()),
            )
        )

    return act(app, actor, proof.incident.key, decide, command=asked, closed_too=True)


def _refuse_language(app: App, language: str) -> None:
    known = languages(app.pack_folder(app.catalog))
    if language not in known:
        raise Refused(f"there is no language {language!r}; known: {', '.join(known)}")


def _made(
    app: App, incident: Incident, notice: str, folder: Path, language: str
) -> tuple[NoticeProof, dict[str, str]]:
    """Write all files, and check them as a stranger would. Returns the SHA-256 of each."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    made = _Folder(folder)
    # One view of the database that does not move: what is written agrees with what was verified.
    with app.database.read() as connection:
        proof = notice_proof(app, connection, incident, notice)
        head = made.chain(chain_lines(connection, incident.key))
        made.letters(letter_lines(proof))
        upto = proof.stop.recorded_at
        made.lines("attempts.jsonl", ledger.attempts_lines(connection, incident.key, notice, upto))
        made.lines("returns.jsonl", returns_lines(connection, proof))
    totals = [(state, proof.counts[state]) for state in ledger.STATES]
    made.lines("totals.csv", spreadsheet_lines(("state", "letters"), totals), end=b"")
    ways = list(incident.notices[notice].ways.items())
    made.lines("ways.csv", spreadsheet_lines(("way", "people"), ways), end=b"")
    made.whole("proof.pdf", proof_pdf(proven(app, proof, head), app.pack_folder(app.catalog), language))
    made.whole("check.py", inspect.getsource(check).encode())
    manifest = {"incident": incident.key, "notice": notice, "head": head, "files": dict(made.digests)}
    made.whole("manifest.json", json.dumps(manifest, indent=1, sort_keys=True).encode() + b"\n")
    try:
        for _ in check.check(folder, head):
            pass
    except check.Wrong as wrong:
        raise Refused(f"the proof does not agree with itself ({wrong}); say it again") from None
    return proof, made.digests


class _Folder:
    """The files of a proof as they are written, with the SHA-256 of each."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.digests: dict[str, str] = {}

    def whole(self, name: str, content: bytes) -> None:
        self.lines(name, [content], end=b"")

    def lines(self, name: str, lines: Iterable[bytes], *, end: bytes = b"\n") -> None:
        with self._file(name) as write:
            for line in lines:
                write(line + end)

    def chain(self, lines: Iterable[bytes]) -> str:
        """The timeline; returns its head, as `SEQ:HASH`."""
        last = b"{}"
        with self._file("chain.jsonl") as write:
            for line in lines:
                last = line
                write(line + b"\n")
        row = json.loads(last)
        return f"{row['seq']}:{row['hash']}"

    def letters(self, letters: Iterable[Line]) -> None:
        """Each letter twice: as the root covers it, and as a table that people read."""
        with self._file("leaves.jsonl") as leaf:

            def rows() -> Iterator[tuple[object, ...]]:
                for line in letters:
                    leaf(ledger.leaf(line.was) + b"\n")
                    yield _row(line)

            self.lines("people.csv", spreadsheet_lines(_PEOPLE, rows()), end=b"")

    @contextmanager
    def _file(self, name: str) -> Iterator[Callable[[bytes], None]]:
        seen = hashlib.sha256()
        with private_file(self.place / name) as file:

            def write(content: bytes) -> None:
                seen.update(content)
                file.write(content)

            yield write
        self.digests[name] = seen.hexdigest()


def _row(line: Line) -> tuple[object, ...]:
    """What the root and the reports say of a letter; the moment of its last attempt, where that settled it."""
    row, was = line.row, line.was
    letter = (was.letter or "", was.message_id, was.variant, was.attempts, was.address)
    twice = "yes" if was.doubtful and was.attempts > 1 else ""
    tried = row.settled_at if row.state in ("handed_over", "refused") else None
    said = (was.reply or "", row.reported or "", row.reason or "")
    return (row.person, line.stands, *letter, twice, iso(tried) if tried else "", *said)
