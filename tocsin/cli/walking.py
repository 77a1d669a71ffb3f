"""`tocsin next`: walks the next steps one by one: the step, its evidence, and the missing fact that settles most."""

import sys
from pathlib import Path
from typing import Any

from tocsin.cli.asking import ask_line
from tocsin.cli.console import READING, Reading, Shell, Words, at_terminal, bold, clean
from tocsin.cli.incidents import split, which
from tocsin.domain.errors import Refused


def next_(*words: Words, door: Reading = READING) -> None:
    """Walk the next steps one by one; off a terminal, show the first."""
    from tocsin.views.access import seen

    with door.open() as shell:
        key = which(shell, split(words)[0])
        seen(shell.app, shell.actor, key)
        if not at_terminal() or shell.json:
            _show_first(shell, key)
            return
        passed: set[str] = set()
        while step := _first(shell, key, passed):
            shell.say("", *_step_lines(shell, step), *_question_lines(shell, key))
            sys.stderr.write("[d]one, [s]kip, [n]ext, [q]uit: ")
            sys.stderr.flush()
            answer = sys.stdin.readline().strip().lower()[:1]
            if answer in ("q", ""):
                return
            if answer == "n":
                passed.add(step.id)
            elif answer in ("d", "s"):
                _act(shell, key, step, answer)
        shell.say("No step is left that can be done now. tocsin card says what the incident waits for.")


def _first(shell: Shell, key: str, passed: set[str]) -> Any:
    """The step to show: this person's own before anybody else's, without those passed over."""
    from tocsin.views.steps import in_order, is_theirs, steps

    incident = shell.app.incident(key)
    ready = [step for step in in_order(steps(shell.app, incident)) if step.id not in passed]
    own = (step for step in ready if is_theirs(step, incident, shell.actor))
    return next(own, None) or next(iter(ready), None)


def _show_first(shell: Shell, key: str) -> None:
    from dataclasses import asdict

    from tocsin.views.duties import owed

    step = _first(shell, key, set())
    ask = owed(shell.app, shell.app.incident(key), shell.app.now()).next_question
    shell.say(*(_step_lines(shell, step) if step else ["No step is left that can be done now."]))
    shell.say(*_question_lines(shell, key))
    shell.give({"key": key, "step": asdict(step) if step else None, "question": asdict(ask) if ask else None})


def _step_lines(shell: Shell, step: Any) -> list[str]:
    due = f", by {shell.at(step.due_at)}" if step.due_at else ""
    lines = [
        bold(f"{step.id} {clean(step.title)}"),
        f"    {clean(step.text)}",
        f"    {step.role.replace('-', ' ')}, {step.phase}{', gate' if step.gate else ''}{due}",
    ]
    if step.warning:
        lines.append(f"    CAREFUL: {clean(step.warning)}")
    if step.wants:
        needed = " (needed)" if step.wants_required else ""
        lines.append(f"    evidence{needed}: {clean(step.wants)}")
    return lines


def _question_lines(shell: Shell, key: str) -> list[str]:
    from tocsin.cli.knowing import usual_line
    from tocsin.views.duties import owed
    from tocsin.views.opening import usual

    incident = shell.app.incident(key)
    ask = owed(shell.app, incident, shell.app.now()).next_question
    lines = [ask_line(ask)] if ask else []
    answers = usual(shell.app, incident)
    return [*lines, usual_line(answers)] if answers else lines


def _act(shell: Shell, key: str, step: Any, answer: str) -> None:
    """Tick or skip the step; what is refused is said, and the walk goes on."""
    from tocsin import actions
    from tocsin.cli.aftermath import changed

    try:
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
