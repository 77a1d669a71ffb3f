"""Verbs that keep something running: the house, the bell, a drill."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from tocsin.cli.console import Flag, Words, alarm, clean
from tocsin.domain.errors import WrongUsage

if TYPE_CHECKING:
    from tocsin.settings import Settings
    from tocsin.up import Part

#: Seconds between two looks at whether all parts are well.
_LOOK = 1.0
_LAST_PORT = 65535


def bell() -> None:
    """Deliver, advance and wake, every second or two, until stopped."""
    from tocsin.app import open_app
    from tocsin.logs import configure
    from tocsin.rounds import run
    from tocsin.settings import load_settings

    settings = load_settings()
    configure(settings)
    app = open_app(settings)
    try:
        run(app)
    finally:
        app.close()


def slack() -> None:
    """Listen to Slack, by Socket Mode or HTTP as tocsin.toml says, until stopped."""
    from tocsin.app import open_app
    from tocsin.logs import configure
    from tocsin.settings import load_settings
    from tocsin.slackapp.serving import run

    settings = load_settings()
    configure(settings)
    app = open_app(settings)
    try:
        run(app, lambda words: _say(clean(words)))
    finally:
        app.close()


def up(
    demo: Annotated[Flag, Parameter(help="A home of its own that reaches nobody real.")] = False,
    port: Annotated[int | None, Parameter(help="Where Prefect listens.")] = None,
    bell: Annotated[bool, Parameter(help="Keep the bell too; --no-bell where it is kept elsewhere.")] = True,
) -> None:
    """Everything for one machine: database, Prefect, flow runner, bell. Stops what it started when it is stopped."""
    from tocsin.logs import configure
    from tocsin.up import started

    if port is not None and not 0 < port <= _LAST_PORT:
        raise WrongUsage(f"--port {port}: a port is a number from 1 to {_LAST_PORT}")
    with _told_to_stop() as stop, _kept(demo) as (settings, extra, mark):
        configure(settings)
        _prepare(settings)
        if demo:
            _say(f"{alarm('DEMO')}: reaches nobody real. For real: tocsin init")
        else:
            _say(f"{settings.mode.upper()} {clean(settings.home)}")
        _say(f"ok database {clean(settings.home)}")
        with started(settings, port=port, bell=bell, extra=extra, mark=mark) as house:
            stop.heed()
            _say(*(_line(part) for part in house.parts()))
            _say(
                f"dashboard {house.dashboard_url}   log in with what stands in {clean(house.ground.auth_file)}"
            )
            if demo:
                from tocsin.cli.demo import leaked_tokens

                _say(f"Next, in another shell: export TOCSIN_CONFIG={clean(extra['TOCSIN_CONFIG'])}")
                _say("    tocsin declare 'Token in a public repository' --as linh")
                _say(f"    tocsin scope --token @{clean(leaked_tokens(settings.home))} --as giang")
            shown = set(house.parts())
            while not stop.wait(_LOOK):
                parts = house.parts()
                _say(*(_line(part) for part in parts if part not in shown))
                shown = set(parts)
            _say("stopping")


@contextmanager
def _kept(demo: bool) -> "Iterator[tuple[Settings, dict[str, str], str]]":
    """The settings of the house, what its parts are told beside them, and the keeper's mark: nobody else is at work."""
    if demo:
        from tocsin.cli.demo import demo_home

        for name in [name for name in os.environ if name.startswith("TOCSIN_")]:
            # What this machine's own house is told is not for a demo.
            del os.environ[name]
        with demo_home() as (settings, config, mark):
            yield settings, {"TOCSIN_CONFIG": str(config)}, mark
        return
    from tocsin.settings import load_settings
    from tocsin.up.keeping import kept

    settings = load_settings()
    with kept(settings.home) as mark:
        yield settings, {}, mark


def _prepare(settings: "Settings") -> None:
    """The database and its schema, before several parts ask for it at once."""
    from tocsin.app import open_app

    open_app(settings).close()


class _Stop:
    """What SIGTERM and SIGINT do. They cut short whatever is going on; once it waits for them, they end the wait."""

    def __init__(self) -> None:
        self._told = threading.Event()
        self._waits = False
        self._status = 0

    def wait(self, seconds: float | None = None) -> bool:
        """Whether we were told to stop, after so many seconds at the latest."""
        self.heed()
        self._waits = True
        return self._told.wait(seconds)

    def heed(self) -> None:
        """Stop now if we were told to and it was lost: Python drops what is raised while it collects garbage."""
        if self._told.is_set() and not self._waits:
            raise SystemExit(self._status)

    def hear(self, number: int, _: object) -> None:
        """Only the first one cuts short: the next ones would cut short the stopping."""
        first = not self._told.is_set()
        self._told.set()
        self._status = self._status or 128 + number
        if first and not self._waits:
            raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(self._status)


@contextmanager
def _told_to_stop() -> Iterator[_Stop]:
    """SIGTERM and SIGINT are heard for as long as the block lasts, from its first line on."""
    stop = _Stop()
    before = {number: signal.signal(number, stop.hear) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, deed in before.items():
            signal.signal(number, deed)


def _line(part: "Part") -> str:
    return f"{'ok' if part.well else alarm('FAIL')} {part.name} {part.words}"


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def drill(
    *words: Words,
    seed: Annotated[int, Parameter(help="The same seed, the same timeline hashes and papers.")] = 1,
    live: Annotated[Flag, Parameter(help="Through a real Prefect server, worker and bell.")] = False,
    keep: Annotated[Flag, Parameter(help="live: leave everything up until stopped.")] = False,
    out: Annotated[Path | None, Parameter(help="Where artefacts land; a fresh folder if left out.")] = None,
) -> None:
    """A whole incident on a leaping clock. Nothing leaves this machine."""
    if len(words) > 1:
        raise WrongUsage("expected [TYPE]")
    if keep and not live:
        raise WrongUsage("--keep goes with --live: a plain drill starts nothing that could be kept")
    from tocsin.drill.run import run_drill

    type_id = words[0] if words else "credential-leak"
    with _told_to_stop() as stop:

        def wait() -> None:
            _say("Everything stays up. Ctrl-C stops it.")
            stop.wait()

        run_drill(type_id=type_id, seed=seed, live=live, keep=keep, out=out, say=_say, wait=wait)
