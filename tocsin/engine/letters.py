"""The letters of one incident: their words, their readers, and the digest that an approval binds."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from tocsin.app import App
from tocsin.domain import certainty
from tocsin.domain.ahead import HOLDING
from tocsin.domain.answers import nearest
from tocsin.domain.canonical import canonical, digest
from tocsin.domain.demands import Readers
from tocsin.domain.errors import Refused
from tocsin.domain.facts import Facts
from tocsin.domain.further import further_kind, further_names, template_of
from tocsin.domain.incident import Incident, NoticeState
from tocsin.domain.letters import CUSTOMERS, letters_of, recipients_digest
from tocsin.domain.noticenames import CONTROLLERS, is_letter, speaks_for_all
from tocsin.domain.owing import facts_of
from tocsin.domain.replies import kept_from
from tocsin.domain.scope.people import AffectedPerson
from tocsin.engine.additions import additions
from tocsin.engine.controllers import companies
from tocsin.engine.further import further_readers, further_recipients
from tocsin.engine.writing import Writing, readers_of
from tocsin.rendering.account import account
from tocsin.rendering.letter import Letter, LetterFacts, Letters, Variant
from tocsin.storage import affected
from tocsin.storage.revisions import Unsupported
from tocsin.storage.texts import read_texts, shown


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
    letters = letters_of(incident, catalog)
    plan = next((each for each in letters if each.id == notice), None)
    added = {readers: owed.added for readers, owed in plan.readers.items()} if plan else {}
    left_out = (
        dict.fromkeys(plan.readers, plan.left_out)
        if plan
        else {}
        if not speaks_for_all(notice)
        else kept_from(incident, catalog)
    )

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
        letter_correction=learned("letter_correction"),
        letter_addition=learned("letter_addition"),
        drill=incident.drill,
        suspected=certainty.suspected(known),
        kind_roles={kind.id: kind.role for kind in catalog.data_map.kinds},
        additions=additions(catalog, known, added),
    )
    return Writing(
        Letters(template_of(notice), folder, facts),
        organisation.notice_sender,
        organisation.notice_sender_name,
        organisation.reply_to,
        zone,
        added,
        left_out,
        facts_of(incident, catalog),
        plain=further_kind(notice) is not None,
    )


def spoken_facts(app: App, incident: Incident) -> Facts:
    """The incident's facts with their texts in plain words; an erased text is unknown again."""
    with app.database.read() as connection:
        texts = read_texts(connection, incident.key, app.record_key(incident.key))
    return Facts({name: shown(learned.value, texts) for name, learned in incident.learned.items()})


def _dated(app: App, state: NoticeState | None, zone: ZoneInfo) -> date:
    """The day of the draft, so that the bytes that were approved are the bytes that leave."""
    return date.fromisoformat(state.dated) if state else app.now().astimezone(zone).date()


def readers(app: App, incident: Incident, notice: str = HOLDING) -> Iterable[tuple[str, AffectedPerson]]:
    """(pseudonym, person) of everybody who is owed this letter, by the latest revision of the scope or a person's word.

    The holding letter goes to all, and that to companies to those whose people were hit. Whom no other letter of ours
    is for gets the common one, so that nobody is left out.
    """
    if further_kind(notice):
        yield from further_readers(app, incident, notice)
        return
    if incident.scope is None:
        raise Refused(f"{incident.key} has no scope yet; tocsin scope {incident.key} measures it first")
    if notice == CONTROLLERS:
        yield from companies(app, incident)
        return
    key, mine = app.people_key(incident.key), _whose(app, incident, notice)
    with app.database.read() as connection:
        for hidden, person in affected.people(connection, incident.key, incident.scope.revision, key):
            if person.told and mine(readers_of(person)):
                yield hidden, person
        for hidden, person in upheld(connection, incident, key):
            if mine(readers_of(person)):
                yield hidden, person


def upheld(connection: Connection, incident: Incident, key: bytes) -> Iterator[tuple[str, AffectedPerson]]:
    """(pseudonym, person) of those whom no log supports any more and a person upheld, as they were last found."""
    if incident.scope is not None and incident.upheld:
        whom = Unsupported(incident.key, incident.scope.revision, "upheld")
        for row in whom.people(connection):
            yield row.person, affected.opened(row, key)


def _whose(app: App, incident: Incident, notice: str) -> Callable[[Readers], bool]:
    """Whether a letter is for these readers."""
    if not is_letter(notice):
        return lambda readers: True
    letters = letters_of(incident, app.catalog_of(incident))
    homes = {readers: letter.id for letter in letters for readers in letter.readers}
    return lambda readers: homes.get(readers, CUSTOMERS) == notice


def recipients_of(app: App, incident: Incident, notice: str) -> str:
    """The digest of the people whom a letter goes to."""
    if further_kind(notice):
        return further_recipients(app, incident, notice)
    if incident.scope is None:
        raise Refused(f"{incident.key} has no scope yet; tocsin scope {incident.key} measures it first")
    return recipients_digest(letters_of(incident, app.catalog_of(incident)), notice, incident.recipients)


def variants(app: App, incident: Incident, notice: str, write: Writing) -> dict[Variant, Letter]:
    """Every distinct letter of a notice, each as one of its readers gets it."""
    mine = readers(app, incident, notice)
    return write.letters.variants((write.reader(person), write.locale(person)) for _, person in mine)


def unsaid(app: App, incident: Incident, notice: str) -> dict[str, list[str]]:
    """Texts that the letter may not be without: the languages in which each is still lacking."""
    return writing(app, incident, notice, fresh=True).letters.languages.unsaid()


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
    parts: dict[str, Any] = {
        "locale": variant.locale,
        "kinds": list(variant.kinds),
        "certainty": variant.certainty,
        "seen": variant.seen,
        "named": variant.named,
        "added": list(variant.added),
        "otherwise": [list(each) for each in variant.otherwise],
        "left_out": list(variant.left_out),
        "instead": variant.instead,
        "audience": variant.audience,
        "counted": variant.counted,
    }
    return hashlib.sha256(canonical(parts)).hexdigest()[:16]


def refuse_unknown(app: App, incident: Incident, notice: str) -> None:
    """Refused when there is no such notice, with the nearest right name."""
    letters = (letter.id for letter in letters_of(incident, app.catalog_of(incident)))
    known = (CUSTOMERS, HOLDING, CONTROLLERS, *letters, *incident.notices, *further_names(incident))
    names = dict.fromkeys(known)
    if notice not in names:
        raise Refused(f"there is no notice {notice!r}{nearest(notice, names)}")


def drafted(app: App, incident: Incident, notice: str) -> NoticeState:
    """The state of a notice; Refused when there is no such notice, or no draft of it yet."""
    state = incident.notices.get(notice)
    if state is None:
        refuse_unknown(app, incident, notice)
        raise Refused(f"{notice} has no draft yet; tocsin draft {incident.key} {notice} makes one")
    return state


def leaving_digest(app: App, incident: Incident, notice: str) -> str:
    """The digest of what would leave now, computed from the letters and the people themselves."""
    write, recipients = writing(app, incident, notice), recipients_of(app, incident, notice)
    return approval_digest(write, variants(app, incident, notice, write), recipients)
