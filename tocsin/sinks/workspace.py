"""What a Slack workspace remembers and refuses: channels, people, messages, and the limits of one message.

Pure of sockets: `slack.py` puts it behind HTTP. Limits: docs.slack.dev, reference/block-kit; the total over all blocks
is undocumented (slackapi/bolt-js#2509). They are written down here a second time, so that the sender's are tested.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tocsin.sinks.rooms import Answer, Call, Room, Rooms, Unwilling

__all__ = ["Answer", "Call", "PostedMessage", "Room", "Unwilling", "Workspace", "check_message", "shown"]

_LONGEST = {"section": 3_000, "header": 150, "context": 3_000, "markdown": 12_000}
_MOST_ELEMENTS = {"context": 10, "actions": 25}


@dataclass(frozen=True)
class PostedMessage:
    """A message as Slack would show it. `ts` names it within its channel; `edits` counts updates."""

    channel: str
    ts: str
    text: str
    blocks: tuple[Mapping[str, Any], ...] = ()
    metadata: Mapping[str, Any] | None = None
    thread: str | None = None
    edits: int = 0


class Workspace(Rooms):
    """Channels by name and people by user id, as given; ids are counted, so that the same story gives the same ids.

    `clock` gives seconds since 1970; no two messages share a `ts`, even when it stands still.
    """

    def __init__(self, channels: Iterable[str], people: Iterable[str], clock: Callable[[], float]) -> None:
        super().__init__(list(people))
        self.messages: list[PostedMessage] = []
        self._clock = clock
        self._last = 0  # microseconds
        for name in channels:
            self.add("C", name, [])

    def post(self, call: Call) -> Answer:
        """chat.postMessage"""
        room = self.open_room(call)
        check_message(call)
        message = PostedMessage(
            room.id,
            self._ts(),
            call.get("text") or "",
            tuple(call.get("blocks") or ()),
            call.get("metadata"),
            call.get("thread_ts"),
        )
        self.messages.append(message)
        return {"channel": room.id, "ts": message.ts, "message": shown(message)}

    def update(self, call: Call) -> Answer:
        """chat.update"""
        room = self.open_room(call)
        check_message(call)
        for index, message in enumerate(self.messages):
            if (message.channel, message.ts) == (room.id, call.get("ts")):
                self.messages[index] = replace(
                    message,
                    text=call.get("text") or "",
                    blocks=tuple(call.get("blocks") or ()),
                    metadata=call.get("metadata", message.metadata),
                    edits=message.edits + 1,
                )
                return {"channel": room.id, "ts": message.ts, "text": self.messages[index].text}
        raise Unwilling("message_not_found")

    def history(self, call: Call) -> Answer:
        """conversations.history: newest first, its edges if `inclusive`, threads left out, by `cursor`."""
        room = self.room(call.get("channel", ""))
        oldest, skip = float(call.get("oldest") or 0), int(call.get("cursor") or 0)
        latest = float(call.get("latest") or "inf")
        edges = str(call.get("inclusive", "")).lower() in ("1", "true")
        limit = min(int(call.get("limit") or 100), 999)
        found = [
            message
            for message in reversed(self.messages)
            if message.channel == room.id
            and message.thread is None
            and (oldest < float(message.ts) < latest or (edges and float(message.ts) in (oldest, latest)))
        ]
        with_metadata = str(call.get("include_all_metadata", "")).lower() in ("1", "true")
        page = [shown(message, metadata=with_metadata) for message in found[skip : skip + limit]]
        more = len(found) > skip + limit
        cursor = str(skip + limit) if more else ""
        return {"messages": page, "has_more": more, "response_metadata": {"next_cursor": cursor}}

    def open_direct(self, call: Call) -> Answer:
        """conversations.open, for one person"""
        if call.get("users") not in self.people:
            raise Unwilling("user_not_found")
        return {"channel": {"id": self.room(call["users"]).id}}

    def list_people(self, call: Call) -> Answer:
        """users.list"""
        members = [{"id": person, "name": person.lower(), "deleted": False} for person in self.people]
        return {"members": members, "response_metadata": {"next_cursor": ""}}

    def _ts(self) -> str:
        self._last = max(round(self._clock() * 1_000_000), self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


def shown(message: PostedMessage, *, metadata: bool = True) -> Answer:
    """A message in the Web API's shape."""
    fields: Answer = {
        "type": "message",
        "ts": message.ts,
        "text": message.text,
        "blocks": list(message.blocks),
    }
    if metadata and message.metadata:
        fields["metadata"] = dict(message.metadata)
    if message.thread:
        fields["thread_ts"] = message.thread
    return fields


def check_message(call: Call) -> None:
    """Refuse, in Slack's words, what one message cannot hold."""
    text, blocks = call.get("text") or "", call.get("blocks") or ()
    if not text and not blocks:
        raise Unwilling("no_text")
    if len(text) > 40_000:
        raise Unwilling("msg_too_long")
    if len(blocks) > 50 or not all(_fits(block) for block in blocks):
        raise Unwilling("invalid_blocks")
    if sum(_length(block) for block in blocks) > 13_200:
        raise Unwilling("msg_blocks_too_long")


def _fits(block: Mapping[str, Any]) -> bool:
    kind = block.get("type", "")
    longest = _LONGEST.get(kind, 12_000)
    elements, fields = block.get("elements") or (), block.get("fields") or ()
    return (
        _length(block.get("text", "-")) in range(1, longest + 1)
        and all(_length(element) <= longest for element in elements)
        and len(elements) <= _MOST_ELEMENTS.get(kind, 100)
        and len(fields) <= 10
        and all(_length(field) in range(1, 2_001) for field in fields)
    )


def _length(part: Any) -> int:
    if isinstance(part, str):
        return len(part)
    if isinstance(part, Mapping):
        return sum(_length(part.get(name)) for name in ("text", "fields", "elements"))
    return sum(_length(one) for one in part) if isinstance(part, list | tuple) else 0
