"""Quick moves: each becomes entries, and perhaps messages, in the transaction that the caller holds.

Long, since each kind of move has its function here.
"""

from collections.abc import Callable
from typing import Any

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain import kinds as k
from tocsin.domain import moves as m
from tocsin.domain.aiming import aims
from tocsin.domain.approving import APPROVERS, approvals_needed
from tocsin.domain.checklist import applicable
from tocsin.domain.letters import letters_of
from tocsin.domain.notice import LEAVING
from tocsin.domain.offers import Offer
from tocsin.domain.owing import facts_of
from tocsin.domain.reached import ways_of
from tocsin.domain.telling import drafted_anew
from tocsin.engine.alone import ask_countersignature, tell_deputies
from tocsin.engine.anew import doubt_decisions, look_again
from tocsin.engine.hand_over import ask_hand_over
from tocsin.engine.messages import by_link, duty_line, page_message, role_or_standin, tell
from tocsin.engine.milestones import publish
from tocsin.engine.newer import tell_of_newer_laws
from tocsin.engine.unsupported import ask_about_unsupported
from tocsin.engine.updates import ask_update
from tocsin.rendering.message import Line, line
from tocsin.storage import ledger, outbox, pace

#: Who owns the law's clocks, and who is told when one runs out.
OWNERS, WHEN_LATE = ("dpo",), ("dpo", "incident-commander", "accountable-officer")
#: From this part of a duty's time on, a warning is a page.
URGENT = 90


def decide(app: App, change: Change, move: m.Move) -> None:
    """Turn one quick move into what is to be written."""
    _DECIDE[type(move)](app, change, move)


def _page(app: App, change: Change, move: m.CallPerson) -> None:
    values = {
        field: getattr(move, field) for field in ("role", "person", "level", "round", "routes", "repeat")
    }
    body = k.Paged(**values)
    before = {
        (page.round, page.level, page.repeat)
        for page in change.incident.pages
        if (page.role, page.person, page.asked_by) == (move.role, move.person, None) and page.seq > move.cause
    }
    seq = change.add(body, at=change.now, cause=move.cause, key=move.key)
    number = len(before | {(move.round, move.level, move.repeat)})
    page_message(app, change, body, seq, number=number)
    _replace_earlier(change, move)


def _count_anew(app: App, change: Change, move: m.CountAnew) -> None:
    change.add(k.ClockSetBack(seconds=move.seconds), at=change.now, cause=move.cause, key=move.key)
    key, now, clock = change.incident.key, change.now, app.clock()
    change.also += [
        lambda connection: ledger.count_anew(connection, key, now),
        lambda connection: pace.count_anew(connection, clock),
    ]


def _replace_earlier(change: Change, move: m.CallPerson) -> None:
    """Earlier calls of the same person that never left: when a dead route comes back, one call is enough."""
    incident, now = change.incident.key, change.now
    earlier = [
        page.seq
        for page in change.incident.pages
        if (page.role, page.person, page.asked_by) == (move.role, move.person, None)
        # What waits for its own time on the same rung of the same ladder is the same call.
        and (
            page.seq < move.cause
            or (page.round, page.level, page.repeat) != (move.round, move.level, move.repeat)
        )
    ]
    change.also.append(lambda connection: outbox.withdraw(connection, incident, earlier, now, "replaced"))


def _open_duty(app: App, change: Change, move: m.OpenDuty) -> None:
    values = {field: getattr(move.duty, field) for field in k.DutyOpened.model_fields}
    change.add(k.DutyOpened(**values), cause=move.cause, key=move.key)


def _move_duty(app: App, change: Change, move: m.MoveDuty) -> None:
    key, before = move.duty.key, change.incident
    values = {field: getattr(move.duty, field) for field in k.DutyMoved.model_fields}
    seq = change.add(k.DutyMoved(**values), cause=move.cause, key=move.key)
    if before.duties[key].mark in ("released", "not-notified"):
        decision = before.decisions.get(key)
        phrase = "asked_anew_of" if decision and decision.not_owed else "asked_anew_decided"
        anew = line(phrase, who=decision.decided_by) if decision else line("asked_anew")
        lines = [line("open_again", duty=duty_line(app, change.incident.duties[key])), anew]
        people, action = role_or_standin(app, before, *OWNERS, "counsel"), f"tocsin duties {before.key}"
        tell(app, change, "status", people, lines, subject=move.key, lane="warning", cause=seq, action=action)


def _doubt_duty(app: App, change: Change, move: m.DoubtDuty) -> None:
    seq = change.add(k.DutyDoubted(key=move.duty, because=move.because), cause=move.cause, key=move.key)
    duty = change.incident.duties[move.duty]
    lines: list[str | Line] = [line("doubted", duty=duty_line(app, duty)), *move.because, line("stays")]
    action = f"tocsin duties {change.incident.key} --release {move.duty} --because ..."
    people = role_or_standin(app, change.incident, *OWNERS)
    tell(app, change, "status", people, lines, subject=move.key, lane="warning", cause=seq, action=action)


def _amend_duty(app: App, change: Change, move: m.AmendDuty) -> None:
    values = {field: getattr(move.duty, field) for field in k.DutyAmended.model_fields}
    change.add(k.DutyAmended(**values), cause=move.cause, key=move.key)


def _warn(app: App, change: Change, move: m.WarnOfDeadline) -> None:
    incident, duty = change.incident, change.incident.duties[move.duty]
    seq = change.add(k.DeadlineWarned(duty=move.duty, percent=move.percent), cause=move.cause, key=move.key)
    urgent = move.percent >= URGENT
    people = role_or_standin(app, incident, *(WHEN_LATE if urgent else OWNERS))
    said = duty_line(app, duty)
    lines = [
        line("warned", duty=said, percent=move.percent)
        if move.percent < 100
        else line("time_over", duty=said)
    ]
    individuals = duty.opened.recipient == "individuals"
    action = (
        f"tocsin preview {incident.key} customers"
        if individuals
        else f"tocsin report {incident.key} {move.duty}"
    )
    tell(
        app,
        change,
        "warning",
        people,
        lines,
        subject=move.key,
        lane="page" if urgent else "warning",
        cause=seq,
        due=duty.soonest,
        action=action,
        loud=urgent,
    )


def _remind(app: App, change: Change, move: m.RemindOfStep) -> None:
    incident = change.incident
    seq = change.add(k.StepReminded(step=move.step), cause=move.cause, key=move.key)
    catalog = app.catalog_of(incident)
    step = catalog.type(incident.type).step(move.step)
    held = [move.role] if move.role in incident.roles else []
    # Who held it may be gone from the contacts, and nobody else be listed for it.
    people = role_or_standin(app, incident, *held) or role_or_standin(app, incident, "incident-commander")
    if step is not None:
        lines = [line("step_overdue", step=step.id, title=step.title, role=step.role)]
        needs = applicable(step, facts_of(incident, catalog), catalog.contacts.organisation).needs
        if needs:
            lines.append(line("needs", facts=", ".join(needs)))
        tell(
            app,
            change,
            "overdue",
            people,
            lines,
            subject=move.key,
            lane="warning",
            cause=seq,
            action=f"tocsin done {incident.key} {step.id}",
            offers=[Offer("done", incident.key, step.id, with_file=step.evidence_required)],
        )


def _status(app: App, change: Change, move: m.EnterStatus) -> None:
    change.add(k.StatusEntered(status=move.status), cause=move.cause, key=move.key)


def _void(app: App, change: Change, move: m.VoidNotice) -> None:
    incident, state = change.incident, change.incident.notices[move.notice]
    body = k.NoticeVoided(notice=move.notice, digest=state.digest, because=move.because)
    seq = change.add(body, cause=move.cause, key=move.key)
    if state.mark not in LEAVING and drafted_anew(incident, app.catalog_of(incident), move.notice):
        return  # The request to approve the new draft, which follows at once, says so.
    lines: list[str | Line] = [line("void", notice=move.notice), *move.because, line("new_draft")]
    people = role_or_standin(app, incident, *OWNERS)
    tell(app, change, "status", people, lines, subject=move.key, lane="warning", cause=seq)


def _ask_approval(app: App, change: Change, move: m.AskApproval) -> None:
    incident = change.incident
    state = incident.notices[move.notice]
    body = k.ApprovalAsked(notice=move.notice, digest=state.digest, roles=APPROVERS)
    seq = change.add(body, cause=move.cause, key=move.key)
    catalog = app.catalog_of(incident)
    needed = approvals_needed(incident, catalog, move.notice)
    void: list[str | Line] = (
        [line("void", notice=move.notice), *state.void_because[:1]] if state.void_because else []
    )
    lines: list[str | Line] = [
        *void,
        line(
            "draft",
            notice=move.notice,
            edition=state.edition,
            people=state.recipients,
            variants=state.variants,
        ),
        line("digest", digest=state.digest[:12], needed=needed),
        *([line("linted", count=state.problems)] if state.problems else ()),
    ]
    # Only a link of their own leads those who are not signed in to the letters, and links stand in mails alone.
    linked = by_link(app, incident)
    if linked:
        lines.append(line("read_by_mail"))
    aim = [
        each.at
        for each in aims(incident, catalog, letters_of(incident, catalog))
        if each.notice == move.notice
    ]
    soonest = (d.soonest for d in incident.duties.values() if d.mark == "open" and d.soonest)
    due = min((*aim, *soonest), default=None)
    tell(
        app,
        change,
        "approval",
        role_or_standin(app, incident, *APPROVERS),
        lines,
        subject=move.key,
        lane="warning",
        cause=seq,
        due=due,
        action=f"tocsin preview {incident.key} {move.notice}",
        in_mail=linked,
        offers=[
            Offer("approve", incident.key, move.notice, state.digest),
            Offer("reject", incident.key, move.notice, state.digest),
        ],
    )


def _meet(app: App, change: Change, move: m.MeetByNotice) -> None:
    letters = letters_of(change.incident, app.catalog_of(change.incident))
    met = k.DutyMet(key=move.duty, ways=ways_of(change.incident, letters, move.duty))
    change.add(met, at=move.told_at, cause=move.cause, key=move.key)


def _ask_signature(app: App, change: Change, move: m.AskSignature) -> None:
    incident, duty = change.incident, change.incident.duties[move.duty]
    seq = change.add(k.SignatureAsked(duty=move.duty), cause=move.cause, key=move.key)
    signatory = app.catalog.contacts.organisation.signatory
    lines = [line("sign", duty=duty_line(app, duty))]
    tell(
        app,
        change,
        "warning",
        [signatory, *role_or_standin(app, incident, *OWNERS)],
        lines,
        subject=move.key,
        lane="warning",
        cause=seq,
        due=duty.soonest,
        action=f"tocsin report {incident.key} {move.duty} --out FILE",
    )


_DECIDE: dict[type[m.Move], Callable[[App, Change, Any], None]] = {
    m.CallPerson: _page,
    m.CountAnew: _count_anew,
    m.AskUpdate: ask_update,
    m.AskHandOver: ask_hand_over,
    m.OpenDuty: _open_duty,
    m.MoveDuty: _move_duty,
    m.DoubtDuty: _doubt_duty,
    m.AskToLookAgain: look_again,
    m.DoubtDecisions: doubt_decisions,
    m.AskAboutUnsupported: ask_about_unsupported,
    m.AmendDuty: _amend_duty,
    m.TellOfNewerLaws: tell_of_newer_laws,
    m.WarnOfDeadline: _warn,
    m.RemindOfStep: _remind,
    m.EnterStatus: _status,
    m.PublishHead: publish,
    m.VoidNotice: _void,
    m.AskApproval: _ask_approval,
    m.AskCountersignature: ask_countersignature,
    m.TellDeputies: tell_deputies,
    m.MeetByNotice: _meet,
    m.AskSignature: _ask_signature,
}
