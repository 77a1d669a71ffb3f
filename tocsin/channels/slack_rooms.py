"""Slack's channels by its Web API: make, find, people, name and furnish one. One method here is one kind of call.

Every error is Undelivered, with Slack's own word in `code`. Source: docs.slack.dev/reference/methods.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tocsin.channels.slack import EVENT_TYPE, SlackChannel
from tocsin.channels.slack_text import fitted
from tocsin.domain.message import SlackPost, Undelivered

#: Pages of a list that are read; past them, what is not found counts as unknown.
_MOST_PAGES = 20
_PAGE = 200
#: Slack's limit for a topic and a purpose, in characters.
LONGEST_TOPIC = 250


class SlackRooms:
    """The private channels of the workspace that `channel` speaks to."""

    def __init__(self, channel: SlackChannel) -> None:
        self._slack = channel
        self._ours = ""

    async def create(self, name: str) -> str | None:
        """conversations.create: the id of a new private channel; None where the name is taken."""
        try:
            made = await self._slack.call("conversations_create", name=name, is_private=True)
        except Undelivered as failure:
            if failure.code == "name_taken":
                return None
            raise
        return _id(made.get("channel"))

    async def find(self, name: str, mark: str) -> str | None:
        """conversations.list: the id of the channel of this name that is ours.

        It bears our mark in its purpose, or we made it and it has no purpose yet.
        """
        if not self._ours:
            self._ours = str((await self._slack.call("auth_test")).get("user_id", ""))

        def fits(each: Mapping[str, Any]) -> bool:
            purpose = (each.get("purpose") or {}).get("value") or ""
            made_by_us = bool(self._ours) and each.get("creator") == self._ours
            return each.get("name") == name and (mark in purpose or (made_by_us and not purpose))

        found = await self._first("conversations_list", "channels", fits, types="private_channel")
        return _id(found) if found else None

    async def invite(self, channel: str, people: Iterable[str]) -> None:
        """conversations.invite: all of them, or none."""
        await self._slack.call("conversations_invite", channel=channel, users=",".join(people))

    async def set_purpose(self, channel: str, purpose: str) -> None:
        """conversations.setPurpose"""
        await self._slack.call("conversations_setPurpose", channel=channel, purpose=purpose[:LONGEST_TOPIC])

    async def set_topic(self, channel: str, topic: str) -> None:
        """conversations.setTopic"""
        await self._slack.call("conversations_setTopic", channel=channel, topic=topic[:LONGEST_TOPIC])

    async def bookmarks(self, channel: str) -> dict[str, tuple[str, str]]:
        """bookmarks.list: title to id and link."""
        said = await self._slack.call("bookmarks_list", channel_id=channel)
        marks = said.get("bookmarks") or ()
        return {str(each.get("title")): (str(each.get("id")), str(each.get("link"))) for each in marks}

    async def add_bookmark(self, channel: str, title: str, link: str) -> None:
        """bookmarks.add"""
        await self._slack.call("bookmarks_add", channel_id=channel, title=title, type="link", link=link)

    async def edit_bookmark(self, channel: str, id_: str, title: str, link: str) -> None:
        """bookmarks.edit"""
        await self._slack.call("bookmarks_edit", channel_id=channel, bookmark_id=id_, title=title, link=link)

    async def post(self, post: SlackPost) -> str:
        """chat.postMessage: the `ts` of the new message."""
        return (await self._slack.send(post)).reply.rpartition(" ")[2]

    async def posted(self, channel: str, message_id: str, since: datetime) -> str | None:
        """conversations.history: the `ts` of the message with this id, if it is there."""

        def fits(each: Mapping[str, Any]) -> bool:
            metadata = each.get("metadata") or {}
            payload = metadata.get("event_payload") or {}
            return metadata.get("event_type") == EVENT_TYPE and payload.get("message_id") == message_id

        oldest = f"{since.timestamp():.6f}"
        more = {"channel": channel, "oldest": oldest, "include_all_metadata": True}
        found = await self._first("conversations_history", "messages", fits, **more)
        return str(found["ts"]) if found else None

    async def edit(self, post: SlackPost, ts: str) -> None:
        """chat.update"""
        fits = fitted(post)
        await self._slack.call(
            "chat_update", channel=fits.channel, ts=ts, text=fits.text, blocks=list(fits.blocks)
        )

    async def pin(self, channel: str, ts: str) -> None:
        """pins.add; one that is pinned already stays so."""
        try:
            await self._slack.call("pins_add", channel=channel, timestamp=ts)
        except Undelivered as failure:
            if failure.code != "already_pinned":
                raise

    async def _first(
        self, method: str, key: str, fits: Callable[[Mapping[str, Any]], bool], **arguments: Any
    ) -> Mapping[str, Any] | None:
        """The first that fits on any page. Raises Undelivered where there are more pages than one can read."""
        cursor = ""
        for _ in range(_MOST_PAGES):
            more = {"cursor": cursor} if cursor else {}
            page = await self._slack.call(method, limit=_PAGE, **arguments, **more)
            listed: Sequence[Mapping[str, Any]] = page.get(key) or ()
            if found := next(filter(fits, listed), None):
                return found
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return None
        raise Undelivered("retry", "reply", f"Slack lists more than {_MOST_PAGES * _PAGE} {key}", 60)


def _id(channel: Any) -> str:
    id_ = channel.get("id") if isinstance(channel, Mapping) else None
    if not id_:
        raise Undelivered("ambiguous", "reply", "Slack said ok and named no channel")
    return str(id_)
