"""`tocsin release` and `affected --changes`: how a new scope differs, and what becomes of those it does not support."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from tocsin.cli.aftermath import changed
from tocsin.cli.console import CHANGING, Because, Changing, Flag, Shell, Words, clean, labelled
from tocsin.cli.given import words_given
from tocsin.cli.incidents import inc, which
from tocsin.domain.errors import WrongUsage
from tocsin.domain.moments import iso
from tocsin.domain.reference import names_incident

if TYPE_CHECKING:
    from tocsin.domain.incident import Incident
    from tocsin.storage.revisions import Change
    from tocsin.views.affected import Changed, Counts

#: So many digits of a pseudonym are shown, and are enough to name somebody by.
SHOWN = 12
_SIGNS: dict["Change", str] = {"added": "+", "unsupported": "-"}


def release(
    *words: Words,
    all_: Annotated[
        Flag, Parameter(name="--all", help="Everybody whom nobody has decided about yet.")
    ] = False,
    keep: Annotated[Flag, Parameter(help="The other decision: they are owed a letter all the same.")] = False,
    because: Annotated[Because, Parameter(help="Why.")] = "",
    door: Changing = CHANGING,
) -> None:
    """Decide about people whom a new scope no longer supports: ID, @FILE or @- with one to a line, or --all."""
    from tocsin import actions

    named, whom = (words[0], words[1:]) if words and names_incident(words[0]) else (None, words)
    if bool(whom) == all_:
        raise WrongUsage(
            "name people by ID or @FILE, or say --all: tocsin release [INC] ID... | @FILE | --all"
        )
    with door.open() as shell:
        key = which(shell, named)
        decide = actions.uphold_people if keep else actions.release_people
        people = None if all_ else words_given(whom)
        done = decide(shell.app, shell.actor, key, people, because=because, command=door.key)
        counts = _counted(done.entries)
        stand = "are told all the same" if keep else "are released from the scope, and are owed no letter"
        changed(shell, done, f"{counts:,} people {stand}.")


def _counted(entries: Any) -> int:
    bodies = [entry.body for entry in entries if entry.kind in ("PeopleReleased", "PeopleUpheld")]
    return sum(sum(body.people.values()) + sum(getattr(body, "undone", {}).values()) for body in bodies)


def change_lines(shell: Shell, key: str, found: "Counts") -> list[str]:
    """What the latest revision changed, and who waits for a decision."""
    lines = []
    if found.revision > 1:
        change = f"{found.added:,} new, {found.kept:,} kept, {found.unsupported:,} no longer supported"
        lines.append(f"since revision {found.revision - 1}: {change}")
    if held := sum(found.held.values()):
        told = f", {found.held_told:,} of them told already" if found.held_told else ""
        named = inc(shell, key)
        way = f"tocsin affected{named} --changes, tocsin release{named}"
        words = f"{held:,} no longer supported wait for a decision{told}; their letters wait     {way}"
        lines.append(labelled("HELD", words, urgent=True))
    if found.upheld:
        lines.append(labelled("UPHELD", f"{found.upheld:,} are told all the same, as a person decided"))
    return lines


def say_changes(shell: Shell, incident: "Incident", since: int | None) -> None:
    """Who came, and who is no longer supported and how that stands, under pseudonyms. As JSON also who stayed.

    One person after another is written as the database gives them: a million are no more memory than one.
    """
    from tocsin.views.affected import counts, differences

    found = differences(shell.app, incident, since)
    if shell.json:
        sys.stdout.writelines(_document(shell, incident.key, found, counts(incident)))
        return
    numbers = found.counts
    change = f"{numbers.added:,} new, {numbers.kept:,} kept, {numbers.unsupported:,} no longer supported"
    shell.say(f"{incident.key}: revision {found.revision} since revision {found.before}: {change}")
    for kind, sign in _SIGNS.items():
        for row in found.people(shell.app, kind):
            told = "  told already" if row.told else ""
            stand = f"  {row.stand}" if row.stand else ""
            why = f"  by {clean(row.reasons.brief)}" if row.reasons else ""
            shell.say(f"{sign} {row.person[:SHOWN]}  {row.place:<8} {row.bucket}{stand}{told}{why}")
    shell.say(*change_lines(shell, incident.key, counts(incident))[1:])


def _row(row: "Changed") -> str:
    reasons = asdict(row.reasons) if row.reasons else None
    return json.dumps(row._asdict() | {"reasons": reasons}, default=iso, ensure_ascii=False)


def _document(shell: Shell, key: str, found: Any, latest: "Counts") -> Iterator[str]:
    head = {
        "key": key,
        "revision": found.revision,
        "since": found.before,
        "counts": vars(found.counts),
        "held": sum(latest.held.values()),
        "held_told": latest.held_told,
        "upheld": latest.upheld,
    }
    yield json.dumps(head, ensure_ascii=False)[:-1]
    for kind in ("added", "kept", "unsupported"):
        yield f', "{kind}": ['
        rows = (_row(row) for row in found.people(shell.app, kind))
        first = next(rows, "")
        yield from chain([first], (f",\n{row}" for row in rows))
        yield "]"
    yield "}\n"
