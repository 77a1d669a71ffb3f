"""Verbs that end a file, and what may come after: declining, reopening, redacting, erasing."""

from typing import Annotated

from cyclopts import Parameter

from tocsin.cli.aftermath import changed
from tocsin.cli.console import CHANGING, Because, Changing, Flag, Words, need_yes
from tocsin.cli.incidents import split, which

Yes = Annotated[Flag, Parameter(name="--yes", help="Do not ask; off a terminal it needs INC beside it.")]
Why = Annotated[Because, Parameter(help="Why.")]


def close(*words: Words, because: Why = "", yes: Yes = False, door: Changing = CHANGING) -> None:
    """Close the file: every duty met or let go, every gate passed, every letter accounted for."""
    from tocsin import actions

    named, _ = split(words)
    with door.open() as shell:
        key = which(shell, named)
        need_yes("close", key, "Close it", named=named is not None, yes=yes)
        done = actions.close(shell.app, shell.actor, key, because=because or None, command=door.key)
        changed(shell, done, f"{key} {done.incident.code_name} is closed. Prove it: tocsin verify {key}")


def decline(*words: Words, because: Why = "", yes: Yes = False, door: Changing = CHANGING) -> None:
    """Say that this is no incident."""
    from tocsin import actions

    named, _ = split(words)
    with door.open() as shell:
        key = which(shell, named)
        need_yes("decline", key, "Say that it is no incident", named=named is not None, yes=yes)
        done = actions.decline(shell.app, shell.actor, key, because=because, command=door.key)
        changed(shell, done, f"{key} is declined.")


def reopen(*words: Words, because: Why = "", door: Changing = CHANGING) -> None:
    """Open a closed or declined file again."""
    from tocsin import actions

    named, _ = split(words)
    with door.open() as shell:
        key = which(shell, named)
        done = actions.reopen(shell.app, shell.actor, key, because=because, command=door.key)
        changed(shell, done, f"{key} is open again. What now: tocsin card {key}")


def erase(*words: Words, because: Why = "", yes: Yes = False, door: Changing = CHANGING) -> None:
    """Destroy the key of the affected people's data, after retention."""
    from tocsin import actions

    named, _ = split(words)
    with door.open() as shell:
        key = which(shell, named)
        need_yes(
            "erase", key, "Destroy the key of its people's data for ever", named=named is not None, yes=yes
        )
        done = actions.erase(shell.app, shell.actor, key, because=because, command=door.key)
        changed(
            shell, done, f"{key}: the people's data cannot be read any more. Backups of the key must age out."
        )


def redact(*words: Words, because: Why = "", door: Changing = CHANGING) -> None:
    """Destroy one free text; WORDS is its commitment, as tocsin timeline --json shows it."""
    from tocsin import actions

    named, (text,) = split(words, "WORDS")
    with door.open() as shell:
        key = which(shell, named)
        done = actions.redact(shell.app, shell.actor, key, text, because=because, command=door.key)
        changed(shell, done, f"{text[:18]}... is destroyed; its place in the timeline stays.")
