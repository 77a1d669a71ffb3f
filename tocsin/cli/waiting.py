"""What waits in triage as lines of the card: since when, what came, by when to answer, and what a person may say."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tocsin.cli.console import Shell, bold, clean, labelled
from tocsin.cli.incidents import inc
from tocsin.cli.moments import left

if TYPE_CHECKING:
    from tocsin.doctor.standing import Beat, Standing
    from tocsin.views.card import Card
    from tocsin.views.triage import Waiting

#: Why messages are still in the mailbox.
_STAYED = {
    "too_large": "too large for what is kept: their heads are, they stay there",
    "failed": "could not be kept, and stay there: see the bell's log",
    "unmoved": "kept, but the server did not move them away",
}
_HELD = {
    "called-already": "called nobody again: one before them did, within the hour",
    "flood": "called nobody",
}


def triage_lines(shell: Shell, found: "Card", waits: "Waiting", now: datetime) -> list[str]:
    """The card of what waits in triage, without its routes."""
    named = inc(shell, found.key)
    rank = "TRIAGE urgent" if waits.urgent else "TRIAGE"
    who = f"{waits.looked_at_by} looks at it" if waits.looked_at_by else "nobody looks at it yet"
    head = f"{bold(f'{found.key} {found.code_name}')}{'  DRILL' if found.drill else ''}"
    lines = [f"{head}   {rank}   {who}   since {shell.at(waits.since)}"]
    if found.blocked:
        way = found.blocked.command.replace(f" {found.key}", named, 1)
        lines.append(labelled("BLOCKED", f"{found.blocked.what}     {way}", urgent=True))
    lines += _message_lines(waits, named)
    if waits.answer_due:
        due = f"the sender by {shell.at(waits.answer_due)}, {left(waits.answer_due, now)}, as our policy promises"
        lines.append(labelled("ANSWER", f"{due}     tocsin note{named} '...'", urgent=waits.answer_due < now))
    return [*lines, *whether_lines(named)]


def whether_lines(named: str) -> list[str]:
    """What a person may say of what waits in triage."""
    return [
        labelled("IS IT", f"an incident?     tocsin confirm{named}"),
        labelled("OR NOT", f"no incident?     tocsin decline{named} --because '...'"),
    ]


def _message_lines(waits: "Waiting", named: str) -> list[str]:
    if waits.first is None:
        return []
    lines = []
    if waits.sender is not None:
        said = f"{clean(waits.sender) or 'nobody'}: {clean(waits.subject or '') or 'no subject'}"
    else:
        said = "from outside, for those who work on it"
    get = f"tocsin evidence get{named} {waits.first} --out FILE"
    lines.append(labelled("MESSAGE", f"{said}     {get}"))
    if waits.messages > 1:
        kinds = {"urgent": waits.urgent_messages, "automatic": waits.automatic}
        of_these = "".join(f", {count} {kind}" for kind, count in kinds.items() if count)
        lines.append(
            labelled("IN ALL", f"{waits.messages:,} messages{of_these}     tocsin evidence list{named}")
        )
    if waits.quiet:
        lines.append(
            labelled(
                "FLOOD", "this item calls nobody by itself: too many came in within the hour", urgent=True
            )
        )
    for why, count in (waits.held_back or {}).items():
        lines.append(labelled("FLOOD", f"{count:,} urgent {_HELD.get(why, why)}", urgent=True))
    if waits.too_large:
        lines.append(
            labelled(
                "LARGE",
                f"{', '.join(waits.too_large)}: the head alone is kept, the message lies in the mailbox",
            )
        )
    return lines


def intake_lines(shell: Shell, now: "Standing") -> list[str]:
    """What waits in triage, and how our mailboxes are read, for `tocsin status`."""
    lines = []
    if now.triage:
        urgent = f", {now.triage_urgent:,} urgent" if now.triage_urgent else ""
        since = f"{now.triage:,} waiting{urgent}, since {shell.at(now.triage_since)}     tocsin list --open"
        lines.append(labelled("triage", since, urgent=True))
    settings = shell.app.settings
    if settings.intake.host is not None:
        lines.append(_mailbox_line("mailbox", now.mailbox, settings.intake.every))
    if settings.bounces.host is not None:
        lines.append(_mailbox_line("bounces", now.bounces, settings.bounces.every))
    if now.unread:
        words = "message that came back waits" if now.unread == 1 else "messages that came back wait"
        lines.append(
            labelled("bounces", f"{now.unread:,} {words} for a person     tocsin bounces", urgent=True)
        )
    return lines


def _mailbox_line(label: str, beat: "Beat | None", every: float) -> str:
    from tocsin.doctor.finding import since
    from tocsin.storage.clock import is_silent

    if beat is None:
        return labelled(label, "nobody has looked into it yet", urgent=True)
    found = beat.detail or {}
    late = is_silent(beat.age, timedelta(seconds=3 * every))
    words = [f"{'SILENT, last look' if late else 'looked into'} {since(beat.age)}"]
    words += [f"DOWN: {clean(found['trouble'])}"] if found.get("trouble") else []
    for name, what in _STAYED.items():
        words += [f"{found[name]:,} {what}"] if found.get(name) else []
    return labelled(label, "; ".join(words), urgent=late or len(words) > 1)
