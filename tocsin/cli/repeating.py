"""`tocsin repeat` and `tocsin sign`: a second analyst measures a scope again, and stands for it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from tocsin.cli.aftermath import changed
from tocsin.cli.console import CHANGING, Because, Changing, Shell, Words, clean, columns, labelled
from tocsin.cli.ending import ended_by_sigterm
from tocsin.cli.incidents import inc, split, which
from tocsin.cli.scoping import Engine, shown_progress

if TYPE_CHECKING:
    from tocsin.domain.incident import Incident
    from tocsin.domain.kinds import ScopeRepeated
    from tocsin.views.affected import Counts

Revision = Annotated[int | None, Parameter(help="REV of the scope; the latest without it.")]


def repeat(
    *words: Words, revision: Revision = None, engine: Engine = None, door: Changing = CHANGING
) -> None:
    """Measure a revision again from the question that was kept: the same files, the same people, byte for byte?"""
    from tocsin import actions

    named, _ = split(words)
    with door.open() as shell:
        key = which(shell, named)
        with ended_by_sigterm(), shown_progress() as progress:
            done = actions.repeat(
                shell.app, shell.actor, key, revision, engine=engine, progress=progress, command=door.key
            )
        body = next(entry.body for entry in done.entries if entry.kind == "ScopeRepeated")
        changed(shell, done, *_outcome(shell, key, body))  # type: ignore[arg-type]


def _outcome(shell: Shell, key: str, body: "ScopeRepeated") -> list[str]:
    named = inc(shell, key)
    remedy = f"measure a new revision (tocsin scope{named}), or bring back its rows of then and repeat"
    lines = [
        f"Revision {body.revision} gives the same people, byte for byte: set {body.set_digest[:12]}. "
        f"Sign it: tocsin sign{named} --revision {body.revision} --because ..."
        if body.same
        else labelled(
            "DIFFERS",
            f"revision {body.revision} gives other people now: at least {body.differs:,} stand otherwise",
            urgent=True,
        )
    ]
    if body.same_why is False:
        words = f"revision {body.revision} has people in it for other reasons now, or by other rows"
        lines.append(labelled("WHY", words, urgent=True))
    lines += [
        labelled(
            "LIVE",
            f"{clean(name)} is a database, and reads otherwise than at that revision; {remedy}",
            urgent=True,
        )
        for name in body.otherwise
    ]
    return lines


def sign(
    *words: Words,
    revision: Revision = None,
    because: Annotated[Because, Parameter(help="What you looked at, and why you stand for it.")] = "",
    door: Changing = CHANGING,
) -> None:
    """Stand for a revision of the scope that somebody else asked, and that you repeated with the same result."""
    from tocsin import actions

    named, _ = split(words)
    with door.open() as shell:
        key = which(shell, named)
        done = actions.sign(shell.app, shell.actor, key, revision, because=because, command=door.key)
        changed(shell, done, f"The scope of {key} is signed by {shell.actor.id}.")


def analyst_lines(shell: Shell, found: "Counts") -> list[str]:
    """Who repeated this revision with which result, and who signed it."""
    lines = [
        labelled(
            "REPEAT",
            f"{each['by']} {shell.at(each['at'])}: "
            + ("the same people, byte for byte" if each["same"] else "other people"),
            urgent=not each["same"],
        )
        for each in found.repetitions
    ]
    return lines + [labelled("SIGNED", f"{each['by']} {shell.at(each['at'])}") for each in found.signed]


def say_inputs(shell: Shell, incident: "Incident") -> None:
    """Each input of the latest revision: its hash before and after reading, and its way here."""
    from tocsin.views.affected import counts

    found = counts(incident)
    rows = [
        (
            clean(each["source"]),
            clean(each["name"]),
            each["sha256"][:12],
            _after(each),
            f"{each['rows']:,}",
            clean(" ".join(_way(shell, each))) or "nobody declared it",
        )
        for each in found.inputs
    ]
    head = ("source", "input", "sha256", "after reading", "rows", "collected")
    shell.say(f"{incident.key}: inputs of revision {found.revision}", *columns(rows, head=head))
    shell.give({"key": incident.key, "revision": found.revision, "inputs": found.inputs})


def _after(each: Mapping[str, Any]) -> str:
    """Whether an input was still the same once everything was read."""
    if each.get("after") is None:
        return "not looked at"
    return "the same" if each["after"] == each["sha256"] else "CHANGED" if each["after"] else "GONE"


def _way(shell: Shell, each: Mapping[str, Any]) -> Iterator[str]:
    if by := each.get("by"):
        yield f"by {by}"
    if origin := each.get("origin"):
        yield f"from {origin}"
    if at := each.get("collected_at"):
        yield f"at {shell.at(datetime.fromisoformat(at))}"
    if offset := each.get("clock_offset"):
        yield f"clock {offset}, set right"
