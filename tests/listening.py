"""Listening: exactly these messages reached exactly these people, and no other did."""

import re
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes, policy

from sqlalchemy import select

from tests.story import Story, message_ids
from tocsin.storage.tables import room

#: Person, route, and what it was: its subject, or the kind of message.
Heard = tuple[str, str, str]


@dataclass
class Ear:
    """What reached our own people since somebody last listened: (person, route, subject), read from the sinks."""

    story: Story
    _heard: Counter[Heard] = field(default_factory=Counter)

    def expect(self, *wanted: Heard) -> None:
        """These messages came, in whatever order, and nothing else did. A subject may be the beginning of one."""
        new = list((self.all() - self._heard).elements())
        self._heard = self.all()
        left = list(new)
        for person, route, subject in wanted:
            found = next((m for m in left if m[:2] == (person, route) and m[2].startswith(subject)), None)
            assert found, f"{person} got no {route} {subject!r}; there was: {new}"
            left.remove(found)
        assert not left, f"nobody expected: {left}"

    def hush(self) -> "Ear":
        """Forget what came until now: it is not what the test is about."""
        self._heard = self.all()
        return self

    def all(self) -> Counter[Heard]:
        """Everything that the servers keep."""
        story, found = self.story, Counter[Heard]()
        for person in story.app.catalog.contacts.people:
            found.update((person.id, "slack", _bare(text)) for text in story.heard(person.id))
            found.update((person.id, "email", _bare(subject)) for subject in story.mails_to(person.id))
        return found


class KindEar(Ear):
    """The same by the kind of message, as the engine names it: `page`, `remind`, `warn`. Nothing unknown passes it."""

    def all(self) -> Counter[Heard]:
        """Everything that the servers keep, also what is no message of ours; but the card of the room, which stands."""
        with self.story.app.database.read() as connection:
            cards = {row.card_ts for row in connection.execute(select(room.c.card_ts))}
        ids = [("email", re.sub(r"^<|@.*$", "", each)) for each in message_ids(self.story.mail.messages)]
        for message in (each for each in self.story.slack.messages if each.ts not in cards):
            payload = (message.metadata or {}).get("event_payload", {})
            ids.append(("slack", str(payload.get("message_id", "no message of ours"))))
        sent = {row["id"]: row for row in self.story.outbox}
        return Counter(
            (sent[id_]["person"], route, sent[id_]["key"].split("/")[1]) if id_ in sent else (id_, route, "?")
            for route, id_ in ids
        )


def to(person: str, kind: str, *routes: str) -> list[Heard]:
    """One message by several routes."""
    return [(person, route, kind) for route in routes]


def _bare(text: str) -> str:
    """The subject, without the mark of a drill."""
    return text.split("\n")[0].removeprefix("[DRILL] ")


def mail_text(story: Story, person: str) -> str:
    """The text of the last mail that somebody of the house got."""
    address = story.app.catalog.contacts.person(person).email
    mails = [mail for mail in story.mail.messages if mail.recipients == (address,)]
    body = message_from_bytes(mails[-1].content, policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def slack_words(story: Story, person: str) -> str:
    """Every word of the last message that somebody got on Slack."""
    room = story.slack.room(story.app.catalog.contacts.person(person).slack or "")
    last = [message for message in story.slack.messages if message.channel == room.id][-1]
    return "\n".join(_words(list(last.blocks)))


def _words(node: object) -> list[str]:
    if isinstance(node, dict):
        return [
            word
            for key, value in node.items()
            for word in ([value] if key == "text" and isinstance(value, str) else _words(value))
        ]
    return [word for each in node for word in _words(each)] if isinstance(node, list | tuple) else []
