"""Duties as lines: to whom, by which article, until when, why, and what is still to be said of each."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tocsin.cli.asking import counted, each_matter, open_questions
from tocsin.cli.console import Shell, bold, clean, labelled
from tocsin.cli.decided import doubt_line, told
from tocsin.cli.incidents import inc
from tocsin.cli.moments import in_zone, left

if TYPE_CHECKING:
    from tocsin.views.duties import DutyView, Owed


def law_lines(shell: Shell, key: str, law: "Owed", texts: Mapping[str, str], *, each: bool) -> list[str]:
    """Every duty that is sure, how many rest on an unknown place alone, and what cannot be told yet.

    That is asked for by the questions that settle it. With `each` all of it stands one by one too.
    """
    named = inc(shell, key)
    perhaps = [duty for duty in law.duties if duty.key in law.on_a_place]
    sure = [duty for duty in law.duties if duty.key not in law.on_a_place]
    lines = [line for duty in sure for line in _duty_lines(shell, named, duty, texts)]
    if each:
        lines += [line for duty in perhaps for line in _duty_lines(shell, named, duty, texts)]
        lines += each_matter(shell, law.undecided)
    elif perhaps:
        lines += _on_a_place(shell, named, perhaps)
    return [*lines, *open_questions(law.questions, law.undecided, named)] or [
        "Nothing is owed under these facts."
    ]


def _on_a_place(shell: Shell, named: str, duties: "Sequence[DutyView]") -> list[str]:
    """How many duties rest on a place that nobody knows, of which laws, and when the first falls due."""
    first = min((duty.soonest for duty in duties if duty.soonest), default=None)
    by = f", the first by {shell.at(first)}" if first else ""
    count = counted(len(duties), (duty.regime for duty in duties))
    return [
        bold(f"{count}   ASSUMED{by}"),
        f"    only because the place of some people is unknown     tocsin duties{named} --each",
    ]


def _duty_lines(shell: Shell, named: str, duty: "DutyView", texts: Mapping[str, str]) -> list[str]:
    from tocsin.views.ways import ways_words

    now = shell.app.now()
    marks = "".join(
        mark
        for mark, wanted in ((" ASSUMED", duty.assumed), (" CANDIDATE", duty.candidate))
        if wanted and duty.open and mark.strip().lower() != duty.state
    )
    if duty.open:
        clock = f"{left(duty.soonest, now)}, {'due' if duty.due_at else 'our aim'} {shell.at(duty.soonest)}"
    else:
        clock = f"{'late, ' if duty.late else ''}{shell.at(duty.met_at)}" if duty.met_at else ""
    lines = [
        bold(f"{duty.key}   {duty.state}{marks}   {clock}".rstrip()),
        f"    to {clean(duty.to)} ({duty.cite}, {duty.verification}); the clock runs from {duty.clock_from}"
        + (f", {shell.at(duty.clock_start)}" if duty.clock_start else ""),
    ]
    if duty.open and duty.authority_note:
        lines.append(f"    note on {clean(duty.to)}: {clean(duty.authority_note)}")
    lines += [f"    its letters reached {ways_words(duty.ways)}"] if duty.ways else []
    lines += _late_lines(named, duty, texts)
    lines += [f"    supplement {each.number} filed {shell.at(each.at)}" for each in duty.supplements]
    lines += _reasons(shell, duty, texts)
    lines += [f"    {doubt_line(duty.doubt, named)}"] if duty.doubt else []
    if duty.candidate and duty.open:
        lines.append(
            f"    COUNSEL says whether it is owed     tocsin duties{named} --confirm {duty.key} --because ...   "
            "(or --release in its place)"
        )
    lines += [f"    HOLD: {clean(in_zone(duty.held, shell.app.zone, now))}"] if duty.held else []
    if duty.doubted is not None:
        lines.append(
            f"    DOUBTED: {'; '.join(map(clean, duty.doubted))}     "
            f"tocsin duties{named} --release {duty.key} --because ..."
        )
    return lines


def _reasons(shell: Shell, duty: "DutyView", texts: Mapping[str, str]) -> list[str]:
    """Why it is owed; or, where a person ended it, who did so, when and why, and who would have decided otherwise."""
    decision = duty.decision
    if decision is None:
        return [f"    because {clean(reason)}" for reason in duty.because]
    found = "found not owed by" if decision.not_owed else "not notified: decided by"
    advised = f", advised by {', '.join(decision.advised_by)}" if decision.advised_by else ""
    lines = [f"    {found} {decision.decided_by}{advised}, {shell.at(decision.at)}"]
    lines.append(f"    because {told(decision.because, texts)}")
    lines += [f"    dissent of {each.by}: {told(each.because, texts)}" for each in duty.dissents]
    lines += [f"    look again {shell.at(decision.look_again)}"] if decision.look_again else []
    return lines


def _late_lines(named: str, duty: "DutyView", texts: Mapping[str, str]) -> list[str]:
    """Why it was late; or, where its law asks for the reasons and nobody has said them, how to say them."""
    if duty.late_because is not None:
        return [f"    late because {told(duty.late_because, texts)}"]
    if not duty.owes_reasons:
        return []
    return [
        labelled(
            "    ASK ",
            f"{duty.cite} asks why it is late     tocsin learn{named} reasons_for_delay=... --source ...",
        )
    ]
