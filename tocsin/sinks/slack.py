"""A Slack workspace behind the Web API's own HTTP shape, on loopback, that misbehaves on request.

It keeps what it is given, checks the token, enforces the limits of one message, and can refuse, stall, drop the
connection after keeping the message, or answer as a captive portal does. Assert on what it kept, not on what the client
returned. Loads aiohttp, so it is imported late.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from aiohttp import web

from tocsin.sinks.faults import Misbehaving
from tocsin.sinks.lifetime import Sink
from tocsin.sinks.rooms import APP
from tocsin.sinks.workspace import Answer, Call, PostedMessage, Room, Unwilling, Workspace

Deed = Literal["error", "status", "html", "garble", "bare", "drop", "hang"]
_PAGE = "<!doctype html><title>Welcome</title><p>Please log in to the hotel network.</p>"


@dataclass(frozen=True)
class SlackFault:
    """One way to misbehave. With `stored`, the call is carried out before the fault strikes.

    `error` is the string of `do="error"`; `bare` says ok and nothing else; `status` goes with every deed that answers;
    `retry_after` is the header, verbatim. `channel` None means any; `times` None means always.
    """

    do: Deed
    method: str = "chat.postMessage"
    error: str = "internal_error"
    status: int = 200
    retry_after: str | None = None
    stored: bool = False
    channel: str | None = None
    times: int | None = None


class SlackSink(Misbehaving[SlackFault], Sink):
    """`base_url` and `token` are what a client needs; `messages` holds what was posted, in order.

    `people` are user ids. With `journal`, each post and update is appended there as one line of JSON. `pace` is the
    least number of seconds between two messages in one channel (Slack: about one); 0 turns it off.
    """

    def __init__(
        self,
        *,
        token: str = "xoxb-sink",  # noqa: S107 - it opens nothing but this sink
        channels: Iterable[str] = ("incidents",),
        people: Iterable[str] = (),
        port: int = 0,
        journal: Path | None = None,
        clock: Callable[[], float] = time.time,
        pace: float = 0.0,
        faults: Iterable[SlackFault] = (),
    ) -> None:
        Misbehaving.__init__(self)
        Sink.__init__(self, port)
        self.token = token
        self.calls: list[str] = []
        #: Its rooms, its people and what was posted.
        self.workspace = Workspace(channels, people, clock)
        self._journal = journal
        self._pace = pace
        self._posted_at: dict[str, float] = {}
        self._runner: web.AppRunner | None = None
        self._closing = asyncio.Event()
        self.misbehave(*faults)
        self._methods = self._offered()

    def _offered(self) -> dict[str, Callable[[Call], Answer]]:
        shop = self.workspace
        return {
            "auth.test": lambda call: {
                "team": "Sink",
                "user": "tocsin",
                "user_id": APP,
                "team_id": "T0SINK",
            },
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "bookmarks.add": shop.add_bookmark,
            "bookmarks.edit": shop.edit_bookmark,
            "bookmarks.list": shop.list_bookmarks,
            "conversations.archive": shop.archive,
            "conversations.create": shop.create,
            "conversations.history": shop.history,
            "conversations.invite": shop.invite,
            "conversations.list": shop.list_rooms,
            "conversations.open": shop.open_direct,
            "conversations.setPurpose": shop.set_purpose,
            "conversations.setTopic": shop.set_topic,
            "conversations.unarchive": shop.unarchive,
            "pins.add": shop.pin,
            "users.list": shop.list_people,
        }

    @property
    def base_url(self) -> str:
        """The address for the client, ending in `/api/`."""
        return f"http://{self.HOST}:{self.port}/api/"

    @property
    def messages(self) -> list[PostedMessage]:
        """Every message as it stands now, oldest first."""
        return self.workspace.messages

    def room(self, named: str) -> Room:
        """A channel by id, name or person."""
        return self.workspace.room(named)

    async def open(self) -> None:
        """Listen on 127.0.0.1."""
        app = web.Application(client_max_size=4_000_000)
        self.doors(app)
        self._closing = asyncio.Event()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.HOST, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    def doors(self, app: web.Application) -> None:
        """Where it listens; a test's workspace has more of them."""
        app.router.add_route("*", "/api/{method}", self._serve)

    async def close(self) -> None:
        """Stop listening; calls that hang are let go."""
        self._closing.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method, call = request.match_info["method"], await _arguments(request)
        self.calls.append(method)
        channel = str(call.get("channel", ""))
        fault = self.struck(lambda each: each.method == method and each.channel in (None, channel))
        if fault is None:
            return self._answer(request, method, call)
        if fault.stored:
            self._answer(request, method, call)
        return await self._strike(request, fault)

    def _answer(self, request: web.Request, method: str, call: Call) -> web.Response:
        try:
            if (
                request.headers.get("Authorization", "") != f"Bearer {self.token}"
                and call.get("token") != self.token
            ):
                raise Unwilling("invalid_auth" if "Authorization" in request.headers else "not_authed")
            if method not in self._methods:
                raise Unwilling("unknown_method")
            return web.json_response({"ok": True, **self._methods[method](call)})
        except Unwilling as refusal:
            if refusal.error == "ratelimited":
                return _refusal(refusal.error, 429, "1")
            return _refusal(refusal.error)

    async def _strike(self, request: web.Request, fault: SlackFault) -> web.StreamResponse:
        if fault.do == "hang":
            await self._closing.wait()
        if fault.do in ("hang", "drop"):
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if fault.do == "html":
            return web.Response(text=_PAGE, content_type="text/html", status=fault.status)
        if fault.do == "garble":
            return web.Response(text='{"ok": tr', content_type="application/json", status=fault.status)
        if fault.do == "bare":
            return web.json_response({"ok": True}, status=fault.status)
        if fault.do == "status":
            headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else None
            return web.Response(status=fault.status, headers=headers)
        return _refusal(fault.error, fault.status, fault.retry_after)

    def _post(self, call: Call) -> Answer:
        room = self.workspace.room(str(call.get("channel", "")))
        if self._pace and time.monotonic() - self._posted_at.get(room.id, -self._pace) < self._pace:
            raise Unwilling("ratelimited")
        answer = self.workspace.post(call)
        self._posted_at[room.id] = time.monotonic()
        self._note("post", self.messages[-1])
        return answer

    def _update(self, call: Call) -> Answer:
        answer = self.workspace.update(call)
        places = [(message.channel, message.ts) for message in self.messages]
        self._note("update", self.messages[places.index((answer["channel"], answer["ts"]))])
        return answer

    def _note(self, event: str, message: PostedMessage) -> None:
        if self._journal is None:
            return
        self._journal.parent.mkdir(parents=True, exist_ok=True)
        with self._journal.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps({"event": event, **asdict(message)}, ensure_ascii=False) + "\n")


def posted(journal: Path) -> list[PostedMessage]:
    """What a sink has kept, read from its journal by another process: each message as it stands after its updates."""
    if not journal.exists():
        return []
    found: dict[tuple[str, str], PostedMessage] = {}
    lines = journal.read_text(encoding="utf-8").split("\n")[
        :-1
    ]  # the last piece is an unfinished line, or empty
    for row in map(json.loads, lines):
        del row["event"]
        message = PostedMessage(**{**row, "blocks": tuple(row["blocks"])})
        found[message.channel, message.ts] = message
    return list(found.values())


async def _arguments(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        text = await request.text()
        body = json.loads(text) if text else {}
        return {**request.query, **body}
    form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    call: dict[str, Any] = {**request.query, **form}
    for name in ("blocks", "metadata", "view"):
        if isinstance(call.get(name), str):
            call[name] = json.loads(call[name])
    return call


def _refusal(error: str, status: int = 200, retry_after: str | None = None) -> web.Response:
    headers = {"Retry-After": retry_after} if retry_after is not None else None
    return web.json_response({"ok": False, "error": error}, status=status, headers=headers)
