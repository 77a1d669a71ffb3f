"""The list of affected people, when it has to leave the system."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tocsin.actions.asking import act, command_of, first_answer, refuse_silence
from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import PeopleExported
from tocsin.domain.scope.people import AffectedPerson
from tocsin.engine.further import readers_of_letters
from tocsin.engine.reasons import Explained, explained
from tocsin.private import private_file
from tocsin.record import Recorded
from tocsin.rendering.spreadsheet import cell
from tocsin.storage import affected, further


def export_affected(
    app: App, actor: Actor, key: str, target: Path, *, because: str, command: str | None = None
) -> Recorded:
    """Take the list of affected people out as CSV. It needs a role and a reason, and is an entry.

    Said again, it writes no second list: the first may have served and been deleted.
    """
    asked = command_of(command, "export", [str(target.absolute()), because])
    if done := first_answer(app, actor, key, asked):
        return done
    incident = app.incident(key)
    need(actor, incident, "dpo", "investigation")
    if incident.scope is None:
        raise Refused(f"{key} has no scope yet; tocsin scope {key} measures it first")
    refuse_silence(because, "say why the list leaves the system: --because '...'")
    people_key, revision = app.people_key(key), incident.scope.revision
    with app.database.read() as connection:
        rows = affected.number(connection, key, revision)

    def decide(change: Change) -> None:
        need(actor, change.incident, "dpo", "investigation")
        change.add(PeopleExported(rows=rows, because=change.keep(because)))

    with private_file(target, "w") as file:
        # Said before it is done: a list that nobody knows of is worse than an entry without a list.
        done = act(app, actor, key, decide, command=asked, closed_too=True)
        with app.database.read() as connection:
            people = affected.people(connection, key, revision, people_key)
            _write_people(csv.writer(file), people, explained(app, incident, revision))
    return done


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
    """Take out, as CSV, who got the letters of a notice that were found wrong. It needs a role and a reason."""
    asked = command_of(command, "export-wrong", [notice, str(target.absolute()), because])
    if done := first_answer(app, actor, key, asked):
        return done
    incident = app.incident(key)
    need(actor, incident, "dpo", "investigation")
    refuse_silence(because, "say why the list leaves the system: --because '...'")
    found = next((each.id for each in incident.corrections.values() if each.of == notice), None)
    if found is None:
        raise Refused(
            f"nobody found {notice} wrong; tocsin pause {key} {notice} --wrong --because '...' says so"
        )
    digests = tuple(d for each in incident.corrections.values() if each.of == notice for d in each.digests)
    with app.database.read() as connection:
        rows = further.how_many_got(connection, key, {notice: digests})

    def decide(change: Change) -> None:
        need(actor, change.incident, "dpo", "investigation")
        change.add(PeopleExported(rows=rows, because=change.keep(because)))

    with private_file(target, "w") as file:
        done = act(app, actor, key, decide, command=asked, closed_too=True)
        table = csv.writer(file)
        table.writerow(["person", "email", "name", "language"])
        for hidden, person in readers_of_letters(app, incident, {notice: digests}):
            values = [hidden, person.email or "", person.name or "", person.locale or ""]
            table.writerow([cell(value) for value in values])
    return done


_COLUMNS = ("id", "bucket", "kinds", "place", "first_seen", "last_seen", "hits", "email", "name", "why")
_EDGES = ("first", "last")


def _write_people(table: Any, people: Iterable[tuple[str, AffectedPerson]], revision: Explained) -> None:
    table.writerow([*_COLUMNS, *(f"{edge}_{name}" for edge in _EDGES for name in ("file", "sha256", "line"))])
    for _, person in people:
        reasons = revision.of(person.why)
        seen = [moment.isoformat() if moment else "" for moment in (person.first_seen, person.last_seen)]
        cells = [person.id, person.bucket, " ".join(person.kinds), person.place, *seen, person.hits]
        cells += [person.email or "", person.name or "", reasons.brief]
        for row in (reasons.first, reasons.last):
            cells += [row.file, row.sha256, row.line or ""] if row else ["", "", ""]
        table.writerow([cell(value) for value in cells])
