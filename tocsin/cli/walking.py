"""`tocsin next`: walks the next steps one by one: the step, why now, what to type, what follows, what is not known."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.cli.asking import first_ask
from tocsin.cli.commands import ran_words
from tocsin.cli.console import READING, Reading, Shell, Words, at_terminal, bold, clean, labelled
from tocsin.cli.decided import doubt_lines
from tocsin.cli.incidents import inc, split, which
from tocsin.cli.moments import left
from tocsin.cli.waiting import whether_lines
from tocsin.domain.errors import Refused

if TYPE_CHECKING:
    from tocsin.domain.grounds import Doubt
    from tocsin.views.guidance import Ask, Guidance
    from tocsin.views.remaining import Remaining
    from tocsin.views.steps import StepView

#: So many open duties are named; more are counted.
_FEW = 4


def next_(*words: Words, door: Reading = READING) -> None:
    """Walk the next steps one by one; off a terminal, show the first."""
    from tocsin.views.access import seen

    with door.open() as shell:
        key = which(shell, split(words)[0])
        if seen(shell.app, shell.actor, key).status == "triage":
            shell.say("Nobody has said yet whether it is an incident.", *whether_lines(inc(shell, key)))
            shell.give(None)
            return
        if not at_terminal() or shell.json:
            _show_first(shell, key)
            return
        passed: set[str] = set()
        while found := _found(shell, key, passed):
            shell.say("", *_doubt_lines(shell, key), *_lines(shell, found, inc(shell, key)))
            shell.say(*_question_lines(shell, key))
            run = "[r]un, " if found.step.command else ""
            sys.stderr.write(f"[d]one, {run}[s]kip, [n]ext, [q]uit: ")
            sys.stderr.flush()
            answer = sys.stdin.readline().strip().lower()[:1]
            if answer in ("q", ""):
                return
            if answer == "n":
                passed.add(found.step.id)
            elif answer in ("d", "s") or (answer == "r" and run):
                _act(shell, key, found.step, answer)
        shell.say(*_doubt_lines(shell, key), *left_lines(shell, key), *_question_lines(shell, key))


def _remaining(shell: Shell, key: str) -> "tuple[Remaining, ...]":
    from tocsin.views.remaining import remaining

    return remaining(shell.app, shell.app.incident(key), shell.app.now())


def left_lines(shell: Shell, key: str) -> Iterator[str]:
    """What there is to do once no step can be done: nobody is left with an empty answer."""
    now, named = shell.app.now(), inc(shell, key)
    found = _remaining(shell, key)
    if not found:
        yield f"The file is closed, and no step is left: tocsin card{named}"
        return
    yield "No step is left that can be done now. What is left:"
    for each in found[:_FEW]:
        clock = f", {left(each.due_at, now)}" if each.due_at else ""
        way = each.command.replace(f" {key}", named, 1)
        yield labelled("OWED" if each.owed else "WAITS", f"{clean(each.what)}{clock}     {way}")
    if len(found) > _FEW:
        yield f"        and {len(found) - _FEW} more duties     tocsin duties{named}"


def _found(shell: Shell, key: str, passed: set[str]) -> "Guidance | None":
    from tocsin.views.guidance import guidance

    return guidance(shell.app, shell.app.incident(key), shell.actor, passed)


def _show_first(shell: Shell, key: str) -> None:
    found = _found(shell, key, set())
    if not shell.json:
        shell.say(*_doubt_lines(shell, key))
        shell.say(*(_lines(shell, found, inc(shell, key)) if found else left_lines(shell, key)))
        shell.say(*_question_lines(shell, key))
        return
    from dataclasses import asdict

    from tocsin.views.duties import owed

    ask = owed(shell.app, shell.app.incident(key), shell.app.now()).next_question
    shell.give(
        {
            "key": key,
            "doubts": [asdict(each) for each in _doubts(shell, key)],
            "step": asdict(found.step) if found else None,
            "why": found.why if found else [],
            "asks": [asdict(each) for each in found.asks] if found else [],
            "then": found.then.id if found and found.then else None,
            "left": [] if found else [asdict(each) for each in _remaining(shell, key)],
            "question": asdict(ask) if ask else None,
        }
    )


def _doubts(shell: Shell, key: str) -> "tuple[Doubt, ...]":
    from tocsin.domain.grounds import doubts

    incident = shell.app.incident(key)
    return doubts(incident, shell.app.catalog_of(incident))


def _doubt_lines(shell: Shell, key: str) -> list[str]:
    """Decisions that the facts no longer carry: they come before every step, for much may hang on them."""
    return doubt_lines(_doubts(shell, key), inc(shell, key))


def _lines(shell: Shell, found: "Guidance", named: str) -> Iterator[str]:
    """The step, and what a calm colleague would say about it."""
    step = found.step
    due = f", by {shell.at(step.due_at)}" if step.due_at else ""
    role = step.role.replace("-", " ")
    who = "you" if found.yours else f"{found.holder}, {role}" if found.holder else role
    yield bold(f"{step.id} {clean(step.title)}")
    yield f"    {clean(step.text)}"
    yield f"    {who}; {step.phase}{', gate' if step.gate else ''}{due}"
    if step.warning:
        yield f"    CAREFUL: {clean(step.warning)}"
    if step.wants:
        needed = " (needed)" if step.wants_required else ""
        yield f"    evidence{needed}: {clean(step.wants)}"
    if found.asks and step.only_if is not None:
        from tocsin.rendering.statute.sentences import in_one_line

        yield labelled("PERHAPS", f"it applies only if {in_one_line(step.only_if)}, and nobody has said")
        yield from (_ask_line(ask, named) for ask in found.asks)
    if found.why:
        yield labelled("WHY", clean("; ".join(found.why)))
    if step.ran is not None:
        yield labelled("RAN", ran_words(shell, step.ran))
    yield labelled("DO", _commands(step, named))
    if found.then:
        yield labelled("THEN", f"{found.then.id} {clean(found.then.title)}")


def _ask_line(ask: "Ask", named: str) -> str:
    value = ",".join(ask.answers) if ask.answers else "..."
    if len(ask.answers) > 1:
        value = "|".join(ask.answers)
    return labelled("ASK", f"{ask.question}     tocsin learn{named} {ask.fact}={value} --source ...")


def _commands(step: "StepView", named: str) -> str:
    by_hand = f"tocsin done{named} {step.id}" + (" --evidence FILE" if step.wants_required else "")
    if step.command:
        return f"tocsin run{named} {step.id}   ({step.command}), or by hand {by_hand}"
    return f'{by_hand}   or tocsin skip{named} {step.id} --because "..."'


def _question_lines(shell: Shell, key: str) -> list[str]:
    from tocsin.cli.knowing import usual_line
    from tocsin.views.duties import owed
    from tocsin.views.opening import usual

    incident = shell.app.incident(key)
    if not incident.open:
        return []
    law, named = owed(shell.app, incident, shell.app.now()), inc(shell, key)
    lines = first_ask(law.next_question, law.undecided, named) if law.next_question else []
    answers = usual(shell.app, incident)
    return [*lines, usual_line(answers, named)] if answers else lines


def _act(shell: Shell, key: str, step: "StepView", answer: str) -> None:
    """Tick, run or skip the step; what is refused is said, and the walk goes on."""
    from tocsin import actions
    from tocsin.cli.aftermath import changed
    from tocsin.cli.commands import run_step

    try:
        if answer == "r":
            run_step(shell, key, step.id, None)
            return
        if answer == "d":
            files = _ask("evidence FILE, if any: ").split()
            done = actions.done(shell.app, shell.actor, key, step.id, evidence=[Path(file) for file in files])
        else:
            done = actions.skip(shell.app, shell.actor, key, step.id, because=_ask("why does it not apply? "))
        changed(shell, done, f"{step.id} {'done' if answer == 'd' else 'skipped'}.")
    except Refused as refusal:
        shell.tell(clean(refusal))


def _ask(question: str) -> str:
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()
