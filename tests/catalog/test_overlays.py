"""Later folders win: whole files among the templates, single entries among the contacts."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tocsin.catalog import load_catalog
from tocsin.catalog.folders import overlaid

if TYPE_CHECKING:
    from tests.catalog.conftest import Copy

PERSON = """people:
  - {id: minh, name: Minh Thật, email: minh@example.com, roles: [incident-commander, deputy], languages: [vi]}
  - {id: quynh, name: Quỳnh Thật, email: quynh@example.com, roles: [operations]}
"""


def test_a_person_of_a_later_folder_replaces_the_one_with_the_same_id(copy: "Copy", tmp_path: Path) -> None:
    overlay = tmp_path / "own"
    overlay.mkdir()
    (overlay / "people.yaml").write_text(PERSON, encoding="utf-8")
    people = load_catalog([copy.templates], [copy.contacts, overlay]).contacts
    assert people.person("minh").name == "Minh Thật"
    assert not people.person("minh").sample
    assert people.person("minh").slack is None
    assert people.person("quynh").roles == ("operations",)
    assert people.person("linh").sample


@pytest.mark.parametrize(
    ("name", "written"),
    [
        (
            "oncall.yaml",
            "absences:\n  - {person: minh, start: 2027-02-05T00:00+07:00, end: 2027-02-12T00:00+07:00}\n",
        ),
        ("escalation.yaml", "gateways:\n  - {id: own, does: calls, argv: [/bin/true], within: 20 s}\n"),
    ],
)
def test_a_later_file_of_several_lists_holds_those_that_it_adds_to(
    copy: "Copy", tmp_path: Path, name: str, written: str
) -> None:
    overlay = tmp_path / "own"
    overlay.mkdir()
    (overlay / name).write_text(written, encoding="utf-8")
    shipped, own = copy.load().contacts, load_catalog([copy.templates], [copy.contacts, overlay]).contacts
    assert (own.rotations, own.ladders) == (shipped.rotations, shipped.ladders)
    assert (own.absences, own.gateways) != (shipped.absences, shipped.gateways)


def test_an_organisation_of_a_later_folder_replaces_the_whole_file(copy: "Copy", tmp_path: Path) -> None:
    overlay = tmp_path / "own"
    overlay.mkdir()
    text = copy.path("contacts/organisation.yaml").read_text(encoding="utf-8")
    changed = text.replace("name: StreamOnApi\n", "name: Own\n", 1).replace("sample: true\n", "", 1)
    (overlay / "organisation.yaml").write_text(changed, encoding="utf-8")
    catalog = load_catalog([copy.templates], [copy.contacts, overlay])
    assert catalog.contacts.organisation.name == "Own"


def test_a_template_of_a_later_folder_replaces_the_file_and_leaves_its_neighbours(
    copy: "Copy", tmp_path: Path
) -> None:
    over = tmp_path / "own"
    own = over / "types" / "credential-leak" / "what_happened.en.j2"
    own.parent.mkdir(parents=True)
    own.write_text("Own words.\n", encoding="utf-8")
    shipped, overlaid = copy.load(), load_catalog([copy.templates, over], [copy.contacts])
    assert overlaid.files["types/credential-leak/what_happened.en.j2"] == b"Own words.\n"
    kept = "types/credential-leak/what_happened.vi.j2"
    assert overlaid.files[kept] == shipped.files[kept]
    assert overlaid.types == shipped.types
    assert overlaid.digest != shipped.digest


def test_a_new_type_and_a_new_regime_are_found_without_touching_a_list(copy: "Copy") -> None:
    for kind, name in (("types", "credential-leak"), ("regimes", "policy-promise")):
        source, target = copy.templates / kind / name, copy.templates / kind / "own-one"
        target.mkdir()
        for path in source.glob("*.yaml"):
            text = path.read_text(encoding="utf-8").replace(f"id: {name}", "id: own-one", 1)
            (target / path.name).write_text(text, encoding="utf-8")
    catalog = copy.load()
    assert {"own-one", "credential-leak", "unclassified"} <= set(catalog.types)
    assert {"own-one", "policy-promise"} <= set(catalog.regimes)


def test_what_editors_leave_behind_is_no_template(copy: "Copy") -> None:
    before = copy.load().digest
    for name in ("notices/.customer.en.txt.j2.swp", "notices/customer.en.txt.j2~", ".git/config.j2"):
        path = copy.templates / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{{ nonsense }", encoding="utf-8")
    assert copy.load().digest == before


def test_a_folder_may_be_the_one_in_which_one_stands(copy: "Copy", monkeypatch: pytest.MonkeyPatch) -> None:
    named = overlaid([copy.templates])
    monkeypatch.chdir(copy.templates)
    stood_in = overlaid([Path()])
    assert (list(stood_in), "messages/page.en.j2" in stood_in) == (list(named), True)
    assert all(path.is_file() for path in stood_in.values())


def test_files_for_tests_are_not_part_of_what_an_incident_is_bound_to(copy: "Copy") -> None:
    before = copy.load().digest
    (copy.templates / "types" / "credential-leak" / "examples.yaml").write_text("[]\n")
    assert copy.load().digest == before
