"""The desk at which RUNBOOK.md is played: a house, and a person in front of it who types what the book says.

The house is in drill mode, so that one account may speak for several people: a line such as `# DPO:` says who types
what follows. Commands run in this process, as fast as they can; lines that need a shell run in a real one.
"""

import io
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.app import App, open_app
from tocsin.bell import ring
from tocsin.cli import main
from tocsin.settings import load_settings
from tocsin.sinks.mail import MailSink
from tocsin.sinks.slack import SlackSink
from tocsin.storage import clock as stored_clock

#: Who of the sample company types what stands under such a line.
CAST = {
    "first on call": "linh",
    "second on call": "minh",
    "DPO": "an",
    "accountable officer": "bao",
    "counsel": "chi",
    "operations": "dung",
    "investigation": "giang",
    "anybody": "khoa",
}
#: Verbs that nobody in particular says.
_NOBODYS = ("watchdog", "init", "law", "bell", "up", "drill")
#: Where the book says that things stand, and where they stand below a desk.
_PLACES = {"/etc/tocsin": "etc", "/var/lib/tocsin": "var", "/srv": "srv"}
_PLACE = re.compile("|".join(_PLACES))
_SHELL = re.compile(r"[|<>&;*`(]")
_NOTE = re.compile(r"^(?P<command>.*?)\s+#\s*(?:exit (?P<status>\d))?\s*(?:->\s*(?P<words>.+))?$")


@dataclass(frozen=True)
class Line:
    """One line of a block: who types it, what is typed, and how the book says that it ends."""

    number: int
    who: str
    command: str
    status: int = 0
    words: str | None = None


def lines_of(block: str, first: int) -> Iterator[Line]:
    """The commands of a block whose first line has the number `first`. A comment line names who types."""
    who = "first on call"
    for number, text in enumerate(block.splitlines(), first):
        if text.startswith("#"):
            who = text.lstrip("# ").rstrip(":")
        elif text.strip():
            found = _NOTE.match(text)
            if found and (found["status"] or found["words"]):
                yield Line(number, who, found["command"], int(found["status"] or 0), found["words"])
            else:
                yield Line(number, who, text)


class Typist(io.TextIOBase):
    """A person at the terminal, who types what the prompt asks for, and `q` where it leaves the choice."""

    def __init__(self, screen: io.StringIO) -> None:
        self._screen = screen

    def isatty(self) -> bool:
        """Somebody sits here."""
        return True

    def readline(self, size: int | None = -1) -> str:  # type: ignore[override]
        """What is typed at the prompt that stands on the screen."""
        asked = re.search(r"Type (\S+): $", self._screen.getvalue())
        return f"{asked[1]}\n" if asked else "q\n"


@dataclass
class Desk:
    """One home below `root`, and somebody in front of it."""

    root: Path
    mail: MailSink
    slack: SlackSink
    patch: pytest.MonkeyPatch
    #: Whether somewhere the bell rings, as it does in a house that is well.
    bell: bool = True
    #: The largest size of a file, in blocks of 512 bytes: how this machine's disk is made full.
    disk: int | None = None
    #: What `export NAME=...` sets, whatever example the book gives.
    exports: dict[str, str] = field(default_factory=dict)
    shells: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.root / "etc" / "tocsin.toml"

    @contextmanager
    def app(self) -> Iterator[App]:
        """The home, looked at from beside the command line."""
        with closing(open_app(load_settings())) as app:
            yield app

    def ring(self) -> None:
        """One round of the bell, which runs for ever elsewhere."""
        with self.app() as app:
            ring(app)

    def sit_down(self) -> None:
        """This process is a shell at the desk, with nothing else in its environment."""
        for name in [name for name in os.environ if name.startswith("TOCSIN_")]:
            self.patch.delenv(name)
        self.patch.setenv("TOCSIN_CONFIG", str(self.config))
        # What nobody expected shall fail the test where it happens.
        self.patch.setenv("TOCSIN_DEBUG", "1")
        self.patch.setenv("PATH", f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}")
        self.patch.chdir(self.root / "desk")

    def say(self, words: str, by: str = "linh") -> str:
        """A command that must succeed; returns what it said."""
        status, said = self._here(shlex.split(f"tocsin {words}"), by)
        assert status == 0, said
        if self.bell:
            self.ring()
        return said

    def say_badly(self, words: str, by: str, status: int) -> str:
        """A command that ends with this status, and that no bell follows; returns what it said."""
        ended, said = self._here(shlex.split(f"tocsin {words}"), by)
        assert ended == status, said
        return said

    def until(self, what: Callable[[], bool], saying: str) -> None:
        """Wait for something that another process does in its own time."""
        deadline = time.monotonic() + 60
        while not what():
            assert time.monotonic() < deadline, saying
            time.sleep(0.1)

    def leap(self, **span: float) -> None:
        """Let the home's clock leap."""
        with self.app() as app, app.database.write() as connection:
            offset = stored_clock.offset(connection)
            stored_clock.set_offset(connection, offset + timedelta(**span))

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a line of a file below /etc/tocsin."""
        path = self.root / "etc" / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def play(self, line: Line) -> None:
        """Type a line of the book, and see that it ends as the book says."""
        where = f"RUNBOOK.md:{line.number}: {line.command}"
        command = _PLACE.sub(lambda place: str(self.root / _PLACES[place[0]]), line.command)
        words = shlex.split(command)
        if words[0] == "export":
            name, _, example = words[1].partition("=")
            self.patch.setenv(name, self.exports.get(name, example))
            return
        if words[0] != "tocsin" or _SHELL.search(re.sub(r"'[^']*'|\"[^\"]*\"", "", command)) or self.disk:
            status, said = self._shell(command)
        else:
            status, said = self._here([os.path.expandvars(word) for word in words], CAST[line.who])
        assert status == line.status, f"{where}\nexit {status}, not {line.status}:\n{said}"
        if line.words:
            assert _flat(line.words) in _flat(said), f"{where}\nsays nothing of {line.words!r}:\n{said}"
        if self.bell:
            self.ring()

    def _here(self, words: list[str], who: str) -> tuple[int, str]:
        """Run a command in this process, at a terminal."""
        screen, before = io.StringIO(), sys.stdin
        as_ = [] if words[1:2] and words[1] in _NOBODYS else ["--as", who]
        sys.stdin = Typist(screen)
        try:
            with redirect_stdout(screen), redirect_stderr(screen):
                status = main([*words[1:], *as_])
        finally:
            sys.stdin = before
        return status, screen.getvalue()

    def _shell(self, command: str) -> tuple[int, str]:
        """Run a line in a shell; what it leaves running ends with the desk."""
        for word in shlex.split(command):
            assert not word.startswith("/") or Path(word).is_relative_to(self.root), (
                f"{word} is not of this house"
            )
        log = self.root / "shell.log"
        with log.open("wb") as output:
            shell = subprocess.Popen(
                ["/bin/sh", "-c", f"ulimit -f {self.disk}; {command}" if self.disk else command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            if command.endswith("&"):
                self.shells.append(shell)
            status = shell.wait(60)
        return status, log.read_text(encoding="utf-8")

    def leave(self) -> None:
        """End what lines with `&` left running."""
        for shell in self.shells:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGTERM)


def _flat(text: str) -> str:
    return " ".join(text.split())
