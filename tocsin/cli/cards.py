"""The 3 a.m. card as lines: what now, what blocks, who is untold, what is down."""

from datetime import datetime
from typing import TYPE_CHECKING

from tocsin.cli.aftermath import disorder_words
from tocsin.cli.alone import aim_lines, lone_lines, may_lines
from tocsin.cli.console import Shell, alarm, bold, clean, labelled
from tocsin.cli.decided import doubt_lines
from tocsin.cli.incidents import inc
from tocsin.cli.moments import left, span
from tocsin.cli.unreached import unconfirmed_words, unreached_lines
from tocsin.cli.waiting import triage_lines
from tocsin.domain.message import route_name

if TYPE_CHECKING:
    from tocsin.views.card import Card
    from tocsin.views.duties import DutyView
    from tocsin.views.steps import StepView


def card_lines(shell: Shell, found: "Card", now: datetime) -> list[str]:
    """The card, line by line; only what there is to say."""
    from tocsin.views.ways import ways_words

    if found.quarantined is not None:
        return _broken_lines(shell, found, found.quarantined, now)
    lines = unreached_lines(found.key) if found.nobody_reached else []
    if found.triage is not None:
        return [*lines, *triage_lines(shell, found, found.triage, now), *down_lines(found)]
    commander = f"commander {found.commander}" if found.commander else alarm("no commander")
    due = found.soonest
    clock = f"{left(due.soonest, now)}, {shell.at(due.soonest)}" if due else found.status
    head, named = f"{found.key} {found.code_name}", inc(shell, found.key)
    lines += [f"{bold(head)}{'  DRILL' if found.drill else ''}   {commander}   {clock}"]
    lines += [*lone_lines(shell, found.key, found.alone, named), *may_lines(shell, found, named)]
    lines += aim_lines(shell, found.aims, now, named)
    lines += doubt_lines(found.doubts, named)
    if found.next:
        lines.append(labelled("NEXT", _next_words(shell, found, found.next, named)))
    if found.blocked:
        way = found.blocked.command.replace(f" {found.key}", named, 1)
        lines.append(labelled("BLOCKED", f"{found.blocked.what}     {way}", urgent=True))
    counts = f"steps open {found.pending}, overdue {found.overdue}; duties open {found.open_duties}"
    if found.asked_first:
        ask = found.asked_first
        counts += f", cannot tell {found.undecided} ({ask.fact} settles {len(ask.settles)})     tocsin duties{named}"
    lines.append(labelled("LEFT", counts, urgent=bool(found.overdue)))
    if found.update:
        missed = f", {found.update.missed} missed before" if found.update.missed else ""
        words = f"was due {shell.at(found.update.due_at)}{missed}     tocsin update{named}"
        lines.append(labelled("UPDATE", words, urgent=True))
    lines += _moments_to_check(shell, found, named)
    if found.newer_laws:
        way = f"newer laws ask more of this incident     tocsin law diff {found.key}"
        lines.append(labelled("LAW", way, urgent=True))
    if found.filed:
        lines.append(labelled("FILED", "; ".join(_filed_words(shell, duty) for duty in found.filed)))
    if found.untold is not None:
        lines.append(
            labelled("UNTOLD", f"{found.untold[0]:,} of {found.untold[1]:,}", urgent=bool(found.untold[0]))
        )
    lines += _scope_lines(found, named)
    if found.ways:
        lines.append(labelled("REACHED", ways_words(found.ways)))
    if found.room and found.room.name:
        trouble = bool(found.room.trouble or found.room.left_out)
        lines.append(labelled("ROOM", clean(found.room.words), urgent=trouble))
    return [*lines, *down_lines(found)]


def _scope_lines(found: "Card", named: str) -> list[str]:
    """Who signed the scope, and whom it no longer supports."""
    lines = []
    if found.signed_by:
        lines.append(labelled("SIGNED", f"scope repeated and signed by {', '.join(found.signed_by)}"))
    if found.held:
        told = f" ({found.held_told:,} told already)" if found.held_told else ""
        words = f"{found.held:,} no longer supported{told}: decide     tocsin affected{named} --changes"
        lines.append(labelled("HELD", words, urgent=True))
    return lines


def _broken_lines(shell: Shell, found: "Card", why: str, now: datetime) -> list[str]:
    """Of an incident that was set apart: that, and the clocks that run on."""
    return [
        f"{bold(f'{found.key} {found.code_name}')}{'  DRILL' if found.drill else ''}   {found.status}",
        labelled("BROKEN", f"set apart: {clean(why)}     tocsin verify{inc(shell, found.key)}", urgent=True),
        *(
            labelled("DUE", f"{left(each.due_at, now)}  {shell.at(each.due_at)}  {each.duty} ({each.cite})")
            for each in found.deadlines
        ),
        *down_lines(found),
    ]


def _filed_words(shell: Shell, duty: "DutyView") -> str:
    supplement = duty.supplements[-1] if duty.supplements else None
    what = f"{duty.key} supplement {supplement.number}" if supplement else duty.key
    return f"{what} {shell.at(supplement.at if supplement else duty.met_at)}"


def _moments_to_check(shell: Shell, found: "Card", named: str) -> list[str]:
    """Moments that cannot be: a declaration ahead of the clock, facts that contradict each other."""
    lines = []
    if found.ahead:
        way = f"if this clock is right, state when it was     tocsin learn{named} aware_at=MOMENT"
        lines.append(
            labelled("CHECK", f"declared {span(found.ahead)} ahead of this clock: {way}", urgent=True)
        )
    if found.disorder:
        more = f" (and {len(found.disorder) - 1} more)" if len(found.disorder) > 1 else ""
        words = disorder_words(shell, found.key, found.disorder[0])
        lines.append(labelled("CHECK", words + more, urgent=True))
    return lines


def down_lines(found: "Card") -> list[str]:
    """What perhaps never arrived, and which routes take nothing."""
    lines = []
    if found.perhaps_untold:
        lines.append(labelled("SENT", unconfirmed_words(found.perhaps_untold), urgent=True))
    for route in found.down:
        instead = f" (using {', '.join(route_name(each) for each in route.instead)})" if route.instead else ""
        words = f"{route_name(route.route)} for {span(route.since)}{instead}: {clean(route.why)}"
        lines.append(labelled("DOWN", words, urgent=True))
    return lines


def _next_words(shell: Shell, found: "Card", step: "StepView", named: str) -> str:
    who = "you" if found.yours else found.next_for or step.role.replace("-", " ")
    by = f", by {step.due_at.astimezone(shell.app.zone):%H:%M}" if step.due_at else ""
    late = " (overdue)" if step.due_at and step.due_at <= shell.app.now() else ""
    perhaps = f" (perhaps: tocsin next{named} asks)" if step.needs else ""
    verb = "run" if step.command else "done"
    return f"{step.id} {clean(step.title)}{perhaps}: {who}{by}{late}     tocsin {verb}{named} {step.id}"
