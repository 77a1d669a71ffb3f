"""People: answering a page, taking and handing over roles, calling somebody now."""

from typing import get_args

from tocsin.actions.asking import act, command_of, refuse_silence
from tocsin.actions.triage import may_triage
from tocsin.actors import Actor, known
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.answers import nearest
from tocsin.domain.contacts import Person
from tocsin.domain.errors import NotYours, Refused
from tocsin.domain.escalation import TRIAGE, unanswered
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import Acknowledged, Paged, RoleGivenBack, RoleTaken
from tocsin.domain.records import Role
from tocsin.domain.roads import ways
from tocsin.engine.hand_over import brief_both
from tocsin.engine.messages import page_message, role_or_standin, tell_answered
from tocsin.record import Recorded
from tocsin.storage import outbox

ROLES: tuple[str, ...] = get_args(Role)


#: Of several roles that somebody was called for, the one that is answered first.
FIRST = "incident-commander"


def ack(app: App, actor: Actor, key: str, *, role: str | None = None, command: str | None = None) -> Recorded:
    """Answer for one role: it stops that role's ladder, and takes the role. Each other role answers for itself.

    Without `role`, the first for which this person was called, the incident commander's before any other.
    """
    if role is not None:
        _refuse_unknown_role(role)

    def decide(change: Change) -> None:
        incident, person = change.incident, known(actor, change.incident)
        waiting = awaited(app, incident, person)
        if not waiting or role not in (None, *waiting):
            holder = ", ".join(f"{role}: {who}" for role, who in incident.roles.items()) or "nobody"
            as_ = f" as {role}" if role else ""
            raise NotYours(
                f"nobody waits for an answer of {person.id}{as_}; roles are held by {holder}; "
                f"tocsin take {key} {role or 'ROLE'} takes {'it' if role else 'one'}"
            )
        answered = role or waiting[0]
        change.add(Acknowledged(role=answered, person=person.id))
        _change_hands(app, change, answered, person.id)
        _answered(app, change, person.id, [answered])

    content = key if role is None else [key, role]
    return act(app, actor, key, decide, command=command_of(command, "ack", content))


def awaited(app: App, incident: Incident, person: Person) -> list[str]:
    """The silent roles for which this person may answer, in the order in which they are answered."""
    silent = unanswered(incident, app.catalog_of(incident).contacts)
    called = [page.role for page in incident.pages if page.person == person.id]
    roles = dict.fromkeys([*called, *person.roles])
    if may_triage(app, incident, person):
        roles |= {TRIAGE: None}
    return sorted((role for role in roles if role in silent), key=lambda role: role != FIRST)


def take(app: App, actor: Actor, key: str, role: str, *, command: str | None = None) -> Recorded:
    """Take a role; whoever held it is relieved."""

    def decide(change: Change) -> None:
        person = known(actor, change.incident)
        _may_hold(app, person.id, role)
        if change.incident.roles.get(role) == person.id:
            raise Refused(f"{person.id} holds {role} already; tocsin hand {key} {role} TO gives it on")
        _change_hands(app, change, role, person.id)
        _answered(app, change, person.id, [role])

    return act(app, actor, key, decide, command=command_of(command, "take", role))


def hand(app: App, actor: Actor, key: str, role: str, to: str, *, command: str | None = None) -> Recorded:
    """Hand a role that one holds to somebody else."""

    def decide(change: Change) -> None:
        person = known(actor, change.incident)
        _refuse_unknown_role(role)
        if change.incident.roles.get(role) != person.id:
            holder = change.incident.roles.get(role, "nobody")
            way = f"; tocsin take {key} {role} takes it" if role in person.roles else ""
            raise Refused(f"{role} is held by {holder}, and only the holder hands it over{way}")
        if to in change.incident.excluded:
            raise Refused(f"{to} is excluded from {key}; hand it to somebody else")
        _may_hold(app, to, role)
        _change_hands(app, change, role, to, handed_by=person.id)

    return act(app, actor, key, decide, command=command_of(command, "hand", [role, to]))


def hand_back(
    app: App, actor: Actor, key: str, role: str, *, because: str, command: str | None = None
) -> Recorded:
    """Give back a role that one holds, and name nobody: its ladder calls anew, and oneself last."""

    def decide(change: Change) -> None:
        person = known(actor, change.incident)
        _refuse_unknown_role(role)
        if change.incident.roles.get(role) != person.id:
            holder = change.incident.roles.get(role, "nobody")
            raise NotYours(f"{role} is held by {holder}, and only the holder gives it back")
        refuse_silence(because, f"say why you give {role} back: --because '...'")
        given = RoleGivenBack(role=role, person=person.id, because=change.keep(because))
        change.add(given, at=change.now)

    return act(app, actor, key, decide, command=command_of(command, "hand-back", [role, because]))


def page(
    app: App, actor: Actor, key: str, who: str, *, because: str | None = None, command: str | None = None
) -> Recorded:
    """Call a person or a role now, by all routes."""

    def decide(change: Change) -> None:
        person = known(actor, change.incident)
        role, people = _whom(app, change.incident, who)
        said = change.keep(because) if because else None
        for called in people:
            incident = change.incident
            routes = ways(app.catalog.contacts.person(called), incident.silenced, loud=True)
            number = sum(page.person == called for page in incident.pages)
            body = Paged(
                role=role,
                person=called,
                level=0,
                round=0,
                routes=routes,
                asked_by=person.id,
                because=said,
            )
            seq = change.add(body, at=change.now, key=f"asked-page/{called}/{incident.head_seq}")
            page_message(app, change, body, seq, because, number + 1)

    return act(app, actor, key, decide, command=command_of(command, "page", [who, because]))


def _whom(app: App, incident: Incident, who: str) -> tuple[str, list[str]]:
    contacts = app.catalog.contacts
    if who in ROLES:
        people = role_or_standin(app, incident, who) or _first_of_triage(app, incident, who)
        if not people:
            raise Refused(
                f"nobody in contacts/people.yaml has the role {who}; add it to a person, or page one by name"
            )
        return who, people
    known_ids = [person.id for person in contacts.people]
    if who not in known_ids:
        raise Refused(f"there is no person or role {who!r}{nearest(who, [*known_ids, *ROLES])}")
    if who in incident.excluded:
        raise Refused(f"{who} is excluded from {incident.key}; page somebody else")
    held = next((role for role, holder in incident.roles.items() if holder == who), None)
    roles = contacts.person(who).roles
    return held or (roles[0] if roles else "participant"), [who]


def _first_of_triage(app: App, incident: Incident, role: str) -> list[str]:
    """Nobody need be listed for triage: whoever is on call looks at it."""
    ladder = app.catalog.contacts.ladder(role, incident.severity) if role == TRIAGE else None
    first = app.catalog.contacts.called(ladder.levels[0], app.now()) if ladder else ()
    return [who for who in first if who not in incident.excluded]


def _refuse_unknown_role(role: str) -> None:
    if role not in ROLES:
        raise Refused(f"there is no role {role!r}{nearest(role, ROLES)}")


def _may_hold(app: App, who: str, role: str) -> None:
    _refuse_unknown_role(role)
    person = app.catalog.contacts.person(who)
    if role not in person.roles:
        able = ", ".join(each.id for each in app.catalog.contacts.with_role(role)) or "nobody yet"
        raise NotYours(
            f"{who} is not listed for {role} in contacts/people.yaml; listed: {able}; "
            "ask one of them, or add the role there"
        )


def _change_hands(app: App, change: Change, role: str, to: str, handed_by: str | None = None) -> None:
    """Somebody holds a role from now on; where somebody else did, also one who gave it back, both get the brief."""
    before = change.incident.tenures.get(role)
    seq = change.add(RoleTaken(role=role, person=to, handed_by=handed_by), at=change.now)
    if before is not None and before.holder != to:
        brief_both(app, change, role, before.holder, to, seq)


def _answered(app: App, change: Change, who: str, roles: list[str]) -> None:
    """Take back the calls that have not left, and let everybody sleep again whom the others reached."""
    incident, now = change.incident, change.now
    pages = [page.seq for page in incident.pages if page.role in roles]
    change.also.append(lambda connection: outbox.withdraw(connection, incident.key, pages, now))
    tell_answered(app, change, who, roles)
