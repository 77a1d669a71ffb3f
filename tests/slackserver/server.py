"""The workspace's side: what the app may call, what it is heard to say, and what nobody expected it to say."""

import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiohttp import WSMsgType, web

from tests.slackserver.limits import check_blocks, check_view
from tests.slackserver.members import Member
from tests.slackserver.signing import SECRET
from tocsin.sinks.rooms import Unwilling
from tocsin.sinks.slack import SlackSink
from tocsin.sinks.workspace import Answer, Call, PostedMessage, check_message, shown

APP_TOKEN, TEAM, APP_ID = "xapp-1-sink", "T0SINK", "A0SINK"
#: Seconds that a test waits for what must come.
PATIENCE = 30.0
#: Seconds for which a modal can be opened after a click.
TRIGGER = 3.0


@dataclass
class Heard:
    """Something that somebody read: in a channel, or by `whisper` alone."""

    to: str
    text: str
    whisper: bool
    message: PostedMessage | None = None
    expected: bool = field(default=False, compare=False)


class SlackServer(SlackSink):
    """A workspace with members who act. `heard` is all that was said, in order."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.secret = SECRET
        #: Where the app listens, by HTTP.
        self.app_url = ""
        self.heard: list[Heard] = []
        self.views: dict[str, dict[str, Any]] = {}
        self.files: dict[str, tuple[int, str, Any, dict[str, str]]] = {}
        self.fetched: list[tuple[str, str]] = []
        self.authors: dict[tuple[str, str], str] = {}
        self.sockets: list[web.WebSocketResponse] = []
        #: What Slack's addresses for Socket Mode carry, each good for one handshake; and whether none gets through.
        self.tickets: set[str] = set()
        self.socket_away = False
        #: All that a connection hears before it is closed at once; None where it may stay.
        self.curt: list[dict[str, str]] | None = None
        #: Whether a connection stays without a greeting.
        self.mute = False
        self.acknowledged: dict[str, Any] = {}
        self._triggers: dict[str, tuple[str, float]] = {}
        self._answers: dict[str, str] = {}
        self._changed = threading.Condition()
        self._numbers = count(1)
        self._methods |= {
            "apps.connections.open": self._connection,
            "chat.getPermalink": self._permalink,
            "chat.postEphemeral": self._whisper,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "views.open": self._open_view,
        }

    def member(self, user: str) -> Member:
        """One of the people here, about to do something."""
        return Member(self, user)

    # --- what a test expects

    def expect(self, to: str, *words: str, whisper: bool | None = None) -> Heard:
        """The next thing with these words that this person or channel hears; waited for, and ticked off."""
        place = self.place(to)

        def found() -> Heard | None:
            fresh = (
                each
                for each in self.heard
                if not each.expected and each.to == place and whisper in (None, each.whisper)
            )
            return next((each for each in fresh if all(word in each.text for word in words)), None)

        heard = self.wait_for(found, f"{to} to hear {words}")
        heard.expected = True
        return heard

    def place(self, named: str) -> str:
        """How a person or a channel stands in `heard`: by the user's id, or the channel's."""
        return named if named in self.workspace.people else self.room(named).id

    @property
    def unexpected(self) -> list[str]:
        """What was said and nobody expected."""
        return [f"{each.to}: {each.text}" for each in self.heard if not each.expected]

    def wait_for(self, found: Callable[[], Any], what: str) -> Any:
        """What `found` gives, as soon as it gives something."""
        until = time.monotonic() + PATIENCE
        with self._changed:
            while not (it := found()):
                left = until - time.monotonic()
                assert left > 0, f"waited for {what}; heard {[(h.to, h.text) for h in self.heard]}"
                self._changed.wait(left)
        return it

    def number(self) -> int:
        """The next number: for ids."""
        return next(self._numbers)

    def changed(self) -> None:
        """Something came; whoever waits looks again."""
        with self._changed:
            self._changed.notify_all()

    # --- what members do leaves these behind

    def trigger(self, user: str) -> str:
        """What a click gives the app to open a modal with."""
        name = f"{self.number()}.trigger"
        self._triggers[name] = (user, time.monotonic())
        return name

    def response_url(self, user: str) -> str:
        """Where the app answers a click."""
        name = f"r{self.number()}"
        self._answers[name] = user
        return f"http://{self.HOST}:{self.port}/respond/{name}"

    def file(
        self,
        content: bytes | AsyncIterator[bytes],
        kind: str = "text/plain",
        status: int = 200,
        **headers: str,
    ) -> str:
        """A file at Slack; returns its address."""
        name = f"f{self.number()}"
        self.files[name] = (status, kind, content, headers)
        return f"http://{self.HOST}:{self.port}/files/{name}"

    def say_as(self, user: str, channel: str, text: str, thread: str | None = None) -> PostedMessage:
        """A member writes into a channel."""
        self.workspace.post({"channel": channel, "text": text, "thread_ts": thread})
        message = self.messages[-1]
        self.authors[message.channel, message.ts] = user
        return message

    # --- what the app calls

    def doors(self, app: web.Application) -> None:
        super().doors(app)
        app.router.add_post("/respond/{name}", self._respond)
        app.router.add_route("*", "/files/{name}", self._file)
        app.router.add_get("/socket", self._socket)

    def _hear(self, to: str, text: str, message: PostedMessage | None = None) -> None:
        self.heard.append(Heard(to, text, message is None, message))
        self.changed()

    def _post(self, call: Call) -> Answer:
        check_blocks(call.get("blocks") or [], 50)
        answer = super()._post(call)
        message = self.messages[-1]
        room = self.workspace.rooms[message.channel]
        self._hear(room.members[0] if room.id[0] == "D" else room.id, message.text, message)
        return answer

    def _update(self, call: Call) -> Answer:
        check_blocks(call.get("blocks") or [], 50)
        answer = super()._update(call)
        self.changed()
        return answer

    def _whisper(self, call: Call) -> Answer:
        check_message(call)
        check_blocks(call.get("blocks") or [], 50)
        self.room(str(call["channel"]))
        if call["user"] not in self.workspace.people:
            raise Unwilling("user_not_in_channel")
        self._hear(str(call["user"]), str(call["text"]))
        return {"message_ts": "1.0"}

    def _open_view(self, call: Call) -> Answer:
        user, at = self._triggers.pop(str(call.get("trigger_id")), ("", 0.0))
        if not user or time.monotonic() - at > TRIGGER:
            raise Unwilling("expired_trigger_id" if user else "invalid_trigger_id")
        check_view(call["view"])
        view = {**call["view"], "id": f"V{self.number():08d}", "hash": f"{self.number()}.h"}
        self.views[user] = view
        self.changed()
        return {"view": view}

    def _permalink(self, call: Call) -> Answer:
        stamp = str(call["message_ts"]).replace(".", "")
        return {"permalink": f"https://sink.slack.com/archives/{call['channel']}/p{stamp}"}

    def _history(self, call: Call) -> Answer:
        page = self.workspace.history(call)
        for message in page["messages"]:
            message["user"] = self.authors.get((str(call["channel"]), message["ts"]), "U0SINK")
        return page

    def _replies(self, call: Call) -> Answer:
        room, ts = self.room(str(call["channel"])), str(call["ts"])
        found = [each for each in self.messages if each.channel == room.id and ts in (each.ts, each.thread)]
        messages = [shown(each) | {"user": self.authors.get((room.id, each.ts), "U0SINK")} for each in found]
        return {"messages": messages, "has_more": False}

    def _connection(self, call: Call) -> Answer:
        self.tickets.add(ticket := f"k{self.number()}")
        return {"url": f"ws://{self.HOST}:{self.port}/socket?ticket={ticket}"}

    def _answer(self, request: web.Request, method: str, call: Call) -> web.Response:
        # Whoever waits for a call, whatever comes of it, looks again.
        self.changed()
        if method == "apps.connections.open":
            # The one method that wants the app's own token.
            right = request.headers.get("Authorization") == f"Bearer {APP_TOKEN}"
            said: Mapping[str, Any] = self._connection(call) if right else {"error": "invalid_auth"}
            return web.json_response({"ok": right, **said})
        return super()._answer(request, method, call)

    async def _respond(self, request: web.Request) -> web.Response:
        user, said = self._answers.get(request.match_info["name"]), await request.json()
        if user is None or said.get("response_type") != "ephemeral":
            return web.Response(status=404, text="expired_url")
        check_message(said)
        check_blocks(said.get("blocks") or [], 50)
        self._hear(user, said["text"])
        return web.Response(text="ok")

    async def _file(self, request: web.Request) -> web.Response:
        self.fetched.append((request.match_info["name"], request.headers.get("Authorization", "")))
        self.changed()
        status, kind, content, headers = self.files[request.match_info["name"]]
        return web.Response(status=status, body=content, content_type=kind, headers=headers)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        good = ticket in self.tickets and not self.socket_away
        self.tickets.discard(ticket)
        if not good:
            return web.Response(status=503 if self.socket_away else 404)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if self.curt is not None:
            for said in self.curt:
                await socket.send_json(said)
            await socket.close()
            return socket
        if not self.mute:
            hello = {"type": "hello", "num_connections": 1, "connection_info": {"app_id": APP_ID}}
            await socket.send_json(hello)
        self.sockets.append(socket)
        self.changed()
        async for frame in socket:
            if frame.type == WSMsgType.TEXT:
                said = frame.json()
                self.acknowledged[said["envelope_id"]] = said.get("payload")
                self.changed()
        self.sockets.remove(socket)
        return socket
