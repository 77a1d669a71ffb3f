"""The stage of a drill: a home of its own, sinks on loopback instead of the world, and a clock that leaps.

The fence has two posts: the home is in drill mode, whose channels open to this machine only, and its settings are
made here, from nothing of the machine's own configuration.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from tocsin.actors import Actor, at_the_shell
from tocsin.app import App, open_app
from tocsin.bell import next_moment, ring
from tocsin.catalog import default_folders, load_catalog
from tocsin.drill.world import World, build_world
from tocsin.settings import Bell, Ledger, Mail, Settings, Slack
from tocsin.sinks.mail import MailSink
from tocsin.sinks.slack import SlackSink

#: When the drill's incident is declared: 02:40 in Ho Chi Minh City, on a public holiday.
BEGINNING = datetime.fromisoformat("2026-11-24T02:40:00+07:00")
#: What the sinks take for a workspace token.
TOKEN = "xoxb-drill"  # noqa: S105 - opens nothing


class Stage(Protocol):
    """Where a story is played: in one process, or with Prefect, worker and bell at work."""

    app: App
    out: Path
    world: World
    mail: MailSink
    slack: SlackSink

    def settle(self) -> None:
        """Let everything that is due happen, until nothing is in flight."""

    def leap(self, moment: datetime) -> None:
        """Set the clock forward, once nothing is in flight."""

    def finish(self) -> None:
        """Let everybody who looks at the incident see its end."""


def actor(stage: Stage, person: str) -> Actor:
    """One of the cast at a shell; only a fenced home allows it."""
    return at_the_shell(stage.app, person)


def until(stage: Stage, moment: datetime) -> None:
    """Let time pass, from one wake to the next: what becomes due on the way happens in its own hour.

    Whoever only looks on is not waited for: a run shows later what is new.
    """
    stage.settle()
    while (due := next_moment(stage.app)) is not None and due < moment:
        stage.leap(max(due, stage.app.now()))
        stage.settle()
    if moment > stage.app.now():
        stage.leap(moment)
    stage.settle()


@dataclass
class PlainStage:
    """The whole engine in one process, on a clock that stands still until it leaps."""

    app: App
    out: Path
    world: World
    mail: MailSink
    slack: SlackSink
    clock: "LeapingClock"
    most_rounds: int = 200

    def settle(self) -> None:
        """Ring the bell until nothing is due at this moment."""
        for _ in range(self.most_rounds):
            ring(self.app)
            due = next_moment(self.app)
            if due is None or due > self.app.now():
                return
        raise RuntimeError(f"the drill does not come to rest at {self.app.now()}")

    def leap(self, moment: datetime) -> None:
        """Set the clock forward."""
        self.clock.moment = moment

    def finish(self) -> None:
        """Nobody else looks."""
        self.settle()


@dataclass
class LeapingClock:
    """A clock that shows one moment until it is told another."""

    moment: datetime = BEGINNING

    def __call__(self) -> datetime:
        return self.moment


def entropy(seed: int) -> Callable[[int], bytes]:
    """Bytes that depend on the seed alone, for throwaway keys: the same seed, the same pseudonyms and hashes."""
    count = 0

    def draw(size: int) -> bytes:
        nonlocal count
        count += 1
        return hmac.digest(f"drill {seed}".encode(), count.to_bytes(8, "big"), hashlib.sha512)[:size]

    return draw


def settings_for(home: Path, mail: MailSink, slack: SlackSink, *, sources: Path, **more: object) -> Settings:
    """A drill home's settings, from nothing but the arguments."""
    return Settings.model_validate(
        {
            "mode": "drill",
            "home": home,
            "sources": sources,
            "mail": Mail(host="127.0.0.1", port=mail.port, tls="loopback-only", connections=1, after_dot=10),
            "slack": Slack(token=TOKEN, base_url=slack.base_url),
            "bell": Bell(interval=0.2),
            "ledger": Ledger(batch=20),
            **more,
        }
    )


def sources_file(folder: Path) -> Path:
    """Where the world in a folder is declared."""
    return folder / "sources.yaml"


def prepare_world(
    folder: Path, seed: int, *, found: datetime = BEGINNING, customers: int, log_lines: int, leaked: int
) -> World:
    """Logs up to the moment at which the theft is found, customers, leaked tokens, and the file that declares them."""
    found = found.astimezone(UTC)
    world = build_world(
        folder,
        seed,
        start=found - timedelta(days=3),
        end=found,
        since=found - timedelta(hours=30),
        until=found - timedelta(minutes=9),
        customers=customers,
        log_lines=log_lines,
        leaked=leaked,
    )
    # JSON is YAML 1.2, and nothing here needs more of it.
    plain = world.sources.model_dump(mode="json", exclude_defaults=True)
    sources_file(folder).write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    return world


@contextmanager
def plain_stage(out: Path, seed: int, *, customers: int, log_lines: int, leaked: int) -> Iterator[PlainStage]:
    """A stage in one process; everything lies under `out`."""
    world = prepare_world(out / "world", seed, customers=customers, log_lines=log_lines, leaked=leaked)
    clock = LeapingClock()
    with sinks(out, clock) as (mail, slack):
        with without_environment():
            settings = settings_for(out / "home", mail, slack, sources=sources_file(out / "world"))
            app = open_app(settings, now=clock, entropy=entropy(seed))
        app = replace(app, in_order=True)
        try:
            yield PlainStage(app, out, world, mail, slack, clock)
        finally:
            app.close()


@contextmanager
def sinks(out: Path, clock: Callable[[], datetime]) -> Iterator[tuple[MailSink, SlackSink]]:
    """The world that a drill speaks to: a mail server and a workspace on loopback, whose contents land in files."""
    templates, contacts = default_folders()
    cast = load_catalog([templates], [contacts]).contacts.people
    people = [person.slack for person in cast if person.slack]
    with (
        MailSink(folder=out / "mail") as mail,
        SlackSink(
            token=TOKEN, people=people, journal=out / "slack.jsonl", clock=lambda: clock().timestamp()
        ) as slack,
    ):
        yield mail, slack


@contextmanager
def without_environment() -> Iterator[None]:
    """Nothing that the machine's environment says may reach a drill."""
    kept = {name: os.environ.pop(name) for name in [*os.environ] if name.startswith("TOCSIN_")}
    try:
        yield
    finally:
        os.environ.update(kept)
