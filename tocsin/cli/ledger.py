"""Verbs beside a sending: pause, resume, and the ledger that says what became of each letter."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from tocsin.cli.aftermath import changed
from tocsin.cli.alone import lone_lines_of
from tocsin.cli.console import CHANGING, Because, Changing, Flag, Shell, Words, clean, columns, labelled
from tocsin.cli.course import course_lines, course_values
from tocsin.cli.incidents import split, which
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
    wrong: Annotated[
        Flag, Parameter(help="Who got a letter that was found wrong, under pseudonyms.")
    ] = False,
    export: Annotated[
        Path | None, Parameter(help="With --wrong: FILE for their names and addresses, as CSV.")
    ] = None,
    because: Annotated[Because, Parameter(help="Why, and how these people are told instead.")] = "",
    door: Changing = CHANGING,
) -> None:
    """What became of each letter."""
    from tocsin import actions
    from tocsin.actors import need
    from tocsin.engine.letters import drafted
    from tocsin.views.access import seen
    from tocsin.views.sending import course, unreached
    from tocsin.views.wrong import who_got

    if export and not wrong:
        raise WrongUsage("--export goes with --wrong; tocsin affected --export takes out everybody")
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
        if wrong and export:
            done = actions.export_wrong(
                shell.app, shell.actor, key, notice, export, because=because, command=door.key
            )
            changed(shell, done, f"{export} is written: keep it closed, and delete it when it has served.")
            return
        found = course(shell.app, incident, notice)
        if wrong:
            got = who_got(shell.app, incident, notice)
            shell.say(*wrong_lines(shell, key, incident, notice), *_got_lines(shell, got))
            shell.give({"key": key} | course_values(found) | {"got_wrong": got})
            return
        people: list[dict[str, Any]] = []
        if who:
            need(shell.actor, incident, "dpo", "liaison", "counsel", "accountable-officer", "investigation")
            people = unreached(shell.app, incident, notice)
        shell.say(*course_lines(shell, key, found), *lone_lines_of(shell, key, notice))
        shell.say(*wrong_lines(shell, key, incident, notice))
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


def _got_lines(shell: Shell, got: list[dict[str, Any]]) -> list[str]:
    rows = [(each["person"][:16], each["state"].replace("_", " "), shell.at(each["at"])) for each in got]
    return columns(rows, head=("person", "letter", "when")) if rows else ["Nobody got a wrong letter."]


def wrong_lines(shell: Shell, key: str, incident: Any, notice: str | None = None) -> list[str]:
    """What was found wrong: by whom, why, who has it, and how far the correction is."""
    from tocsin.views.wrong import wrong

    return [
        labelled(
            "WRONG",
            f"{each.notice}, says {clean(each.by)} {shell.at(each.at)}: {clean(each.because)}; {each.got:,} got it     "
            f"tocsin ledger {key} {each.notice} --wrong; {each.correction} is {each.state.replace('-', ' ')}",
            urgent=each.state != "sent",
        )
        for each in wrong(shell.app, shell.actor, incident, notice)
    ]


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
