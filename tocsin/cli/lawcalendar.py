"""tocsin law calendar: all due moments of an incident on one line of time."""

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from tocsin.cli.console import Reading, Shell, alarm, bold, clean
from tocsin.cli.incidents import split, which
from tocsin.cli.lawpages import width
from tocsin.cli.moments import left

if TYPE_CHECKING:
    from tocsin.rendering.calendar.grouping import Group
    from tocsin.rendering.calendar.marks import Calendar


def show_calendar(words: tuple[str, ...], svg: Path | None, door: Reading) -> None:
    """The line of time with its marks, as lines, as a document, or as a picture in a file."""
    from tocsin.views.access import seen
    from tocsin.views.calendar import calendar

    with door.open() as shell:
        key = which(shell, split(words)[0])
        found = calendar(shell.app, seen(shell.app, shell.actor, key), shell.app.now())
        shell.say(*_lines(shell, found))
        if svg is not None:
            _draw(svg, found)
            shell.say("", f"{svg}: {len(found.marks)} moments.")
        shell.give(_document(found) | ({"svg": str(svg)} if svg else {}))


def _draw(target: Path, found: "Calendar") -> None:
    from tocsin.private import private_file
    from tocsin.rendering.calendar.svg import picture

    with private_file(target, "w") as file:
        file.write(picture(found))


def _lines(shell: Shell, found: "Calendar") -> Iterator[str]:
    from tocsin.rendering.calendar.grouping import grouped
    from tocsin.rendering.calendar.line import FINE, PLAIN, line_of_time

    yield bold(f"{found.key} {found.code_name}{'  DRILL' if found.drill else ''}   now {shell.at(found.now)}")
    if found.marks:
        yield ""
        yield from line_of_time(found, width(), FINE if _draws(FINE.line + FINE.now) else PLAIN)
        yield ""
        for number, group in enumerate(grouped(found.marks), 1):
            yield from _group_lines(shell, number, group)
    if found.undated:
        yield ""
        undated = f"Without a date: {', '.join(map(clean, found.undated))}"
        yield from wrap(undated, width(), subsequent_indent="  ", break_on_hyphens=False)
    if not (found.marks or found.undated):
        yield "Nothing is due."


def _draws(signs: str) -> bool:
    """Whether the terminal can show these signs."""
    try:
        signs.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _group_lines(shell: Shell, number: int, group: "Group") -> Iterator[str]:
    """The moment of a group and how it stands; beneath it what is due then, as wide as the terminal is."""
    mark = group.first
    late = mark.shape == "late"
    clock = "" if mark.shape in ("filed", "would-be") else f"  {left(mark.at, shell.app.now())}"
    met = f", {shell.at(mark.met_at)}" if mark.met_at else ""
    head = f"{number:>3}{'!' if late else ' '} {shell.at(mark.at)}{clock}  {mark.words}{met}"
    yield alarm(head) if late else head
    names = f": {', '.join(group.names)}" if group.names else ""
    yield from wrap(
        clean(f"{group.name}{names}"),
        width(),
        initial_indent="     ",
        subsequent_indent="       ",
        break_on_hyphens=False,
    )


def _document(found: "Calendar") -> dict[str, Any]:
    return {
        "key": found.key,
        "now": found.now,
        "moments": [
            {
                "at": mark.at,
                "duties": mark.duties,
                "shape": mark.shape,
                "state": mark.state,
                "kind": "target" if mark.target else "due",
                "assumed": mark.assumed,
                "candidate": mark.candidate,
                "clock_start": mark.start,
                "met_at": mark.met_at,
                "cite": mark.cite or None,
            }
            for mark in found.marks
        ],
        "undated": found.undated,
    }
