"""Notices: a person approves, rejects, releases, pauses. Nothing leaves without approval of exactly these bytes."""

from tocsin.actions.alone import countersign, countersigner, refuse_wrong, released_alone
from tocsin.actions.asking import act, command_of, first_answer, refuse_silence
from tocsin.actions.releasing import refuse_restored
from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.approving import APPROVERS, RELEASERS
from tocsin.domain.contacts import Person
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident, NoticeState
from tocsin.domain.kinds import NoticeApproved, NoticeRejected, SendingPaused, SendingResumed
from tocsin.engine.letters import drafted, leaving_digest
from tocsin.record import Recorded, refuse_closed
from tocsin.storage import refusals


def approve(
    app: App, actor: Actor, key: str, notice: str, *, digest: str, command: str | None = None
) -> Recorded:
    """Approve exactly the letters that carry this digest. It is computed again from what would leave now.

    Where one person released the letters of this digest alone, this is the countersignature.
    """
    asked = command_of(command, "approve", [notice, digest])
    if done := first_answer(app, actor, key, asked):
        return done
    incident = app.incident(key)
    if released_alone(drafted(app, incident, notice), digest):
        return act(
            app, actor, key, lambda change: countersign(app, actor, change, notice, digest), command=asked
        )
    actual = leaving_digest(app, incident, notice)

    def decide(change: Change) -> None:
        state = drafted(app, change.incident, notice)
        if change.incident.head_seq != incident.head_seq and state.digest != actual:
            raise Refused(
                f"the draft of {notice} changed meanwhile; tocsin preview {key} {notice} shows the new one"
            )
        person = _approver(actor, change.incident, state, actual)
        refuse_wrong(key, state, digest)
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
    if lone := released_alone(state, digest or actual):
        countersigner(actor, incident, lone)
        return
    _approver(actor, incident, state, actual)
    if digest is not None:
        refuse_wrong(key, state, digest)


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
            refuse_wrong(key, state, digest)
        refuse_silence(because, f"say why {notice} must not leave: --because '...'")
        change.add(NoticeRejected(notice=notice, digest=state.digest, because=change.keep(because)))

    return act(app, actor, key, decide, command=command_of(command, "reject", [notice, because]))


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
    refuse_restored(app)

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
