"""The live stage: a real Prefect server, worker and bell on loopback do the work; the drill only leaps the clock.

The clock's offset lives in the drill's own database, where all its processes read it. A leap waits until nothing is in
flight: no message on the wire, no job in hand, no move due. A run that wakes only to show what is new holds it up no
more than it holds up life; at the end the drill waits until the run has seen the last entry and completed.
"""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from tocsin.app import App, open_app, real_now
from tocsin.domain.errors import TocsinError
from tocsin.drill.stage import (
    BEGINNING,
    TOKEN,
    entropy,
    prepare_world,
    settings_for,
    sinks,
    sources_file,
    without_environment,
)
from tocsin.drill.telling import Say
from tocsin.drill.world import World
from tocsin.settings import Prefect, Settings, load_settings
from tocsin.sinks.mail import MailSink
from tocsin.sinks.slack import SlackSink
from tocsin.storage import clock as stored_clock
from tocsin.storage import jobs, ledger, outbox, timeline
from tocsin.storage.runs import Runs
from tocsin.storage.waiting import next_due
from tocsin.up.ground import free_port
from tocsin.up.household import started

#: Seconds between two looks at whether everything rests, and how long that may take.
LOOK, PATIENCE = 0.1, 180.0
#: Seconds between two looks of the worker: a drill has no hours to lose.
POLL = 0.25
#: Seconds for which a run lingers: in a drill the next act is near, and to start a process anew takes longer.
LINGER = 3.0


class Restless(TocsinError):
    """Something stayed in flight; the line says what."""


@dataclass
class LiveStage:
    """A home in which others do the work."""

    app: App
    out: Path
    world: World
    mail: MailSink
    slack: SlackSink

    def settle(self) -> None:
        """Wait until nothing is in flight. Raises Restless with what is, after three minutes."""
        self._wait(self._busy)

    def finish(self) -> None:
        """Wait until every run has seen the last entry of its incident, and has parked or ended."""
        self._wait(lambda: self._busy() or self._behind())

    def _wait(self, look: Callable[[], str | None]) -> None:
        until = time.monotonic() + PATIENCE
        while (busy := look()) is not None:
            if time.monotonic() > until:
                raise Restless(
                    f"the drill does not come to rest: {busy}; see {self.app.settings.home / 'log'}"
                )
            time.sleep(LOOK)

    def leap(self, moment: datetime) -> None:
        """Set the shared clock forward; it runs on from there."""
        with self.app.database.write() as connection:
            stored_clock.set_offset(connection, moment - real_now())

    def _busy(self) -> str | None:
        """The first thing that is in flight, or None."""
        now, clock = self.app.now(), self.app.clock()
        with self.app.database.read() as connection:
            due = next_due(connection, now)
            if outbox.in_flight(connection) or (due is not None and due <= now):
                return "a message in the outbox"
            if ledger.in_flight(connection):
                return "a letter"
            if jobs.held(connection, clock):
                return "a long job"
            found = timeline.due(connection, now)
        return f"a move of {found[0][0]}" if found else None

    def _behind(self) -> str | None:
        runs = Runs(self.app.database)
        with self.app.database.read() as connection:
            keys = [row["key"] for row in timeline.listed(connection)]
        key = next((key for key in keys if not runs.parked(key)), None)
        return f"the run of {key}" if key else None


@contextmanager
def live_stage(
    out: Path, seed: int, say: Say, *, customers: int, log_lines: int, leaked: int
) -> Iterator[LiveStage]:
    """Everything is started here and stopped at the end; it lies under `out`, Prefect's own home included."""
    began = time.monotonic()
    with (
        sinks(out, lambda: app.now()) as (mail, slack),
        without_environment(),
        ThreadPoolExecutor(1) as builder,
    ):
        # The world is made while Prefect's server builds its database.
        building = builder.submit(
            prepare_world, out / "world", seed, customers=customers, log_lines=log_lines, leaked=leaked
        )
        prefect = Prefect(linger=LINGER)
        settings = settings_for(
            out / "home", mail, slack, sources=sources_file(out / "world"), prefect=prefect
        )
        config = written(out / "tocsin.toml", settings)
        app = replace(open_app(load_settings(config), entropy=entropy(seed)), in_order=True)
        house = started(
            settings,
            port=free_port(),
            poll=POLL,
            look_at_once=False,
            leashed=True,
            extra={"TOCSIN_CONFIG": str(config)},
        )
        with closing(app), house as kept:
            stage = LiveStage(app, out, building.result(), mail, slack)
            say(f"Prefect, worker and bell are up in {time.monotonic() - began:.1f} s: {kept.dashboard_url}")
            say(f"Log in there with what stands in {kept.ground.auth_file}")
            stage.leap(BEGINNING)
            yield stage


def written(path: Path, settings: Settings) -> Path:
    """A drill home's settings as a file, which server, worker, bell and every flow run read."""
    token = path.with_name("slack-token")
    token.write_text(TOKEN + "\n", encoding="utf-8")
    tables = {
        "": {"mode": settings.mode, "home": str(settings.home), "sources": str(settings.sources)},
        "mail": settings.mail.model_dump(include={"host", "port", "tls", "connections", "after_dot"}),
        "slack": {"token_file": str(token), "base_url": settings.slack.base_url},
        "prefect": {"linger": settings.prefect.linger},
        "bell": settings.bell.model_dump(),
        "ledger": settings.ledger.model_dump(),
    }
    lines = []
    for name, values in tables.items():
        lines += [f"\n[{name}]"] if name else []
        # A JSON string or number is a TOML one.
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
