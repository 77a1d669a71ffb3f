"""The calendar for a terminal: one line of days with a number at each group of duties, as wide as it may be."""

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.rendering.calendar.axis import Axis, axis
from tocsin.rendering.calendar.grouping import grouped
from tocsin.rendering.calendar.marks import Calendar


@dataclass(frozen=True)
class Glyphs:
    """What the line is drawn with."""

    line: str
    tick: str
    gap: str
    now: str


FINE, PLAIN = Glyphs("─", "┼", "╌", "▼"), Glyphs("-", "+", "~", "v")
#: Narrower than this nothing could be read.
_NARROWEST = 20
_NOW = "now"


def line_of_time(calendar: Calendar, width: int, glyphs: Glyphs = FINE) -> Iterator[str]:
    """A word for now, the days, the line, and beneath it the numbers of the groups, counted from 1.

    Numbers that would touch are one label, `3-7`; `!` stands behind those of which something is overdue.
    """
    width = max(width, _NARROWEST)
    days = axis((calendar.now, *(mark.at for mark in calendar.marks)), calendar.zone)
    scale = _Scale(days, width)
    now = scale.column(days.place(calendar.now))
    yield _placed([(min(now, width - len(_NOW)), _NOW)])
    yield _placed(scale.labels())
    yield scale.drawn(calendar, glyphs)
    labels = [
        _Label(scale.column(days.place(group.first.at)), n, n, late=group.first.shape == "late")
        for n, group in enumerate(grouped(calendar.marks), 1)
    ]
    if labels:
        yield _placed([(label.within(width), label.text) for label in _apart(labels, width)])


@dataclass(frozen=True)
class _Label:
    """The numbers of some groups that follow each other, and the column of the first."""

    column: int
    first: int
    last: int
    late: bool

    @property
    def text(self) -> str:
        return f"{self.first}{f'-{self.last}' if self.last > self.first else ''}{'!' if self.late else ''}"

    def within(self, width: int) -> int:
        """Where it begins, so that it ends on the line."""
        return max(min(self.column, width - len(self.text)), 0)

    def touches(self, other: "_Label", width: int) -> bool:
        """Whether no blank would be left between this one and the next."""
        return self.within(width) + len(self.text) >= other.within(width)

    def joined(self, other: "_Label") -> "_Label":
        """Both as one label."""
        return _Label(self.column, self.first, other.last, self.late or other.late)


def _apart(labels: list[_Label], width: int) -> list[_Label]:
    """The labels with those that would touch put together, as often as it takes: a joined one is longer."""
    apart: list[_Label] = []
    for label in labels:
        while apart and apart[-1].touches(label, width):
            label = apart.pop().joined(label)
        apart.append(label)
    return apart


@dataclass(frozen=True)
class _Scale:
    days: Axis
    width: int

    def column(self, place: float) -> int:
        return min(int(place / self.days.length * self.width), self.width - 1)

    def labels(self) -> list[tuple[int, str]]:
        """The name of each day at its beginning: as much of it as fits before the next one, or nothing."""
        named: list[tuple[int, str]] = []
        starts = [stretch for stretch in self.days.stretches if not stretch.skipped]
        for index, stretch in enumerate(starts):
            begin = self.column(stretch.begin)
            end = self.column(starts[index + 1].begin) if index + 1 < len(starts) else self.width
            day = stretch.day
            long = f"{day:%a} {day.day} {day:%b}"
            fitting = (
                text for text in (long, f"{day.day} {day:%b}", f"{day.day}") if len(text) < end - begin
            )
            if label := next(fitting, None):
                named.append((begin, label))
        return named

    def drawn(self, calendar: Calendar, glyphs: Glyphs) -> str:
        """The line itself: days begin at a tick, cut days are dotted."""
        cells = [glyphs.line] * self.width
        for stretch in self.days.stretches:
            begin, end = self.column(stretch.begin), self.column(stretch.begin + stretch.width)
            if stretch.skipped:
                cells[begin:end] = [glyphs.gap] * (end - begin)
            else:
                cells[begin] = glyphs.tick
        cells[self.column(self.days.place(calendar.now))] = glyphs.now
        return "".join(cells)


def _placed(texts: list[tuple[int, str]]) -> str:
    """Texts at their columns."""
    line = ""
    for column, text in texts:
        line = line.ljust(column) + text
    return line
