"""The calendar: every moment has its place on one line, in order, however wide the line is."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.rendering.calendar.axis import GAP, axis
from tocsin.rendering.calendar.line import FINE, PLAIN, line_of_time
from tocsin.rendering.calendar.marks import Calendar, Mark
from tocsin.rendering.calendar.svg import picture

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 2, 40, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def calendar(*marks: Mark, name: str = "Coal Lark", undated: tuple[str, ...] = ()) -> Calendar:
    return Calendar("INC-2026-0001", name, True, NOW, BERLIN, marks, undated)


def mark(hours: float, **more: object) -> Mark:
    given = {"duties": ("eu-gdpr/authority/de/controller",), "shape": "open", "state": "open"} | more
    return Mark(at=NOW + timedelta(hours=hours), **given)  # type: ignore[arg-type]


@given(
    st.lists(st.integers(-4000, 4000), min_size=1, max_size=30),
    st.sampled_from(["Europe/Berlin", "Asia/Kolkata"]),
)
def test_what_is_later_stands_further_right(hours: list[int], zone: str) -> None:
    moments = sorted(NOW + timedelta(hours=each) for each in hours)
    line = axis(moments, ZoneInfo(zone))
    places = [line.place(moment) for moment in moments]
    assert places == sorted(places)
    assert len(set(places)) == len(set(moments))
    assert all(0 <= place <= line.length for place in places)


def test_empty_days_are_cut_and_days_with_moments_are_as_wide_as_each_other() -> None:
    line = axis([NOW, NOW + timedelta(days=1), NOW + timedelta(days=60)], BERLIN)
    assert [(stretch.skipped, stretch.width) for stretch in line.stretches] == [
        (0, 1),
        (0, 1),
        (58, GAP),
        (0, 1),
    ]
    assert line.place(NOW + timedelta(days=30)) == 2 + GAP / 2
    assert line.place(NOW - timedelta(days=3)) == 0
    assert line.place(NOW + timedelta(days=99)) == line.length


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 29, 23), (10, 25, 25)])
def test_a_day_on_which_the_clocks_change_is_filled_to_its_end(month: int, day: int, hours: int) -> None:
    begin = datetime(2026, month, day, tzinfo=BERLIN).astimezone(UTC)
    line = axis([begin], BERLIN)
    assert line.place(begin) == 0
    assert line.place(begin + timedelta(hours=hours / 2)) == pytest.approx(0.5)
    assert line.place(begin + timedelta(hours=hours, seconds=-1)) == pytest.approx(1, abs=1e-4)


@given(st.integers(1, 200), st.lists(st.integers(-100, 3000), max_size=25))
def test_the_line_keeps_to_its_width_and_shows_every_number(width: int, hours: list[int]) -> None:
    marks = [mark(each) for each in sorted(hours)]
    lines = list(line_of_time(calendar(*marks), width))
    assert max(map(len, lines)) <= max(width, 20)
    assert lines[1].count(FINE.now) == 1
    numbers = sorted(int(number) for line in lines[2:] for number in line.split())
    assert numbers == list(range(1, len(marks) + 1))


def test_a_terminal_that_has_no_lines_gets_plain_ones() -> None:
    lines = list(line_of_time(calendar(mark(30), mark(900)), 60, PLAIN))
    assert all(line.isascii() for line in lines)
    assert "Tue 24 Nov" in lines[0]
    assert "~" in lines[1]


def test_the_picture_says_in_words_what_it_shows() -> None:
    marks = (
        mark(-1, shape="late", state="late", cite="Art. 33(1) GDPR", candidate=True),
        mark(5, shape="filed", state="filed", met_at=NOW),
        mark(30, shape="candidate", state="candidate", target=True, assumed=True, start=NOW),
        mark(900, duties=("us-ca/individuals", "us-ny/individuals"), shape="would-be", state="cannot-tell"),
    )
    root = ElementTree.fromstring(picture(calendar(*marks, undated=("au-ndb/authority",))))
    assert root.get("role") == "img"
    title, told = (root.find(f"{SVG}{name}") for name in ("title", "desc"))
    assert title is not None
    assert told is not None
    assert title.text == "What is due when: INC-2026-0001 Coal Lark (DRILL)"
    said = told.text or ""
    assert "(Art. 33(1) GDPR): late, due, CANDIDATE Tue 24 Nov 2026 02:40 +0100." in said
    assert "filed, due Tue 24 Nov 2026 08:40 +0100; met Tue 24 Nov 2026 03:40 +0100." in said
    assert "our target, ASSUMED" in said
    assert "us-ca/individuals, us-ny/individuals: cannot tell, would be due" in said
    assert "au-ndb/authority: no date yet." in said
    assert len(root.findall(f"{SVG}g")) == len(marks)


def test_hostile_text_is_text() -> None:
    evil = '</title><script>alert(1)</script> "&" \x00\u202e'
    drawn = picture(calendar(mark(5, duties=(evil,), cite=evil), name=evil))
    root = ElementTree.fromstring(drawn)
    assert not [each for each in root.iter() if each.tag.endswith("script")]
    assert "\u202e" not in drawn
    assert "&lt;script&gt;" in drawn


def test_nothing_due_is_a_picture_too() -> None:
    assert ElementTree.fromstring(picture(calendar())).tag == f"{SVG}svg"
    assert len(list(line_of_time(calendar(), 40))) == 2
