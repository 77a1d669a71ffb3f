"""Taking up an offer: one click in Slack, on the page behind a link, or on the console does one deed, once.

The deed is that of the command line, with the same questions of who may. A click is of an earlier hour, though: what
has changed since is refused, and every refusal is told in one line and is an entry of the timeline.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from tocsin.actions.doors import Proof, TurnedAway, digest_of, refuse_used
from tocsin.actors import Actor, Through, known
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.errors import NotYours, Refused
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import Countersigned, Door, Refusal, Turned
from tocsin.domain.moments import iso
from tocsin.domain.offers import Deed, Offer
from tocsin.domain.outdated import outdated
from tocsin.record import Recorded, record, refuse_closed
from tocsin.sealing import keyed_digest
from tocsin.storage import spent, timeline

#: How long a nonce is remembered whose door sets no end: a week, far longer than any door lets it in.
REMEMBERED = timedelta(days=7)
#: The route by which a door's messages come. Who silences it closes the door too, for what was sent before.
ROUTE_OF: dict[Door, str] = {"slack": "slack", "mail": "email"}
#: What an update says: a CAN report.
PARTS = ("conditions", "actions", "needs")


def take_up(
    app: App,
    actor: Actor,
    offer: Offer,
    *,
    door: Door,
    nonce: str,
    expires: datetime | None = None,
    because: str | None = None,
    said: Mapping[str, str] | None = None,
    evidence: Sequence[Path] = (),
    proof: Proof | None = None,
) -> Recorded:
    """Do what a message offered. `nonce` is good for one deed; `proof` is the click as it came, sealed as evidence.

    `because` is the reason of a rejection, the note of a step, or why no update is sent; `said` are the `conditions`,
    `actions` and `needs` of an update.

    Raises TurnedAway, with `why`: what it was about has changed, it was used or is over, or it is not theirs to do.
    Then nothing was done, and the timeline says so once, however often it is tried again.
    """
    incident, now = app.incident(offer.incident), app.now()
    through = Through(door, offer, digest_of(door, nonce), expires or now + REMEMBERED)
    try:
        _refuse_outright(app, actor, incident, through, now)
        if proof is not None:
            from tocsin.evidence.vault import put_file

            # Under the record's key: who approved a letter is asked for years, when the people's data are gone.
            sealed = put_file(app, offer.incident, proof.content, purpose="record")
            through = replace(through, proof=sealed, signed=proof.signed)
        return _do(app, replace(actor, through=through), offer, because, said, evidence)
    except Refused as refused:
        why = _why(app, refused, offer)
        _tell(app, actor, offer.incident, through, (offer.deed, offer.subject), why)
        raise TurnedAway(str(refused), why) from None


def turned_away(app: App, actor: Actor, offer: Offer, *, door: Door, nonce: str, why: Turned) -> None:
    """Say in the timeline, once, that a door let a click not in at all: it was replayed, or comes from elsewhere."""
    kept_out(app, actor, offer.incident, offer.deed, offer.subject, door=door, nonce=nonce, why=why)


def kept_out(
    app: App, actor: Actor, key: str, deed: str, subject: str = "", *, door: Door, nonce: str, why: Turned
) -> None:
    """The same of what is no offer: a command that was typed, an emoji, a file."""
    through = Through(door, None, digest_of(door, nonce), app.now())
    _tell(app, actor, key, through, (deed, subject), why)


def would_refuse(app: App, actor: Actor, offer: Offer, *, door: Door, nonce: str, expires: datetime) -> None:
    """Refused as `take_up` would be by a look from outside, before anybody presses a button. Nothing is written."""
    through = Through(door, offer, digest_of(door, nonce), expires)
    try:
        _refuse_outright(app, actor, app.incident(offer.incident), through, app.now())
    except TurnedAway:
        raise
    except Refused as refused:
        raise TurnedAway(str(refused), _why(app, refused, offer)) from None


def opened(
    app: App, actor: Actor, key: str, *, door: Door, nonce: str, expires: datetime, only_look: bool = False
) -> None:
    """Let a person in by a link that is good for one time; `only_look` says whether it would.

    Nothing happens to the incident by it, so only what is refused is an entry. `key` is empty for no incident.
    """
    now, digest = app.now(), digest_of(door, nonce)
    through = Through(door, None, digest, expires)
    try:
        _refuse_stranger(actor)
        if key:
            known(actor, app.incident(key))
        refuse_used(app, through)
        _refuse_late(through, key, now)
        if key:
            _refuse_silenced(through, app.incident(key))
        if not only_look:
            with app.database.write() as connection:
                spent.spend(connection, digest, key, actor.id, now, expires)
    except timeline.Outrun:
        refuse_used(app, through)
    except Refused as refused:
        why: Turned = refused.why if isinstance(refused, TurnedAway) else "not-allowed"
        if key and not only_look:
            _tell(app, actor, key, through, ("open", ""), why)
        raise TurnedAway(str(refused), why) from None


def _refuse_stranger(actor: Actor) -> None:
    if actor.person is None:
        raise TurnedAway(
            f"nobody in contacts/people.yaml is {actor.id}; be added there first", "unknown-person"
        )


def _refuse_late(through: Through, key: str, now: datetime) -> None:
    if now > through.expires:
        raise TurnedAway(
            f"this was good until {iso(through.expires)}; tocsin show {key} shows what can be done now",
            "expired",
        )


def _refuse_silenced(through: Through, incident: Incident) -> None:
    """A door is closed with its route: whoever reads somebody's mail could press what stands in it."""
    if ROUTE_OF.get(through.door) in incident.silenced:
        raise TurnedAway(
            f"{through.door} is silenced for {incident.key}, since others may read it; do it at a shell instead",
            "not-allowed",
        )


def _refuse_outright(app: App, actor: Actor, incident: Incident, through: Through, now: datetime) -> None:
    """Refused for what needs no look at the deed, in the order in which a doorkeeper asks."""
    _refuse_stranger(actor)
    known(actor, incident)
    refuse_used(app, through)
    _refuse_late(through, incident.key, now)
    _refuse_silenced(through, incident)
    refuse_closed(incident)
    if through.offer and (words := outdated(incident, through.offer)):
        raise TurnedAway(words, "stale")


def _do(
    app: App,
    actor: Actor,
    offer: Offer,
    because: str | None,
    said: Mapping[str, str] | None,
    evidence: Sequence[Path],
) -> Recorded:
    from tocsin import actions

    key, subject = offer.incident, offer.subject
    deeds: Mapping[Deed, Callable[[], Recorded]] = {
        "ack": lambda: actions.ack(app, actor, key, role=subject or None),
        "take": lambda: actions.take(app, actor, key, subject),
        "confirm": lambda: actions.confirm(app, actor, key),
        "done": lambda: actions.done(app, actor, key, subject, evidence=evidence, note=because),
        "approve": lambda: actions.approve(app, actor, key, subject, digest=offer.stand),
        "countersign": lambda: actions.approve(app, actor, key, subject, digest=offer.stand),
        "reject": lambda: actions.reject(app, actor, key, subject, because=because or "", digest=offer.stand),
        "update": lambda: _update(app, actor, key, because, said or {}),
    }
    return deeds[offer.deed]()


def deed_done(done: Recorded, offer: Offer) -> Deed:
    """What was done by it: a yes to a letter that one person has released alone since countersigns it."""
    signed = any(isinstance(entry.body, Countersigned) for entry in done.entries)
    return "countersign" if signed else offer.deed


def _update(app: App, actor: Actor, key: str, because: str | None, said: Mapping[str, str]) -> Recorded:
    from tocsin import actions

    if because and not said:
        return actions.skip_update(app, actor, key, because=because)
    return actions.update(app, actor, key, **{name: said.get(name, "") for name in PARTS})


def _why(app: App, refused: Refused, offer: Offer) -> Turned:
    """How the timeline names a refusal. What changed while we decided is stale like what had changed before."""
    if isinstance(refused, TurnedAway):
        return refused.why
    if isinstance(refused, NotYours):
        return "wrong-person"
    incident = app.incident(offer.incident)
    return "not-allowed" if incident.open and not outdated(incident, offer) else "stale"


def _tell(app: App, actor: Actor, key: str, through: Through, what: tuple[str, str], why: Turned) -> None:
    """One entry for each nonce and reason: a thousand replays do not grow the chain."""
    name, door = f"refusal/{through.nonce[:32]}/{why}", through.door
    who = actor.id
    if actor.person is None:
        # What another house calls its account is no name of ours, and may be anybody's.
        who = keyed_digest(app.record_key(key), f"{door}/{actor.id}".encode())[:16]

    def decide(change: Change) -> None:
        with app.database.read() as connection:
            told = timeline.named(connection, key, name)
        if not told:
            change.add(Refusal(door=door, who=who, deed=what[0], subject=what[1], why=why), key=name)

    record(app, key, decide, actor=who if actor.person else f"{door}:{who}")
