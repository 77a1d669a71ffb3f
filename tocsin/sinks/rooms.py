"""Channels as a workspace keeps them: made, peopled, named in a line, with pins and bookmarks; archived by people.

Pure of sockets. As with Slack, a name is taken once in a workspace, by archived channels too, and an app can neither
reopen an archived channel nor see a private one that it is no member of (docs.slack.dev/reference/methods).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Call = Mapping[str, Any]
Answer = dict[str, Any]

#: The app's own user, as `auth.test` names it.
APP = "U0SINK"
_LONGEST_TOPIC = 250


class Unwilling(Exception):
    """A Slack error: `error` is the string that the Web API gives."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass
class Room:
    """A channel, or a direct message to one person. `pins` are the `ts` of messages, `bookmarks` id to title and link.

    `ours` says that the app made it and is a member.
    """

    id: str
    name: str
    members: list[str]
    topic: str = ""
    archived: bool = False
    private: bool = False
    purpose: str = ""
    ours: bool = False
    pins: list[str] = field(default_factory=list)
    bookmarks: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def described(self) -> Answer:
        """The channel in the Web API's shape."""
        return {
            "id": self.id,
            "name": self.name,
            "is_archived": self.archived,
            "is_private": self.private,
            "creator": APP if self.ours else "U0SOMEBODY",
            "topic": {"value": self.topic},
            "purpose": {"value": self.purpose},
        }


class Rooms:
    """All channels, by id; ids are counted, so that the same story gives the same ids. `people` are user ids."""

    def __init__(self, people: list[str]) -> None:
        self.people = people
        self.rooms: dict[str, Room] = {}

    def add(self, letter: str, name: str, members: list[str]) -> Room:
        """A further channel (`C`) or direct message (`D`)."""
        room = Room(f"{letter}{len(self.rooms) + 1:08d}", name, members)
        self.rooms[room.id] = room
        return room

    def room(self, named: str) -> Room:
        """A room by id, by name with or without `#`, or by the user id of a person: then the direct message."""
        if named in self.rooms:
            return self.rooms[named]
        if named in self.people:
            direct = (room for room in self.rooms.values() if room.id[0] == "D" and room.members == [named])
            return next(direct, None) or self.add("D", named, [named])
        for room in self.rooms.values():
            if room.id[0] == "C" and room.name == named.removeprefix("#"):
                return room
        raise Unwilling("channel_not_found")

    def open_room(self, call: Call, key: str = "channel") -> Room:
        """The channel that a call names, for a change of it."""
        room = self.room(str(call.get(key, "")))
        if room.archived:
            raise Unwilling("is_archived")
        return room

    def create(self, call: Call) -> Answer:
        """conversations.create"""
        name = str(call.get("name") or "")
        if not name or len(name) > 80 or name != name.lower() or any(one in name for one in " .#"):
            raise Unwilling("invalid_name_specials" if name else "invalid_name_required")
        if any(room.name == name for room in self.rooms.values()):
            raise Unwilling("name_taken")
        room = self.add("C", name, [])
        room.ours, room.private = True, _said(call, "is_private")
        return {"channel": room.described}

    def list_rooms(self, call: Call) -> Answer:
        """conversations.list: pages by `cursor`."""
        kinds = str(call.get("types") or "public_channel").split(",")
        skip, limit = int(call.get("cursor") or 0), min(int(call.get("limit") or 100), 1000)
        found = [
            room
            for room in self.rooms.values()
            if room.id[0] == "C"
            and ("private_channel" if room.private else "public_channel") in kinds
            and (room.ours or not room.private)
            and not (room.archived and _said(call, "exclude_archived"))
        ]
        cursor = str(skip + limit) if len(found) > skip + limit else ""
        page = [room.described for room in found[skip : skip + limit]]
        return {"channels": page, "response_metadata": {"next_cursor": cursor}}

    def invite(self, call: Call) -> Answer:
        """conversations.invite: all of them, or none."""
        room = self.open_room(call)
        guests = [guest for guest in str(call.get("users") or "").split(",") if guest]
        if APP in guests:
            raise Unwilling("cant_invite_self")
        if not guests or any(guest not in self.people for guest in guests):
            raise Unwilling("user_not_found" if guests else "no_user")
        if any(guest in room.members for guest in guests):
            raise Unwilling("already_in_channel")
        room.members += guests
        return {"channel": room.described}

    def set_topic(self, call: Call) -> Answer:
        """conversations.setTopic"""
        room, topic = self.open_room(call), str(call.get("topic") or "")
        if len(topic) > _LONGEST_TOPIC:
            raise Unwilling("too_long")
        room.topic = topic
        return {"channel": room.described}

    def set_purpose(self, call: Call) -> Answer:
        """conversations.setPurpose"""
        room, purpose = self.open_room(call), str(call.get("purpose") or "")
        if len(purpose) > _LONGEST_TOPIC:
            raise Unwilling("too_long")
        room.purpose = purpose
        return {"channel": room.described}

    def archive(self, call: Call) -> Answer:
        """conversations.archive"""
        room = self.room(str(call.get("channel", "")))
        if room.archived:
            raise Unwilling("already_archived")
        room.archived = True
        return {}

    def unarchive(self, call: Call) -> Answer:
        """conversations.unarchive: not with the token of an app, which left when the channel was archived."""
        room = self.room(str(call.get("channel", "")))
        raise Unwilling("not_in_channel" if room.archived else "not_archived")

    def pin(self, call: Call) -> Answer:
        """pins.add"""
        room, ts = self.open_room(call), str(call.get("timestamp") or "")
        if ts in room.pins:
            raise Unwilling("already_pinned")
        room.pins.append(ts)
        return {}

    def list_bookmarks(self, call: Call) -> Answer:
        """bookmarks.list"""
        room = self.room(str(call.get("channel_id", "")))
        return {"bookmarks": [_bookmark(id_, *each) for id_, each in room.bookmarks.items()]}

    def add_bookmark(self, call: Call) -> Answer:
        """bookmarks.add"""
        room = self.open_room(call, "channel_id")
        if call.get("type") != "link" or not str(call.get("link", "")).startswith(("http://", "https://")):
            raise Unwilling("invalid_link")
        return self._marked(room, f"Bk{len(room.bookmarks) + 1:06d}", call)

    def edit_bookmark(self, call: Call) -> Answer:
        """bookmarks.edit"""
        room, id_ = self.open_room(call, "channel_id"), str(call.get("bookmark_id", ""))
        if id_ not in room.bookmarks:
            raise Unwilling("not_found")
        return self._marked(room, id_, call)

    def _marked(self, room: Room, id_: str, call: Call) -> Answer:
        room.bookmarks[id_] = str(call.get("title", "")), str(call.get("link", ""))
        return {"bookmark": _bookmark(id_, *room.bookmarks[id_])}


def _bookmark(id_: str, title: str, link: str) -> Answer:
    return {"id": id_, "type": "link", "title": title, "link": link}


def _said(call: Call, name: str) -> bool:
    return str(call.get(name, "")).lower() in ("1", "true")
