"""The card of a room: one message, posted and pinned once, edited in place, and posted anew where it was deleted."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.change import message_id
from tocsin.delivery.roomcalls import Calls, often
from tocsin.delivery.roomview import Wanted
from tocsin.domain.message import SlackPost, Undelivered

#: A card is edited this often at most; with many rooms more rarely, since Slack lets an app edit 50 messages a minute.
EDITS, EDIT_OF_MANY = timedelta(seconds=10), timedelta(seconds=1.5)


@dataclass
class CardKeeper(Calls):
    """The calls that a card needs. `edit_at` is when it may be edited, where it waits for its turn."""

    edit_at: datetime | None = None

    async def show_card(self, wanted: Wanted) -> None:
        """Post the card and pin it, edit it where it says something else, post it anew where it is gone."""
        if self.row.get("card_ts") and self.row.get("card_digest") != wanted.pinned.digest:
            await self._edit(wanted)
        if not self.row.get("card_ts"):
            await self._put(wanted)
        if self.row.get("card_ts") and not self.row.get("pinned"):
            await self._pin()

    def _post(self, wanted: Wanted) -> SlackPost:
        id_ = message_id(self.app.record_key(self.key), f"{self.key}/card/{self.row.get('card') or 1}")
        return SlackPost(id_, self.row["channel"], wanted.pinned.text, wanted.pinned.blocks)

    async def _put(self, wanted: Wanted) -> None:
        """Post the card, unless somebody did and did not live to say so."""
        post, since = self._post(wanted), self.row.get("card_tried_at")
        ts = None
        if since is not None:
            oldest = since - timedelta(minutes=1)
            asked = post.channel, post.message_id, oldest
            ts = await self.ask("conversations.history", self.api.posted, *asked)
        found = ts is not None
        if ts is None:
            self.note(card_tried_at=since or self.app.now())
            ts = await self.ask("chat.postMessage", self.api.post, post)
        # What stands in a card that was found nobody knows: it is edited at once.
        digest = None if found else wanted.pinned.digest
        self.note(card_ts=ts, card_tried_at=None, card_digest=digest, card_at=self.app.now(), pinned=False)
        if found:
            await self._edit(wanted)

    async def _edit(self, wanted: Wanted) -> None:
        """Edit the card in its place, not too often; the last word on a file that was closed does not wait."""
        now, turn = self.app.now(), self.row["card_at"] + often(EDITS, EDIT_OF_MANY, wanted.rooms)
        ends = wanted.card.open == bool(self.row.get("ended"))
        if self.row.get("card_digest") and now < turn and not ends:
            self.edit_at = turn
            return
        try:
            await self.ask("chat.update", self.api.edit, self._post(wanted), self.row["card_ts"])
        except Undelivered as failure:
            self._deleted(failure)
        else:
            self.note(card_digest=wanted.pinned.digest, card_at=now)

    async def _pin(self) -> None:
        try:
            await self.ask("pins.add", self.api.pin, self.row["channel"], self.row["card_ts"])
        except Undelivered as failure:
            self._deleted(failure)
        else:
            self.note(pinned=True)

    def _deleted(self, failure: Undelivered) -> None:
        """Where somebody deleted the card, another takes its place. Any other failure goes on."""
        if failure.code != "message_not_found":
            raise failure
        self.note(card=(self.row.get("card") or 1) + 1, card_ts=None, pinned=False)
