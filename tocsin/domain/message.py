"""What leaves the house by a route, and what the other side said to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tocsin.domain.errors import TocsinError

#: refused: never, for this message or address. retry: certainly not sent, try later. ambiguous: perhaps sent.
#: down: the whole route is unusable until a person acts, so take the next route at once.
Outcome = Literal["refused", "retry", "ambiguous", "down"]
#: How people call a route.
_ROUTE_NAMES = {"slack": "Slack", "email": "mail", "command": "telephone"}
#: Characters of a text for a telephone: two short messages joined, in the alphabet of most of them (3GPP TS 23.040).
LONGEST_SHORT = 306


def slack_escape(text: str) -> str:
    """Text from outside as data in `mrkdwn`: a customer called `<!channel>` calls nobody.

    Source: docs.slack.dev/messaging/formatting-message-text: these three characters, and no others.
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def route_name(route: str) -> str:
    """`Slack`, `mail`, `telephone`, or `telephone by voice` where one of several gateways is meant."""
    kind, _, gateway = route.partition(":")
    return _ROUTE_NAMES.get(kind, kind) + (f" by {gateway}" if gateway else "")


@dataclass(frozen=True)
class Receipt:
    """The other side took it. `reply` is its own words: the SMTP 250 text, or Slack's channel and ts."""

    reply: str


class Undelivered(TocsinError):
    """A message did not, or perhaps did not, get through; `phase` says how far it came.

    `code` is the other side's own short word for it, where it has one: `name_taken` of Slack. `silent` where it was
    spoken to, and has not said how that went, or only that it can say nothing now.
    """

    def __init__(
        self,
        outcome: Outcome,
        phase: str,
        reason: str,
        retry_after: float | None = None,
        code: str = "",
        *,
        silent: bool = False,
    ) -> None:
        super().__init__(reason)
        self.outcome, self.phase, self.reason, self.retry_after = outcome, phase, reason, retry_after
        self.code = code
        self.silent = silent or outcome == "ambiguous"


class Withdrawn(TocsinError):
    """A mail was not to begin any more when its content was about to: nothing of it has left."""


@dataclass(frozen=True)
class MailEnvelope:
    """One mail to one recipient: RFC 5321 envelope and the exact RFC 5322 bytes.

    `ready` where whoever made them knows that every line ends in CRLF, and none begins with a dot.
    """

    message_id: str
    sender: str
    recipient: str
    content: bytes
    ready: bool = False
    #: Asked once more when the content is about to begin: False where somebody stopped it, or another has it by now.
    ours: Callable[[], bool] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class SlackPost:
    """One Slack message; `message_id` travels in its metadata so that a doubt can be resolved."""

    message_id: str
    channel: str
    text: str
    blocks: tuple[dict[str, Any], ...] = ()
    thread: str | None = None


@dataclass(frozen=True)
class ShortCall:
    """A few words for a telephone, by the gateway with this id, or by the first one there is."""

    message_id: str
    gateway: str | None
    number: str
    text: str
    incident: str
