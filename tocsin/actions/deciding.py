"""Decisions not to notify, taken back, and dissent: each by a person, by name and with reasons.

The data protection officer advises, the accountable officer answers for it; who was heard is written down, and who
would have decided otherwise (Art. 33(1), (5) GDPR; EDPB Guidelines 9/2022, paras 121-125).
"""

from collections.abc import Sequence
from datetime import datetime

from tocsin.actions.asking import act, command_of, open_words, refuse_silence
from tocsin.actions.stating import DECIDERS
from tocsin.actors import OFFICES, Actor, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.answers import nearest
from tocsin.domain.decisions import BREACH, RISK
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import Dissented, NotNotified, NotNotifiedTakenBack
from tocsin.domain.law.regime import Regime
from tocsin.domain.moments import iso
from tocsin.domain.notice import LEAVING
from tocsin.record import Recorded, refuse_closed

#: Who may write such a decision down; who takes it is one of DECIDERS.
_RECORDERS = (*DECIDERS, "counsel")
#: Marks of a letter that somebody has, or may have.
_GONE = (*LEAVING, "sent")


def not_notify(
    app: App,
    actor: Actor,
    key: str,
    of: str = BREACH,
    *,
    because: str,
    decided_by: str | None = None,
    advised_by: Sequence[str] = (),
    dissent: str | None = None,
    look_again: datetime | None = None,
    command: str | None = None,
) -> Recorded:
    """A person decides that nobody is told: `of` one duty, one rule (`regime/rule`), or the whole breach.

    It may be decided anew, with other reasons or another day to look again, of a closed file too. Refused for what is
    filed, for the whole breach while a duty is open or once anybody was told, and for who may not decide it.
    """

    def decide(change: Change) -> None:
        incident = change.incident
        _refuse_subject(app, incident, of)
        need(actor, incident, *_RECORDERS)
        decider = decided_by or actor.id
        _refuse_decider(app, incident, decider)
        for adviser in advised_by:
            app.catalog.contacts.person(adviser)
            if adviser == decider:
                raise Refused(f"{decider} decides; --advised-by names others who were heard")
        if look_again is not None and look_again <= change.now:
            raise Refused(f"{iso(look_again)} is past; --look-again is a day to come")
        refuse_silence(
            because, "say why nobody is told: --because '...'; an authority will read these reasons"
        )
        change.add(
            NotNotified(
                of=of,
                because=change.keep(because.strip()),
                decided_by=decider,
                advised_by=tuple(dict.fromkeys(advised_by)),
                look_again=look_again,
            )
        )
        if dissent:
            change.add(Dissented(of=of, because=change.keep(dissent.strip())))

    again = look_again and str(look_again.timestamp())
    content = [of, because, decided_by, [*advised_by], dissent, again]
    return act(app, actor, key, decide, command=command_of(command, "not-notify", content), closed_too=True)


def notify_after_all(
    app: App, actor: Actor, key: str, of: str = BREACH, *, because: str, command: str | None = None
) -> Recorded:
    """A decision not to notify is taken back: a duty that it had ended is open again."""

    def decide(change: Change) -> None:
        if of not in change.incident.decisions:
            raise Refused(
                f"nobody decided not to notify {of!r}{nearest(of, change.incident.decisions)}; "
                f"tocsin register {key} shows what was decided"
            )
        need(actor, change.incident, *_RECORDERS)
        refuse_silence(because, "say why it is notified after all: --because '...'")
        if of in change.incident.duties:
            refuse_closed(change.incident)
        change.add(NotNotifiedTakenBack(of=of, because=change.keep(because.strip())))

    content = [of, because]
    asked = command_of(command, "notify-after-all", content)
    return act(app, actor, key, decide, command=asked, closed_too=True)


def dissent(
    app: App, actor: Actor, key: str, of: str, *, because: str, command: str | None = None
) -> Recorded:
    """Somebody in office would have decided otherwise, on the `risk` or on what was not notified, and says why."""

    def decide(change: Change) -> None:
        incident = change.incident
        taken = (*((RISK,) if incident.facts.known(RISK) else ()), *incident.decisions)
        if of not in taken:
            way = nearest(of, taken) if taken else "; none was taken yet"
            raise Refused(f"there is no decision {of!r} to dissent from{way}")
        need(actor, incident, *OFFICES)
        refuse_silence(because, "say what you would have decided, and why: --because '...'")
        change.add(Dissented(of=of, because=change.keep(because.strip())))

    asked = command_of(command, "dissent", [of, because])
    return act(app, actor, key, decide, command=asked, closed_too=True)


def _refuse_subject(app: App, incident: Incident, of: str) -> None:
    """Refused for what is no duty, rule or whole breach, for what is filed, and for a name that leaves duties open."""
    open_ = [key for key, duty in incident.duties.items() if duty.mark == "open" and incident.open]
    if of == BREACH:
        if open_:
            raise Refused(f"{open_words(open_)}; decide of each by its key, or meet it")
        _refuse_told(incident)
        return
    if (duty := incident.duties.get(of)) is not None:
        if duty.mark == "met":
            raise Refused(f"{of} is filed already; tocsin note {incident.key} '...' keeps what you would add")
        if duty.mark == "open" and duty.candidate:
            raise Refused(
                f"{of} is a candidate: counsel says first whether it is owed: "
                f"tocsin duties {incident.key} --confirm {of} --because '...', or --release in its place"
            )
        return
    law, _, name = of.partition("/")
    regime = app.catalog_of(incident).regimes.get(law)
    if regime is None or regime.rule(name) is None:
        raise Refused(_unknown_subject(incident, regime, of))
    if under := [key for key in open_ if key.startswith(f"{of}/")]:
        raise Refused(f"{of} is owed as {', '.join(under)}; decide of each by its key")


def _unknown_subject(incident: Incident, regime: Regime | None, of: str) -> str:
    """That there is no such duty and no such rule, with what is nearest in the same law."""
    lists = f"tocsin duties {incident.key} --each lists both"
    if regime is None:
        return f"{of!r} is no duty of {incident.key} and no rule of a law; {lists}"
    said, name = f"{of!r} is no duty of {incident.key}", of.split("/")[1] if "/" in of else ""
    rules = [regime.full(rule.id) for rule in regime.rules]
    if regime.rule(name) is None:
        return f"{said} and no rule{nearest(f'{regime.id}/{name}', rules) if name else f'; {lists}'}"
    whole = regime.full(name)
    owed = [key for key in incident.duties if key.startswith(f"{whole}/")]
    if owed:
        return f"{said}; {whole} is owed as {', '.join(owed)}"
    return f"{said}, and nothing of {whole} is owed; to decide of the whole rule, name {whole}"


def _refuse_told(incident: Incident) -> None:
    """Refused for the whole breach once anybody was told of it: a register would say that nobody was."""
    told = [f"{key} is filed" for key, duty in incident.duties.items() if duty.mark == "met"]
    told += [f"{state.id} is {state.mark}" for state in incident.notices.values() if state.mark in _GONE]
    if told:
        raise Refused(
            f"{told[0]}, so the breach is notified; decide of each other duty or rule by its key: "
            f"tocsin not-notify {incident.key} DUTY --because '...'"
        )


def _refuse_decider(app: App, incident: Incident, decider: str) -> None:
    person = app.catalog.contacts.person(decider)
    entitled = any(Actor(person.id, person).holds(incident, role) for role in DECIDERS)
    if not entitled or person.id in incident.excluded:
        raise Refused(
            f"not to notify is decided by the {' or the '.join(DECIDERS)}, and {decider} is neither; "
            "say whose decision it is: --decided-by PERSON"
        )
