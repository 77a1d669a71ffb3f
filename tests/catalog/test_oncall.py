"""contacts/oncall.yaml: every form that it explains is read, and what makes no sense is refused at its line."""

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin.catalog import default_folders
from tocsin.catalog.contacts import read_contacts
from tocsin.domain.catalog import Catalog
from tocsin.domain.contacts import Contacts
from tocsin.domain.errors import BadFile

NAMES = (
    "organisation.yaml",
    "people.yaml",
    "oncall.yaml",
    "escalation.yaml",
    "authorities.yaml",
    "processors.yaml",
)

SHIPPED = (default_folders()[1] / "oncall.yaml").read_text(encoding="utf-8")
#: A rotation in layers beside those that the ladders call.
LAYERED = """
rotations:
  - {id: primary, zone: Asia/Ho_Chi_Minh, turn: weekly, since: 2026-11-23, hand_over: "10:00", people: [linh]}
  - id: secondary
    layers:
      - zone: Europe/London
        turn: weekly
        since: 2026-11-23
        hand_over: "09:00"
        people: [dung, giang]
      - zone: Asia/Ho_Chi_Minh
        hours: 22:00-06:00
        weekdays: [mon, tue, wed, thu, fri]
        turn: 12 h
        since: 2026-11-23
        hand_over: "22:00"
        people: [linh, minh]
    overrides:
      - {start: 2026-12-24T18:00+07:00, end: 2026-12-25T08:00+07:00, person: minh}
absences:
  - {person: linh, start: 2026-12-01T00:00+07:00, end: 2026-12-08T00:00+07:00, note: Tết}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        shutil.copy(default_folders()[1] / name, tmp_path)
    return tmp_path


def read(folder: Path, text: str, shipped: Catalog) -> Contacts:
    (folder / "oncall.yaml").write_text(text, encoding="utf-8")
    return read_contacts([folder], {kind.id for kind in shipped.data_map.kinds})


def test_layers_overrides_and_absences_are_read(folder: Path, shipped: Catalog) -> None:
    contacts = read(folder, LAYERED, shipped)
    secondary = contacts.rotation("secondary")
    assert secondary.people == ("dung", "giang", "linh", "minh")
    assert [layer.turn for layer in secondary.layers] == [timedelta(days=7), timedelta(hours=12)]
    # Tuesday 1 December, 23:00 in Saigon: linh's turn, who is absent.
    at = datetime(2026, 12, 1, 16, tzinfo=UTC)
    assert [contacts.on_call("secondary", at), contacts.absences[0].note] == ["minh", "Tết"]
    assert contacts.called(contacts.ladders[0].levels[0], at) == ()


def test_each_form_that_the_file_shows_commented_out_is_right_as_it_stands(
    folder: Path, shipped: Catalog
) -> None:
    # Prose has a capital or begins in the middle of a sentence; what is commented out begins with a key or a dash.
    shown = re.compile(r"^( *)# ((?: *(?:- |[a-z_]+:))(?:.*))$", re.MULTILINE)
    contacts = read(folder, shown.sub(r"\1\2", SHIPPED), shipped)
    assert [rotation.id for rotation in contacts.rotations] == ["primary", "secondary", "around-the-sun"]
    assert [len(rotation.layers) for rotation in contacts.rotations] == [1, 1, 2]
    assert len(contacts.rotation("primary").overrides) == len(contacts.absences) == 1


def test_an_absence_of_the_company_counts_beside_those_of_the_shipped_file(
    folder: Path, shipped: Catalog, tmp_path: Path
) -> None:
    (folder / "oncall.yaml").write_text(LAYERED, encoding="utf-8")
    own = tmp_path / "own"
    own.mkdir()
    line = "{person: minh, start: 2026-12-01T00:00+07:00, end: 2026-12-08T00:00+07:00}"
    (own / "oncall.yaml").write_text(f"rotations: []\nabsences: [{line}]\n", encoding="utf-8")
    contacts = read_contacts([folder, own], {kind.id for kind in shipped.data_map.kinds})
    assert [absence.person for absence in contacts.absences] == ["linh", "minh"]


#: What is replaced, what by (its first line is the one that is named), the complaint.
MISTAKES = [
    ("person: linh, start", "person: lin, start", "an absence: there is no person 'lin'; did you mean linh?"),
    ("end: 2026-12-08", "end: 2026-11-08", "an absence ends after it starts"),
    ("start: 2026-12-01T00:00+07:00", "start: 2026-12-01", "has no time; add it with its zone"),
    ("start: 2026-12-01T00:00+07:00", "start: tomorrow", "'tomorrow' is not a moment; write it like"),
    ("note: Tết", "because: Tết", "unknown key 'because'"),
    ("note: Tết", 'note: " "', "is empty; write it, or leave the key out"),
    ("end: 2026-12-25T08", "end: 2026-12-24T08", "an override ends after it starts"),
    ("person: minh}", "person: mihn}", "rotation secondary: there is no person 'mihn'; did you mean minh?"),
    ("person: minh}", "person: minh, note: x}", "unknown key 'note'"),
    ("[dung, giang]", "[dung, giangg]", "rotation secondary: there is no person 'giangg'; did you mean giang?"),
    ("people: [dung, giang]", "people: []", "people: is empty; write at least 1"),
    ("zone: Europe/London", "zone: Europe/Londn", "'Europe/Londn' is not a zone of the IANA database"),
    ("hours: 22:00-06:00", "hours: 22:00-24:00", "there is no 24:00; hours run from 00 to 23; midnight is 00:00"),
    ("hours: 22:00-06:00", "hours: 22:00-22:00", "end when they begin (22:00); leave them out for the whole day"),
    ("hours: 22:00-06:00", "hours: nights", "write them like 09:00-17:00, or 22:00-06:00 across midnight"),
    ("hours: 22:00-06:00", "hour: 22:00-06:00", "unknown key 'hour'; did you mean hours?"),
    ("[mon, tue, wed, thu, fri]", "[mon, tues]", "'tues' is unknown; did you mean tue?"),
    ("weekdays: [mon, tue, wed, thu, fri]", "weekdays: []", "weekdays: is empty; write at least 1"),
    ("turn: 12 h", "turn: 12", "12 is no turn; write daily, weekly, or a length like 12 h, 3 days or 2 weeks"),
    ("turn: 12 h", "turn: 9999 weeks", "a turn has whole hours, at least one and at most 366 days"),
    ('hand_over: "22:00"', "hand_over: 22", "22 is no wall-clock time; write one like 10:00"),
    ('hand_over: "22:00"', 'hand_over: "24:00"', "there is no 24:00"),
    ("since: 2026-11-23\n        hand_over: \"22", "since: 23.11.26\n        hand_over: \"22", "is no day; write one"),
    ("layers:", "layer:", "unknown key 'layer'"),
    ("id: secondary", "id: secondary\n    zone: UTC", "zone cannot stand beside layers; write it into each layer"),
    ("absences:", "absence:", "unknown key 'absence'; did you mean absences?"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "complaint"), MISTAKES)
def test_what_makes_no_sense_is_refused_in_one_line_at_its_place(
    folder: Path, shipped: Catalog, old: str, new: str, complaint: str
) -> None:
    assert LAYERED.count(old) == 1
    with pytest.raises(BadFile) as caught:
        read(folder, LAYERED.replace(old, new), shipped)
    message, line = str(caught.value), LAYERED[: LAYERED.index(old)].count("\n") + 1
    assert complaint in message
    assert "\n" not in message
    assert message.startswith(f"{folder / 'oncall.yaml'}:{line}: ")


def test_a_layer_that_never_holds_is_refused_since_a_later_one_always_does(
    folder: Path, shipped: Catalog
) -> None:
    first, second = LAYERED.index("      - zone: Europe"), LAYERED.index("      - zone: Asia")
    end = LAYERED.index("    overrides:")
    turned = LAYERED[:first] + LAYERED[second:end] + LAYERED[first:second] + LAYERED[end:]
    line = turned[: turned.index("      - zone: Asia")].count("\n") + 1
    complaint = (
        "rotation secondary: this layer never holds: one below it holds at every hour; put that one first"
    )
    with pytest.raises(BadFile, match=re.escape(f"{folder / 'oncall.yaml'}:{line}: {complaint}")):
        read(folder, turned, shipped)


def test_overrides_that_overlap_are_read_and_the_later_line_counts(folder: Path, shipped: Catalog) -> None:
    line = "      - {start: 2026-12-24T20:00+07:00, end: 2026-12-24T22:00+07:00, person: giang}\n"
    contacts = read(folder, LAYERED.replace("absences:", f"{line}absences:"), shipped)
    assert contacts.on_call("secondary", datetime(2026, 12, 24, 14, tzinfo=UTC)) == "giang"
    assert contacts.on_call("secondary", datetime(2026, 12, 24, 16, tzinfo=UTC)) == "minh"
