"""Channels: how a message leaves the house, one file each. A channel sends one item and says what the other side said.

This room may open sockets and nothing else: no database, no files. Each file is imported late, with its library.
"""

import re
from typing import Any, Protocol

from tocsin.domain.message import Receipt

LONGEST_REASON = 300  # characters of the other side's words that an error carries


class Channel(Protocol):
    """One route to people. It may be kept open between items, and moves to a new event loop by reconnecting."""

    @property
    def name(self) -> str:
        """What the route is called in the outbox: `email`, `slack`."""

    async def send(self, item: Any) -> Receipt:
        """Hand one item over (each channel names its kind), or raise Undelivered with outcome, phase and reason."""

    async def close(self) -> None:
        """Give connections back. Never raises; the channel may be used again."""


class Relay(Channel, Protocol):
    """A channel that gains time where it knows ahead what it will be handed next."""

    async def send(self, item: Any, following: Any | None = None) -> Receipt:
        """The same. `following` may be announced to the other side, and has not begun before it is sent itself."""


def loaded(channel: Channel) -> bool:
    """Whether it can speak at once, or has yet to load a library for about as long as a mail takes to leave."""
    return bool(getattr(channel, "loaded", True))


def one_line(words: str) -> str:
    """The other side's words, fit for one line of a log or a table: no control characters, 300 characters at most."""
    plain = " ".join(re.sub(r"[^\S ]|[\x00-\x1f\x7f-\x9f]|[\ud800-\udfff]", " ", words).split())
    return plain if len(plain) <= LONGEST_REASON else plain[: LONGEST_REASON - 3] + "..."
