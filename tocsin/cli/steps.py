"""Verbs of the checklist: done with evidence, skipped with a reason, open again."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from tocsin.cli.aftermath import changed
from tocsin.cli.console import CHANGING, Because, Changing, Shell, When, Words, clean
from tocsin.cli.incidents import split, which

if TYPE_CHECKING:
    from tocsin.record import Recorded


def done(
    *words: Words,
    evidence: Annotated[
        tuple[Path, ...], Parameter(help="FILE for the vault; may be repeated.", negative=())
    ] = (),
    note: Annotated[Because, Parameter(help="What there is to say about it.")] = "",
    at: Annotated[When, Parameter(help="When it was done, if not now.")] = None,
    door: Changing = CHANGING,
) -> None:
    """Tick a step, with its evidence."""
    from tocsin import actions

    named, (step,) = split(words, "STEP")
    with door.open() as shell:
        key, moment = which(shell, named), shell.moment(at)
        recorded = actions.done(
            shell.app,
            shell.actor,
            key,
            step,
            evidence=evidence,
            note=note or None,
            at=moment,
            command=door.key,
        )
        _say(shell, recorded, step, "done")


def skip(
    *words: Words,
    because: Annotated[Because, Parameter(help="Why it does not apply.")] = "",
    door: Changing = CHANGING,
) -> None:
    """Say that a step does not apply, and why."""
    from tocsin import actions

    named, (step,) = split(words, "STEP")
    with door.open() as shell:
        key = which(shell, named)
        recorded = actions.skip(shell.app, shell.actor, key, step, because=because, command=door.key)
        _say(shell, recorded, step, "skipped")


def undo(
    *words: Words,
    because: Annotated[Because, Parameter(help="Why it is open again.")] = "",
    door: Changing = CHANGING,
) -> None:
    """Open a step again that was ticked or skipped."""
    from tocsin import actions

    named, (step,) = split(words, "STEP")
    with door.open() as shell:
        key = which(shell, named)
        recorded = actions.undo(shell.app, shell.actor, key, step, because=because, command=door.key)
        _say(shell, recorded, step, "open again")


def _say(shell: Shell, recorded: "Recorded", step: str, what: str) -> None:
    """What became of the step, what was kept, and what comes next."""
    from tocsin.domain.kinds import EvidenceKept
    from tocsin.views.steps import next_step, steps

    kept = [entry.body.item for entry in recorded.entries if isinstance(entry.body, EvidenceKept)]
    with_kept = f" with {', '.join(kept)}" if kept else ""
    incident = recorded.incident
    upcoming: Any = next_step(steps(shell.app, incident), incident, shell.actor)
    line = f"{step} {what}{with_kept}."
    if upcoming:
        line += f" Next: {upcoming.id} {clean(upcoming.title)}"
    changed(shell, recorded, line)
