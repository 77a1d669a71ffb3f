"""A drill home whose people are in a workspace on loopback, and the app that listens to it by HTTP or Socket Mode."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import home
from tests.slackserver import Member, SlackServer
from tests.slackserver.server import APP_TOKEN
from tests.story import Clock, Story
from tocsin.app import App, open_app
from tocsin.domain.catalog import Catalog
from tocsin.settings import Settings, Slack
from tocsin.sinks.mail import MailSink
from tocsin.slackapp import serving
from tocsin.slackapp.serving import Listener
from tocsin.storage import inbound, rooms


@pytest.fixture
def workspace(catalog: Catalog) -> Iterator[SlackServer]:
    """The workspace; at the end nothing was said that nobody expected."""
    people = [person.slack for person in catalog.contacts.people if person.slack]
    with SlackServer(people=[*people, "U0STRANGER"]) as server:
        yield server
        assert server.unexpected == []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class House:
    """The home, its workspace and a story in it."""

    app: App
    workspace: SlackServer
    story: Story
    listeners: list[Listener] = field(default_factory=list)

    def member(self, person: str) -> Member:
        """Somebody of the house, in Slack."""
        user = self.app.catalog.contacts.person(person).slack
        assert user is not None
        return self.workspace.member(user)

    def id(self, person: str) -> str:
        return self.member(person).user

    def settled(self) -> None:
        """Everything that came in is worked off, and what it had to say to others is sent."""
        pause = threading.Event()
        for _ in range(1000):
            with self.app.database.read() as connection:
                worked_off = not inbound.waiting(connection)
            if worked_off:
                for listener in self.listeners:
                    listener.post.rest(20)
                return
            pause.wait(0.02)
        raise AssertionError("something is not worked off")

    def hush(self) -> None:
        """What was said so far was expected: the pages of a declaration, say."""
        self.settled()
        for heard in self.workspace.heard:
            heard.expected = True

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """The app, in a thread of its own, for as long as the block lasts."""
        ready: list[Listener] = []
        up, stop, loops = threading.Event(), asyncio.Event(), []

        async def live() -> None:
            loops.append(asyncio.get_running_loop())
            listener = Listener(self.app)
            await listener.open()
            ready.append(listener)
            up.set()
            await stop.wait()
            await listener.close()

        thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
        thread.start()
        assert up.wait(20), "the app did not come up"
        self.listeners.append(ready[0])
        self.workspace.app_url = f"http://127.0.0.1:{ready[0].port}/slack/events"
        try:
            yield ready[0]
        finally:
            loops[0].call_soon_threadsafe(stop.set)
            thread.join(20)


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> float:
    """Seconds between two signs of life, for tests that wait for one. Asked for before anything listens."""
    monkeypatch.setattr(serving, "BEAT", 0.3)
    return serving.BEAT


Built = Callable[..., House]


@pytest.fixture
def built(
    tmp_path: Path, sqlite_url: str, mail: MailSink, workspace: SlackServer, catalog_cache: Path
) -> Iterator[Built]:
    """Builds a home that listens in one way or the other."""
    opened: list[App] = []

    def build(**slack: object) -> House:
        settings: Settings = home(tmp_path, sqlite_url, mail, workspace, catalog_cache)
        told = {
            "token": workspace.token,
            "base_url": workspace.base_url,
            "mode": "http",
            "signing_secret": workspace.secret,
            "app_token": APP_TOKEN,
            "port": free_port(),
        }
        settings = settings.model_copy(update={"slack": Slack(**(told | slack))})
        clock = Clock(datetime.now(UTC))
        app = open_app(settings, now=clock)
        opened.append(app)
        return House(app, workspace, Story(app, clock, mail, workspace, tmp_path))

    yield build
    for app in opened:
        app.close()


@contextmanager
def connected(built: Built) -> Iterator[House]:
    """A home with an incident that listens by Socket Mode; its first pages were expected."""
    house = built(mode="socket")
    house.story.declare()
    with house.listening():
        house.hush()
        yield house


@pytest.fixture
def house(built: Built) -> Iterator[House]:
    """A home that listens by HTTP."""
    found = built()
    with found.listening():
        yield found
        found.settled()


def room_of(house: House, key: str) -> str:
    """The channel of an incident, which the bell has made."""
    with house.app.database.read() as connection:
        found = rooms.of(connection, key)
    assert found is not None
    return str(found["channel"])
