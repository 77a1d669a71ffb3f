"""The ledger's row of each reader of a notice, as it stands before anything was sent."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from tocsin.app import App
from tocsin.domain.further import further_kind
from tocsin.domain.incident import Incident
from tocsin.domain.notice import LEAVING, is_letter, letter_of
from tocsin.domain.noticenames import CONTROLLERS
from tocsin.domain.scope.people import AffectedPerson, Company
from tocsin.engine.further import came_back
from tocsin.engine.guardians import Guardians, Spare
from tocsin.engine.letters import readers, variant_digest
from tocsin.engine.mailability import no_route, route
from tocsin.engine.writing import Writing, readers_of
from tocsin.rendering.letter import Reader
from tocsin.sealing import seal
from tocsin.storage import ledger

#: Why somebody gets no further letter.
_UNREAD = "the letter before came back unread"


def rows_of(app: App, incident: Incident, notice: str, write: Writing) -> Iterator[dict[str, Any]]:
    """The ledger's row of each reader, as it stands before anything was sent."""
    key, digest, people_key = incident.key, incident.notices[notice].digest, app.people_key(incident.key)
    others = _told_by_others(app, incident, notice)
    further = further_kind(notice) is not None
    unread = came_back(app, incident, notice) if further else frozenset()
    catalog = app.catalog_of(incident)
    letter, organisation = letter_of(incident, catalog, notice), catalog.contacts.organisation
    needs = {readers: owed.email_needs for readers, owed in letter.readers.items()} if letter else {}
    # The day that also decides to whom a letter speaks.
    day = write.letters.facts.dated
    guardians = Guardians(app, incident, notice, write)
    for hidden, person in readers(app, incident, notice):
        reader = write.reader(person)
        addresses: tuple[str, ...] = (person.email,) if person.email else ()
        by_guardian, spare = False, None
        if further:
            reason = _UNREAD if hidden in unread else None
        else:
            way = route(person, catalog.data_map.openers, day)
            way, spare = guardians.behind(person, way, reader)
            if not write.letters.speaks_to(reader.audience):
                way = replace(way, address=None)
            if isinstance(person, Company) and person.people:
                others.pop(hidden, None)  # what she had speaks of her own account alone
            wanted = needs.get(readers_of(person), {})
            reason = others.get(hidden) or no_route(person, way, wanted, organisation)
            addresses = way.addresses
            by_guardian = way.way == "guardian" or (spare is not None and spare[0] == 0)
        variant = variant_digest(write.letters.variant_of(reader, write.locale(person)))
        message_id = write.message_id(people_key, notice, digest, hidden)
        yield {
            "incident": key,
            "notice": notice,
            "digest": digest,
            "person": hidden,
            "variant": spare[2] if spare and spare[0] == 0 else variant,
            "readers": readers_of(person).key,
            "address": 1,
            "addresses": max(len(addresses), 1),
            "message_id": message_id,
            "state": "excluded" if reason else "pending",
            "reason": reason,
            "way": _way(hidden, others, unread, by_guardian=by_guardian),
            "accounted_at": app.now() if hidden in others or hidden in unread else None,
            "held_at": None,
            "attempts": 0,
            "doubtful": False,
            # From a moment that is past also where the clock is set back.
            "not_before": incident.declared_at,
            "sealed": seal(
                people_key,
                _content(write, person, addresses, reader, spare),
                ledger.sealed_for(key, message_id),
            ),
        }


def _way(hidden: str, others: Collection[str], unread: Collection[str], *, by_guardian: bool) -> str | None:
    """By which way a reader is told of whom that is known before anything is sent."""
    if hidden in others:
        return "other-letter"
    if hidden in unread:
        return "not-owed"
    return "guardian" if by_guardian else None


def _told_by_others(app: App, incident: Incident, notice: str) -> dict[str, str]:
    """Who had another letter of ours about this, or this one as another account of hers: nobody gets two.

    A business customer's own letter speaks of her end users, too.
    """
    if not (is_letter(notice) or notice == CONTROLLERS) or incident.scope is None:
        return {}
    found: dict[str, str] = {}
    with app.database.read() as connection:
        for other, state in incident.notices.items():
            if not is_letter(other):
                continue
            leaving = state.digest if other != notice and state.mark in LEAVING else None
            rows = ledger.written_to(connection, incident.key, other, incident.scope.revision, leaving)
            for had_as, person in rows:
                if other != notice:
                    found[person] = f"has the letter {other}"
                elif had_as != person:
                    found.setdefault(person, f"has the letter {other}, as another account of hers")
    return found


def _content(
    write: Writing, person: AffectedPerson, addresses: Sequence[str], reader: Reader, spare: Spare | None
) -> bytes:
    """What is sealed in a row. `addresses` are where the letter goes, in order; without one, the first of hers.

    `spare` says which of them are her guardian's, and what he reads. A child's own address stands nowhere: no letter
    about a child goes to the child.
    """
    days = [day and day.isoformat() for day in (reader.first_seen, reader.last_seen)]
    content: list[Any] = [
        list(addresses) or [write.box(person, None)[1]],
        person.name,
        write.locale(person),
        list(reader.kinds),
        reader.certainty,
        *days,
    ]
    content += [list(reader.added), [list(each) for each in reader.otherwise], list(reader.left_out)]
    content += [reader.audience, reader.people, spare]
    return json.dumps(content, ensure_ascii=False).encode()
