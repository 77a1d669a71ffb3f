"""`tocsin send`: the approved letters leave.

The sending runs in this process under the job's lease, so that nothing else has to be alive. Interrupted, it stops
between two letters, says so in the timeline, and goes on when asked again, or when the bell looks.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from tocsin.cli.aftermath import say_again, settled
from tocsin.cli.closing import Yes
from tocsin.cli.console import (
    CHANGING,
    UNREACHED,
    Changing,
    Shell,
    Words,
    alarm,
    bold,
    clean,
    columns,
    labelled,
    need_yes,
)
from tocsin.cli.incidents import split, which
from tocsin.cli.moments import in_zone
from tocsin.domain.errors import Refused

#: Seconds between two looks at the ledger: for the bar, and for a sending that another worker does.
_LOOK = 0.2


def send(*words: Words, yes: Yes = False, door: Changing = CHANGING) -> int:
    """Let the approved letters leave; said again, an interrupted sending goes on."""
    from tocsin import actions
    from tocsin.actions.asking import command_of, first_answer
    from tocsin.actors import need
    from tocsin.domain.notice import RELEASERS
    from tocsin.engine.letters import drafted
    from tocsin.views.access import seen

    named, (notice,) = split(words, "NOTICE")
    with door.open() as shell:
        key = which(shell, named)
        state = drafted(shell.app, seen(shell.app, shell.actor, key), notice)
        if state.mark == "paused":
            raise Refused(f"{notice} is paused; tocsin resume {key} {notice}")
        if state.mark not in ("released", "sending", "sent"):
            _show(shell, key, notice)
            question = f"send {notice} to {state.recipients:,} people"
            need_yes("send", key, question, named=named is not None, yes=yes)
            settled(shell, actions.release(shell.app, shell.actor, key, notice, command=door.key))
        else:
            # Nothing is left to release: a key that said something else is refused all the same.
            asked = command_of(door.key, "send", [notice])
            if done := first_answer(shell.app, shell.actor, key, asked):
                say_again(shell, done)
        if state.mark in ("released", "sending"):
            need(shell.actor, shell.app.incident(key), *RELEASERS)
        interrupted = _carry(shell, key, notice)
        return _report(shell, key, notice, interrupted=interrupted)


def _show(shell: Shell, key: str, notice: str) -> None:
    from tocsin.cli.notices import summary
    from tocsin.views.letters import preview

    shell.say(*summary(shell, preview(shell.app, shell.actor, shell.app.incident(key), notice)))


def _carry(shell: Shell, key: str, notice: str) -> bool:
    """Do the sending's long jobs here until none is due. True when a person interrupted it."""
    from tocsin.domain.moves import FillLedger, SendLetters
    from tocsin.engine import advance, peek, perform, quick_only

    with _interruptible() as stop, _bar(shell, key, notice):
        while not stop.is_set():
            advance(shell.app, key, wanted=quick_only, holder="shell")
            moves = [
                move
                for move in peek(shell.app, key).plan.moves
                if isinstance(move, FillLedger | SendLetters) and move.notice == notice
            ]
            if not moves:
                break
            done = [perform(shell.app, key, move, holder="shell", stop=stop.is_set) for move in moves]
            if not any(done):
                stop.wait(_LOOK)  # another worker is at it: watch until it is through
    settled(shell, _nothing(shell, key))
    return stop.is_set()


def _nothing(shell: Shell, key: str) -> Any:
    from tocsin.record import Recorded

    return Recorded(shell.app.incident(key), ())


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Ctrl-C asks for a stop between two letters; a second one does not wait."""
    stop = threading.Event()

    def ask(number: int, frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bar(shell: Shell, key: str, notice: str) -> Iterator[None]:
    """A bar on a terminal, read from the ledger and not from our own counting; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from tocsin.views.sending import course

    columns_ = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    done = threading.Event()
    with Progress(*columns_, console=Console(stderr=True)) as bar:
        task = bar.add_task(notice, total=None)

        def look() -> None:
            found = course(shell.app, shell.app.incident(key), notice)
            bar.update(
                task,
                total=sum(found.counts.values()) - found.counts["possible_duplicates"] or None,
                completed=found.ended,
            )

        def watch() -> None:
            while not done.wait(_LOOK):
                look()

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            look()


def _report(shell: Shell, key: str, notice: str, *, interrupted: bool) -> int:
    from tocsin.views.sending import course

    incident = shell.app.incident(key)
    found = course(shell.app, incident, notice)
    shell.say(*course_lines(shell, key, found))
    if interrupted:
        shell.tell(
            f"interrupted between two letters. Go on: tocsin send {key} {notice}. "
            f"A running bell goes on by itself; tocsin pause {key} {notice} stops that"
        )
    elif found.mark in ("released", "sending") and found.resume_at:
        shell.tell(
            f"letters wait until {shell.at(found.resume_at)}; the bell goes on then, or tocsin send {key} {notice}"
        )
    shell.give({"key": key, "interrupted": interrupted} | course_values(found))
    return 0 if found.mark == "sent" and not found.unreached else UNREACHED


def course_values(found: Any) -> dict[str, Any]:
    """The same as plain values."""
    return asdict(found) | {"unreached": found.unreached}


def course_lines(shell: Shell, key: str, found: Any) -> list[str]:
    """How far a sending is, line by line."""
    from tocsin.domain.notice import unreached_words
    from tocsin.views.ways import ways_words

    lines = [bold(f"{found.notice}, edition {found.edition}: {found.mark}, {found.people:,} people")]
    lines += columns(
        [(f"  {state.replace('_', ' ')}", f"{count:>9,}") for state, count in found.counts.items() if count]
    )
    if found.ways:
        lines.append(labelled("REACHED", ways_words(found.ways)))
    if found.listed:
        lines.append(labelled("LISTED", f"{ways_words(found.listed)}; not yet told by it"))
    if found.slowed:
        why = clean(in_zone("; ".join(found.slowed), shell.app.zone, shell.app.now()))
        lines.append(labelled("SLOWED", why, urgent=found.mark == "paused"))
    if found.resume_at:
        lines.append(labelled("AGAIN", shell.at(found.resume_at)))
    if found.told_at:
        lines.append(labelled("TOLD", f"{shell.at(found.told_at)}, root {found.root[:12]}"))
    if found.unreached:
        lines.append(alarm(f"{unreached_words(found.unreached)}: tocsin ledger {key} {found.notice} --who"))
    ledger = f"tocsin ledger {key} {found.notice}"
    for count, what in (
        (
            found.untold,
            f"must be told otherwise: {ledger} --told-otherwise --by WAY; --list WAY makes a list",
        ),
        (found.undecided, f"held for a decision: {ledger} --exclude ID, or all --told-otherwise --held"),
        (found.unsupported, f"no longer supported by the scope: tocsin affected {key} --changes"),
    ):
        if count:
            lines.append(alarm(f"{count:,} of them {what}"))
    return lines
