"""One person lets a letter leave that lacks approvals, by one of three rights, and others countersign it afterwards.

Who did it, why, and what lacked is an entry of its own; everybody who must know is called by every route.
"""

from datetime import datetime

from tocsin.actions.asking import refuse_silence
from tocsin.actions.loudly import page_those_who_answer
from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.approving import (
    ALONE,
    APPROVERS,
    IN_THE_LAST_HOURS,
    RELEASERS,
    awaiting,
    countersigned_words,
    first_deadline,
    given,
    in_danger,
    last_hours_from,
    may_countersign,
)
from tocsin.domain.contacts import Person
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident, NoticeState
from tocsin.domain.incident import ReleasedAlone as Lone
from tocsin.domain.kinds import Alone, Countersigned, ReleasedAlone
from tocsin.domain.letters import letters_of
from tocsin.domain.moments import iso
from tocsin.domain.offers import Offer
from tocsin.domain.outdated import SHORTEST
from tocsin.engine.letters import drafted
from tocsin.engine.messages import role_or_standin
from tocsin.rendering.message import Line, line


def way_alone(app: App, actor: Actor, change: Change, state: NoticeState) -> str:
    """How this person could let it leave alone now; empty where they could not, but by breaking the glass."""
    try:
        ground, _, _ = _ground(app, actor, change, state.id)
    except Refused:
        return ""
    why = "since life is in danger" if ground == "danger" else "since its last hours have begun"
    return f"{why} you may release it alone: tocsin send {change.incident.key} {state.id}"


def release_alone(
    app: App,
    actor: Actor,
    change: Change,
    state: NoticeState,
    needed: int,
    ground: Alone | None,
    digest: str | None,
    because: str | None,
) -> None:
    """The entry that says who did it, why, and what lacked; everybody who must know hears of it at once."""
    incident, person = change.incident, need(actor, change.incident, *ALONE)
    key, yes = incident.key, given(state)
    if state.mark not in ("in-review", "approved"):
        raise Refused(f"{state.id} is {state.mark}; tocsin draft {key} {state.id} makes a new draft")
    if len(yes) >= needed and any(actor.holds(incident, role) for role in RELEASERS):
        raise Refused(f"{state.id} has all its approvals; tocsin send {key} {state.id} lets it leave")
    if digest is None:
        raise Refused(f"name what you have read: --digest, as tocsin preview {key} {state.id} shows it")
    refuse_wrong(key, state, digest)
    due = first_deadline(letters_of(incident, app.catalog_of(incident)), state.id)
    facts: tuple[str, ...] = ()
    if ground == "break-glass":
        refuse_silence(because or "", f"say why {state.id} must leave without its approvals: --because '...'")
    else:
        ground, due, facts = _ground(app, actor, change, state.id)
    assert ground is not None
    body = ReleasedAlone(
        notice=state.id,
        digest=state.digest,
        person=person.id,
        ground=ground,
        needed=needed,
        given=yes,
        due_at=due,
        facts=facts,
        because=change.keep(because) if because else None,
    )
    seq = change.add(body)
    _tell(app, change, body, because, seq)


def _ground(
    app: App, actor: Actor, change: Change, notice: str
) -> tuple[Alone, datetime | None, tuple[str, ...]]:
    """By what right this person may release it alone now, its first deadline, and the facts of a danger to life."""
    incident, catalog = change.incident, app.catalog_of(change.incident)
    due = first_deadline(letters_of(incident, catalog), notice)
    if facts := in_danger(incident, catalog):
        return "danger", due, facts
    hours = catalog.contacts.organisation.deputy_releases_hours
    begin = last_hours_from(due, hours)
    way = f"or break the glass and say why: tocsin send {incident.key} {notice} --break-glass --because '...'"
    if begin is None:
        why = "it has no deadline" if hours else "the company lets no deputy (deputy_releases_hours: 0)"
        raise Refused(f"nobody may release {notice} alone: {why}; have it approved, {way}")
    if change.now < begin:
        raise Refused(
            f"a deputy may release {notice} alone from {iso(begin)}, {hours} hours before its first deadline; "
            f"have it approved, {way}"
        )
    if not any(actor.holds(incident, role) for role in IN_THE_LAST_HOURS):
        raise Refused(
            f"in its last hours a deputy may release {notice} alone, and {actor.id} is none; "
            f"tocsin take {incident.key} deputy, have it approved, {way}"
        )
    return "last-hours", due, ()


def _tell(app: App, change: Change, body: ReleasedAlone, because: str | None, seq: int) -> None:
    """Page them, by every route: what leaves now, nobody can call back."""
    incident = change.incident
    said = {"notice": body.notice, "who": body.person, "given": len(body.given), "needed": body.needed}
    phrase = {"break-glass": "broke_glass", "last-hours": "released_late", "danger": "released_danger"}
    lines: list[str | Line] = [line(phrase[body.ground], **said)]
    if because:
        lines.append(line("reason", text=because))
    lines += [
        line("countersign", digest=body.digest[:12]),
        line("stop_it", notice=body.notice),
    ]
    may = may_countersign(role_or_standin(app, incident, *APPROVERS), body.person, body.given)
    action = f"tocsin preview {incident.key} {body.notice}"
    offers = [Offer("countersign", incident.key, body.notice, body.digest)]
    page_those_who_answer(
        app, change, "alone", lines, cause=seq, action=action, offers=offers, offered_to=may
    )


def refuse_wrong(key: str, state: NoticeState, digest: str) -> None:
    """Refused for another digest than that of the draft."""
    if len(digest) < SHORTEST or not state.digest.startswith(digest):
        raise Refused(
            f"{digest[:12]} is not the digest of what would leave ({state.digest[:12]}); "
            f"tocsin preview {key} {state.id} shows it"
        )


def released_alone(state: NoticeState, digest: str) -> Lone | None:
    """The lone release of these letters that nobody has countersigned yet, or not enough; None where there is none."""
    if len(digest) < SHORTEST:
        return None
    return next((lone for lone in awaiting(state) if lone.digest.startswith(digest)), None)


def countersign(app: App, actor: Actor, change: Change, notice: str, digest: str) -> None:
    """Stand for the lone release of this digest."""
    lone = released_alone(drafted(app, change.incident, notice), digest)
    if lone is None:
        raise Refused(f"{notice} is countersigned already; tocsin ledger {change.incident.key} {notice}")
    person = countersigner(actor, change.incident, lone)
    change.add(Countersigned(notice=notice, digest=lone.digest, person=person.id, released=lone.seq))


def countersigner(actor: Actor, incident: Incident, lone: Lone) -> Person:
    """Who may stand for a lone release: somebody who may approve, and is not in it already."""
    person = need(actor, incident, *APPROVERS)
    if person.id == lone.person:
        raise Refused(f"{person.id} released it alone; another person must countersign")
    if not may_countersign([person.id], lone.person, lone.said_yes):
        raise Refused(f"{person.id} has approved these letters already; another person must countersign")
    return person


def refuse_uncountersigned(incident: Incident) -> None:
    """Refused while nobody has countersigned what one person released alone."""
    for state in incident.notices.values():
        for lone in awaiting(state):
            raise Refused(
                f"{state.id} was released by {lone.person} alone and {countersigned_words(lone)}; tocsin approve "
                f"{incident.key} {state.id} --digest {lone.digest[:12]}, or close --because with why there is none"
            )
