"""What waits in triage, for the card: since when, which messages are in it, and by when the sender wants an answer."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.actors import Actor, reads_words
from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.domain.intake import answer_due
from tocsin.evidence.vault import read


@dataclass(frozen=True)
class Waiting:
    """`first` is the message that opened it: its item, its From and its Subject, for those who may read them.

    `held_back` counts urgent messages that called nobody, by why. `answer_due` is what the company's policy promises.
    """

    since: datetime
    urgent: bool
    quiet: bool
    looked_at_by: str | None
    messages: int = 0
    urgent_messages: int = 0
    automatic: int = 0
    too_large: tuple[str, ...] = ()
    held_back: dict[str, int] | None = None
    first: str | None = None
    sender: str | None = None
    subject: str | None = None
    answer_due: datetime | None = None


def waiting(app: App, actor: Actor, incident: Incident) -> Waiting | None:
    """How it waits; None for what waits in no triage."""
    if incident.status != "triage":
        return None
    messages = incident.messages
    held = [each.held_back for each in messages if each.held_back]
    first = next(iter(messages), None)
    sender, subject = _written(app, actor, incident, first.item) if first else (None, None)
    return Waiting(
        since=incident.opened_at,
        urgent=incident.urgent,
        quiet=incident.quiet,
        looked_at_by=incident.holder("triage"),
        messages=len(messages),
        urgent_messages=sum(each.urgent for each in messages),
        automatic=sum(each.automatic for each in messages),
        too_large=tuple(each.item for each in messages if not each.whole),
        held_back={why: held.count(why) for why in dict.fromkeys(held)} or None,
        first=first.item if first else None,
        sender=sender,
        subject=subject,
        answer_due=_answer_due(app, incident),
    )


def _written(app: App, actor: Actor, incident: Incident, item: str) -> tuple[str | None, str | None]:
    """From and Subject of a message, out of the vault: they stand nowhere else, and go when it is erased."""
    from tocsin.domain.mailhead import written

    if not reads_words(actor, incident):
        return None, None
    try:
        return written(read(app, incident.key, item))
    except Refused:  # erased, or damaged: `tocsin verify` says which
        return None, None


def _answer_due(app: App, incident: Incident) -> datetime | None:
    """Only people are answered: machines are not."""
    person = next((each for each in incident.messages if not each.automatic), None)
    contacts = app.catalog.contacts
    organisation = contacts.organisation
    if person is None:
        return None
    return answer_due(person.at, contacts.intake, organisation.zone, organisation.days_off)
