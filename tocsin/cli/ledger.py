"""Verbs beside a sending: pause, resume, and the ledger that says what became of each letter."""

from typing import Annotated, Any

from cyclopts import Parameter

from tocsin.cli.aftermath import changed
from tocsin.cli.alone import lone_lines_of
from tocsin.cli.console import CHANGING, Because, Changing, Flag, Words, clean, columns
from tocsin.cli.course import course_lines, course_values
from tocsin.cli.incidents import split, which
from tocsin.cli.otherwise import Otherwise, change
from tocsin.cli.wrong import got_lines, wrong_lines
from tocsin.domain.errors import WrongUsage


def pause(
    *words: Words,
    because: Annotated[Because, Parameter(help="Why.")] = "",
    wrong: Annotated[
        Flag,
        Parameter(
            help="What leaves is false, or misdirected: nothing more of it leaves; a correction follows."
        ),
    ] = False,
    edition: Annotated[
        int | None, Parameter(help="With --wrong: which edition, where it is not the latest.")
    ] = None,
    door: Changing = CHANGING,
) -> None:
    """Stop a sending between two letters. Anybody known may."""
    from tocsin import actions

    if edition is not None and not wrong:
        raise WrongUsage("--edition goes with --wrong: it says which edition is wrong")
    named, (notice,) = split(words, "NOTICE")
    with door.open() as shell:
        key = which(shell, named)
        if wrong:
            done = actions.found_wrong(
                shell.app, shell.actor, key, notice, because=because, edition=edition, command=door.key
            )
            shell.say(*wrong_lines(shell, key, done.incident, notice))
            learn = f"tocsin learn {key} 'letter_correction={{en: ...}}' --source '...'"
            changed(
                shell,
                done,
                f"Nothing more of {notice} leaves. Say what was wrong, and what is right: {learn}",
            )
            return
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


_FIGURES = Otherwise()


def ledger(*words: Words, asked: Otherwise = _FIGURES, door: Changing = CHANGING) -> None:
    """What became of each letter, and how whom it did not reach is told."""
    from tocsin.actions.answering import SEE_UNREACHED, saw_unreached
    from tocsin.actors import need
    from tocsin.cli.aftermath import say_again
    from tocsin.engine.letters import drafted
    from tocsin.views.access import seen
    from tocsin.views.sending import course, unreached
    from tocsin.views.wrong import who_got

    asked.refuse_misplaced()
    named, (notice,) = split(words, "NOTICE")
    with door.open() as shell:
        key = which(shell, named)
        incident = seen(shell.app, shell.actor, key)
        drafted(shell.app, incident, notice)
        if asked.person:
            from tocsin.cli.person import answer_for

            answer_for(shell, incident, asked.person, asked.because, door.key)
            return
        if asked.exclude or asked.list_ or asked.told_otherwise or asked.export:
            change(shell, key, notice, asked, door.key)
            return
        found = course(shell.app, incident, notice)
        if asked.wrong:
            got = who_got(shell.app, incident, notice)
            shell.say(*wrong_lines(shell, key, incident, notice), *got_lines(shell, got))
            shell.give({"key": key} | course_values(found) | {"got_wrong": got})
            return
        people: list[dict[str, Any]] = []
        if asked.who:
            need(shell.actor, incident, *SEE_UNREACHED)
            people = unreached(shell.app, incident, notice)
            # Said before they are shown: a look that nobody knows of is worse than an entry about none.
            say_again(
                shell, saw_unreached(shell.app, shell.actor, key, notice, len(people), command=door.key)
            )
        shell.say(*course_lines(shell, key, found), *lone_lines_of(shell, key, notice))
        shell.say(*wrong_lines(shell, key, incident, notice))
        shell.say(*_people_lines(people))
        shell.give({"key": key} | course_values(found) | ({"people": people} if asked.who else {}))


def _people_lines(people: list[dict[str, Any]]) -> list[str]:
    rows = [
        (
            clean(each["id"]),
            clean(each["email"] or "-"),
            each["state"],
            "; ".join(filter(None, (clean(each["reason"] or each["reply"] or ""), each["decide"]))),
        )
        for each in people
    ]
    return columns(rows, head=("id", "address", "state", "why")) if rows else []
