"""The way in by Socket Mode: a connection that we open; nothing of ours is public, and trust is the token's.

Up to ten connections may be open, and what Slack sends again may come by another one: it is known by its envelope. What
comes in another envelope than before is a replay, and is told as over HTTP.
"""

import asyncio
import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tocsin.app import App
from tocsin.channels.slack import SlackChannel
from tocsin.logs import Log
from tocsin.slackapp.front import away, once_more
from tocsin.slackapp.identity import Identity
from tocsin.slackapp.keeping import is_new
from tocsin.slackapp.received import received
from tocsin.slackapp.refusing import tell
from tocsin.storage.database import Unavailable

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

log = Log("tocsin.slackapp")


def client_of(home: Callable[[], App], bolt: "AsyncApp", channel: SlackChannel, identity: Identity) -> Any:
    """What opens the connection, and renews it when Slack ends it."""
    from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
    from slack_sdk.socket_mode.aiohttp import SocketModeClient

    token = home().settings.slack.app_token
    assert token is not None
    client = SocketModeClient(app_token=token.get_secret_value(), web_client=channel.client())
    # As with everything of ours on loopback: no proxy of the environment is asked.
    client.proxy = channel.client().proxy

    async def hear(_: Any, request: Any) -> None:
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
