"""Who acts: the Unix account behind the shell, mapped in `contacts/people.yaml`, and what that person may do."""

import os
import pwd
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.app import App
from tocsin.domain.contacts import Person
from tocsin.domain.errors import NotYours, Refused
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import Door
from tocsin.domain.offers import Offer

#: Whose office it is to read any incident.
OFFICES = ("incident-commander", "deputy", "dpo", "counsel", "accountable-officer")
#: Accounts below are the system's own, and nobody logs in by them: UID_MIN of login.defs(5).
_FIRST_PERSON = 1000


@dataclass(frozen=True)
class Through:
    """The click by which somebody acts: at which door, on which offer if any. `nonce` is a digest, good for one deed.

    `proof` is the click, where the door keeps it, sealed into the vault and not yet spoken of; `signed` as Slack signed
    it, or as a connection of ours gave it.
    """

    door: Door
    offer: Offer | None
    nonce: str
    expires: datetime
    proof: Any = None
    signed: bool = True


@dataclass(frozen=True)
class Actor:
    """Somebody at a door. `person` is None for an account that nobody knows: it may declare, and read that."""

    id: str
    person: Person | None
    #: None at a shell.
    through: Through | None = None

    def holds(self, incident: Incident, role: str) -> bool:
        """Whether this person may act in a role here: by taking it, or by the company's own list."""
        if self.person is None:
            return False
        return incident.roles.get(role) == self.person.id or role in self.person.roles


def at_the_shell(app: App, as_person: str | None = None) -> Actor:
    """Who sits at this shell. `--as` works only in drills and demo homes: one shell must not be two approvers."""
    if as_person is not None:
        if not app.settings.fenced:
            raise Refused("--as works only in drills and demo homes; here the Unix account says who you are")
        return Actor(as_person, app.catalog.contacts.person(as_person))
    account = _account()
    for person in app.catalog.contacts.people:
        if person.unix == account:
            return Actor(person.id, person)
    return Actor(f"unix:{account}", None)


def in_slack(app: App, user: str) -> Actor:
    """Who clicked or typed in Slack: the member id, mapped in `contacts/people.yaml`, and nothing that Slack says."""
    for person in app.catalog.contacts.people:
        if person.slack is not None and person.slack == user:
            return Actor(person.id, person)
    return Actor(f"slack:{user}", None)


def _account() -> str:
    # Behind sudo the person who typed it counts, not root, nor the system's account that a home belongs to.
    uid = os.getuid()
    if uid < _FIRST_PERSON and os.environ.get("SUDO_UID", "").isdecimal():
        uid = int(os.environ["SUDO_UID"])
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def known(actor: Actor, incident: Incident | None = None) -> Person:
    """The known person behind an actor. Refused for strangers, and for those whom an incident excludes."""
    if actor.person is None:
        door, _, account = actor.id.partition(":")
        what = "Slack member id" if door == "slack" else "account"
        raise Refused(
            f"nobody in contacts/people.yaml has the {what} {account}; add `{door}: {account}` to a person"
        )
    if incident is not None and actor.person.id in incident.excluded:
        raise Refused(f"there is no incident {incident.key}; tocsin list shows those there are")
    return actor.person


def need(actor: Actor, incident: Incident, *roles: str) -> Person:
    """The person, if one of these roles is theirs. Refused with whom to ask otherwise."""
    person = known(actor, incident)
    roles = tuple(dict.fromkeys(roles))
    if not any(actor.holds(incident, role) for role in roles):
        # A role can be taken only by those whom the company lists for it, and they may act in it as they are.
        asked = " or the ".join(
            f"{role} ({holder})" if (holder := incident.roles.get(role)) else role for role in roles
        )
        raise NotYours(f"{person.id} may not do this; ask the {asked}")
    return person


def reads_words(actor: Actor, incident: Incident) -> bool:
    """Whether titles, notes and reasons are for this person."""
    if not incident.restricted or actor.id in (incident.declared_by, incident.opened_by):
        return True
    if actor.person is None:
        return False
    called = any(page.person == actor.id for page in incident.pages)
    return (
        called or actor.id in incident.roles.values() or any(role in OFFICES for role in actor.person.roles)
    )


def need_words(actor: Actor, incident: Incident, what: str) -> None:
    """Refused for a person for whom the words of this incident are not."""
    if actor.person is None or not reads_words(actor, incident):
        key = incident.key
        roles = actor.person.roles if actor.person else ()
        way = (
            f"take a role first: tocsin take {key} {roles[0]}"
            if roles
            else f"have somebody there call you: tocsin page {key} {actor.id}"
        )
        raise Refused(f"only those who work on {key} may read {what}; {way}")
