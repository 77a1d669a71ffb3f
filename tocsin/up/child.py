"""One process that is kept alive: in a group of its own, restarted when it dies, stopped with all it started."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.up import leash

#: Seconds before a dead process is started again; doubled each time up to the longest, forgotten after a good while.
FIRST_REST, LONGEST_REST, GOOD_WHILE = 0.5, 30.0, 60.0
#: A log that is larger is set aside at the next start, in bytes.
LOG_SIZE = 10_000_000


@dataclass
class Child:
    """A command that should be running. What it prints goes to `log`."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    folder: Path
    #: Whether it ends with the thread that starts it, however that ends.
    leashed: bool = False
    starts: int = 0
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)
    _started: float = 0.0
    _rest: float = 0.0
    _dead_since: float | None = None

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def started(self) -> float:
        """When it was last started, on the monotonic clock."""
        return self._started

    def start(self) -> None:
        """Start it now."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_SIZE:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - the command is ours
                [*self._leash(), *self.command],
                env=dict(self.environment),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.starts += 1
        self._started, self._dead_since = time.monotonic(), None

    def revive(self) -> bool:
        """Start it, at once if it never ran, after a rest if it died. True when it was started."""
        if self.alive:
            return False
        if not self.starts:
            self.start()
            return True
        now = time.monotonic()
        if self._dead_since is None:
            self._dead_since = now
            lived = now - self._started
            self._rest = (
                FIRST_REST if lived > GOOD_WHILE else min(max(self._rest * 2, FIRST_REST), LONGEST_REST)
            )
            self._kill_group()
        if now - self._dead_since < self._rest:
            return False
        self.start()
        return True

    def stop(self, grace: float = 5.0) -> None:
        """Ask it to end, then end it with everything that it started."""
        if self._process is None:
            return
        if self.alive:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace)
        self._kill_group()
        self._process.wait()
        self._process = None

    def last_words(self, lines: int = 5) -> str:
        """The end of its log, for the message that says why it did not come up."""
        try:
            return " / ".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        except OSError:
            return "it said nothing"

    def _leash(self) -> list[str]:
        # -I: the script's own folder is no place to import from.
        return [sys.executable, "-I", leash.__file__, str(os.getpid())] if self.leashed else []

    def _kill_group(self) -> None:
        # The group outlives its leader: a worker that died leaves the flow runs that it had started.
        if self._process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
