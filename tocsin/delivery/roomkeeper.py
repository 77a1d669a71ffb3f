"""One pass over one room: the calls that are missing between what the channel is and what it should be.

What a room should be is made from the incident; what it is stands in the table `room`. Each call is written down before
the next, so that whoever takes over goes on where the last one died. What may have happened unseen is asked for before
it is done again: an incident has one channel, and the channel one card.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from tocsin.app import App
from tocsin.change import Change, message_id
from tocsin.delivery.roomcalls import GONE, Silenced, often, pause, trouble
from tocsin.delivery.roomcard import CardKeeper
from tocsin.delivery.roomview import Wanted, wanted_of
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import RoomOpened
from tocsin.domain.message import Undelivered
from tocsin.domain.room import room_name
from tocsin.record import record
from tocsin.storage import rooms

#: Without an entry in its timeline a room is looked at this often, for what stands elsewhere: letters, routes, a rota.
LOOK, LOOK_OF_MANY = timedelta(seconds=15), timedelta(seconds=0.25)
#: A name may be taken by a channel of ours that Slack does not list yet: for so long it is looked for.
LAG = timedelta(minutes=2)
#: So many names are tried.
NAMES = 9
#: How an invitation fared that need not be made, by Slack's word.
_NEEDLESS = {"already_in_channel": "in", "cant_invite_self": "self"}


@dataclass
class Keeper(CardKeeper):
    """One pass over one room."""

    failures: list[Undelivered] = field(default_factory=list)

    async def keep(self) -> str:
        """Make the calls that are missing. `ok`, or the worst outcome of a call. Raises LeaseLost."""
        incident = self.app.incident(self.key)
        with self.app.database.read() as connection:
            self.row = rooms.of(connection, self.key) or {}
        if _stays_away(incident) or not (incident.open or self.row.get("channel")):
            return self._leave(incident)
        try:
            if not self.row.get("channel"):
                await self._open(incident)
                incident = self.app.incident(self.key)
            wanted = wanted_of(self.app, incident, self.by)
            for step in (self._invite, self.show_card, self._purpose, self._topic, self._bookmarks):
                await self._tried(step, wanted)
        except Undelivered as failure:
            self.failures.append(failure)
        except Silenced:
            return self._leave(self.app.incident(self.key))
        return self._settle(incident)

    def _leave(self, incident: Incident) -> str:
        """Leave the room as it stands, until something is decided anew."""
        self.note(incident.head_seq, look_at=None, ended=not incident.open)
        return "ok"

    async def _tried(self, step: Callable[[Wanted], Awaitable[None]], wanted: Wanted) -> None:
        """What must wait or fails keeps nothing else waiting; nothing else is tried where channel or Slack are gone."""
        try:
            await step(wanted)
        except Undelivered as failure:
            if failure.outcome == "down" or failure.code in GONE:
                raise
            self.failures.append(failure)

    # --- the channel

    async def _open(self, incident: Incident) -> None:
        """Find the channel or make it. Slack takes a name once: under the same name no second one can be made."""
        if incident.room is not None:
            self.note(channel=incident.room.channel, name=incident.room.name)
            return
        names = [room_name(incident, number) for number in range(1, NAMES + 1)]
        begun = names.index(self.row["name"]) if self.row.get("name") in names else 0
        for name in names[begun:]:
            if channel := await self._channel(name):
                self._opened(channel, name)
                return
        raise Undelivered("refused", "reply", f"Slack has all of our names for {self.key}, in other hands")

    async def _channel(self, name: str) -> str | None:
        """The channel of this name, ours from before or made now; None where the name is somebody else's."""
        since: datetime | None = self.row.get("tried_at")
        mark = _mark(self.app, self.key)
        channel = await self.ask("conversations.list", self.api.find, name, mark) if since else None
        if channel is None:
            self.note(name=name, tried_at=since or self.app.now())
            channel = await self.ask("conversations.create", self.api.create, name)
        if channel is None:
            channel = await self.ask("conversations.list", self.api.find, name, mark)
        if channel is None and since is not None and self.app.now() < since + LAG:
            raise Undelivered(
                "retry", "reply", f"#{name} is taken, perhaps by ourselves: it is looked for again"
            )
        if channel is None:
            self.note(tried_at=None)
        return channel

    def _opened(self, channel: str, name: str) -> None:
        def decide(change: Change) -> None:
            if change.incident.room is None:
                change.add(RoomOpened(channel=channel, name=name), cause=1, key="room-opened")
            change.also += [self.fence, partial(rooms.keep, key=self.key, channel=channel, name=name)]

        record(self.app, self.key, decide, actor="engine")
        self.row |= {"channel": channel, "name": name}

    # --- what is in it

    async def _invite(self, wanted: Wanted) -> None:
        """Each of them once: who cannot be invited is told of, and not asked for again and again."""
        guests: dict[str, str] = self.row.get("guests") or {}
        missing = [who for who in wanted.guests if who not in guests]
        try:
            if missing:
                await self.ask("conversations.invite", self.api.invite, self.row["channel"], missing)
                self.note(guests=guests | dict.fromkeys(missing, "in"))
        except Undelivered as failure:
            if failure.outcome != "refused" or failure.code in GONE:
                raise
            # All or nobody, says Slack, and not always whom it is about.
            for who in missing:
                guests = guests | {who: await self._invited(who)}
                self.note(guests=guests)

    async def _invited(self, who: str) -> str:
        try:
            await self.ask("conversations.invite", self.api.invite, self.row["channel"], [who])
        except Undelivered as failure:
            if failure.outcome != "refused" or failure.code in GONE:
                raise
            return _NEEDLESS.get(failure.code) or failure.code or failure.reason
        return "in"

    async def _purpose(self, wanted: Wanted) -> None:
        words = wanted.purpose(_mark(self.app, self.key))
        await self._set("purpose", "conversations.setPurpose", self.api.set_purpose, words)

    async def _topic(self, wanted: Wanted) -> None:
        await self._set("topic", "conversations.setTopic", self.api.set_topic, wanted.topic)

    async def _set(self, what: str, method: str, setting: Callable[..., Awaitable[None]], words: str) -> None:
        digest = _digest(words)
        if self.row.get(what) != digest:
            await self.ask(method, setting, self.row["channel"], words)
            was_set: dict[str, Any] = {what: digest}
            self.note(**was_set)

    async def _bookmarks(self, wanted: Wanted) -> None:
        digest, channel = _digest(repr(sorted(wanted.bookmarks.items()))), self.row["channel"]
        if not wanted.bookmarks or self.row.get("bookmarks") == digest:
            return
        there = await self.ask("bookmarks.list", self.api.bookmarks, channel)
        for title, link in wanted.bookmarks.items():
            id_, before = there.get(title, ("", ""))
            if not id_:
                await self.ask("bookmarks.add", self.api.add_bookmark, channel, title, link)
            elif before != link:
                await self.ask("bookmarks.edit", self.api.edit_bookmark, channel, id_, title, link)
        self.note(bookmarks=digest)

    # --- how it went

    def _settle(self, incident: Incident) -> str:
        """Write down how far the pass came, and when the next one is due."""
        now, over = self.app.now(), not incident.open
        if self.failures:
            self.note(trouble=trouble(self.failures), hold_until=now + min(map(pause, self.failures)))
            outcomes = {failure.outcome for failure in self.failures}
            return "down" if "down" in outcomes else outcomes.pop()
        with self.app.database.read() as connection:
            look = None if over else now + often(LOOK, LOOK_OF_MANY, rooms.kept(connection))
        done = {"look_at": self.edit_at or look, "ended": over and self.edit_at is None}
        self.note(incident.head_seq, **done, trouble=None, hold_until=None)
        return "ok"


def _stays_away(incident: Incident) -> bool:
    """Whether nothing about this incident goes to Slack: not yet, or not any more since somebody reads it there."""
    return incident.status == "triage" or "slack" in incident.silenced


def _mark(app: App, key: str) -> str:
    """What tells our room from a channel of the same name that is not ours."""
    return message_id(app.record_key(key), f"{key}/room")[:8]


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()
