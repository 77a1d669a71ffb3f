"""What one person is told at one moment is one message: the most pressing first, and nothing of the others is lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.offers import Offer
from tocsin.engine.joining import Said, together
from tocsin.rendering.message import KINDS, line

NOW = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
SAID = Said("an", "overdue", ("x",), "remind/C1/1", "warning", 7, None, "tocsin done C1", ("slack",))
WARNING = replace(
    SAID, kind="warning", lines=("a clock",), subject="warn/a.50/3", due=NOW, action="tocsin report a"
)


def test_two_reminders_are_one_and_the_first_command_stands_below_it():
    (one,) = together([SAID, replace(SAID, lines=("y",), subject="remind/C2/1", action="tocsin done C2")])
    assert (one.lines, one.subject, one.action) == (("x", "y"), "remind/C1/1", "tocsin done C1")
    assert one.about == (("remind/C1/1", 7), ("remind/C2/1", 7))


def test_the_most_pressing_gives_headline_command_and_clock():
    (one,) = together([SAID, WARNING])
    assert (one.kind, one.lines, one.due, one.action) == ("warning", ("a clock", "x"), NOW, "tocsin report a")


def test_of_several_warnings_the_soonest_comes_first():
    later = replace(WARNING, lines=("a later clock",), due=NOW + timedelta(hours=9), action="tocsin report b")
    (one,) = together([later, WARNING])
    assert (one.lines, one.due, one.action) == (("a clock", "a later clock"), NOW, "tocsin report a")


def test_the_same_line_is_said_once():
    said = replace(SAID, lines=(line("needs", facts="kinds"), "x"))
    (one,) = together([said, said])
    assert one.lines == (line("needs", facts="kinds"), "x")


def test_what_leaves_by_every_route_takes_the_rest_along():
    loud = replace(WARNING, lane="page", routes=("slack", "email"))
    (one,) = together([SAID, loud])
    assert (one.lane, one.routes) == ("page", ("slack", "email"))


def test_of_several_letters_each_can_be_approved_and_of_several_steps_the_first_be_ticked():
    letters = [
        replace(
            SAID,
            kind="approval",
            subject=name,
            offers=tuple(Offer(deed, "INC-1", name) for deed in ("approve", "reject")),
        )
        for name in ("customers", "customers-sg-pdpa", "customers-us-ca")
    ]
    (one,) = together([*letters, replace(SAID, kind="update-due", offers=(Offer("update", "INC-1"),))])
    assert [(each.deed, each.subject) for each in one.offers] == [
        ("approve", "customers"), ("reject", "customers"),
        ("approve", "customers-sg-pdpa"), ("reject", "customers-sg-pdpa"),
    ]  # fmt: skip
    steps = [replace(SAID, subject=step, offers=(Offer("done", "INC-1", step),)) for step in ("C1", "C2")]
    (one,) = together(steps)
    assert [each.subject for each in one.offers] == ["C1"]


def test_different_people_and_what_is_answered_for_itself_stay_apart():
    page = replace(SAID, kind="page", page=4)
    update = replace(SAID, kind="update")
    found = together([SAID, replace(SAID, who="bao"), page, page, update])
    assert sorted((each.who, each.kind) for each in found) == [
        ("an", "overdue"), ("an", "page"), ("an", "page"), ("an", "update"), ("bao", "overdue"),
    ]  # fmt: skip


@given(
    st.lists(
        st.builds(
            Said,
            who=st.sampled_from(["an", "bao"]),
            kind=st.sampled_from(KINDS),
            lines=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3, unique=True).map(tuple),
            subject=st.sampled_from(["s", "t", "u"]),
            lane=st.sampled_from(["page", "warning", "status"]),
            cause=st.integers(1, 9),
            due=st.none() | st.integers(0, 99).map(lambda hours: NOW + timedelta(hours=hours)),
            action=st.sampled_from(["", "tocsin card"]),
            routes=st.sampled_from([("slack",), ("slack", "email")]),
        )
    )
)
def test_everybody_is_told_every_line_that_was_said(said):
    found = together(said)
    for who in ("an", "bao"):
        told = {each for one in found if one.who == who for each in one.lines}
        assert told == {each for one in said if one.who == who for each in one.lines}
    assert len(found) <= len(said)
