"""The calendar as a picture: a row for what is due at one moment, with the time that its clock runs; a line for now.

Plain SVG of one file, legible without colour: each state has its own shape, and what is overdue says so. Texts are
data: they are escaped, and what cannot be printed is shown as a replacement character.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate
from textwrap import wrap
from xml.sax.saxutils import escape

from tocsin.rendering.calendar.axis import Axis, axis
from tocsin.rendering.calendar.grouping import Group, grouped
from tocsin.rendering.calendar.marks import Calendar, Mark, Shape

_WIDTH, _LABELS, _DATES = 1200, 370, 210
_LEFT, _RIGHT = _LABELS + 20, _WIDTH - _DATES - 20
_TOP, _ROW, _FOOT = 92, 26, 60
#: Height of a line of names, its characters, and the most lines of one row.
_LINE, _LONGEST, _LINES = 14, 62, 4
_COLOURS: dict[Shape, str] = {
    "open": "#1f4e8c",
    "late": "#b00020",
    "filed": "#1b6e3c",
    "candidate": "#7a4b00",
    "would-be": "#5c5c5c",
}
_NAMES: dict[Shape, str] = {
    "open": "open",
    "late": "overdue",
    "filed": "filed",
    "candidate": "candidate: counsel must confirm",
    "would-be": "cannot be told yet",
}
_STYLE = (
    "text{font:13px system-ui,'Noto Sans',sans-serif;fill:#1a1a1a}"
    ".small{font-size:11px;fill:#4a4a4a}.head{font-size:17px;font-weight:600}.now{fill:#b00020;font-weight:600}"
)


def picture(calendar: Calendar) -> str:
    """The whole picture as one SVG document."""
    days = axis((calendar.now, *(mark.at for mark in calendar.marks)), calendar.zone)
    groups = grouped(calendar.marks)
    tops = list(accumulate((_height(group) for group in groups), initial=_TOP))
    height = max(tops[-1], _TOP + _ROW) + _FOOT
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title desc">',
        f'<title id="title">{_text(_heading(calendar))}</title>',
        f'<desc id="desc">{_text(_description(calendar))}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="30" class="head">{_text(_heading(calendar))}</text>',
        *_days(days, height - _FOOT),
    ]
    for group, top in zip(groups, tops, strict=False):
        lines += _row(calendar, days, group, top)
    lines += _now(calendar, days, height - _FOOT)
    lines += _legend(calendar, height - 22)
    return "\n".join([*lines, "</svg>", ""])


def _heading(calendar: Calendar) -> str:
    drill = " (DRILL)" if calendar.drill else ""
    return f"What is due when: {calendar.key} {calendar.code_name}{drill}"


def _description(calendar: Calendar) -> str:
    """The picture in sentences, for whoever cannot see it."""
    said = [f"As of {_moment(calendar, calendar.now)}."]
    said += [f"{_sentence(calendar, mark)}." for mark in calendar.marks]
    said += [f"{duty}: no date yet." for duty in calendar.undated]
    return " ".join(said)


def _sentence(calendar: Calendar, mark: Mark) -> str:
    cite = f" ({mark.cite})" if mark.cite else ""
    met = f"; met {_moment(calendar, mark.met_at)}" if mark.met_at else ""
    return f"{', '.join(mark.duties)}{cite}: {mark.words} {_moment(calendar, mark.at)}{met}"


def _moment(calendar: Calendar, moment: datetime) -> str:
    local = moment.astimezone(calendar.zone)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M %z}"


def _x(days: Axis, moment: datetime) -> float:
    return round(_LEFT + days.place(moment) / days.length * (_RIGHT - _LEFT), 1)


def _days(days: Axis, bottom: int) -> Iterator[str]:
    """A line at each midnight with the day's name, and a hatched band where days are cut."""
    scale = (_RIGHT - _LEFT) / days.length
    free = 0.0
    for stretch in days.stretches:
        x, width = round(_LEFT + stretch.begin * scale, 1), round(stretch.width * scale, 1)
        if stretch.skipped:
            yield f'<rect x="{x}" y="58" width="{width}" height="{bottom - 58}" fill="#efefef"/>'
            middle, words = round(x + width / 2, 1), f"+{stretch.skipped}"
            if width >= 40:
                words += " d"
            if width >= 22:
                yield f'<text x="{middle}" y="72" text-anchor="middle" class="small">{words}</text>'
            continue
        yield f'<line x1="{x}" y1="58" x2="{x}" y2="{bottom}" stroke="#c8c8c8"/>'
        day = stretch.day
        label = f"{day:%a} {day.day} {day:%b}" if width >= 62 else f"{day.day} {day:%b}"
        if x >= free:
            yield f'<text x="{x + 3}" y="72" class="small">{label}</text>'
            free = x + 3 + 6.2 * len(label)
    yield f'<line x1="{_LEFT}" y1="80" x2="{_RIGHT}" y2="80" stroke="#6b6b6b"/>'


def _names(group: Group) -> list[str]:
    """What is due, in lines of the column of labels; what finds no room is counted."""
    lines = wrap(", ".join(group.names), _LONGEST, break_on_hyphens=False)
    if len(lines) <= _LINES:
        return lines
    shown = "\n".join(lines[: _LINES - 1]).count(", ")
    return [*lines[: _LINES - 1], f"and {len(group.names) - shown} more rules"]


def _height(group: Group) -> int:
    return _ROW + _LINE * len(_names(group))


def _row(calendar: Calendar, days: Axis, group: Group, top: int) -> Iterator[str]:
    """One moment: what is due then, its clock as a bar, its shape, and its date in words."""
    mark = group.first
    middle, colour = top + _ROW // 2, _COLOURS[mark.shape]
    name = group.name if len(group.name) <= _LONGEST - 8 else f"{group.name[: _LONGEST - 9]}…"
    sentences = ". ".join(_sentence(calendar, each) for each in group.marks)
    yield f"<g><title>{_text(sentences)}</title>"
    yield f'<line x1="16" y1="{top}" x2="{_WIDTH - 16}" y2="{top}" stroke="#ececec"/>'
    yield f'<text x="16" y="{middle + 4}">{_text(name)}</text>'
    for number, line in enumerate(_names(group), 1):
        yield f'<text x="16" y="{middle + 4 + _LINE * number}" class="small">{_text(line)}</text>'
    end = _x(days, mark.at)
    if group.start is not None and group.start < mark.at:
        begin = _x(days, group.start)
        dashes = ' stroke-dasharray="3 4"' if mark.shape == "would-be" or mark.assumed else ""
        yield (
            f'<line x1="{begin}" y1="{middle}" x2="{end}" y2="{middle}" stroke="{colour}" '
            f'stroke-width="2" stroke-opacity="0.55"{dashes}/>'
        )
    yield _shape(mark.shape, end, middle, colour)
    local = mark.at.astimezone(calendar.zone)
    late, target = "OVERDUE " if mark.shape == "late" else "", ", our target" if mark.target else ""
    words = f"{late}{local:%a} {local.day} {local:%b} {local:%H:%M}{target}"
    yield f'<text x="{_RIGHT + 16}" y="{middle + 4}" style="fill:{colour}">{_text(words)}</text></g>'


def _shape(shape: Shape, x: float, y: float, colour: str) -> str:
    """Open: a disc; late: a square; filed: a tick; candidate: a diamond; what cannot be told yet: a ring."""
    if shape == "late":
        return f'<rect x="{x - 6}" y="{y - 6}" width="12" height="12" fill="{colour}"/>'
    if shape == "filed":
        return f'<path d="M{x - 6} {y}l4 5l8 -10" fill="none" stroke="{colour}" stroke-width="3"/>'
    if shape == "candidate":
        return f'<path d="M{x} {y - 8}l8 8l-8 8l-8 -8z" fill="{colour}"/>'
    fill = colour if shape == "open" else "#ffffff"
    return f'<circle cx="{x}" cy="{y}" r="6" fill="{fill}" stroke="{colour}" stroke-width="2"/>'


def _now(calendar: Calendar, days: Axis, bottom: int) -> Iterator[str]:
    x = _x(days, calendar.now)
    local = calendar.now.astimezone(calendar.zone)
    # The names of the days stay free.
    yield f'<path d="M{x} 50v8M{x} 78V{bottom}" stroke="#b00020" stroke-width="2"/>'
    anchor = "start" if x < (_LEFT + _RIGHT) / 2 else "end"
    words = f"now, {local:%a} {local.day} {local:%b} {local:%H:%M %z}"
    yield f'<text x="{x}" y="46" text-anchor="{anchor}" class="now">{_text(words)}</text>'


def _legend(calendar: Calendar, y: int) -> Iterator[str]:
    x = 24
    for shape, name in _NAMES.items():
        if any(mark.shape == shape for mark in calendar.marks):
            yield _shape(shape, x, y - 4, _COLOURS[shape])
            yield f'<text x="{x + 14}" y="{y}" class="small">{name}</text>'
            x += 40 + 7 * len(name)
    if any(mark.assumed for mark in calendar.marks):
        yield f'<text x="{x}" y="{y}" class="small">dashed: from an assumed moment</text>'


def _text(said: str) -> str:
    """Text as it may stand in the picture."""
    return escape("".join(mark if mark.isprintable() else "\ufffd" for mark in said))
