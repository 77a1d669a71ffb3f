"""Drafting a notice because a person asks for it, and not only when the plan does."""

from tocsin.actions.asking import act, command_of, first_answer
from tocsin.actors import Actor, known
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident, NoticeState
from tocsin.domain.kinds import NoticeDrafted
from tocsin.domain.notice import LEAVING, text_inputs
from tocsin.engine.ahead import approve_ahead
from tocsin.engine.drafting import drafted_now
from tocsin.engine.letters import refuse_unknown
from tocsin.record import Recorded, refuse_closed


def draft(app: App, actor: Actor, key: str, notice: str, *, command: str | None = None) -> Recorded:
    """Write the letters from what is known now. A draft equal to the one there is changes nothing."""
    asked = command_of(command, "draft", [notice])
    if done := first_answer(app, actor, key, asked):
        return done
    incident = app.incident(key)
    known(actor, incident)
    refuse_closed(incident)
    _refuse_leaving(app, incident, notice)
    body = drafted_now(app, incident, notice)

    def decide(change: Change) -> None:
        _refuse_leaving(app, change.incident, notice)
        newer = change.incident
        if (
            text_inputs(newer, app.catalog_of(newer), notice) != body.inputs
            or newer.scope_seq != incident.scope_seq
        ):
            raise Refused("what the letter prints changed while it was written; say it again")
        state = newer.notices.get(notice)
        if state is not None and _equal(newer, state, body):
            return
        change.add(body)
        approve_ahead(app, change, body)

    return act(app, actor, key, decide, command=asked)


def _equal(incident: Incident, state: NoticeState, body: NoticeDrafted) -> bool:
    """Whether the draft is the one in review, or what was sent to everybody who is known."""
    if state.mark in ("in-review", "approved"):
        return state.digest == body.digest
    # Drafted on another day it carries another date. A newer scope may know addresses that were missing.
    return state.mark == "sent" and state.inputs == body.inputs and incident.scope_seq < state.drafted_seq


def _refuse_leaving(app: App, incident: Incident, notice: str) -> None:
    refuse_unknown(app, incident, notice)
    state = incident.notices.get(notice)
    if state is not None and state.mark in LEAVING:
        raise Refused(
            f"{notice} is {state.mark}: its letters are leaving; tocsin pause {incident.key} {notice} stops them first"
        )
