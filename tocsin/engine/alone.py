"""What people hear of letters that one person may release alone, or did: who may, and who countersigns."""

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain import kinds as k
from tocsin.domain import moves as m
from tocsin.domain.approving import (
    APPROVERS,
    IN_THE_LAST_HOURS,
    LOUD_FROM,
    bound_with,
    given,
    may_countersign,
)
from tocsin.domain.letters import letters_of
from tocsin.domain.offers import Offer
from tocsin.engine.messages import by_link, role_or_standin, tell
from tocsin.rendering.message import line


def ask_countersignature(app: App, change: Change, move: m.AskCountersignature) -> None:
    """First those who may countersign; later, by every route, those who answer for the whole as well."""
    incident = change.incident
    lone = next(each for each in incident.notices[move.notice].alone if each.seq == move.cause)
    body = k.CountersignatureAsked(notice=move.notice, released=lone.seq, number=move.number)
    seq = change.add(body, cause=move.cause, key=move.key)
    loud = move.number >= LOUD_FROM
    may = may_countersign(role_or_standin(app, incident, *APPROVERS), lone.person, lone.said_yes)
    others = role_or_standin(app, incident, *APPROVERS, "incident-commander") if loud else []
    said = {"notice": move.notice, "who": lone.person, "given": len(lone.given), "needed": lone.needed}
    lines = [
        line("countersign_lacks", **said, since=change.now - lone.at),
        line("countersign", digest=lone.digest[:12]),
    ]
    for who in dict.fromkeys((*may, *others)):
        mine = who in may
        deed = f"approve {incident.key} {move.notice} --digest {lone.digest[:12]}"
        tell(
            app,
            change,
            "alone",
            [who],
            lines,
            subject=move.key,
            lane="page" if loud else "warning",
            cause=seq,
            action=f"tocsin {deed}" if mine else f"tocsin ledger {incident.key} {move.notice}",
            loud=loud,
            # As with an approval: only the link in a mail leads to the letters whoever is not signed in.
            in_mail=by_link(app, incident),
            offers=[Offer("countersign", incident.key, move.notice, lone.digest)] if mine else [],
        )


def tell_deputies(app: App, change: Change, move: m.TellDeputies) -> None:
    """By every route of theirs, since it is said once: those who may release the letter alone, and who leads."""
    incident, state = change.incident, change.incident.notices[move.notice]
    body = k.LastHoursBegun(notice=move.notice, due_at=move.due_at, needed=move.needed)
    seq = change.add(body, cause=move.cause, key=move.key)
    key, count = incident.key, len(given(state))
    lines = [
        line("deputy_may", notice=move.notice, given=count, needed=move.needed),
        line("deputy_reads", digest=state.digest[:12]),
    ]
    letters = bound_with(letters_of(incident, app.catalog_of(incident)), move.notice)
    if waits := [wait for letter in letters for wait in letter.waits]:
        lines.append(line("deputy_waits", duty=waits[0].duty))
    tell(
        app,
        change,
        "deputy",
        role_or_standin(app, incident, *IN_THE_LAST_HOURS, "incident-commander"),
        lines,
        subject=move.key,
        lane="warning",
        cause=seq,
        due=move.due_at,
        action=f"tocsin send {key} {move.notice} --alone",
        loud=True,
    )
