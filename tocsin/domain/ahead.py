"""The holding letter, approved before anything happened, so that at three in the morning it may leave at once.

Pure. What people read ahead are its templates, what it prints of the company, and the sender: a digest over these
stands in `contacts/organisation.yaml` beside who approved it and when. It is void when one of them changes. What is
written during the incident nobody has read ahead: a letter that prints such words needs its approvals then.
"""

from tocsin.domain.approving import APPROVERS, approvals_needed
from tocsin.domain.canonical import digest
from tocsin.domain.catalog import Catalog
from tocsin.domain.incident import Incident
from tocsin.domain.notice import PRINTED_OF_THE_COMPANY
from tocsin.domain.organisation import ApprovedAhead

HOLDING = "holding"
#: What the holding letter prints as people wrote it.
_WRITTEN = ("consequences", "measures_taken")
_TEMPLATES = ("notices/holding.", "notices/holding-", "notices/frame.", "notices/words.", "notices/instead.")


def holding_digest(catalog: Catalog) -> str:
    """SHA-256 over what somebody who approves the holding letter ahead has read: for every type of incident."""
    organisation = catalog.contacts.organisation
    files = {
        path: digest(content.decode())
        for path, content in catalog.files.items()
        if path.startswith(_TEMPLATES) or (path.startswith("types/") and "/what_happened" in path)
    }
    signers = [
        [person.id, person.name, person.title, person.email]
        for person in catalog.contacts.people
        if person.id in (organisation.dpo, organisation.signatory)
    ]
    sender = organisation.model_dump(mode="json", include=PRINTED_OF_THE_COMPANY)
    return digest({"templates": files, "sender": sender, "signers": signers})


def stands_ahead(catalog: Catalog) -> tuple[ApprovedAhead, ...]:
    """The approvals ahead of what the holding letter is now, by people who may approve, each once."""
    now = holding_digest(catalog)
    may = {person.id for person in catalog.contacts.people if {*person.roles} & {*APPROVERS}}
    given = [
        each
        for each in catalog.contacts.organisation.holding_approved
        if each.by in may and now.startswith(each.digest)
    ]
    return tuple({each.by: each for each in given}.values())


def approved_ahead(incident: Incident, catalog: Catalog, notice: str) -> tuple[ApprovedAhead, ...]:
    """The approvals ahead under which this notice of the incident may leave; none where they are not enough."""
    wrong = any(each.of == notice for each in incident.corrections.values())
    if notice != HOLDING or wrong or any(incident.facts.known(name) for name in _WRITTEN):
        return ()
    found = stands_ahead(catalog)
    return found if len(found) >= approvals_needed(incident, catalog, notice) else ()
