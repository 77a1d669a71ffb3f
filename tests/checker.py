"""An independent checker of a sending: it reads what the relay kept and, by SQL, what the tables say.

It shares no code with what it checks. Nobody is lost, nobody has a letter twice without a flag, each attempt is
counted, each receipt is of the very bytes that came, and the sums are equal: rows, counts of the last stop, people.
"""

import hashlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from typing import Any

from sqlalchemy import Connection, text

from tocsin.sinks.mail import MailSink, StoredMail
from tocsin.storage.database import Database

#: States of a row whose letter is nowhere but with us, unless it is flagged.
_UNSENT = ("refused", "pending", "excluded")


@dataclass
class Found:
    """What the checker found: letters by state, how many came twice or more often, and how many are flagged."""

    states: Counter[str]
    twice: int
    flagged: int


def letters_at(mail: MailSink, alive: int = 0) -> list[StoredMail]:
    """What the relay kept for people outside the house, once it has read to the end what the dead had said.

    So many may still be connected.
    """
    give_up = time.monotonic() + 10
    while len(mail._sessions) > alive:
        assert time.monotonic() < give_up, "somebody is still connected"
        time.sleep(0.001)
    return [kept for kept in mail.messages if not kept.recipients[0].endswith("@streamonapi.example")]


def checked(
    database: Database, letters: Sequence[StoredMail], people: int, *, most: int = 2, ended: bool = True
) -> Found:
    """Fails where somebody is lost or doubled in silence. `ended`: no row may still be on the wire.

    A flagged letter came at most `most` times, any other at most once.
    """
    with database.read() as connection:
        rows = list(connection.execute(text("SELECT * FROM ledger")))
        tries = _tries(connection)
        stop = connection.scalar(
            text("SELECT body FROM entry WHERE kind = 'SendingStopped' ORDER BY seq DESC LIMIT 1")
        )
    copies = _copies(letters)
    assert len(rows) == people or not (ended or rows)  # before the end the ledger may not be filled
    assert len({row.message_id for row in rows}) == len(rows)
    assert copies.keys() <= {row.message_id for row in rows}
    for row in rows:
        _one(row, copies[row.message_id], tries[str(row.id)], most)
        assert not (ended and row.state == "sending")
    states = Counter(row.state for row in rows)
    if stop and ended:
        _last_word(json.loads(stop) if isinstance(stop, str) else stop, states, people)
    twice = sum(len(came) > 1 for came in copies.values())
    return Found(states, twice, sum(bool(row.doubtful) for row in rows))


def _copies(letters: Sequence[StoredMail]) -> dict[str, list[bytes]]:
    """Every copy that came of each letter, by its Message-ID: one reader each, and each reader has one."""
    copies: dict[str, list[bytes]] = defaultdict(list)
    readers: dict[str, tuple[str, ...]] = {}
    for mail in letters:
        name = str(message_from_bytes(mail.content)["Message-ID"]).strip("<>")
        assert len(mail.recipients) == 1
        assert readers.setdefault(name, mail.recipients) == mail.recipients
        copies[name].append(mail.content)
    assert len(set(readers.values())) == len(readers)
    return copies


def _tries(connection: Connection) -> dict[str, list[tuple[int, str]]]:
    """(number, outcome) of every attempt that was recorded, by its row."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    said = text("SELECT row, number, outcome FROM attempt WHERE door = 'ledger' ORDER BY id")
    for row, number, outcome in connection.execute(said):
        found[row].append((number, outcome))
    return found


def _one(row: Any, copies: list[bytes], tries: list[tuple[int, str]], most: int) -> None:
    flagged = row.doubtful or row.state == "ambiguous"
    on_the_wire = row.state == "sending"
    assert len(copies) <= (most if flagged else 1)
    assert len(set(copies)) <= 1, _unlike(copies)
    # Each attempt once; one whose sender was given up may have been counted as lost before it spoke.
    counted = row.attempts - on_the_wire
    spoken = [number for number, outcome in tries if outcome != "ambiguous"]
    assert sorted({number for number, _ in tries}) == list(range(1, counted + 1))
    assert len(spoken) == len(set(spoken))
    if row.state == "handed_over":
        assert copies
        assert row.letter == hashlib.sha256(copies[-1]).hexdigest()
    if row.state == "ambiguous" and row.phase == "after-dot":
        assert copies
    if row.state in _UNSENT and not flagged:
        assert copies == []


def _unlike(copies: list[bytes]) -> list[bytes]:
    """The lines in which the copies of one letter differ."""
    return sorted(set().union(*({*copy.split(b"\r\n")} ^ {*copies[0].split(b"\r\n")} for copy in copies)))


def _last_word(stop: Any, states: Counter[str], people: int) -> None:
    """The last stop says of each state what the rows say, and nobody is in none."""
    said = {
        state: count for state, count in stop["counts"].items() if state != "possible_duplicates" and count
    }
    assert sum(said.values()) == people
    assert said == dict(states)
