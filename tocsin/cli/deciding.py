"""Verbs about what is decided by people: not to notify, and that somebody would have decided otherwise."""

from typing import Annotated

from cyclopts import Parameter

from tocsin.cli.aftermath import changed, say_duties
from tocsin.cli.console import CHANGING, Because, Changing, Flag, Shell, Words, labelled
from tocsin.cli.incidents import inc, which
from tocsin.cli.owed import named_duty
from tocsin.domain.errors import WrongUsage
from tocsin.domain.reference import names_incident


def not_notify(
    *words: Words,
    because: Annotated[Because, Parameter(help="Why nobody is told, as an authority will read it.")] = "",
    decided_by: Annotated[str | None, Parameter(help="PERSON whose decision it is, if not yours.")] = None,
    advised_by: Annotated[tuple[str, ...], Parameter(help="PERSON who was heard; once for each.")] = (),
    dissent: Annotated[Because, Parameter(help="Who would have decided otherwise, and why.")] = "",
    look_again: Annotated[
        str | None, Parameter(help="DAY, like 2027-01-31, on which somebody looks whether it still holds.")
    ] = None,
    take_back: Annotated[Flag, Parameter(help="It is notified after all; --because says why.")] = False,
    door: Changing = CHANGING,
) -> None:
    """Decide that nobody is told: of a duty, of a rule (`regime/rule`), or of the whole breach."""
    from tocsin import actions
    from tocsin.domain.decisions import BREACH

    named, of = _subject(words, "expected [INC] [DUTY]")
    if take_back and (decided_by or advised_by or dissent or look_again):
        raise WrongUsage("--take-back goes with --because alone")
    with door.open() as shell:
        key, day = which(shell, named), shell.day(look_again) if look_again else None
        of = _about(shell, key, of) if of else BREACH
        if take_back:
            done = actions.notify_after_all(
                shell.app, shell.actor, key, of, because=because, command=door.key
            )
            changed(shell, done, f"{_spoken(of)} is notified after all; what now: tocsin duties {key}")
            say_duties(shell, done)
            _tell_of_silent(shell, key)
            return
        done = actions.not_notify(
            shell.app,
            shell.actor,
            key,
            of,
            because=because,
            decided_by=decided_by,
            advised_by=advised_by,
            dissent=dissent or None,
            look_again=day,
            command=door.key,
        )
        again = f"; look again {shell.at(day)}" if day else ""
        changed(
            shell, done, f"{_spoken(of)} is not notified, decided by {decided_by or shell.actor.id}{again}."
        )
        _warn_of_doubt(shell, key, of)


def dissent(
    *words: Words,
    because: Annotated[Because, Parameter(help="What you would have decided, and why.")] = "",
    door: Changing = CHANGING,
) -> None:
    """Say that you would have decided otherwise: on the `risk`, or on what was not notified."""
    from tocsin import actions

    named, of = _subject(words, "expected [INC] risk|DUTY")
    if of is None:
        raise WrongUsage("expected [INC] risk|DUTY: what the decision is about")
    with door.open() as shell:
        key = which(shell, named)
        of = _about(shell, key, of)
        done = actions.dissent(shell.app, shell.actor, key, of, because=because, command=door.key)
        changed(shell, done, f"{shell.actor.id} dissents from the decision on {_spoken(of)}.")


def _subject(words: tuple[str, ...], wanted: str) -> tuple[str | None, str | None]:
    """(INC as typed or None, what the decision is about or None)."""
    named = words[0] if words and names_incident(words[0]) else None
    rest = words[1:] if named else words
    if len(rest) > 1:
        raise WrongUsage(f"{wanted}, got {len(words)} words; put text with blanks in quotes")
    return named, rest[0] if rest else None


def _about(shell: Shell, key: str, of: str) -> str:
    """What was decided on before by this very name, else a duty by its key or the beginning of it."""
    return of if of in shell.app.incident(key).decisions else named_duty(shell, key, of)


def _spoken(of: str) -> str:
    return f"the {of}" if of in ("breach", "risk") else of


def _tell_of_silent(shell: Shell, key: str) -> None:
    """Beside a decision that was taken back: what is not notified all the same, by a decision of its own."""
    for of, decision in shell.app.incident(key).decisions.items():
        if not decision.not_owed:
            way = f"tocsin not-notify{inc(shell, key)} {of} --take-back --because ..."
            stays = f"{_spoken(of)} stays not notified, as {decision.decided_by} decided     {way}"
            shell.say(labelled("SILENT", stays, urgent=True))


def _warn_of_doubt(shell: Shell, key: str, of: str) -> None:
    """Beside a decision on the whole breach: the law cannot tell yet of some rules, and that is no `not owed`."""
    from tocsin.domain.decisions import BREACH
    from tocsin.domain.owing import assessment

    incident = shell.app.incident(key)
    if of != BREACH or not incident.open:
        return
    undecided = assessment(incident, shell.app.catalog_of(incident)).undecided
    if undecided:
        needs = ", ".join(dict.fromkeys(need for each in undecided for need in each.needs))
        shell.tell(
            labelled(
                "UNKNOWN", f"of {len(undecided)} rules the law cannot tell yet: needs {needs}", urgent=True
            )
        )
