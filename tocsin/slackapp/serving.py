"""`tocsin slack`: one process that listens to Slack, by Socket Mode or HTTP, until it is stopped."""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tocsin.app import App
from tocsin.channels.slack import SlackChannel
from tocsin.channels.wiring import slack as slack_route
from tocsin.delivery.post import Post
from tocsin.domain.errors import Refused
from tocsin.evidence.passing import sweep
from tocsin.logs import Log
from tocsin.slackapp.front import Front
from tocsin.slackapp.guard import Guard
from tocsin.slackapp.hands import Hands, own_handle
from tocsin.slackapp.identity import Identity
from tocsin.slackapp.voice import Voice
from tocsin.slackapp.work import work_off
from tocsin.storage import clock as heartbeats
from tocsin.storage import inbound

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

log = Log("tocsin.slackapp")

#: Seconds between two signs of life, each of which asks again for what Slack has not given yet.
BEAT = 3.0
#: Signs of life after which contacts are read anew.
_READ_AGAIN = 5


class Listener:
    """The listening process, within one event loop: `open`, then `close`."""

    def __init__(self, app: App, *, on_ready: Callable[["Listener"], None] = lambda listener: None) -> None:
        channel = slack_route(app)
        if not app.settings.slack.listens or not isinstance(channel, SlackChannel):
            raise Refused(_what_is_missing(app))
        self._app, self._channel, self._on_ready = app, channel, on_ready
        self._identity = Identity(app.settings.slack)
        #: What the hands have to send on its way.
        self.post = Post()
        #: Where HTTP is heard; 0 in Socket Mode, and until it is open.
        self.port = 0
        self._closing: list[Callable[[], Any]] = []
        self._socket: Any = None
        self._guard: Guard | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Listen. Slack need not be there: it is asked again until it is."""
        loop = asyncio.get_running_loop()
        self._voice = voice = Voice(self._channel, self._app.settings.slack.base_url, loop)
        self._hands = Hands(self._app, lambda app, taken: work_off(app, voice, self.post, taken))
        front = Front(self._home, self._channel, self._identity, voice, self._hands.nudge)
        bolt = front.bolt()
        self._beat()
        await asyncio.to_thread(sweep, self._app.settings)
        self._hands.start()
        if self._app.settings.slack.mode == "http":
            await self._identity.ask(self._channel)
            await self._serve(bolt)
        self._tasks = [asyncio.create_task(self._live(bolt))]
        self._on_ready(self)

    async def close(self) -> None:
        """Hear nothing more, and let what is in hand end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for close in self._closing:
            with suppress(Exception):
                await close()
        await asyncio.to_thread(self._hands.rest, 5)
        self._voice.hush()
        await asyncio.to_thread(self.post.rest, 5)
        await self._channel.close()

    def _home(self) -> App:
        return self._app

    async def _serve(self, bolt: "AsyncApp") -> None:
        from aiohttp import web

        from tocsin.slackapp.http import Gate, heard

        settings = self._app.settings.slack
        assert settings.signing_secret is not None
        secret = settings.signing_secret.get_secret_value()
        self._guard = guard = Guard(secret, lambda: self._app.clock().timestamp())
        gate = Gate(self._home, guard, self._identity, lambda: bolt)
        # Slack encodes nothing; aiohttp would unpack whatever anybody sends, and log its own trouble with that.
        runner = web.AppRunner(
            gate.site(), access_log=None, logger=heard, shutdown_timeout=3, auto_decompress=False
        )
        await runner.setup()
        self._closing.append(runner.cleanup)
        try:
            await web.TCPSite(runner, settings.host, settings.port).start()
        except OSError as error:
            raise Refused(
                f"slack.host, slack.port: {settings.host}:{settings.port}: {error.strerror}; name another"
            ) from None
        self.port = runner.addresses[0][1]

    async def _live(self, bolt: "AsyncApp") -> None:
        """Say that we live, and stay connected."""
        for count in range(1 << 62):
            try:
                trouble = await self._identity.ask(self._channel) or await self._connect(bolt)
                trouble = trouble or (self._guard.trouble if self._guard else None)
                if count % _READ_AGAIN == 0:
                    self._app = await asyncio.to_thread(self._read_again)
                await asyncio.to_thread(self._beat, trouble)
            except Exception as error:  # the database is away, or Slack is: the next time may find it mended
                log.error("a sign of life failed", error=type(error).__name__)
            await asyncio.sleep(BEAT)

    async def _connect(self, bolt: "AsyncApp") -> str | None:
        """Open the connection of Socket Mode, which then keeps itself; returns why there is none yet."""
        from tocsin.slackapp.socket import client_of

        if self._app.settings.slack.mode == "http":
            return None
        if self._socket is None:
            self._socket = client_of(self._home, bolt, self._channel, self._identity)
            self._closing.append(self._socket.close)
            # It asks until Slack gives it a connection; our sign of life does not wait for that.
            self._tasks.append(asyncio.create_task(self._socket.connect()))
            await asyncio.sleep(0)
        trouble = self._socket.trouble
        if trouble is None and await self._socket.is_connected():
            return None
        return f"Socket Mode is not connected{f': {trouble}' if trouble else ''}"

    def _read_again(self) -> App:
        renewed = own_handle(self._app)
        _ = renewed.catalog, renewed.fault
        return renewed

    def _beat(self, trouble: str | None = None) -> None:
        app = self._app
        with app.database.write() as connection:
            came = inbound.waiting(connection)
            detail = {"pid": os.getpid(), "waiting": len(came), "trouble": trouble}
            heartbeats.beat(connection, "slack", app.clock(), detail)
            inbound.forget(connection, app.clock())
        self._hands.beat()


def _what_is_missing(app: App) -> str:
    slack = app.settings.slack
    if slack.token is None:
        return "Slack is not configured; set slack.token_file in tocsin.toml, packaging/slack/manifest.yaml says how"
    if slack.mode == "http":
        return "slack.mode is http: set slack.signing_secret_file (Basic Information > App Credentials)"
    return "slack.mode is socket: set slack.app_token_file (Basic Information > App-Level Tokens, connections:write)"


def run(app: App, say: Callable[[str], None]) -> None:
    """Listen until SIGTERM or SIGINT."""

    def ready(listener: Listener) -> None:
        way = (
            f"http://{app.settings.slack.host}:{listener.port}/slack/events"
            if listener.port
            else "Socket Mode"
        )
        say(f"listening to Slack: {way}")

    async def live() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        listener = Listener(app, on_ready=ready)
        try:
            await listener.open()
            await stop.wait()
        finally:
            await listener.close()

    asyncio.run(live())
