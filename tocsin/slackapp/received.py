"""What came in, read: who, where, what, and by which name it is known again. Slack's shapes end here.

Shapes: docs.slack.dev, reference/interaction-payloads, reference/events, interactivity/implementing-slash-commands.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qs

from slack_bolt.request.internals import extract_enterprise_id, extract_team_id

from tocsin.domain.errors import Refused
from tocsin.domain.offers import parsed

#: command: `/tocsin ...`. click: a button of ours. submission: a modal sent off. event: an emoji, a file.
Kind = Literal["command", "click", "submission", "event", "other"]


@dataclass(frozen=True)
class Received:
    """One thing that came in; fields that it does not have are empty.

    `id` is what names it at Slack's side: an event's id, a trigger's, a modal's with its hash.
    """

    kind: Kind
    id: str
    team: str
    enterprise: str
    app: str
    user: str
    channel: str
    trigger: str
    response_url: str
    payload: Mapping[str, Any]

    @property
    def incident(self) -> str | None:
        """The incident that it names itself, by a button of ours."""
        try:
            return parsed(self.action.get("value", "")).incident
        except Refused:
            return None

    @property
    def brings_files(self) -> bool:
        """Whether it is worked off only once files have come from Slack, which may take minutes."""
        return self.kind == "event" and bool(self.files)

    @property
    def action(self) -> Mapping[str, Any]:
        """What was clicked; Slack sends one at a time."""
        return _first(self.payload.get("actions"))

    @property
    def marked(self) -> tuple[str, str]:
        """Channel and time of the message that an emoji was put on."""
        item = _mapping(self._event.get("item"))
        return _text(item.get("channel")), _text(item.get("ts"))

    @property
    def thread(self) -> str:
        """The thread in which something was posted."""
        return _text(self._event.get("thread_ts"))

    @property
    def files(self) -> list[Mapping[str, Any]]:
        """The files that came with a message."""
        files = self._event.get("files")
        return [_mapping(each) for each in files] if isinstance(files, list) else []

    @property
    def _event(self) -> Mapping[str, Any]:
        return _mapping(self.payload.get("event"))


def payload_of(body: bytes, content_type: str) -> dict[str, Any]:
    """The payload of a request whose signature was proven. Refused for what is no payload of Slack's."""
    try:
        if content_type.startswith("application/json"):
            found = json.loads(body)
        else:
            form = {
                name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()
            }
            found = json.loads(form["payload"]) if "payload" in form else form
    except (ValueError, RecursionError):
        raise Refused("a request that is no payload of Slack's") from None
    if not isinstance(found, dict) or _misshapen(found):
        raise Refused("a request that is no payload of Slack's")
    return found


def _misshapen(payload: Mapping[str, Any]) -> bool:
    """Whether a part that Bolt reads without a look is not what it takes it for."""
    actions = payload.get("actions", [])
    if not isinstance(actions, list):
        return True
    parts = (payload.get("event"), payload.get("view"), *actions)
    if any(part is not None and not isinstance(part, dict) for part in parts):
        return True
    names = (
        _mapping(payload.get("event")).get("type"),
        *(_mapping(action).get("action_id") for action in actions),
    )
    return any(name is not None and not isinstance(name, str) for name in names)


def received(payload: Mapping[str, Any]) -> Received:
    """What a payload says. Whatever its parts are, nothing here fails: what we do not know is `other`."""
    kind = _kind(payload)
    event, view = _mapping(payload.get("event")), _mapping(payload.get("view"))
    user = payload.get("user")
    channel = payload.get("channel") or event.get("channel") or _mapping(event.get("item")).get("channel")
    names = {
        "command": payload.get("trigger_id"),
        "click": payload.get("trigger_id"),
        "submission": f"{view.get('id')}/{view.get('hash')}",
        "event": payload.get("event_id"),
        "other": None,
    }
    name = names[kind] or hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
    return Received(
        kind=kind,
        id=f"{kind}:{_text(name)}"[:200],
        team=_named(extract_team_id, payload),
        enterprise=_named(extract_enterprise_id, payload),
        app=_text(payload.get("api_app_id")),
        user=_text(payload.get("user_id") or _mapping(user).get("id") or event.get("user")),
        channel=_text(payload.get("channel_id") or _mapping(channel).get("id") or channel),
        trigger=_text(payload.get("trigger_id")),
        response_url=_text(
            payload.get("response_url") or _first(payload.get("response_urls")).get("response_url")
        ),
        payload=payload,
    )


def _named(extract: Callable[[dict[str, Any]], Any], payload: Mapping[str, Any]) -> str:
    """What Bolt finds: it knows all places where Slack names a workspace or an organisation, and trusts their shape."""
    try:
        return _text(extract(dict(payload)))
    except (AttributeError, KeyError, TypeError, RecursionError):
        return ""


def _kind(payload: Mapping[str, Any]) -> Kind:
    if payload.get("command"):
        return "command"
    kinds: dict[str, Kind] = {
        "block_actions": "click",
        "view_submission": "submission",
        "event_callback": "event",
    }
    return kinds.get(_text(payload.get("type")), "other")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _first(value: Any) -> Mapping[str, Any]:
    return _mapping(value[0]) if isinstance(value, list) and value else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
