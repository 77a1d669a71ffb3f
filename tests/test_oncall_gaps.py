"""The doctor looks four weeks ahead: hours at which nobody would be called, and what a rota hardly means."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import lend_cache
from tocsin.app import App, open_app
from tocsin.catalog import default_folders
from tocsin.doctor import Finding, oncall
from tocsin.settings import Settings, Slack
from tocsin.sinks.slack import SlackSink

#: Thursday noon in Saigon.
NOW = datetime(2026, 11, 26, 5, tzinfo=UTC)
PRIMARY = """
rotations:
  - id: primary
    zone: Asia/Ho_Chi_Minh
    turn: weekly
    since: 2026-11-23
    hand_over: "10:00"
    people: [linh, minh]
"""
SECONDARY = """
  - id: secondary
    zone: Asia/Ho_Chi_Minh
    turn: weekly
    since: 2026-11-23
    hand_over: "10:00"
    people: [minh, linh]
"""
#: Nobody from midnight to eight on Saturdays.
OPEN_ON_SATURDAY = """
  - id: secondary
    layers:
      - zone: Asia/Ho_Chi_Minh
        weekdays: [mon, tue, wed, thu, fri, sun]
        turn: weekly
        since: 2026-11-23
        hand_over: "10:00"
        people: [minh, linh]
      - zone: Asia/Ho_Chi_Minh
        weekdays: [sat]
        hours: 08:00-00:00
        turn: weekly
        since: 2026-11-23
        hand_over: "10:00"
        people: [dung]
"""
Examine = Callable[[str], list[Finding]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The oncall.yaml of the company."""
    shutil.copytree(default_folders()[1], tmp_path / "contacts")
    return tmp_path / "contacts" / "oncall.yaml"


@pytest.fixture
def examined(path: Path, tmp_path: Path, slack: SlackSink, catalog_cache: Path) -> Iterator[Examine]:
    """What the doctor finds in this oncall.yaml; all people of the sample are real, as in a drill."""
    lend_cache(tmp_path / "home", catalog_cache)
    opened: list[App] = []

    def examine(text: str) -> list[Finding]:
        path.write_text(text, encoding="utf-8")
        settings = Settings(
            mode="drill",
            home=tmp_path / "home",
            contacts=path.parent,
            slack=Slack(token=slack.token, base_url=slack.base_url),
        )
        opened.append(open_app(settings))
        return list(oncall.ladders(replace(opened[-1], now=lambda: NOW), None))

    yield examine
    for app in opened:
        app.close()


def said(found: list[Finding], path: Path) -> list[tuple[str, str, str]]:
    """Level, words, and the very line to change."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        (each.level, each.words, lines[int((each.remedy or "").removeprefix(f"{path}:")) - 1].strip())
        for each in found
        if each.remedy
    ]


def test_hours_that_no_layer_covers_are_a_failure_with_the_rotation_to_change(
    examined: Examine, path: Path
) -> None:
    found = examined(PRIMARY + OPEN_ON_SATURDAY)

    when = "Sat 28 Nov 00:00-08:00, Sat 5 Dec 00:00-08:00, Sat 12 Dec 00:00-08:00 and 1 more by Sat 19 Dec"
    assert said(found, path) == [
        ("FAIL", f"{when}: level 2 of {name} is empty (secondary leaves these hours open)", "- id: secondary")
        for name in ("commander-urgent", "commander-calm", "triage")
    ]
    assert "ok" not in {each.level for each in found}


def test_a_rota_without_a_gap_is_well_and_says_how_far_it_was_looked_at(examined: Examine) -> None:
    assert [(each.level, each.words) for each in examined(PRIMARY + SECONDARY)] == [
        ("ok", "15 levels of 5 ladders, 28 days ahead")
    ]


def test_all_absent_is_a_failure_with_the_line_of_the_absence(examined: Examine, path: Path) -> None:
    spans = {"giang": ("11-25", "12-30"), "linh": ("12-03", "12-12"), "minh": ("12-05", "12-07")}
    absences = "".join(
        f"  - {{person: {who}, start: 2026-{start}T00:00+07:00, end: 2026-{end}T00:00+07:00}}\n"
        for who, (start, end) in spans.items()
    )
    *found, warning = said(examined(f"{PRIMARY}{SECONDARY}absences:\n{absences}"), path)
    when = "Sat 5 Dec 00:00 to Mon 7 Dec 00:00: level"
    assert [(level, words) for level, words, _ in found] == [
        ("FAIL", f"{when} {number} of {name} is empty (all of {which} are absent)")
        for name in ("commander-urgent", "commander-calm", "triage")
        for number, which in ((1, "primary"), (2, "secondary"))
    ]
    # The turn is minh's at primary and linh's at secondary.
    assert [line.split(",")[0] for _, _, line in found] == ["- {person: minh", "- {person: linh"] * 3
    words = f"{when} 3 of commander-calm calls only linh, minh, who are absent"
    assert (warning[0], warning[1]) == ("warn", words)


def test_a_rotation_that_leaves_its_level_to_others_is_a_warning(examined: Examine, path: Path) -> None:
    ladders = path.with_name("escalation.yaml")
    text = ladders.read_text(encoding="utf-8")
    ladders.write_text(
        text.replace("[{rotation: secondary}]", "[{rotation: secondary}, {person: dung}]"), encoding="utf-8"
    )
    found = said(examined(f"{PRIMARY}{SECONDARY}    weekdays: [mon, tue, wed, thu, fri, sat]\n"), path)
    when = "Sun 29 Nov 00:00 to Mon 30 Nov 00:00, Sun 6 Dec 00:00 to Mon 7 Dec 00:00, "
    when += "Sun 13 Dec 00:00 to Mon 14 Dec 00:00 and 1 more by Mon 21 Dec"
    assert found == [
        (
            "warn",
            f"{when}: rotation secondary calls nobody (secondary leaves these hours open)",
            "- id: secondary",
        )
    ]


def test_an_override_that_names_somebody_absent_is_a_warning_at_its_line(
    examined: Examine, path: Path
) -> None:
    override = "{start: 2026-12-01T18:00+07:00, end: 2026-12-02T08:00+07:00, person: minh}"
    absence = "{person: minh, start: 2026-12-02T00:00+07:00, end: 2026-12-03T00:00+07:00}"
    found = examined(f"{PRIMARY}    overrides:\n      - {override}\n{SECONDARY}absences:\n  - {absence}\n")
    words = "Wed 2 Dec 00:00-08:00: an override of primary calls minh, who is absent then"
    assert said(found, path) == [("warn", words, f"- {override}")]


def test_of_two_overrides_that_overlap_it_is_said_who_wins_until_they_are_over(
    examined: Examine, path: Path
) -> None:
    lines = [
        f"      - {{start: 2026-{day}T{start}:00+07:00, end: 2026-{day}T{end}:00+07:00, person: {who}}}\n"
        for day, start, end, who in (
            ("11-25", "08", "20", "minh"),
            ("11-25", "12", "22", "dung"),
            ("12-01", "08", "20", "minh"),
            ("12-01", "18", "22", "dung"),
            ("12-01", "19", "21", "dung"),
        )
    ]
    found = said(examined(f"{PRIMARY}    overrides:\n{''.join(lines)}{SECONDARY}"), path)
    words = "of two overrides of primary the later line wins: dung, not minh"
    assert found == [
        ("warn", f"Tue 1 Dec 18:00-20:00: {words}", lines[3].strip()),
        ("warn", f"Tue 1 Dec 19:00-20:00: {words}", lines[4].strip()),
    ]


def test_a_level_that_calls_a_role_on_holiday_is_a_warning(examined: Examine, path: Path) -> None:
    absence = "{person: an, start: 2026-12-01T00:00+07:00, end: 2026-12-03T00:00+07:00}"
    found = said(examined(f"{PRIMARY}{SECONDARY}absences:\n  - {absence}\n"), path)
    words = "Tue 1 Dec 00:00 to Thu 3 Dec 00:00: level 1 of {} calls only an, who is absent"
    assert found == [("warn", words.format(name), f"- {absence}") for name in ("dpo-urgent", "dpo-calm")]


def test_a_rotation_that_no_level_calls_is_a_warning(examined: Examine, path: Path) -> None:
    nights = SECONDARY.replace("id: secondary", "id: nights")
    found = said(examined(PRIMARY + SECONDARY + nights), path)
    assert found == [("warn", "no level calls the rotation nights", "- id: nights")]
