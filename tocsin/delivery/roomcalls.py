"""Calls for one room, under a lease: each is made once at a time, kept to Slack's pace, and written down."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection

from tocsin.app import App
from tocsin.domain.errors import TocsinError
from tocsin.domain.message import Undelivered
from tocsin.rendering.room import Speaker
from tocsin.storage import jobs, rooms

if TYPE_CHECKING:
    from tocsin.channels.slack_rooms import SlackRooms

T = TypeVar("T")

#: Until what failed is tried again: what may succeed, and what waits for a person.
AGAIN, REFUSED = timedelta(seconds=5), timedelta(minutes=10)


class Silenced(TocsinError):
    """Somebody who must not know of it reads Slack: no further call about this incident is made."""


#: Slack's words for a channel that is not there for us any more.
GONE = ("channel_not_found", "not_in_channel", "is_archived")


@dataclass
class Calls:
    """The room of the incident `key`: its row, the way to Slack, and who speaks there. `holder` has taken the lease."""

    app: App
    api: "SlackRooms"
    by: Speaker
    key: str
    holder: str
    row: dict[str, Any] = field(default_factory=dict)

    async def ask(self, method: str, call: Callable[..., Awaitable[T]], *words: Any) -> T:
        """Make one call, unless Slack asked to wait with its method. Whoever lost the lease makes none.

        Raises Silenced where Slack may not hear of the incident any more, which somebody may say during a pass.
        """
        now = self.app.now()
        with self.app.database.write() as connection:
            self.fence(connection)
            until = rooms.waits(connection, now).get(method)
        if until is not None:
            left = (until - now).total_seconds()
            raise Undelivered("retry", "pace", f"Slack asked to wait with {method}", left)
        if "slack" in self.app.incident(self.key).silenced:
            raise Silenced(f"Slack is silenced for {self.key}")
        try:
            return await call(*words)
        except Undelivered as failure:
            # How often one may post is counted for each channel, everything else for each method.
            if failure.retry_after is not None and method != "chat.postMessage":
                with self.app.database.write() as connection:
                    rooms.wait(connection, method, now + timedelta(seconds=failure.retry_after))
            raise

    def note(self, shown: int | None = None, **values: Any) -> None:
        """Write down what became known, and up to which entry the incident is `shown`.

        Raises LeaseLost, and writes nothing, when another has the room.
        """
        with self.app.database.write() as connection:
            self.fence(connection)
            if shown is not None:
                rooms.shown(connection, self.key, shown)
            rooms.keep(connection, self.key, **values)
        self.row |= values

    def fence(self, connection: Connection) -> None:
        """Inside a transaction: make sure that the room is still ours, and stays so for a while."""
        jobs.beat(connection, self.key, rooms.JOB, self.holder, self.app.clock())


def often(least: timedelta, each: timedelta, count: int) -> timedelta:
    """How often one of so many may have its turn."""
    return max(least, each * count)


def pause(failure: Undelivered) -> timedelta:
    """How long to wait after a failure."""
    if failure.retry_after is not None:
        return timedelta(seconds=failure.retry_after)
    return REFUSED if failure.outcome == "refused" else AGAIN


def trouble(failures: list[Undelivered]) -> str:
    """The worst of what failed in one line, and what a person can do about it."""
    worst = min(failures, key=lambda each: (each.outcome != "down", each.outcome != "refused"))
    if worst.code == "is_archived":
        return "somebody archived it: unarchive it in Slack, and invite the app again"
    if worst.code in GONE:
        return "Slack does not show it to us any more: invite the app into it again"
    return worst.reason
