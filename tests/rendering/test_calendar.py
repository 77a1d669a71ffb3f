"""The calendar: every moment has its place on one line, in order, however wide the line is."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.rendering.calendar.axis import GAP, axis
from tocsin.rendering.calendar.grouping import grouped
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
    assert lines[2].count(FINE.now) == 1
    assert lines[2][lines[0].index("now") :].startswith(FINE.now) or len(lines[0]) == len(lines[2])
    # One row of labels that never touch, and every group has its number in one of them.
    labels = [label.rstrip("!").split("-") for line in lines[3:] for label in line.split()]
    assert len(lines) == (4 if marks else 3)
    numbers = [n for first, *last in labels for n in range(int(first), int(last[0] if last else first) + 1)]
    assert numbers == list(range(1, len(grouped(marks)) + 1))


def test_a_terminal_that_has_no_lines_gets_plain_ones() -> None:
    lines = list(line_of_time(calendar(mark(30), mark(900)), 60, PLAIN))
    assert all(line.isascii() for line in lines)
    assert "Tue 24 Nov" in lines[1]
    assert "~" in lines[2]


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


def many(count: int) -> list[Mark]:
    """So many duties, most of them of one rule and one moment, as an incident all over the world has them."""
    spread = (-5, 24, 24, 72, 72, 72, 72, 900)
    return [
        mark(hours, duties=(f"eu-gdpr/authority/p{n}/controller",), shape="late" if hours < 0 else "open")
        for n, hours in sorted(((n, spread[n % len(spread)]) for n in range(count)), key=lambda each: each[1])
    ]


@pytest.mark.parametrize("count", [3, 15, 60, 150])
def test_rows_of_the_picture_never_overlap_and_each_duty_is_told(count: int) -> None:
    marks = many(count)
    root = ElementTree.fromstring(picture(calendar(*marks)))
    rows = root.findall(f"{SVG}g")
    assert len(rows) == len(grouped(marks)) <= 4
    bottoms = []
    for row in rows:
        lines = [int(text.get("y", "0")) for text in row.findall(f"{SVG}text") if text.get("x") == "16"]
        assert [*bottoms[-1:], *lines] == sorted({*bottoms[-1:], *lines})
        bottoms.append(lines[-1])
    assert int(root.get("height", "0")) > bottoms[-1]
    told = " ".join(row.findtext(f"{SVG}title") or "" for row in rows)
    assert all(each.duties[0] in told for each in marks)


def test_what_is_overdue_says_so_without_colour() -> None:
    root = ElementTree.fromstring(picture(calendar(*many(15))))
    dates = [text.text or "" for text in root.iter(f"{SVG}text")]
    assert sum(text.startswith("OVERDUE ") for text in dates) == 1
    assert any(label.endswith("!") for label in list(line_of_time(calendar(*many(15)), 80))[3].split())


def test_duties_of_one_moment_are_one_group_with_their_number_and_names() -> None:
    marks = [
        mark(72, duties=(f"eu-gdpr/authority/{place}/controller",))
        for place in ("fr", "de", "at", "be", "bg", "cy", "cz")
    ]
    (group,) = grouped([*marks, mark(72, duties=("us-ca/individuals/individuals/controller",))])
    assert group.name == "8 duties"
    assert group.names == ["eu-gdpr/authority (at, be, bg, cy, cz, de and 1 more)", "us-ca/individuals"]
    assert [each.name for each in grouped([mark(72)])] == ["eu-gdpr/authority/de/controller"]
    # What stands otherwise at the same moment is another row: nobody may take it for open.
    assert len(grouped([mark(72), mark(72, shape="filed", state="filed", met_at=NOW)])) == 2


def test_hostile_text_is_text() -> None:
    evil = '</title><script>alert(1)</script> "&" \x00\u202e'
    drawn = picture(calendar(mark(5, duties=(evil,), cite=evil), name=evil))
    root = ElementTree.fromstring(drawn)
    assert not [each for each in root.iter() if each.tag.endswith("script")]
    assert "\u202e" not in drawn
    assert "&lt;script&gt;" in drawn


def test_nothing_due_is_a_picture_too() -> None:
    assert ElementTree.fromstring(picture(calendar())).tag == f"{SVG}svg"
    assert len(list(line_of_time(calendar(), 40))) == 3
