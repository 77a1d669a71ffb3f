"""What goes with a paper: the documents that exist, by the names under which they lie in the vault.

A form's last line vouches for what is attached, so nothing is listed that is not there: no promise, no paper of ours to
another authority, nothing whose name was erased. Nor is a question of the scope, which holds tokens and customers'
numbers. File names are our own words, and a paper is sealed in the vault like the files that it names.
"""

from datetime import date

from tocsin.app import App
from tocsin.domain.incident import Incident
from tocsin.domain.notice import LEAVING, letter_states
from tocsin.evidence.vault import HANDED_IN, QUESTION, SOURCES, UNREAD, items_of
from tocsin.rendering.paperfacts import Enclosure
from tocsin.storage.texts import read_texts


def enclosures(app: App, incident: Incident) -> tuple[Enclosure, ...]:
    """Evidence and receipts in the order of their numbers, then the letter, once it is on its way to people."""
    if incident.erased:
        return ()
    own = {item for duty in incident.duties.values() for item in (*duty.papers, *duty.other_papers)}
    revisions = incident.scope.revision if incident.scope else 0
    asked = {
        name.format(n) for n in range(1, revisions + 1) for name in (QUESTION, HANDED_IN, SOURCES, UNREAD)
    }
    with app.database.read() as connection:
        texts = read_texts(connection, incident.key, app.record_key(incident.key))
        rows = items_of(connection, incident.key)
    named = {str(row["item"]): texts[str(row["name"])] for row in rows if row["name"] in texts}
    senders = _senders(app, incident)
    kept = [
        Enclosure(name, item, senders.get(item))
        for item, name in sorted(named.items(), key=lambda each: int(each[0].removeprefix("E")))
        if item not in own and name not in asked
    ]
    return (*kept, *_letter(incident))


def _senders(app: App, incident: Incident) -> dict[str, str]:
    """Receipts in the vault, and which office each is from."""
    names = {each.id: each.short for each in app.catalog_of(incident).contacts.authorities}
    return {
        duty.receipt: names.get(duty.opened.authority or "", duty.opened.key)
        for duty in incident.duties.values()
        if duty.receipt is not None
    }


def _letter(incident: Incident) -> list[Enclosure]:
    return [
        Enclosure(dated=date.fromisoformat(each.dated))
        for each in letter_states(incident)
        if each.told_at is not None and each.mark in (*LEAVING, "sent")
    ]
