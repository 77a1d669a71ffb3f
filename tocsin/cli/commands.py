"""`tocsin run`: the company's own command for a step. It spares typing, and is never needed."""

import shlex
from typing import TYPE_CHECKING, Any

from tocsin.cli.console import CHANGING, Changing, Shell, Words, bold, clean, labelled
from tocsin.cli.incidents import inc, split, which
from tocsin.domain.reference import names_incident

if TYPE_CHECKING:
    from tocsin.actions.commands import Ran
    from tocsin.domain.commands import Command
    from tocsin.domain.incident import Incident, RunState

#: Exit status: it ran, and the step is not done by it.
REFUSED = 1


def run(*words: Words, door: Changing = CHANGING) -> int:
    """Run the company's own command for a step; without STEP, list the commands that there are.

    What it prints is kept as evidence. A command that ends well ticks the step; anything else leaves it open.
    """
    listing = not words or (len(words) == 1 and names_incident(words[0]))
    named, rest = (words[0] if words else None, ()) if listing else split(words, "STEP")
    with door.open() as shell:
        key = which(shell, named)
        if listing:
            _list(shell, key)
            return 0
        return run_step(shell, key, rest[0], door.key)


def _list(shell: Shell, key: str) -> None:
    from tocsin.actions.commands import refuse_unread
    from tocsin.views.access import seen
    from tocsin.views.steps import steps

    refuse_unread(shell.app.catalog.contacts, key)
    found = {step.id: step for step in steps(shell.app, seen(shell.app, shell.actor, key))}
    rows: list[dict[str, Any]] = []
    for command in shell.app.catalog.contacts.commands:
        for step in (each for each in command.steps if each in found):
            rows.append({"step": step, "state": found[step].state, **_plain(command)})
            shell.say(bold(f"{step} {clean(found[step].title)}") + f"  {found[step].state}")
            shell.say(f"    {command.id}: {clean(command.does)}", f"    {_typed(command)}")
            if ran := found[step].ran:
                shell.say(f"    {ran_words(shell, ran)}")
    if not rows:
        shell.say(
            f"No command stands in contacts/commands.yaml for the steps of {key}; each is done by hand."
        )
    shell.give(rows)


def ran_words(shell: Shell, run: "RunState") -> str:
    """The latest run of a command: how it ended, that it is under way, or that nobody saw its end."""
    from tocsin.views.words import ending

    if run.ended is not None:
        return f"{shell.at(run.at)} by {run.by}: {clean(ending(run.ended))}"
    if shell.app.now() <= run.at + run.limit:
        return f"{run.command} runs since {shell.at(run.at)}, started by {run.by}"
    return f"{run.command} was started {shell.at(run.at)} by {run.by}, and nobody saw its end: look what it did first"


def _plain(command: "Command") -> dict[str, Any]:
    limit = int(command.within.total_seconds())
    return {
        "command": command.id,
        "does": command.does,
        "argv": command.argv,
        "limit": limit,
        "in_drills": command.in_drills,
    }


def _typed(command: "Command") -> str:
    seconds = int(command.within.total_seconds())
    limit = f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"
    return f"{clean(shlex.join(command.argv))}   (killed after {limit})"


def run_step(shell: Shell, key: str, step: str, command: str | None) -> int:
    """Run the command for a step, and say what became of it; the exit status."""
    from tocsin import actions
    from tocsin.cli.aftermath import say_again, settled

    def starting(chosen: "Command") -> None:
        shell.tell(labelled("RUN", f"{step} {chosen.id}: {_typed(chosen)}"))

    ran = actions.run(shell.app, shell.actor, key, step, starting=starting, command=command)
    settled(shell, ran.recorded)
    say_again(shell, ran.recorded)
    after = shell.app.incident(key)
    shell.give(
        {
            "key": key,
            "step": step,
            "done": ran.done,
            "run": ran.ended.model_dump() if ran.ended else None,
            "why": ran.why,
            "head": {"seq": after.head_seq, "hash": after.head_hash},
        }
    )
    return _say(shell, ran, after, step)


def _say(shell: Shell, ran: "Ran", after: "Incident", step: str) -> int:
    from tocsin.views.steps import next_step, steps
    from tocsin.views.words import ending

    if ran.ended is None:
        shell.tell(f"tocsin: {ran_words(shell, after.runs[step])}")
        return REFUSED
    how = ending(ran.ended)
    if not ran.done:
        why = f" ({clean(ran.why)})" if ran.why else ""
        way = (
            ""
            if step in after.steps
            else f"; the step stays open, by hand: tocsin done{inc(shell, after.key)} {step}"
        )
        shell.tell(f"tocsin: {step}: {how}{why}{way}")
        return REFUSED
    upcoming = next_step(steps(shell.app, after), after, shell.actor)
    following = f" Next: {upcoming.id} {clean(upcoming.title)}" if upcoming else ""
    shell.say(f"{step} done: {how}.{following}")
    return 0
