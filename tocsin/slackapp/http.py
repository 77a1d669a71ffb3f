"""The way in by HTTP: the guard, then whose workspace it is, then whether it was seen before; then Bolt.

Replays are told apart by their signature, which no two requests share. Slack's own second try of an event is signed
anew or says so in a header; it is known again by the event's id, and answered 200.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.logs import Log
from tocsin.slackapp.front import away, signed
from tocsin.slackapp.guard import LARGEST, SIGNATURE, TIMESTAMP, Guard, digest_of
from tocsin.slackapp.identity import Identity
from tocsin.slackapp.keeping import arrived, is_kept, is_new, request_of
from tocsin.slackapp.received import Received, payload_of, received
from tocsin.slackapp.refusing import tell
from tocsin.storage.database import Unavailable

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

log = Log("tocsin.slackapp")

PATH = "/slack/events"
_RETRY = "X-Slack-Retry-Num"
_STALE = "signed by Slack, and older than five minutes"


def _of_us(record: logging.LogRecord) -> bool:
    """Whether what aiohttp logs is a failure of ours: who sends what is no HTTP fills no log with it."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError | web.RequestPayloadError)


#: What aiohttp says of the door.
heard = logging.getLogger("tocsin.slackapp.web")
heard.addFilter(_of_us)


class Gate:
    """What stands between the network and Bolt."""

    def __init__(
        self, home: Callable[[], App], guard: Guard, identity: Identity, bolt: "Callable[[], AsyncApp]"
    ) -> None:
        self._home, self._guard, self._identity, self._bolt = home, guard, identity, bolt

    def site(self) -> web.Application:
        """One address for all that Slack sends."""
        site = web.Application(client_max_size=LARGEST + 1)
        site.router.add_post(PATH, self.hear)
        return site

    async def hear(self, request: web.Request) -> web.StreamResponse:
        """One request: 401 where it is not Slack's, not ours or not fresh, else what Bolt answers."""
        arrived.set(time.monotonic())
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _refused("too large")
        except web.RequestPayloadError:
            return _refused("cut off, or not in the pieces that it announces")
        if objection := self._guard.objection(request.headers, body):
            return _refused(objection)
        try:
            it = received(payload_of(body, request.content_type))
            if objection := await self._objection(request, it):
                return _refused(objection)
        except Unavailable as error:
            # Whoever typed or clicked hears that from Bolt's listeners; an event Slack sends again.
            away.set(error)
        except Refused as refused:
            return web.Response(status=400, text=str(refused))
        signed.set(request_of(body, request.headers[TIMESTAMP], request.headers[SIGNATURE]))
        return await self._answered(request, body)

    async def _answered(self, request: web.Request, body: bytes) -> web.StreamResponse:
        """What Bolt answers to a request that may come in."""
        from slack_bolt.adapter.aiohttp import to_aiohttp_response
        from slack_bolt.async_app import AsyncBoltRequest

        headers: Any = {name: [value] for name, value in request.headers.items()}
        try:
            asked = AsyncBoltRequest(body=body.decode(), query=request.query_string, headers=headers)
            answer = await self._bolt().async_dispatch(asked)
        except (AttributeError, LookupError, TypeError) as error:
            # What fails in a listener, Bolt catches; it stumbles itself over a name that is a number or a list.
            log.error("what Slack signed is of no shape that Bolt can read", error=type(error).__name__)
            return web.Response(status=400, text="a request that is no payload of Slack's")
        return await to_aiohttp_response(answer)

    async def _objection(self, request: web.Request, it: Received) -> str | None:
        """Why a request that Slack has signed is not heard; the incident that it names says so."""
        app, stale = self._home(), self._guard.stale(request.headers)
        if it.payload.get("type") == "url_verification":
            return _STALE if stale else None
        strange = self._identity.objection(it)
        try:
            known = not await asyncio.to_thread(is_new, app, digest_of(request.headers))
            known = known or (stale and await asyncio.to_thread(is_kept, app, it))
        except Unavailable:
            if objection := strange or (_STALE if stale else None):
                return objection
            raise
        if strange:
            await asyncio.to_thread(tell, app, it, "not-allowed")
            return strange
        if stale:
            if not known:
                self._guard.suspect_clock(request.headers)
            await asyncio.to_thread(tell, app, it, "replayed" if known else "expired")
            return _STALE
        if not known or (it.kind == "event" and _RETRY in request.headers):
            return None
        await asyncio.to_thread(tell, app, it, "replayed")
        return "a replay"


def _refused(objection: str) -> web.Response:
    log.error("a request to the Slack door was refused", why=objection)
    return web.Response(status=401, text="not let in")
