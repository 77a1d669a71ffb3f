"""How far a sending is, line by line."""

from dataclasses import asdict
from typing import Any

from tocsin.cli.console import Shell, alarm, bold, clean, columns, labelled
from tocsin.cli.moments import in_zone


def course_values(found: Any) -> dict[str, Any]:
    """The same as plain values."""
    return asdict(found) | {"unreached": found.unreached}


def course_lines(shell: Shell, key: str, found: Any) -> list[str]:
    """How far a sending is, line by line."""
    from tocsin.domain.notice import unreached_words, window_words
    from tocsin.views.ways import ways_words

    lines = [bold(f"{found.notice}, edition {found.edition}: {found.mark}, {found.people:,} people")]
    lines += columns(
        [(f"  {state.replace('_', ' ')}", f"{count:>9,}") for state, count in found.counts.items() if count]
    )
    if found.ways:
        lines.append(labelled("REACHED", ways_words(found.ways)))
    if found.listed:
        lines.append(labelled("LISTED", f"{ways_words(found.listed)}; not yet told by it"))
    if found.slowed:
        why = clean(in_zone("; ".join(found.slowed), shell.app.zone, shell.app.now()))
        lines.append(labelled("SLOWED", why, urgent=found.mark == "paused"))
    if found.window:
        lines.append(labelled("WINDOW", window_words(found.window)))
    if found.resume_at:
        lines.append(labelled("AGAIN", shell.at(found.resume_at)))
    if found.told_at:
        lines.append(labelled("TOLD", f"{shell.at(found.told_at)}, root {found.root[:12]}"))
    if found.unreached:
        lines.append(alarm(f"{unreached_words(found.unreached)}: tocsin ledger {key} {found.notice} --who"))
    ledger = f"tocsin ledger {key} {found.notice}"
    for count, what in (
        (
            found.untold,
            f"must be told otherwise: {ledger} --told-otherwise --by WAY; --list WAY makes a list",
        ),
        (found.undecided, f"held for a decision: {ledger} --exclude ID, or all --told-otherwise --held"),
        (found.unsupported, f"no longer supported by the scope: tocsin affected {key} --changes"),
    ):
        if count:
            lines.append(alarm(f"{count:,} of them {what}"))
    return lines
