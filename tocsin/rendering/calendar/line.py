"""The calendar for a terminal: one line of days with a number at each moment, as wide as it may be."""

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.rendering.calendar.axis import Axis, axis
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


def line_of_time(calendar: Calendar, width: int, glyphs: Glyphs = FINE) -> Iterator[str]:
    """The days, the line with a sign for now, and beneath it the numbers of the marks, counted from 1."""
    width = max(width, _NARROWEST)
    days = axis((calendar.now, *(mark.at for mark in calendar.marks)), calendar.zone)
    scale = _Scale(days, width)
    yield _placed(scale.labels())
    yield scale.drawn(calendar, glyphs)
    placed = ((scale.column(days.place(mark.at)), str(n)) for n, mark in enumerate(calendar.marks, 1))
    numbers = [(min(column, width - len(number)), number) for column, number in placed]
    while numbers:
        row, numbers = _row(numbers)
        yield _placed(row)


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


def _row(numbers: list[tuple[int, str]]) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """The numbers that fit on one row without touching, and those that are left for the next."""
    row: list[tuple[int, str]] = []
    left: list[tuple[int, str]] = []
    free = 0
    for column, text in numbers:
        if column >= free:
            row.append((column, text))
            free = column + len(text) + 1
        else:
            left.append((column, text))
    return row, left


def _placed(texts: list[tuple[int, str]]) -> str:
    """Texts at their columns."""
    line = ""
    for column, text in texts:
        line = line.ljust(column) + text
    return line
