"""One drill home with a small world and sinks, and what the tests of flows want to know about it."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from tocsin import actions
from tocsin.actions.declaring import Declaration
from tocsin.actors import Actor, at_the_shell
from tocsin.app import App, open_app
from tocsin.domain.escalation import next_call_at
from tocsin.domain.fold import fold
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import DeadlineWarned, Paged
from tocsin.domain.plan import plan
from tocsin.domain.timeline import Entry
from tocsin.drill.live import written
from tocsin.drill.stage import BEGINNING, prepare_world, settings_for, sinks, sources_file
from tocsin.drill.world import World
from tocsin.engine import peek
from tocsin.settings import Bell, Prefect
from tocsin.sinks.mail import MailSink
from tocsin.sinks.slack import SlackSink
from tocsin.storage import clock, tables, timeline
from tocsin.storage.runs import Runs
from tocsin.up import Household
from tocsin.up.child import Child
from tocsin.up.ground import free_port
from tocsin.wake import WATCH_LOST

#: Seconds that a process may take for what it does in its own time. A `watch` whose runner was killed is given up only
#: after WATCH_LOST.
PATIENCE = WATCH_LOST.total_seconds() + 60
#: Seconds between two rounds of the bell.
INTERVAL = 0.5
#: A call or a warning comes within the bell's interval, and what a busy machine adds. Ladders count in minutes.
ON_TIME = timedelta(seconds=INTERVAL + 10)
#: Where our own people are written to.
HOUSE = "@streamonapi.example"
SMALL = {"customers": 120, "log_lines": 2_000, "leaked": 20}


@dataclass
class Place:
    """One home with its sinks, and what a test wants to know about it."""

    app: App
    out: Path
    world: World
    mail: MailSink
    slack: SlackSink
    config: Path
    house: Household | None = None
    api: httpx.Client | None = None
    _bell: Child | None = field(default=None, repr=False)

    @property
    def bell(self) -> Child:
        """The bell as a process of its own, which the household does not keep."""
        if self._bell is None:
            worker = self.worker
            log = worker.log.with_name("bell.log")
            command = [sys.executable, "-m", "tocsin", "bell"]
            self._bell = Child("bell", command, worker.environment, log, worker.folder, leashed=True)
        return self._bell

    @property
    def worker(self) -> Child:
        assert self.house is not None
        return self.house.children["worker"]

    @property
    def server(self) -> Child:
        assert self.house is not None
        return self.house.children["server"]

    @property
    def runs(self) -> Runs:
        return Runs(self.app.database)

    # --- what people do, and the clock

    def who(self, person: str) -> Actor:
        return at_the_shell(self.app, person)

    def declare(self, title: str = "Keys in a public repository") -> str:
        what = Declaration(title, "credential-leak", drill=True)
        return actions.declare(self.app, self.who("linh"), what).incident.key

    def answer(self, key: str, *people: str) -> None:
        for person in people:
            actions.ack(self.app, self.who(person), key)

    def leap(self, moment: datetime) -> None:
        """Set the clock of the home; it runs on from there."""
        with self.app.database.write() as connection:
            clock.set_offset(connection, moment - self.app.clock())

    def leap_to_next_call(self, key: str) -> None:
        """Set the clock to the moment at which somebody else is called for an incident that nobody answers."""
        call = next_call_at(self.incident(key), self.app.catalog.contacts, self.app.now())
        assert call is not None
        self.leap(call)

    # --- what our own database tells

    def incident(self, key: str) -> Incident:
        return self.app.incident(key)

    def entries(self, key: str) -> list[Entry]:
        with self.app.database.read() as connection:
            return timeline.entries(connection, key)

    def pages(self, key: str) -> int:
        """How many calls went out."""
        return len(self.incident(key).pages)

    def executions(self, key: str) -> int:
        with self.app.database.read() as connection:
            return connection.scalar(select(tables.run.c.execution).where(tables.run.c.incident == key)) or 0

    def lateness(self, key: str) -> dict[str, timedelta]:
        """For each call and each warning of a deadline, how long after its due moment it was recorded.

        Both moments are the incident's own. The due one is found again from the timeline: the first moment at which
        the plan of what was known then asked for it.
        """
        entries, asked = self.entries(key), dict[str, datetime]()
        catalog = self.app.catalog_of(self.incident(key))
        for number, entry in enumerate(entries, 1):
            state, now = fold(entries[:number]), entry.recorded_at
            last = entries[number].recorded_at if number < len(entries) else entry.recorded_at
            while now is not None and now <= last:
                found = plan(state, catalog, now)
                for move in found.moves:
                    asked.setdefault(move.key, now)
                now = found.wake_at  # type: ignore[assignment]
        urgent = [entry for entry in entries if isinstance(entry.body, Paged | DeadlineWarned)]
        return {e.command_key or "": e.recorded_at - asked[e.command_key or ""] for e in urgent}

    # --- what Prefect tells

    def run_of(self, key: str) -> dict[str, Any]:
        """The flow run that shows an incident, as Prefect tells it."""
        with self.app.database.read() as connection:
            run = connection.scalar(select(tables.run.c.flow_run_id).where(tables.run.c.incident == key))
        return self.run(run) if run else {}

    def run(self, flow_run: str) -> dict[str, Any]:
        """A flow run, as Prefect tells it; nothing while Prefect is away."""
        try:
            return dict(self.asked("GET", f"flow_runs/{flow_run}"))
        except httpx.TransportError:
            return {}

    def asked(self, method: str, path: str, body: object = None) -> Any:
        """What Prefect answers to a question. While its SQLite is busy it says 503, and is asked again."""
        assert self.api is not None
        for _ in range(20):
            answer = self.api.request(method, path, json=body)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(0.5)
        return answer.raise_for_status().json()

    def state_of(self, key: str) -> tuple[str, str]:
        state = self.run_of(key).get("state") or {}
        return state.get("type", ""), state.get("name", "")

    def phases_of(self, key: str) -> list[tuple[str, str]]:
        """Name and state of the subflows of an incident's run."""
        wanted = {"flow_runs": {"parent_flow_run_id": {"any_": [self.run_of(key)["id"]]}}}
        found = self.asked("POST", "flow_runs/filter", wanted)
        return [(each["name"], each["state"]["type"]) for each in found]

    def parked(self, key: str) -> bool:
        """Parked in our book and in Prefect, with nothing left to do."""
        return (
            self.runs.parked(key)
            and not peek(self.app, key).plan.moves
            and self.state_of(key)[1].startswith("Waiting: ")
        )

    # --- what arrived

    def letters(self) -> list[str]:
        """The Message-IDs of mails to customers."""
        return self._mails(lambda recipient: not recipient.endswith(HOUSE))

    def told(self) -> list[str]:
        """What identifies each message that reached our own people, mail and Slack."""
        posts = [str((each.metadata or {}).get("event_payload")) for each in self.slack.messages]
        return self._mails(lambda recipient: recipient.endswith(HOUSE)) + posts

    def _mails(self, to: Callable[[str], bool]) -> list[str]:
        wanted = [mail for mail in self.mail.messages if to(mail.recipients[0])]
        return [str(message_from_bytes(mail.content)["Message-ID"]) for mail in wanted]

    # --- waiting

    def comes(self, what: Callable[[], object], seconds: float = 10.0) -> bool:
        """Whether something comes about in a short while."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if what():
                return True
            time.sleep(0.01)
        return False

    def until(self, what: Callable[[], object], saying: str, every: float = 0.1) -> None:
        """Wait for something that a process does in its own time."""
        deadline = time.monotonic() + PATIENCE
        while not what():
            assert time.monotonic() < deadline, saying
            time.sleep(every)


@contextmanager
def a_place(out: Path) -> Iterator[Place]:
    """A home whose Prefect is not up yet."""
    world = prepare_world(out / "world", 1, **SMALL)
    with sinks(out, lambda: app.now()) as (mail, slack):
        home, port = out / "home", free_port()
        prefect = Prefect(
            url=f"http://127.0.0.1:{port}/api", auth_file=home / "prefect" / "auth", port=port, linger=0.5
        )
        settings = settings_for(home, mail, slack, sources=sources_file(out / "world"), prefect=prefect)
        settings = settings.model_copy(update={"bell": Bell(interval=INTERVAL)})
        with closing(open_app(settings)) as app:
            place = Place(app, out, world, mail, slack, written(out / "tocsin.toml", settings))
            place.leap(BEGINNING)
            yield place


def kill(pid: int | None) -> None:
    """End a process group as a power cut would."""
    assert pid is not None
    os.killpg(pid, signal.SIGKILL)


def assert_on_time(place: Place, key: str, *, at_least: int) -> None:
    """No call and no warning is late, and there were so many at least."""
    late = place.lateness(key)
    assert len(late) >= at_least
    assert {move: by for move, by in late.items() if by > ON_TIME} == {}


def assert_nothing_twice(place: Place) -> None:
    """None of our own people was told anything twice."""
    told = place.told()
    assert told
    assert len(told) == len(set(told))
