"""What managers see in Prefect: absolute moments, words that are only words, and no title."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from markdown_it import MarkdownIt

from tests.domain.bodies import DIGEST, START, WORDS, declared, drafted, opened, timeline
from tocsin.domain import kinds as k
from tocsin.domain.catalog import Catalog
from tocsin.domain.fold import fold
from tocsin.domain.incident import Incident
from tocsin.domain.plan import plan
from tocsin.rendering.artifact import board_page, incident_page, moment_words

NOW = START + timedelta(hours=1, seconds=20)
ZONE = "Asia/Ho_Chi_Minh"
HOSTILE = (
    "Teal | Wren",
    "Teal\n# Wren",
    "**Teal** _Wren_ ~~gone~~",
    "[Teal](http://example.com)",
    "<script>alert(1)</script>",
    "`Teal` \\| Wren",
    "![Teal](http://example.com/x.png)",
    "{{7*7}} & <b>Wren",
)


def incident(**change: Any) -> Incident:
    return fold(timeline(declared(**change), opened()))


def page(catalog: Catalog, found: Incident, now: datetime = NOW) -> str:
    down = {"email": START, "slack": None}
    return incident_page(found, plan(found, catalog, now), catalog, now, down)


def row(**change: Any) -> dict[str, Any]:
    return {
        "key": "INC-2026-0007",
        "code_name": "Copper Heron",
        "severity": "sev1",
        "status": "containment",
        "drill": False,
        "open": True,
        "quarantined": None,
        "waiting_for": "dpo to answer",
        "next_due": NOW,
    } | change


def shown(markdown: str) -> str:
    """The page as a browser would get it."""
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown)


def cells(markdown: str) -> list[list[str]]:
    """The words of the tables, row by row, as a reader sees them."""
    rows: list[list[str]] = []
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and token.level > 3:
            rows[-1].append("".join(child.content for child in token.children or ()))
    return rows


def test_moments_are_absolute_in_the_companys_zone_with_utc_beside_them(catalog: Catalog) -> None:
    assert moment_words(datetime(2026, 11, 26, 19, 40, tzinfo=UTC), ZoneInfo(ZONE)) == (
        "Fri 27 Nov 02:40 +07 (19:40Z)"
    )
    assert "| **Fri 27 Nov 02:40 +07 (19:40Z)** | policy-promise Policy, to individuals |" in page(
        catalog, incident()
    )


def test_only_the_moment_of_writing_depends_on_when_it_was_written(catalog: Catalog) -> None:
    early, late = (page(catalog, incident(), NOW + timedelta(minutes=m)).splitlines() for m in (0, 2))
    assert early[:-1] == late[:-1]
    assert early[-1].startswith("_As of Tue 24 Nov 03:40 +07 (20:40Z).")
    assert late[-1].startswith("_As of Tue 24 Nov 03:42 +07 (20:42Z).")


def test_a_letter_is_approved_when_as_many_as_must_have_said_yes(catalog: Catalog) -> None:
    told = (declared(), opened(), drafted())
    yes = [k.NoticeApproved(notice="customers", digest=DIGEST, person=who) for who in ("an", "bao")]
    for given, said in ((1, "letter in-review (1 of 2 approvals), "), (2, "letter approved, ")):
        assert said in page(catalog, fold(timeline(*told, *yes[:given])))


def test_the_duties_of_what_was_no_incident_are_open_no_more(catalog: Catalog) -> None:
    declined = page(catalog, fold(timeline(declared(), opened(), k.Declined(because=WORDS))))
    assert "| withdrawn |" in declined
    assert "**Fri 27 Nov" not in declined


def test_a_duty_that_is_not_notified_is_told_from_one_that_is_not_owed(catalog: Catalog) -> None:
    key = opened().key
    decided = (declared(), opened(), k.NotNotified(of=key, because=WORDS, decided_by="bao"))
    assert "| not notified, as decided |" in page(catalog, fold(timeline(*decided)))
    released = k.DutyReleased(key=key, because=WORDS)
    assert "| no longer owed |" in page(catalog, fold(timeline(*decided, released)))


def test_the_page_of_a_closed_incident_calls_nobody_dead(catalog: Catalog) -> None:
    closed = page(catalog, fold(timeline(declared(), opened(), k.Closed())))
    assert "_As of Tue 24 Nov 03:40 +07 (20:40Z): closed._" in closed
    assert "dead" not in closed


def test_no_title_is_shown_nor_what_stands_for_one(catalog: Catalog) -> None:
    assert WORDS not in page(catalog, incident())
    assert "words:" not in board_page([row(title="Zanzibar canary")], ZONE, NOW)
    assert "canary" not in board_page([row(title="Zanzibar canary")], ZONE, NOW)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_read_as_it_is_written_and_marks_up_nothing(catalog: Catalog, name: str) -> None:
    wanted = " ".join(f"INC-2026-0007 {name}".split())
    board = board_page([row(code_name=name, waiting_for=name), row()], ZONE, NOW)
    [_, hostile, usual] = cells(board)
    assert hostile[1] == wanted
    assert hostile[4] == " ".join(name.split())
    assert [len(hostile), usual[1]] == [5, "INC-2026-0007 Copper Heron"]
    for written in (board, page(catalog, incident(code_name=name))):
        html = shown(written)
        for tag in ("<script", "<a ", "<img", "<code", "<b>", "<s>"):
            assert tag not in html
        assert html.count("<h1>") == 1


def test_the_board_keeps_its_order_and_shows_no_deadline_of_what_is_closed() -> None:
    rows = [row(), row(key="INC-2026-0003", open=False, status="closed", drill=True)]
    [_, first, second] = cells(board_page(rows, ZONE, NOW))
    assert first == [
        "Tue 24 Nov 03:40 +07 (20:40Z)",
        "INC-2026-0007 Copper Heron",
        "sev1",
        "containment",
        "dpo to answer",
    ]
    assert second == ["-", "INC-2026-0003 Copper Heron (drill)", "sev1", "closed", "-"]


def test_every_duty_has_an_owner_and_every_route_its_health(catalog: Catalog) -> None:
    assert cells(page(catalog, incident()))[1][2] == "dpo"
    taken = fold(timeline(declared(), opened(), k.RoleTaken(role="dpo", person="an")))
    assert cells(page(catalog, taken))[1][2] == "an"
    assert "overdue 0. Mail **DOWN since Tue 24 Nov 02:40 +07 (19:40Z)**, Slack ok." in page(
        catalog, taken, START
    )


def test_a_poison_incident_says_what_to_do_and_an_empty_board_says_so() -> None:
    assert (
        cells(board_page([row(quarantined="its plan fails")], ZONE, NOW))[1][4]
        == "quarantined: tocsin verify INC-2026-0007"
    )
    assert cells(board_page([], ZONE, NOW))[1][1] == "none"


def test_what_cannot_be_told_yet_stands_beside_the_duties_with_what_would_tell(catalog: Catalog) -> None:
    questions = {state: law for due, law, _, state in cells(page(catalog, incident()))[1:] if due == "?"}
    first = next(iter(questions))
    # Where many laws wait for one fact they are counted, so that the table stays a table.
    assert (first, questions[first][-5:]) == ("cannot tell: needs our_role", " laws")
    assert questions["cannot tell: needs nature"] == "vn-cyber"
    assert len(questions) < 6
    over = fold(timeline(declared(), opened(), k.Declined(because=WORDS)))
    assert [due for due, *_ in cells(page(catalog, over)) if due == "?"] == []


def test_that_nobody_has_been_reached_stands_before_all_else(catalog: Catalog) -> None:
    call = k.Paged(role="incident-commander", person="linh", level=0, round=0, routes=("slack",))
    silent = fold(timeline(declared(), opened(), call))
    assert page(catalog, silent).splitlines()[1].startswith("**NOBODY HAS BEEN REACHED.")
    rang = k.PageOutcome(page=3, person="linh", route="slack", outcome="handed_over")
    assert "NOBODY" not in page(catalog, fold(timeline(declared(), opened(), call, rang)))
    board = board_page([row()], ZONE, NOW, ("INC-2026-0007",)).splitlines()
    assert board[2].startswith("INC-2026-0007: **NOBODY HAS BEEN REACHED.")
