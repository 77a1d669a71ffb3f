"""The list of affected people, when it has to leave the system."""

import csv
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

from tocsin.actions.asking import act, command_of, first_answer, refuse_silence
from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.errors import Refused
from tocsin.domain.further import wrong_digests
from tocsin.domain.kinds import PeopleExported
from tocsin.domain.scope.people import AffectedPerson
from tocsin.engine.further import readers_of_letters
from tocsin.engine.reasons import Explained, explained
from tocsin.private import appearing, private_file
from tocsin.record import Recorded
from tocsin.rendering.spreadsheet import cell
from tocsin.storage import affected

#: Who may take it out.
TAKERS = ("dpo", "investigation")


def export_affected(
    app: App, actor: Actor, key: str, target: Path, *, because: str, command: str | None = None
) -> Recorded:
    """Take the list of affected people out as CSV. It needs a role and a reason, and is an entry with its SHA-256.

    Said again, it writes no second list: the first may have served and been deleted.
    """
    asked = command_of(command, "export", [str(target.absolute()), because])
    if done := first_answer(app, actor, key, asked):
        return done
    incident = app.incident(key)
    need(actor, incident, *TAKERS)
    if incident.scope is None:
        raise Refused(f"{key} has no scope yet; tocsin scope {key} measures it first")
    refuse_silence(because, "say why the list leaves the system: --because '...'")
    people_key, revision = app.people_key(key), incident.scope.revision

    def write(table: Any) -> int:
        with app.database.read() as connection:
            people = affected.people(connection, key, revision, people_key)
            return _write_people(table, people, explained(app, incident, revision))

    return _take_out(app, actor, key, target, write, because=because, command=asked)


def export_wrong(
    app: App,
    actor: Actor,
    key: str,
    notice: str,
    target: Path,
    *,
    because: str,
    command: str | None = None,
) -> Recorded:
    """Take out, as CSV, who got the letters of a notice that were found wrong; as `export_affected` does it."""
    asked = command_of(command, "export-wrong", [notice, str(target.absolute()), because])
    if done := first_answer(app, actor, key, asked):
        return done
    incident = app.incident(key)
    need(actor, incident, *TAKERS)
    refuse_silence(because, "say why the list leaves the system: --because '...'")
    digests = wrong_digests(incident, notice)
    if not digests:
        raise Refused(
            f"nobody found {notice} wrong; tocsin pause {key} {notice} --wrong --because '...' says so"
        )

    def write(table: Any) -> int:
        rows = 0
        table.writerow(["person", "email", "name", "language"])
        for hidden, person in readers_of_letters(app, incident, {notice: digests}):
            values = [hidden, person.email or "", person.name or "", person.locale or ""]
            table.writerow([cell(value) for value in values])
            rows += 1
        return rows

    return _take_out(app, actor, key, target, write, because=because, command=asked)


def _take_out(
    app: App,
    actor: Actor,
    key: str,
    target: Path,
    write: Callable[[Any], int],
    *,
    because: str,
    command: tuple[str, str] | None,
) -> Recorded:
    """A list of people as a new file, once an entry says that it leaves; `write` counts the rows that it writes."""
    with appearing(target, advice="name a file that can be written") as unfinished:
        with private_file(unfinished, "w") as file:
            seen = _Hashed(file)
            rows = write(csv.writer(seen))

        def decide(change: Change) -> None:
            need(actor, change.incident, *TAKERS)
            said = PeopleExported(rows=rows, because=change.keep(because), sha256=seen.sha256)
            change.add(said)

        # Said before it is there: a list that nobody knows of is worse than an entry without a list.
        return act(app, actor, key, decide, command=command, closed_too=True)


class _Hashed:
    """A file that is written, and hashed on the way."""

    def __init__(self, file: IO[str]) -> None:
        self._file, self._hash = file, hashlib.sha256()

    def write(self, text: str) -> int:
        """Write on, as `csv` asks it."""
        self._hash.update(text.encode())
        return self._file.write(text)

    @property
    def sha256(self) -> str:
        """Of all that was written, in hex."""
        return self._hash.hexdigest()


_COLUMNS = ("id", "bucket", "kinds", "place", "first_seen", "last_seen", "hits", "email", "name", "why")
_EDGES = ("first", "last")


def _write_people(table: Any, people: Iterable[tuple[str, AffectedPerson]], revision: Explained) -> int:
    """Write them, and count them."""
    rows = 0
    table.writerow([*_COLUMNS, *(f"{edge}_{name}" for edge in _EDGES for name in ("file", "sha256", "line"))])
    for _, person in people:
        reasons = revision.of(person.why)
        seen = [moment.isoformat() if moment else "" for moment in (person.first_seen, person.last_seen)]
        cells = [person.id, person.bucket, " ".join(person.kinds), person.place, *seen, person.hits]
        cells += [person.email or "", person.name or "", reasons.brief]
        for row in (reasons.first, reasons.last):
            cells += [row.file, row.sha256, row.line or ""] if row else ["", "", ""]
        table.writerow([cell(value) for value in cells])
        rows += 1
    return rows
