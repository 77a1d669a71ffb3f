"""The way in by Socket Mode: a connection that we open; nothing of ours is public, and trust is the token's.

Up to ten connections may be open, and what Slack sends again may come by another one: it is known by its envelope. What
comes in another envelope than before is a replay, and is told as over HTTP.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import aiohttp
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from tocsin.app import App
from tocsin.channels import one_line
from tocsin.channels.slack import SlackChannel
from tocsin.domain.message import Undelivered
from tocsin.logs import Log
from tocsin.slackapp.front import away, once_more
from tocsin.slackapp.identity import Identity
from tocsin.slackapp.keeping import arrived, is_new
from tocsin.slackapp.received import received
from tocsin.slackapp.refusing import tell
from tocsin.storage.database import Unavailable

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

log = Log("tocsin.slackapp")


#: Seconds between two questions for a connection: at first, and at most where nobody answers, or where Slack says that
#: it will not.
_FIRST, _UNANSWERED, _REFUSED = 5.0, 30.0, 300.0
#: Seconds for Slack to open the connection whose address it gave, and then for its greeting.
_HANDSHAKE = 10.0
#: Seconds which a connection lives after the greeting before it counts as one.
_STEADY = 5.0


class Connection(SocketModeClient):
    """A connection that comes back. The SDK's own tries one address for ever, every five seconds, and says no why.

    An address of Slack's is good for one handshake, and for half a minute: after each that failed another is asked for,
    ever more seldom (slackapi/python-slack-sdk#1446). So it is after a connection that did not last for some seconds.
    `trouble` is why there is none that lasts.
    """

    def __init__(self, channel: SlackChannel, app_token: str) -> None:
        super().__init__(app_token=app_token, web_client=channel.client())
        # As with everything of ours on loopback: no proxy of the environment is asked.
        self.proxy = channel.client().proxy
        self.trouble: str | None = None
        self._channel, self._pause = channel, 0.0
        self._greeted = asyncio.Event()
        self._trial: asyncio.Task[None] | None = None
        self.message_listeners.append(self._hear_greeting)

    async def issue_new_wss_url(self) -> str:
        """Where to connect. Raises Undelivered; then it is asked again, after a while."""
        self._judge()
        await asyncio.sleep(self._pause)
        try:
            said = await self._channel.call("apps_connections_open", app_token=self.app_token)
            if not said.get("url"):
                raise Undelivered("ambiguous", "reply", "Slack says ok and gives no address")
        except Undelivered as failure:
            self._failed(failure)
            raise
        return str(said["url"])

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        """A connection in place of this one, and one alone: the SDK's own opens a second where the first takes long."""
        mine = self.current_session
        async with self.connect_operation_lock:
            if mine is self.current_session and (force or not await self.is_connected()):
                self.wss_uri = await self.issue_new_wss_url()
                await self.connect()

    async def connect(self) -> None:
        """A new connection in place of the last one, and who watches and hears it; tried until there is one."""
        self.auto_reconnect_enabled = False
        if self.current_session is not None:
            # Broken or not, it is over: Slack counts connections.
            with suppress(Exception):
                await self.current_session.close()
        while not self.closed:
            try:
                address, self.wss_uri = self.wss_uri or await self.issue_new_wss_url(), None
                self.current_session = await self._shaken(address)
            except Undelivered as failure:
                log.error("Slack gave no connection", why=failure.reason)
                continue
            self._greeted.clear()
            self._trial = asyncio.create_task(self._try(self.current_session))
            self.auto_reconnect_enabled, self.stale = self.default_auto_reconnect_enabled, False
            self.last_ping_pong_time = None
            for task in (self.current_session_monitor, self.message_receiver):
                if task is not None:
                    task.cancel()
            self.current_session_monitor = asyncio.ensure_future(self.monitor_current_session())
            self.message_receiver = asyncio.ensure_future(self.receive_messages())
            return

    async def _shaken(self, address: str) -> aiohttp.ClientWebSocketResponse:
        """The connection at an address, which is a secret while it is good. Raises Undelivered."""
        secured = self.web_client.ssl if self.web_client.ssl is not None else True
        try:
            async with asyncio.timeout(_HANDSHAKE):
                return await self.aiohttp_client_session.ws_connect(
                    address, autoping=False, heartbeat=self.ping_interval, proxy=self.proxy, ssl=secured
                )
        except TimeoutError:
            why = f"no handshake within {_HANDSHAKE:g} s"
        except aiohttp.WSServerHandshakeError as refused:
            why = f"the handshake was answered by HTTP {refused.status}"
        except aiohttp.ClientConnectorError as error:
            why = one_line(f"Slack's socket cannot be reached: {error}")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            why = f"the handshake failed ({type(error).__name__})"
        failure = Undelivered("down", "connect", why)
        self._failed(failure)
        raise failure

    async def _hear_greeting(self, _: Any, message: dict[str, Any], raw: str | None = None) -> None:
        if message.get("type") == "hello":
            self._greeted.set()

    async def _try(self, session: aiohttp.ClientWebSocketResponse) -> None:
        """Whether a connection lasts: only then all that failed before is forgotten."""
        try:
            async with asyncio.timeout(_HANDSHAKE):
                await self._greeted.wait()
        except TimeoutError:
            self._trial = None
            self._failed(Undelivered("down", "connect", f"Slack said no hello within {_HANDSHAKE:g} s"))
            await session.close()
            return
        await asyncio.sleep(_STEADY)
        if not session.closed:
            self._trial, self.trouble, self._pause = None, None, 0.0

    def _judge(self) -> None:
        """Count a connection that ended while it was still on trial as a handshake that failed."""
        trial, self._trial = self._trial, None
        if trial is not None:
            trial.cancel()
            self._failed(Undelivered("down", "connect", "Slack closed the connection at once"))
            log.error("Slack gave no connection", why=self.trouble)

    def _failed(self, failure: Undelivered) -> None:
        self.trouble, self._pause = failure.reason, longer(self._pause, failure)


def longer(pause: float, failure: Undelivered) -> float:
    """Seconds to wait before the next question, after a question that came `pause` seconds after another."""
    most = _REFUSED if failure.code and failure.outcome == "down" else _UNANSWERED
    return failure.retry_after or min(2 * pause or _FIRST, most)


def client_of(
    home: Callable[[], App], bolt: "AsyncApp", channel: SlackChannel, identity: Identity
) -> Connection:
    """What opens the connection, and renews it when Slack ends it."""
    from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response

    token = home().settings.slack.app_token
    assert token is not None
    client = Connection(channel, token.get_secret_value())

    async def hear(_: Any, request: Any) -> None:
        arrived.set(time.monotonic())
        it = received(request.payload)
        if objection := identity.objection(it):
            # Not acknowledged: it is not ours to say that it arrived.
            log.error("what came by Socket Mode was refused", why=objection)
            await asyncio.to_thread(tell, home(), it, "not-allowed")
            return
        try:
            new = await asyncio.to_thread(is_new, home(), _digest_of(request))
        except Unavailable as error:
            away.set(error)
        else:
            once_more.set(bool(request.retry_attempt) or not new)
        response = await run_async_bolt_app(bolt, request)
        await send_async_response(client, request, response, 0.0)

    client.socket_mode_request_listeners.append(hear)
    return client


def _digest_of(request: Any) -> str:
    return hashlib.sha256(f"envelope/{request.envelope_id}".encode()).hexdigest()
