"""`tocsin update`: how it stands, for those who wait for news and do not work on it; or why nothing is told now."""

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from tocsin.cli.aftermath import changed
from tocsin.cli.console import (
    CHANGING,
    Because,
    Changing,
    Flag,
    Shell,
    Words,
    at_terminal,
    bold,
    clean,
)
from tocsin.cli.incidents import split, which
from tocsin.domain.errors import WrongUsage

if TYPE_CHECKING:
    from tocsin.record import Recorded

#: The parts of a CAN report, and what each asks.
PARTS = {
    "conditions": "How does it stand?",
    "actions": "What is being done?",
    "needs": "What is needed, of whom, by when?",
}


def update(
    *words: Words,
    conditions: Annotated[Because, Parameter(help="How it stands. No customer's data: Slack reads it.")] = "",
    actions: Annotated[Because, Parameter(help="What is being done, and by when.")] = "",
    needs: Annotated[Because, Parameter(help="What is needed, of whom; or 'none'.")] = "",
    skip: Annotated[Flag, Parameter(help="Send nothing this time; needs --because.")] = False,
    because: Annotated[Because, Parameter(help="Why nothing is sent.")] = "",
    door: Changing = CHANGING,
) -> None:
    """Tell the stakeholders how it stands, or skip it with a reason. On a terminal it asks, and proposes answers."""
    from tocsin import actions as acts

    said = {"conditions": conditions, "actions": actions, "needs": needs}
    _refuse_both(said, skip=skip, because=because)
    with door.open() as shell:
        key = which(shell, split(words)[0])
        if skip:
            done = acts.skip_update(shell.app, shell.actor, key, because=because, command=door.key)
            changed(shell, done, _next_line(shell, key, f"{done.incident.code_name}: no update this time."))
            return
        told = _asked(shell, key, said)
        done = acts.update(shell.app, shell.actor, key, **told, command=door.key)
        changed(shell, done, _next_line(shell, key, _sent(done)))
        if not _readers(done):
            shell.warn(
                "nobody reads it: name stakeholders in contacts/escalation.yaml; it is kept all the same"
            )


def _refuse_both(said: dict[str, str], *, skip: bool, because: str) -> None:
    if skip and any(said.values()):
        raise WrongUsage("--skip sends nothing; leave out --conditions, --actions and --needs, or --skip")
    if because and not skip:
        raise WrongUsage("--because says why an update is skipped; add --skip")


def _asked(shell: Shell, key: str, said: dict[str, str]) -> dict[str, str]:
    """The parts as given; on a terminal those that are missing are asked for, with what the engine knows."""
    missing = [name for name, text in said.items() if not text.strip()]
    if not missing:
        return said
    if not at_terminal():
        named = " and ".join(f"--{name}" for name in missing)
        raise WrongUsage(
            f"off a terminal an update is whole: {named} missing; tocsin update INC --skip skips it"
        )
    from tocsin.views.updates import proposed

    proposal = proposed(shell.app, shell.actor, key)
    shell.tell("It goes out as you write it, to Slack too: no customer's data. Enter takes what is proposed.")
    return said | {name: _answer(PARTS[name], getattr(proposal, name)) for name in missing}


def _answer(question: str, proposal: str) -> str:
    sys.stderr.write(f"{bold(question, sys.stderr)}\n    {clean(proposal)}\n> ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise WrongUsage("nothing was sent: the answers ended before the update was whole")
    return line.strip() or proposal


def _readers(done: "Recorded") -> tuple[str, ...]:
    from tocsin.domain.kinds import StatusUpdated

    return next((entry.body.to for entry in done.entries if isinstance(entry.body, StatusUpdated)), ())


def _sent(done: "Recorded") -> str:
    return f"{done.incident.code_name}: on its way to {', '.join(_readers(done)) or 'nobody'}."


def _next_line(shell: Shell, key: str, what: str) -> str:
    from tocsin.domain.rhythm import next_update

    incident = shell.app.incident(key)
    update = next_update(incident, shell.app.catalog.contacts, shell.app.now())
    return f"{what} Next by {shell.at(update.due_at)}" if update else what
