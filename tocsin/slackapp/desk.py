"""Where one thing is worked off: the home, who asked, in which words they read, and how they are answered."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial

from tocsin.actions.doors import Proof
from tocsin.actors import Actor, in_slack
from tocsin.app import App
from tocsin.delivery.post import Post
from tocsin.domain.errors import Refused
from tocsin.domain.whom import whom
from tocsin.logs import Log
from tocsin.rendering.message import Line, line
from tocsin.rendering.words import Words
from tocsin.slackapp.received import Received
from tocsin.slackapp.voice import Voice
from tocsin.slackapp.wording import words_for
from tocsin.storage import rooms
from tocsin.views.access import silenced, visible
from tocsin.views.duties import DutyView

log = Log("tocsin.slackapp")

#: One line of an answer: a phrase in the reader's language, or words as they are.
Said = str | Line


@dataclass(frozen=True)
class Desk:
    """What is said to others leaves by the `post`.

    `proof` is the request or click as it came; `again` says that somebody began with it and died.
    """

    app: App
    voice: Voice
    post: Post
    it: Received
    proof: Proof
    again: bool = False
    #: What waits for Slack once the deed is done, in this order: other hands than the deed's see to it.
    after: deque[Callable[[], object]] = field(default_factory=deque)

    @cached_property
    def actor(self) -> Actor:
        """Who asked."""
        return in_slack(self.app, self.it.user)

    @cached_property
    def words(self) -> Words:
        """The words of who asked."""
        return words_for(self.app, self.actor)

    @cached_property
    def room(self) -> str | None:
        """The incident in whose channel this happened, if it is one."""
        return incident_in(self.app, self.it.channel)

    @cached_property
    def silent(self) -> set[str]:
        """The incidents of which nothing may go by Slack: who reads there what they must not may click there too."""
        return silenced(self.app, "slack")

    def refuse_silenced(self, key: str, named: str | None = None) -> None:
        """Refused, for who may know of it, where Slack is silenced for an incident, sound or set apart."""
        if key in self.silent and any(row["key"] == key for row in visible(self.app, self.actor)):
            raise self.knows_nothing_of(named or key)

    def knows_nothing_of(self, named: str) -> Refused:
        """One answer for what is not there and for what is silenced: who reads along must not learn which it is."""
        return Refused(self.words.phrase("say_slack_nothing_of", incident=named))

    def say(self, *lines: Said) -> None:
        """Tell who asked, and nobody else, once the deed is done."""
        self.after.append(partial(self._reply, self.said(lines)))

    def _reply(self, said: list[str]) -> None:
        try:
            self.voice.reply(self.it, said)
        except Exception as error:  # any failure at all: what was asked for is over
            log.error("who asked was not told", kind=self.it.kind, error=type(error).__name__)

    def said(self, lines: Sequence[Said]) -> list[str]:
        """Lines in the words of who asked."""
        return [each.said(self.words) if isinstance(each, Line) else each for each in lines]

    def duty(self, duty: DutyView) -> Line:
        """A duty in one line: to whom, by which article, how sure its clock is."""
        to = whom(duty, self.app.catalog.contacts.authorities)
        return line("duty_assumed" if duty.assumed else "duty", whom=to, cite=duty.cite)

    def at(self, moment: datetime | None) -> str:
        """A moment as the company reads it; `?` while unknown."""
        if moment is None:
            return "?"
        return self.words.moment(moment, self.app.catalog.contacts.organisation.zone)


def incident_in(app: App, channel: str) -> str | None:
    """The incident whose channel this is."""
    with app.database.read() as connection:
        return rooms.incident_of(connection, channel)
