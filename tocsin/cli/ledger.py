"""Verbs beside a sending: pause, resume, and the ledger that says what became of each letter."""

from typing import Annotated, Any

from cyclopts import Parameter

from tocsin.cli.aftermath import changed
from tocsin.cli.alone import lone_lines_of
from tocsin.cli.console import CHANGING, Because, Changing, Flag, Words, clean, columns
from tocsin.cli.course import course_lines, course_values
from tocsin.cli.incidents import split, which
from tocsin.domain.errors import WrongUsage


def pause(
    *words: Words, because: Annotated[Because, Parameter(help="Why.")] = "", door: Changing = CHANGING
) -> None:
    """Stop a sending between two letters. Anybody known may."""
    from tocsin import actions

    named, (notice,) = split(words, "NOTICE")
    with door.open() as shell:
        key = which(shell, named)
        done = actions.pause(shell.app, shell.actor, key, notice, because=because, command=door.key)
        changed(shell, done, f"{notice} is paused. Go on: tocsin resume {key} {notice}")


def resume(
    *words: Words,
    restored: Annotated[
        Flag, Parameter(help="Let go what is held back since a restore from a backup.")
    ] = False,
    because: Annotated[Because, Parameter(help="Why.")] = "",
    door: Changing = CHANGING,
) -> None:
    """Let a paused sending go on, under the approval it has."""
    from tocsin import actions

    if restored:
        if words:
            raise WrongUsage("--restored is about the whole home: leave INC and NOTICE out")
        with door.open() as shell:
            keys = actions.let_go(shell.app, shell.actor, because=because)
            shell.give({"incidents": keys})
            shell.say("What was held back leaves now. " + (f"Noted in {', '.join(keys)}" if keys else ""))
        return
    named, (notice,) = split(words, "NOTICE")
    with door.open() as shell:
        key = which(shell, named)
        done = actions.resume(shell.app, shell.actor, key, notice, because=because or None, command=door.key)
        changed(shell, done, f"{notice} goes on: the bell sends it, or tocsin send {key} {notice}")


def ledger(
    *words: Words,
    who: Annotated[Flag, Parameter(help="Name those whom the letter did not surely reach.")] = False,
    person: Annotated[
        str | None, Parameter(help="ID of one person: her whole story, letter by letter.")
    ] = None,
    exclude: Annotated[
        str | None, Parameter(help="ID of one whom the letter cannot reach: settled by hand.")
    ] = None,
    told_otherwise: Annotated[
        Flag, Parameter(help="Everybody whom the letter will not reach was told in another way, say by post.")
    ] = False,
    held: Annotated[
        Flag,
        Parameter(help="With --told-otherwise: those too who were held for a decision, such as suspects."),
    ] = False,
    because: Annotated[Because, Parameter(help="Why, and how these people are told instead.")] = "",
    door: Changing = CHANGING,
) -> None:
    """What became of each letter."""
    from tocsin import actions
    from tocsin.actors import need
    from tocsin.engine.letters import drafted
    from tocsin.views.access import seen
    from tocsin.views.sending import course, unreached

    if held and not told_otherwise:
        raise WrongUsage("--held goes with --told-otherwise: it says that those who were held were told too")
    named, (notice,) = split(words, "NOTICE")
    with door.open() as shell:
        key = which(shell, named)
        incident = seen(shell.app, shell.actor, key)
        drafted(shell.app, incident, notice)
        if person:
            from tocsin.cli.person import say_story

            say_story(shell, incident, person)
            return
        if exclude:
            done = actions.exclude(
                shell.app, shell.actor, key, notice, exclude, because=because, command=door.key
            )
            changed(shell, done, f"{clean(exclude)} is settled by hand.")
            return
        if told_otherwise:
            done = actions.told_otherwise(
                shell.app, shell.actor, key, notice, because=because, held=held, command=door.key
            )
            left = course(shell.app, shell.app.incident(key), notice)
            changed(shell, done, _accounted(left.undecided, left.unsupported))
            return
        found = course(shell.app, incident, notice)
        people: list[dict[str, Any]] = []
        if who:
            need(shell.actor, incident, "dpo", "liaison", "counsel", "accountable-officer", "investigation")
            people = unreached(shell.app, incident, notice)
        shell.say(*course_lines(shell, key, found), *lone_lines_of(shell, key, notice))
        shell.say(*_people_lines(people))
        shell.give({"key": key} | course_values(found) | ({"people": people} if who else {}))


def _accounted(undecided: int, unsupported: int) -> str:
    """That everybody is accounted for, but for those on whom somebody has to decide."""
    waits = [
        *([f"{undecided:,} held for a decision"] if undecided else []),
        *([f"{unsupported:,} no longer supported by the scope"] if unsupported else []),
    ]
    but = f", but {' and '.join(waits)}" if waits else ""
    return f"Everybody whom the letter did not reach is accounted for{but}."


def _people_lines(people: list[dict[str, Any]]) -> list[str]:
    rows = [
        (
            clean(each["id"]),
            clean(each["email"] or "-"),
            each["state"],
            clean(each["reason"] or each["reply"] or ""),
        )
        for each in people
    ]
    return columns(rows, head=("id", "address", "state", "why")) if rows else []
