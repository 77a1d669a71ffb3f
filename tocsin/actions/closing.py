"""Closing a file, and what may come after: declining, reopening, redacting. Erasing: `erasing.py`."""

from datetime import datetime

from sqlalchemy import Connection

from tocsin.actions.alone import refuse_uncountersigned
from tocsin.actions.asking import act, command_of, open_gates_words, open_words, refuse_silence
from tocsin.actions.caching import sweep as sweep_rows
from tocsin.actions.correcting import refuse_uncorrected
from tocsin.actions.triage import need_triage
from tocsin.actions.unread import refuse_unread
from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.checklist import applicable, open_gates
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import Closed, Declined, Redacted, Reopened
from tocsin.domain.notice import LEAVING, REACHED, unreached_words
from tocsin.domain.owing import assessment, owes_reasons
from tocsin.domain.plan import facts_of
from tocsin.domain.unsupported import waits_for_judgement
from tocsin.record import Recorded
from tocsin.storage import ledger, texts, timeline

#: States of a letter that has left the house, or is leaving it now, whatever became of it.
_LEFT = (*REACHED, "bounced", "sending")
#: So many open steps of a phase are named; more are counted.
_NAMED = 3


def close(
    app: App, actor: Actor, key: str, *, because: str | None = None, command: str | None = None
) -> Recorded:
    """Close the file: every duty met or let go, every gate passed, every letter accounted for."""

    def decide(change: Change) -> None:
        need(actor, change.incident, "incident-commander", "dpo")
        _refuse_open_ends(app, change.incident, because)
        change.add(Closed(because=change.keep(because) if because else None))

    return ended(app, act(app, actor, key, decide, command=command_of(command, "close", [because])))


def ended(app: App, done: Recorded) -> Recorded:
    """The rows of its logs were kept for its next question."""
    sweep_rows(app)
    return done


def _refuse_open_ends(app: App, incident: Incident, because: str | None) -> None:
    if incident.status == "triage":
        raise Refused(
            f"nobody has said yet whether {incident.key} is an incident; tocsin confirm {incident.key}, "
            f"or tocsin decline {incident.key} --because '...'"
        )
    duties = [duty.opened.key for duty in incident.duties.values() if duty.mark == "open"]
    if duties:
        it = "it" if len(duties) == 1 else "each"
        raise Refused(
            f"{open_words(duties)}; meet {it} or release it first: tocsin duties {incident.key} lists them"
        )
    if waits := waits_for_judgement(incident):
        raise Refused(
            f"{incident.key} waits for {waits}; tocsin affected {incident.key} --changes lists them, "
            f"tocsin release {incident.key} decides"
        )
    for notice in incident.notices.values():
        if notice.mark in LEAVING:
            raise Refused(f"{notice.id} is {notice.mark}; wait until the sending has ended")
        if notice.mark in ("in-review", "approved"):
            raise Refused(
                f"{notice.id} is {notice.mark}; tocsin send {incident.key} {notice.id}, "
                f"or tocsin reject {incident.key} {notice.id} --because '...'"
            )
        unreached = (
            sum(notice.counts.get(state, 0) for state in ("refused", "bounced", "ambiguous")) - notice.settled
        )
        if unreached > 0 and not because:
            raise Refused(
                f"{unreached_words(unreached)} by {notice.id}; settle them (tocsin ledger {incident.key} {notice.id}) "
                "or close --because with how they are told"
            )
    catalog = app.catalog_of(incident)
    type_, facts = catalog.type(incident.type), facts_of(incident, catalog)
    answers = {s.id: applicable(s, facts, catalog.contacts.organisation).answer for s in type_.steps}
    gates = {phase: open_gates(type_.steps, phase, incident.steps, answers) for phase in type_.phases}
    if any(gates.values()):
        raise Refused(f"{open_gates_words(gates)}: tocsin next {incident.key} goes through them")
    if not because:
        refuse_uncountersigned(incident)
        refuse_uncorrected(incident)
        _refuse_early(app, incident)
        _refuse_unexplained(incident, app.now())
        _refuse_undecided(app, incident)


def _refuse_unexplained(incident: Incident, now: datetime) -> None:
    """Refused while somebody was told late, the law asks why, and nobody has said it: letters say nothing of it."""
    for duty in incident.duties.values():
        if owes_reasons(incident, duty, now):
            raise Refused(
                f"{duty.opened.key} was met late, and {duty.opened.cite} asks why; "
                f"tocsin learn {incident.key} reasons_for_delay='...' --source '...'"
            )


def _refuse_undecided(app: App, incident: Incident) -> None:
    """Refused while the law cannot say of some duty whether it is owed: that is not the same as not owed."""
    found = assessment(incident, app.catalog_of(incident))
    if found.questions:
        first, many = found.questions[0], len({each.name for each in found.undecided})
        settles = first.settles[0] if len(first.settles) == 1 else f"{len(first.settles)} of them"
        raise Refused(
            f"nobody can tell yet whether {many} {'duties are' if many > 1 else 'duty is'} owed "
            f"({first.fact} settles {settles}); learn that, or close --because with why it is left"
        )


def _refuse_early(app: App, incident: Incident) -> None:
    """Refused while letters may still come back, or have and nobody read what: their readers would be untold."""
    refuse_unread(app, incident.key)
    for notice in incident.notices.values():
        if (until := notice.may_come_back_until) and app.now() < until:
            raise Refused(
                f"letters of {notice.id} may still come back until {until.astimezone(app.zone):%Y-%m-%d}; wait, "
                "tocsin bounces takes them in, or close --because with why nobody waits for them"
            )


def decline(app: App, actor: Actor, key: str, *, because: str, command: str | None = None) -> Recorded:
    """Say that this is no incident. Its duties end with it; the reason is what an auditor reads."""

    def decide(change: Change) -> None:
        if change.incident.status == "triage":
            need_triage(app, actor, change.incident)
        else:
            need(actor, change.incident, "incident-commander", "dpo")
        if told := _told(app, change.incident):
            raise Refused(f"people were told already ({told}); close the incident instead of declining it")
        refuse_silence(because, "say why this is no incident: --because '...'")
        change.add(Declined(because=change.keep(because)))

    return ended(app, act(app, actor, key, decide, command=command_of(command, "decline", [because])))


def _told(app: App, incident: Incident) -> str | None:
    """A notice of which letters have left, or may be leaving: also when a newer draft stands in its place."""
    with app.database.read() as connection:
        for notice in incident.notices.values():
            counts = ledger.counts(connection, incident.key, notice.id)
            if notice.mark in (*LEAVING, "sent") or notice.told_at or any(counts[state] for state in _LEFT):
                return notice.id
    return None


def reopen(app: App, actor: Actor, key: str, *, because: str, command: str | None = None) -> Recorded:
    """Open a closed or declined file again."""

    def decide(change: Change) -> None:
        need(actor, change.incident, "incident-commander", "dpo")
        if change.incident.open:
            raise Refused(f"{key} is open, so there is nothing to reopen; tocsin card {key} says what now")
        if change.incident.erased:
            raise Refused(
                f"the people's data of {key} were erased; declare a new incident and note this one in it"
            )
        refuse_silence(because, f"say why {key} is opened again: --because '...'")
        change.add(Reopened(because=change.keep(because)))

    return act(app, actor, key, decide, command=command_of(command, "reopen", [because]), closed_too=True)


def redact(
    app: App, actor: Actor, key: str, words: str, *, because: str, command: str | None = None
) -> Recorded:
    """Destroy one free text, say a name that should not stand there. Its commitment stays in the chain."""

    def decide(change: Change) -> None:
        need(actor, change.incident, "dpo", "counsel")
        with app.database.read() as connection:
            if not texts.read_texts(connection, key, change.record_key, [words]):
                raise Refused(
                    f"there is no text {words[:20]!r}; tocsin timeline {key} --json shows the commitments"
                )
        refuse_silence(because, "say why this text is destroyed: --because '...'")
        change.add(Redacted(words=words, because=change.keep(because)))
        change.also.append(lambda connection: _forget(connection, key, words))

    asked = command_of(command, "redact", [words, because])
    done = act(app, actor, key, decide, command=asked, closed_too=True)
    app.database.scrub()
    return done


def _forget(connection: Connection, key: str, words: str) -> None:
    if not texts.forget(connection, key, words):
        raise Refused("somebody destroyed that text a moment ago; nothing is left to do")
    timeline.forget_commands(connection, key, words)
