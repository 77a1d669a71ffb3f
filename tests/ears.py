"""Ears: what left the house, and nothing else. Whatever nobody expected fails the test.

In the manner of an alerting tool's own tests: set the scene, let time pass, say exactly who heard what by which route.
It reads what the servers kept, never what a client believes to have sent.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes

from tests.story import Story

Heard = tuple[str, str, str]


@dataclass
class Ears:
    """Who heard what since one last listened: (person, route, kind of message)."""

    story: Story
    known: Counter[Heard] = field(default_factory=Counter)

    def all(self) -> Counter[Heard]:
        """Everything that the servers keep."""
        ids = [str(message_from_bytes(mail.content)["Message-ID"]) for mail in self.story.mail.messages]
        found = [("email", re.sub(r"^<|@.*$", "", each)) for each in ids]
        for message in self.story.slack.messages:
            payload = (message.metadata or {}).get("event_payload", {})
            found.append(("slack", str(payload.get("message_id", "no message of ours"))))
        sent = {row["id"]: row for row in self.story.outbox}
        return Counter(
            (sent[id_]["person"], route, sent[id_]["key"].split("/")[1]) if id_ in sent else (id_, route, "?")
            for route, id_ in found
        )

    def expect(self, *wanted: Heard) -> None:
        """Exactly these came since the last time, in any order."""
        now = self.all()
        fresh, self.known = now - self.known, now
        assert fresh == Counter(wanted)


def to(person: str, kind: str, *routes: str) -> list[Heard]:
    """One message by several routes."""
    return [(person, route, kind) for route in routes]
