"""Notices: a person approves, rejects, releases, pauses. Nothing leaves without approval of exactly these bytes."""

from tocsin.actions.asking import act, command_of, first_answer, refuse_silence
from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.contacts import Person
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident, NoticeState
from tocsin.domain.kinds import (
    NoticeApproved,
    NoticeRejected,
    NoticeReleased,
    SendingPaused,
    SendingResumed,
)
from tocsin.domain.law.holds import covered_by
from tocsin.domain.letters import LetterPlan, letters_of
from tocsin.domain.notice import APPROVERS, RELEASERS, approved_enough
from tocsin.domain.noticenames import speaks_for_all
from tocsin.engine.letters import drafted, leaving_digest, spoken_facts
from tocsin.record import Recorded, refuse_closed
from tocsin.storage import refusals

#: Fewest digits of a digest that name it.
SHORTEST = 8


def approve(
    app: App, actor: Actor, key: str, notice: str, *, digest: str, command: str | None = None
) -> Recorded:
    """Approve exactly the letters that carry this digest. It is computed again from what would leave now."""
    asked = command_of(command, "approve", [notice, digest])
    if done := first_answer(app, actor, key, asked):
        return done
    incident = app.incident(key)
    drafted(app, incident, notice)
    actual = leaving_digest(app, incident, notice)

    def decide(change: Change) -> None:
        state = drafted(app, change.incident, notice)
        if change.incident.head_seq != incident.head_seq and state.digest != actual:
            raise Refused(
                f"the draft of {notice} changed meanwhile; tocsin preview {key} {notice} shows the new one"
            )
        person = _approver(actor, change.incident, state, actual)
        _refuse_wrong(key, state, digest)
        change.add(NoticeApproved(notice=notice, digest=state.digest, person=person.id))

    return act(app, actor, key, decide, command=asked)


def refuse_approval(
    app: App,
    actor: Actor,
    key: str,
    notice: str,
    *,
    actual: str,
    digest: str | None = None,
    command: str | None = None,
) -> None:
    """Refused as `approve` would be, before anybody reads the letters that carry `actual`; `digest` once typed."""
    if digest is not None and first_answer(app, actor, key, command_of(command, "approve", [notice, digest])):
        return
    incident = app.incident(key)
    refuse_closed(incident)
    state = drafted(app, incident, notice)
    _approver(actor, incident, state, actual)
    if digest is not None:
        _refuse_wrong(key, state, digest)


def _approver(actor: Actor, incident: Incident, state: NoticeState, actual: str) -> Person:
    """Who may approve this draft now. Refused for others, and for a draft that is not `actual`, what would leave."""
    key, notice = incident.key, state.id
    person = need(actor, incident, *APPROVERS)
    if state.mark not in ("in-review", "approved"):
        raise Refused(f"{notice} is {state.mark}; there is nothing to approve now; {_onward(key, state)}")
    if state.digest != actual:
        raise Refused(
            f"the draft of {notice} is out of date, because what it is made of has changed; "
            f"tocsin draft {key} {notice} writes it anew"
        )
    if any(approval.person == person.id for approval in state.approvals):
        raise Refused(f"{person.id} has approved this draft already; another person must")
    return person


def _refuse_wrong(key: str, state: NoticeState, digest: str) -> None:
    if len(digest) < SHORTEST or not state.digest.startswith(digest):
        raise Refused(
            f"{digest[:12]} is not the digest of what would leave ({state.digest[:12]}); "
            f"tocsin preview {key} {state.id} shows it"
        )


def _onward(key: str, state: NoticeState) -> str:
    """What can be done with a notice as it stands."""
    match state.mark:
        case "in-review":
            return f"tocsin preview {key} {state.id} shows what is to be approved"
        case "approved":
            return f"tocsin send {key} {state.id} lets it leave once all have approved"
        case "rejected" | "void":
            return f"tocsin draft {key} {state.id} makes a new one"
        case "paused":
            return f"tocsin resume {key} {state.id} lets it go on"
        case _:
            return f"tocsin ledger {key} {state.id} shows how far it is"


def reject(
    app: App,
    actor: Actor,
    key: str,
    notice: str,
    *,
    because: str,
    digest: str | None = None,
    command: str | None = None,
) -> Recorded:
    """Say no to the draft, and why; it comes back when what it prints has changed. `digest` names the one meant."""

    def decide(change: Change) -> None:
        state = drafted(app, change.incident, notice)
        need(actor, change.incident, *APPROVERS)
        if state.mark not in ("in-review", "approved", "released"):
            raise Refused(f"{notice} is {state.mark}; there is nothing to reject now; {_onward(key, state)}")
        if digest is not None:
            _refuse_wrong(key, state, digest)
        refuse_silence(because, f"say why {notice} must not leave: --because '...'")
        change.add(NoticeRejected(notice=notice, digest=state.digest, because=change.keep(because)))

    return act(app, actor, key, decide, command=command_of(command, "reject", [notice, because]))


def release(app: App, actor: Actor, key: str, notice: str, *, command: str | None = None) -> Recorded:
    """Let the approved letters leave. What would leave is computed once more and must be what was approved."""
    asked = command_of(command, "send", [notice])
    if done := first_answer(app, actor, key, asked):
        return done
    _refuse_restored(app)
    incident = app.incident(key)
    drafted(app, incident, notice)
    actual = leaving_digest(app, incident, notice)

    def decide(change: Change) -> None:
        state = drafted(app, change.incident, notice)
        need(actor, change.incident, *RELEASERS)
        if state.mark in ("released", "sending", "sent", "paused"):
            raise Refused(
                f"{notice} is {state.mark} already; tocsin ledger {key} {notice} shows how far it is"
            )
        organisation = app.catalog_of(change.incident).contacts.organisation
        if state.mark != "approved" or not approved_enough(state, organisation):
            given = ", ".join(approval.person for approval in state.approvals) or "nobody"
            raise Refused(
                f"{notice} needs the approval of {organisation.approvals_needed} different people, has {given}; "
                f"tocsin approve {key} {notice}"
            )
        if state.digest != actual:
            raise Refused(
                f"what would leave is not what was approved; tocsin draft {key} {notice} makes a new draft"
            )
        _refuse_too_early(app, change, notice)
        change.add(NoticeReleased(notice=notice, digest=state.digest))

    return act(app, actor, key, decide, command=asked)


def _refuse_too_early(app: App, change: Change, notice: str) -> None:
    """Refused while something must be told before this letter, or while an authority may and does hold it back."""
    incident = change.incident
    # The holding letter is the first word to everybody: it waits for what any of them waits for.
    letters = [
        letter
        for letter in letters_of(incident, app.catalog_of(incident))
        if letter.id == notice or speaks_for_all(notice)
    ]
    for letter in letters:
        _refuse_held(app, change, notice, letter)
    waits = [wait for letter in letters for wait in letter.waits]
    if waits:
        more = f", and {len(waits) - 1} more" if len(waits) > 1 else ""
        raise Refused(f"{notice} may not leave yet: {waits[0].words(incident.key)}{more}")


def _refuse_held(app: App, change: Change, notice: str, letter: LetterPlan) -> None:
    held = [each for each in letter.held if each.at(change.now)]
    if not held:
        return
    delayed = {each.duty for each in held}
    duties = change.incident.duties
    run_on = [key for key in letter.duties if key not in delayed and duties[key].mark == "open"]
    covers = covered_by(spoken_facts(app, change.incident))
    more = f"; it does not delay {', '.join(run_on)}" if run_on else ""
    raise Refused(
        f"{notice} may not leave yet: {held[0].duty} is {held[0]._replace(covers=covers).words}{more}; "
        f"tocsin learn {change.incident.key} hold=unknown --source '...' lifts it"
    )


def pause(
    app: App, actor: Actor, key: str, notice: str, *, because: str, command: str | None = None
) -> Recorded:
    """Stop the sending between two letters. Anybody known may: a wrong letter must be stopped by who sees it."""

    def decide(change: Change) -> None:
        state = drafted(app, change.incident, notice)
        if state.mark not in ("released", "sending"):
            raise Refused(f"{notice} is {state.mark}; nothing is leaving; {_onward(key, state)}")
        change.add(SendingPaused(notice=notice, because=change.keep(because or "paused")))

    return act(app, actor, key, decide, command=command_of(command, "pause", [notice, because]))


def resume(
    app: App, actor: Actor, key: str, notice: str, *, because: str | None = None, command: str | None = None
) -> Recorded:
    """Let a paused sending go on, under the approval it has. Letters refused for our fault are sent again."""
    _refuse_restored(app)

    def decide(change: Change) -> None:
        state = drafted(app, change.incident, notice)
        need(actor, change.incident, *RELEASERS)
        if state.mark != "paused":
            raise Refused(f"{notice} is {state.mark}, not paused; {_onward(key, state)}")
        with app.database.read() as connection:
            refused = sum(1 for _ in refusals.refused_for_our_fault(connection, key, notice))
        why = change.keep(because) if because else None
        change.add(SendingResumed(notice=notice, because=why, again=refused))
        change.also.append(lambda connection: refusals.reopen(connection, key, notice, change.now))

    return act(app, actor, key, decide, command=command_of(command, "resume", [notice, because]))


def _refuse_restored(app: App) -> None:
    """No letter is promised to leave while none may: who got one since the backup, nobody here knows."""
    if app.restored is not None:
        raise Refused(
            "letters are held since a restore from a backup: RUNBOOK 12, then tocsin resume --restored"
        )
