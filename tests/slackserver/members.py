"""A member's side: typing, clicking, sending modals off, marking and uploading; signed as Slack signs."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.slackserver.signing import sign
from tocsin.sinks.workspace import PostedMessage, shown

if TYPE_CHECKING:
    from tests.slackserver.server import SlackServer

JSON = "application/json"


@dataclass(frozen=True)
class Response:
    """What the app said at once, and after how many seconds."""

    status: int
    body: str
    seconds: float

    @property
    def json(self) -> Any:
        """Its body as JSON; nothing where it is empty."""
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True)
class Member:
    """Somebody in the workspace. `team` and `app` are those of another one where a test wants a stranger."""

    server: "SlackServer"
    user: str
    team: str = "T0SINK"
    app: str = "A0SINK"

    def type(self, text: str, channel: str = "incidents", **more: str) -> Response:
        """`/tocsin TEXT`."""
        return self.send_form(urlencode(self.command(text, channel) | more).encode())

    def command(self, text: str, channel: str = "incidents") -> dict[str, str]:
        """What Slack sends for `/tocsin TEXT`."""
        return {
            "command": "/tocsin",
            "text": text,
            "team_id": self.team,
            "api_app_id": self.app,
            "user_id": self.user,
            "channel_id": self.server.room(channel).id,
            "trigger_id": self.server.trigger(self.user),
            "response_url": self.server.response_url(self.user),
        }

    def click(self, message: PostedMessage, label: str) -> Response:
        """Click the button with this label."""
        return self.send(self.clicking(message, label))

    def clicking(self, message: PostedMessage, label: str) -> dict[str, Any]:
        """What Slack sends for a click on the button with this label."""
        buttons = [each for block in message.blocks for each in block.get("elements") or ()]
        buttons += [block["accessory"] for block in message.blocks if block.get("accessory")]
        named = {each["text"]["text"]: each for each in buttons if each.get("type") == "button"}
        assert label in named, f"there is no button {label!r}; there are {list(named)}"
        button = named[label]
        action = {
            "type": "button",
            "action_id": button.get("action_id", "x"),
            "value": button.get("value", ""),
        }
        return self._interaction("block_actions") | {
            "actions": [action | {"block_id": "b", "action_ts": f"{time.time():.6f}"}],
            "channel": {"id": message.channel},
            "message": shown(message),
            "container": {"type": "message", "message_ts": message.ts, "channel_id": message.channel},
            "response_url": self.server.response_url(self.user),
        }

    def modal(self) -> dict[str, Any]:
        """The modal that is open before this member."""
        view: dict[str, Any] = self.server.wait_for(
            lambda: self.server.views.get(self.user), f"a modal for {self.user}"
        )
        return view

    def submit(self, view: dict[str, Any] | None = None, **values: Any) -> Response:
        """Fill the open modal in, and send it off."""
        return self.send(self.submission(view or self.modal(), **values))

    def submission(self, view: dict[str, Any], **values: Any) -> dict[str, Any]:
        """What Slack sends for a modal that was filled in."""
        state = {}
        for block in view["blocks"]:
            if block["type"] != "input":
                continue
            given = values.pop(block["block_id"], None)
            state[block["block_id"]] = {"value": _state(block["element"], given)}
        assert not values, f"the modal does not ask for {list(values)}"
        return self._interaction("view_submission") | {"view": view | {"state": {"values": state}}}

    def mark(self, message: PostedMessage, emoji: str = "pushpin") -> Response:
        """Put an emoji on a message."""
        item = {"type": "message", "channel": message.channel, "ts": message.ts}
        return self.send_event({"type": "reaction_added", "reaction": emoji, "item": item})

    def upload(self, thread: PostedMessage, url: str, name: str = "screen.txt", **more: Any) -> Response:
        """Put a file into the thread of a message."""
        file = {"id": "F1", "name": name, "mode": "hosted", "url_private_download": url} | more
        channel = {"channel": thread.channel, "thread_ts": thread.ts}
        event = {"type": "message", "subtype": "file_share", "ts": "9.9", "files": [file], **channel}
        return self.send_event(event)

    def send_event(self, event: dict[str, Any], id_: str | None = None, **headers: str) -> Response:
        """An event of this member's, with an id of its own unless one is given."""
        return self.send_json(self.event(event, id_), **headers)

    def event(self, event: dict[str, Any], id_: str | None = None) -> dict[str, Any]:
        """What Slack sends for an event."""
        return {
            "type": "event_callback",
            "team_id": self.team,
            "api_app_id": self.app,
            "event_id": id_ or f"Ev{self.server.number():08d}",
            "event": {"user": self.user, **event},
        }

    def _interaction(self, kind: str) -> dict[str, Any]:
        return {
            "type": kind,
            "team": {"id": self.team},
            "api_app_id": self.app,
            "user": {"id": self.user},
            "trigger_id": self.server.trigger(self.user),
        }

    # --- on the wire

    def send(self, payload: dict[str, Any]) -> Response:
        """A click or a modal, signed now."""
        return self.post(*self.signed(payload))

    def signed(self, payload: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        """A click or a modal with its headers: posted again it is the same request."""
        body = urlencode({"payload": json.dumps(payload)}).encode()
        return body, sign(body, time.time(), self.server.secret)

    def send_form(self, body: bytes, **headers: str) -> Response:
        """A form, signed now."""
        return self.post(body, sign(body, time.time(), self.server.secret) | headers)

    def send_json(self, payload: dict[str, Any], **headers: str) -> Response:
        """An event, signed now."""
        body = json.dumps(payload).encode()
        signed = sign(body, time.time(), self.server.secret, JSON)
        return self.post(body, signed | {name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, body: bytes, headers: dict[str, str]) -> Response:
        """Bytes with headers, as they are."""
        request = urllib.request.Request(self.server.app_url, data=body, headers=headers, method="POST")
        began = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return Response(answer.status, answer.read().decode(), time.monotonic() - began)
        except urllib.error.HTTPError as error:
            return Response(error.code, error.read().decode(), time.monotonic() - began)

    def by_socket(self, kind: str, payload: dict[str, Any], envelope: str | None = None) -> str:
        """The same by Socket Mode; returns the envelope's id."""
        name = envelope or f"E{self.server.number():08d}"
        socket = self.server.wait_for(lambda: self.server.sockets, "a connection")[-1]
        frame = {"type": kind, "envelope_id": name, "payload": payload, "accepts_response_payload": True}
        assert self.server._loop is not None
        asyncio.run_coroutine_threadsafe(socket.send_json(frame), self.server._loop).result(5)
        return name


def _state(element: dict[str, Any], given: Any) -> dict[str, Any]:
    options = {each["value"]: each for each in element.get("options") or ()}
    match element["type"]:
        case "static_select":
            chosen = options[given] if given else element.get("initial_option")
            return {"type": "static_select", "selected_option": chosen}
        case "multi_static_select":
            return {
                "type": "multi_static_select",
                "selected_options": [options[each] for each in given or ()],
            }
        case "datetimepicker":
            return {"type": "datetimepicker", "selected_date_time": given}
    return {"type": "plain_text_input", "value": given if given is not None else element.get("initial_value")}
