"""Running a program: no shell, a time limit, as much output as is worth keeping, and nothing left behind.

The program leads a process group of its own, which is killed whole: at the time limit, when whoever waits is told to
stop, and when the program itself has ended. It sees no variable of ours but those given, no terminal, and no input
but what is said to it.
"""

import os
import pwd
import selectors
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from types import FrameType
from typing import IO, Literal

Outcome = Literal["succeeded", "failed", "timed-out", "interrupted", "not-started"]

#: Bytes of output that are kept; of more, the beginning.
MOST = 4 * 2**20
#: Where programs that a program calls are looked for.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: Seconds between asking a group to end and making it, and between two looks at the program.
GRACE, GLANCE = 2.0, 0.05


@dataclass(frozen=True)
class Ending:
    """How a program ended. `exit_code` is negative for a signal; `why` says what the system refused."""

    outcome: Outcome
    exit_code: int | None = None
    took: timedelta = timedelta(0)
    output: bytes = b""
    cut: bool = False
    why: str = ""


class _Stopped(Exception):
    """Somebody ended the process that waits for the program."""


def run_program(
    argv: Sequence[str],
    *,
    within: timedelta,
    environment: Mapping[str, str],
    said: bytes = b"",
    most: int = MOST,
) -> Ending:
    """Run a program to its end, or to its limit. Never raises for what the program does.

    `argv` begins with an absolute path. Output and errors are one stream, in the order in which they came.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tocsin-run-") as place, _told_to_stop(), _said(said) as words:
        try:
            running = subprocess.Popen(  # noqa: S603 - an argument list of the company's own; no shell
                argv,
                stdin=words,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=place,
                env={**_plain(), **environment},
                start_new_session=True,
            )
        except OSError as error:
            return Ending("not-started", why=f"{argv[0]}: {error.strerror or type(error).__name__}")
        output = _Output(most)
        cut_short: Outcome | None = None
        try:
            if not _ended_before(began + within.total_seconds(), running, output):
                cut_short = "timed-out"
        except _Stopped:
            cut_short = "interrupted"
        finally:
            code = _cleared(running, output)
    took = timedelta(seconds=time.monotonic() - began)
    outcome = cut_short or ("failed" if code else "succeeded")
    return Ending(outcome, code, took, bytes(output.kept), output.cut)


@contextmanager
def _said(words: bytes) -> Iterator[IO[bytes]]:
    """What the program reads: a file without a name, since a pipe would wait for one that does not read."""
    with tempfile.TemporaryFile() as file:
        file.write(words)
        file.seek(0)
        yield file


def _plain() -> dict[str, str]:
    """What every program may know: nothing of ours, and no secret."""
    home = "/"
    with suppress(KeyError):
        home = pwd.getpwuid(os.geteuid()).pw_dir
    return {"PATH": PATH, "HOME": home, "LANG": "C.UTF-8"}


@dataclass
class _Output:
    """What was printed, up to `most` bytes."""

    most: int
    kept: bytearray = field(default_factory=bytearray)
    cut: bool = False

    def drain(self, pipe: IO[bytes]) -> bool:
        """Take in some of what is there now; False at the end of the stream. It never waits, and always returns."""
        for _ in range(16):
            try:
                piece = os.read(pipe.fileno(), 65536)
            except BlockingIOError:
                return True
            if not piece:
                return False
            room = self.most - len(self.kept)
            self.cut = self.cut or len(piece) > room
            self.kept += piece[:room]
        return True


def _ended_before(until: float, running: "subprocess.Popen[bytes]", output: _Output) -> bool:
    """Wait for the end of the program itself; False when its time was up before."""
    assert running.stdout is not None
    os.set_blocking(running.stdout.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(running.stdout, selectors.EVENT_READ)
        listening = True
        while not _over(running.pid):
            left = until - time.monotonic()
            if left <= 0:
                return False
            if listening and selector.select(min(GLANCE, left)):
                listening = output.drain(running.stdout)
            elif not listening:
                time.sleep(min(GLANCE, left))
    return True


def _over(pid: int) -> bool:
    """Whether the program has ended. It is not reaped yet, so that its group keeps its number."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _cleared(running: "subprocess.Popen[bytes]", output: _Output) -> int | None:
    """End whatever of the group is left, take in its last words; the exit status of the program."""
    assert running.stdout is not None
    if not _over(running.pid):
        _signal(running.pid, signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        while not _over(running.pid) and time.monotonic() < deadline:
            output.drain(running.stdout)
            time.sleep(GLANCE)
    _signal(running.pid, signal.SIGKILL)
    running.wait()
    output.drain(running.stdout)
    running.stdout.close()
    return running.returncode


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


@contextmanager
def _told_to_stop() -> Iterator[None]:
    """While a program runs, Ctrl-C, SIGTERM and SIGHUP stop it, once, and let us write down that it was stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        raise _Stopped

    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for each in before:
        signal.signal(each, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
