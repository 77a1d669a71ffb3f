"""`tocsin send`: the approved letters leave.

The sending runs in this process under the job's lease, so that nothing else has to be alive. Interrupted, it stops
between two letters, says so in the timeline, and goes on when asked again, or when the bell looks.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from cyclopts import Parameter

from tocsin.cli.aftermath import say_again, settled
from tocsin.cli.alone import confirm_read, lone_lines_of
from tocsin.cli.closing import Yes
from tocsin.cli.console import (
    CHANGING,
    UNREACHED,
    Because,
    Changing,
    Flag,
    Shell,
    Words,
    need_yes,
)
from tocsin.cli.course import course_lines, course_values
from tocsin.cli.incidents import split, which
from tocsin.domain.errors import Refused, WrongUsage

#: Seconds between two looks at the ledger: for the bar, and for a sending that another worker does.
_LOOK = 0.2


def send(
    *words: Words,
    yes: Yes = False,
    alone: Annotated[
        Flag,
        Parameter(
            help="Without the approvals needed: as deputy in the last hours, or where life is in danger."
        ),
    ] = False,
    break_glass: Annotated[
        Flag, Parameter(help="Without the approvals needed, at any time, for a reason. Countersigned later.")
    ] = False,
    digest: Annotated[
        str | None, Parameter(help="With these two: the digest that you read in the preview.")
    ] = None,
    because: Annotated[Because, Parameter(help="Why it must leave now; --break-glass needs it.")] = "",
    door: Changing = CHANGING,
) -> int:
    """Let the approved letters leave; said again, an interrupted sending goes on."""
    from tocsin import actions
    from tocsin.actors import need
    from tocsin.domain.approving import RELEASERS
    from tocsin.engine.letters import drafted
    from tocsin.views.access import seen

    lone = alone or break_glass
    if (digest or because) and not lone:
        raise WrongUsage("--digest and --because go with --break-glass or --alone")
    named, (notice,) = split(words, "NOTICE")
    with door.open() as shell:
        key = which(shell, named)
        state = drafted(shell.app, seen(shell.app, shell.actor, key), notice)
        if state.mark == "paused":
            raise Refused(f"{notice} is paused; tocsin resume {key} {notice}")
        rights = _Alone(alone, break_glass, digest, because or None)
        if state.mark in ("released", "sending", "sent"):
            _say_released(shell, key, notice, rights, door.key)
        elif lone:
            _release_alone(shell, key, notice, rights, door.key)
        else:
            question = f"send {notice} to {state.recipients:,} people"
            _show(shell, key, notice)
            need_yes("send", key, question, named=named is not None, yes=yes)
            settled(shell, actions.release(shell.app, shell.actor, key, notice, command=door.key))
        if state.mark in ("released", "sending"):
            need(shell.actor, shell.app.incident(key), *RELEASERS)
        interrupted = _carry(shell, key, notice)
        return _report(shell, key, notice, interrupted=interrupted)


@dataclass(frozen=True)
class _Alone:
    """By which right one person lets it leave, if by one: what was typed for it."""

    alone: bool
    break_glass: bool
    digest: str | None
    because: str | None


def _release_alone(shell: Shell, key: str, notice: str, rights: _Alone, command: str | None) -> None:
    from tocsin import actions

    said = asdict(rights) | {"digest": rights.digest or confirm_read(shell, key, notice)}
    settled(shell, actions.release(shell.app, shell.actor, key, notice, **said, command=command))


def _say_released(shell: Shell, key: str, notice: str, rights: _Alone, command: str | None) -> None:
    """Nothing is left to release: a key that said something else is refused all the same."""
    from tocsin.actions.asking import command_of, first_answer
    from tocsin.actions.releasing import asked_of

    lone = rights.alone or rights.break_glass
    said = asked_of(notice, rights.break_glass, rights.digest, rights.because, lone=lone)
    if done := first_answer(shell.app, shell.actor, key, command_of(command, "send", said)):
        say_again(shell, done)


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
    """Ctrl-C, or SIGTERM, asks for a stop between two letters; a second one does not wait."""
    stop = threading.Event()

    def ask(number: int, frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, heard in before.items():
            signal.signal(number, heard)


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
    shell.say(*course_lines(shell, key, found), *lone_lines_of(shell, key, notice))
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
