"""oncall at the shell: who is called at a moment, the week as a table of 80 columns, and the document."""

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tocsin.catalog import default_folders

#: Thursday 26 November 2026 in Saigon.
AT = ("--at", "2026-11-26T12:00+07:00")
ROTA = """
rotations:
  - id: primary
    zone: Asia/Ho_Chi_Minh
    turn: weekly
    since: 2026-11-23
    hand_over: "10:00"
    people: [linh, minh]
    overrides:
      - {start: 2026-11-27T18:00+07:00, end: 2026-11-28T08:00+07:00, person: dung}
  - id: secondary
    layers:
      - zone: Asia/Ho_Chi_Minh
        hours: 08:00-20:00
        turn: daily
        since: 2026-11-23
        hand_over: "08:00"
        people: [minh]
      - zone: Europe/London
        hours: 13:00-01:00
        weekdays: [mon, tue, wed, thu, fri]
        turn: weekly
        since: 2026-11-23
        hand_over: "13:00"
        people: [giang]
absences:
  - {person: minh, start: 2026-11-30T10:00+07:00, end: 2026-12-01T10:00+07:00, note: Về quê}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Contacts of a company with an office in London."""
    contacts = tmp_path / "contacts"
    shutil.copytree(default_folders()[1], contacts)
    (contacts / "oncall.yaml").write_text(ROTA, encoding="utf-8")
    people = contacts / "people.yaml"
    text = people.read_text(encoding="utf-8")
    people.write_text(
        text.replace("  - id: giang", "  - id: giang\n    zone: Europe/London"), encoding="utf-8"
    )
    monkeypatch.setenv("TOCSIN_CONTACTS", str(contacts))
    return contacts


def test_oncall_names_who_is_called_until_when_and_who_then(tocsin: Command, home: Path) -> None:
    said = tocsin("oncall", "--at", "2026-11-24T02:40+07:00")
    assert said.status == 0
    assert "at Tue 02:40 +07 (19:40Z)\n" in said.out
    assert "primary  linh, until Mon 30 Nov 10:00 +07 (03:00Z), then minh\n" in said.out
    assert "incident-commander  sev1, sev2\n  +0 min   linh\n  +5 min   minh\n" in said.out
    assert "linh  Trần Mỹ Linh    +44 7700 900001  linh@streamonapi.example\n" in said.out


def test_the_week_is_a_table_in_the_zone_of_the_company_with_what_is_special_below_each_turn(
    tocsin: Command, folder: Path
) -> None:
    said = tocsin("oncall", "--week", *AT).out
    assert said.startswith("from Thu 12:00 +07 (05:00Z) on; times of Asia/Ho_Chi_Minh\n\nprimary\n")
    primary, secondary = said.split("\n\n")[1:3]
    assert primary.splitlines()[1:] == [
        "  Mon 23 Nov 10:00 - Fri 27 Nov 18:00  linh  Trần Mỹ Linh",
        "  Fri 27 Nov 18:00 - Sat 28 Nov 08:00  dung  Ngô Tiến Dũng",
        "                                       for linh (override)",
        "  Sat 28 Nov 08:00 - Mon 30 Nov 10:00  linh  Trần Mỹ Linh",
        "  Mon 30 Nov 10:00 - Tue  1 Dec 10:00  linh  Trần Mỹ Linh",
        "                                       for minh (absent: Về quê)",
        "  Tue  1 Dec 10:00 - Mon  7 Dec 10:00  minh  Lê Quang Minh",
    ]
    assert secondary.splitlines()[1:8] == [
        "  Thu 26 Nov 08:00 - Thu 26 Nov 20:00  minh    Lê Quang Minh",
        "  Thu 26 Nov 20:00 - Fri 27 Nov 08:00  giang   Bùi Hương Giang",
        "                                       Thu 13:00 - Fri 01:00 Europe/London",
        "  Fri 27 Nov 08:00 - Fri 27 Nov 20:00  minh    Lê Quang Minh",
        "  Fri 27 Nov 20:00 - Sat 28 Nov 08:00  giang   Bùi Hương Giang",
        "                                       Fri 13:00 - Sat 01:00 Europe/London",
        "  Sat 28 Nov 08:00 - Sat 28 Nov 20:00  minh    Lê Quang Minh",
    ]
    assert "  Sat 28 Nov 20:00 - Sun 29 Nov 08:00  NOBODY" in secondary
    assert "  Mon 30 Nov 10:00 - Mon 30 Nov 20:00  NOBODY\n" + " " * 39 + "(all absent: Về quê)" in secondary
    assert "giang  Bùi Hương Giang  +44 7700 900007  giang@streamonapi.example" in said
    assert "Phạm Hoài An" not in said  # who has no turn this week
    assert max(map(len, said.splitlines())) <= 80


def test_a_gap_is_red_on_a_terminal(tocsin: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    said = tocsin("oncall", "--week", *AT).out
    assert "\x1b[1;31m  Sat 28 Nov 20:00 - Sun 29 Nov 08:00  NOBODY\x1b[0m" in said


def test_at_an_hour_that_nobody_covers_the_level_says_nobody(tocsin: Command, folder: Path) -> None:
    said = tocsin("oncall", "--at", "2026-11-28T21:00+07:00").out
    assert "secondary  NOBODY, until Sun 08:00 +07 (01:00Z), then minh" in said
    assert "+5 min   NOBODY" in said
    assert "secondary  NOBODY (all absent: Về quê)" in tocsin("oncall", "--at", "2026-11-30T12:00+07:00").out


def test_a_hostile_name_is_shown_and_not_obeyed(
    tocsin: Command, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts = shutil.copytree(default_folders()[1], tmp_path / "contacts")
    people = contacts / "people.yaml"
    text = people.read_text(encoding="utf-8")
    people.write_text(text.replace("name: Trần Mỹ Linh", 'name: "Linh\\e[31m"'), encoding="utf-8")
    monkeypatch.setenv("TOCSIN_CONTACTS", str(contacts))
    assert r"linh  Linh\x1b[31m" in tocsin("oncall").out


def test_oncall_as_a_document(tocsin: Command, folder: Path) -> None:
    document = tocsin("oncall", "--at", "2026-11-28T21:00+07:00", "--json").json
    assert (document["at"], document["zone"]) == ("2026-11-28T14:00:00+00:00", "Asia/Ho_Chi_Minh")
    assert document["rotations"]["primary"][1] == {
        "person": "linh",
        "start": "2026-11-30T03:00:00+00:00",
        "end": "2026-12-01T03:00:00+00:00",
        "why": "stand-in",
        "instead_of": "minh",
        "note": "Về quê",
    }
    assert set(document) == {"at", "zone", "rotations", "ladders", "people"}
    gap = document["rotations"]["secondary"][0]
    assert (gap["person"], gap["why"]) == (None, "gap")
    first = document["ladders"][0]
    assert (first["id"], first["role"]) == ("commander-urgent", "incident-commander")
    assert first["levels"][:2] == [
        {"after_minutes": 0, "people": ["linh"]},
        {"after_minutes": 5, "people": []},
    ]
    assert document["people"]["giang"] == {
        "name": "Bùi Hương Giang",
        "phone": "+44 7700 900007",
        "email": "giang@streamonapi.example",
        "zone": "Europe/London",
    }


def test_one_person_alone_is_on_call_with_no_end_in_sight(tocsin: Command, folder: Path) -> None:
    rota = "rotations:\n  - {id: primary, zone: Asia/Ho_Chi_Minh, turn: weekly, since: 2026-11-23,"
    (folder / "oncall.yaml").write_text(
        f'{rota} hand_over: "10:00", people: [linh]}}\n{ROTA[ROTA.index("  - id: secondary") :]}',
        encoding="utf-8",
    )
    assert tocsin("oncall", *AT).out.splitlines()[1] == "primary  linh"
    assert "                   -                   linh" in tocsin("oncall", "--week", *AT).out
    turn = tocsin("oncall", *AT, "--json").json["rotations"]["primary"][0]
    assert (turn["person"], turn["start"], turn["end"]) == ("linh", None, None)


def test_the_bare_command_says_that_nobody_is_on_call(tocsin: Command, folder: Path) -> None:
    closed = ROTA.replace("hours: 08:00-20:00", "hours: 08:00-20:00\n        weekdays: [sun]").replace(
        "weekdays: [mon, tue, wed, thu, fri]", "weekdays: [sat]"
    )
    (folder / "oncall.yaml").write_text(closed, encoding="utf-8")
    assert "On call: NOBODY (secondary)" in tocsin().out
    assert tocsin("--json").json["on_call"]["secondary"] is None


def test_a_naive_moment_is_refused(tocsin: Command, home: Path) -> None:
    said = tocsin("oncall", "--at", "2026-11-24T02:40")
    assert (said.status, "has no zone" in said.err) == (1, True)
