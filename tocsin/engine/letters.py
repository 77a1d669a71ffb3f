"""The customers' letter of one incident: its words, its readers, and the digest that an approval binds."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from tocsin.app import App
from tocsin.domain.answers import nearest
from tocsin.domain.errors import Refused
from tocsin.domain.facts import Facts
from tocsin.domain.incident import Incident, NoticeState
from tocsin.domain.notice import CUSTOMERS
from tocsin.domain.scope import AffectedPerson
from tocsin.domain.timeline import canonical, digest
from tocsin.rendering.account import account
from tocsin.rendering.letter import Letter, LetterFacts, Letters, Reader, Variant
from tocsin.storage import affected
from tocsin.storage.texts import read_texts, shown

#: The notices that exist, by the name that people type, and the templates that each is written with.
TEMPLATES = {CUSTOMERS: "customer", "holding": "holding"}


@dataclass(frozen=True)
class Writing:
    """Everything needed to write to anybody in this incident."""

    letters: Letters
    sender: str
    sender_name: str
    reply_to: str
    zone: ZoneInfo

    def reader(self, person: AffectedPerson) -> Reader:
        """What a letter says of its reader; days are days of the company's zone."""
        days = [
            moment and moment.astimezone(self.zone).date() for moment in (person.first_seen, person.last_seen)
        ]
        bucket: Any = person.bucket.value
        return Reader(person.kinds, bucket, person.name, days[0], days[1])


def public_reference(app: App, key: str) -> str:
    """What a customer quotes on the telephone: it says nothing, and is not the internal key."""
    raw = hmac.digest(app.record_key(key), b"public reference", "sha256")
    text = base64.b32encode(raw)[:8].decode()
    return f"{text[:4]}-{text[4:]}"


def writing(app: App, incident: Incident, notice: str, *, fresh: bool = False) -> Writing:
    """The letters of a notice as drafted, or as they would be drafted now (`fresh`).

    Raises Refused when a text they need is missing.
    """
    catalog = app.catalog_of(incident)
    organisation, zone = catalog.contacts.organisation, ZoneInfo(catalog.contacts.organisation.zone)
    known, folder = spoken_facts(app, incident), app.pack_folder(catalog)

    def learned(name: str) -> Mapping[str, str]:
        value: Any = known.get(name)
        return value if isinstance(value, Mapping) else {}

    facts = LetterFacts(
        reference=public_reference(app, incident.key),
        dated=_dated(app, None if fresh else incident.notices.get(notice), zone),
        organisation=organisation,
        dpo=catalog.contacts.person(organisation.dpo),
        signer=catalog.contacts.person(organisation.signatory),
        kind_names={kind.id: kind.name for kind in catalog.data_map.kinds},
        kind_categories={kind.id: kind.categories for kind in catalog.data_map.kinds},
        what_happened=account(folder, incident.type, known, organisation.name, organisation.zone),
        consequences=learned("consequences"),
        measures_taken=learned("measures_taken"),
        measures_planned=learned("measures_planned"),
        advice=learned("advice_to_people"),
        drill=incident.drill,
        kind_roles={kind.id: kind.role for kind in catalog.data_map.kinds},
    )
    letters = Letters(TEMPLATES[notice], folder, facts)
    return Writing(
        letters, organisation.notice_sender, organisation.notice_sender_name, organisation.reply_to, zone
    )


def spoken_facts(app: App, incident: Incident) -> Facts:
    """The incident's facts with their texts in plain words; an erased text is unknown again."""
    with app.database.read() as connection:
        texts = read_texts(connection, incident.key, app.record_key(incident.key))
    return Facts({name: shown(learned.value, texts) for name, learned in incident.learned.items()})


def _dated(app: App, state: NoticeState | None, zone: ZoneInfo) -> date:
    """The day of the draft, so that the bytes that were approved are the bytes that leave."""
    return date.fromisoformat(state.dated) if state else app.now().astimezone(zone).date()


def readers(app: App, incident: Incident) -> Iterable[tuple[str, AffectedPerson]]:
    """(pseudonym, person) of everybody who is owed a letter, by the latest revision of the scope."""
    if incident.scope is None:
        raise Refused(f"{incident.key} has no scope yet; run tocsin scope first")
    key = app.people_key(incident.key)
    with app.database.read() as connection:
        for hidden, person in affected.people(connection, incident.key, incident.scope.revision, key):
            if person.told:
                yield hidden, person


def variants(app: App, incident: Incident, write: Writing) -> dict[Variant, Letter]:
    """Every distinct letter, each as one of its readers gets it."""
    return write.letters.variants((write.reader(p), p.locale or "en") for _, p in readers(app, incident))


def approval_digest(write: Writing, written: Mapping[Variant, Letter], recipients: str) -> str:
    """What an approval binds: what all readers share, every distinct letter, the recipients' set, the sender."""
    keys = sorted(variant_digest(variant) for variant in written)
    return digest(
        {
            "letters": write.letters.digest,
            "variants": keys,
            "recipients": recipients,
            "sender": [write.sender_name, write.sender, write.reply_to],
        }
    )


def variant_digest(variant: Variant) -> str:
    """A short name for one combination."""
    parts = {"locale": variant.locale, "kinds": list(variant.kinds), "certainty": variant.certainty}
    return hashlib.sha256(canonical(parts | {"seen": variant.seen, "named": variant.named})).hexdigest()[:16]


def drafted(incident: Incident, notice: str) -> NoticeState:
    """The state of a notice; Refused when there is no such notice, or no draft of it yet."""
    if notice not in TEMPLATES:
        raise Refused(f"there is no notice {notice!r}{nearest(notice, TEMPLATES)}")
    state = incident.notices.get(notice)
    if state is None:
        raise Refused(f"{notice} has no draft yet; tocsin draft {incident.key} {notice} makes one")
    return state


def leaving_digest(app: App, incident: Incident, notice: str) -> str:
    """The digest of what would leave now, computed from the letters and the people themselves."""
    if incident.scope is None:
        raise Refused(f"{incident.key} has no scope yet; run tocsin scope first")
    write = writing(app, incident, notice)
    return approval_digest(write, variants(app, incident, write), incident.scope.set_digest)
