"""tocsin law check: whoever has edited a law sees at once what its examples say of it."""

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Result
from tocsin.catalog import default_folders
from tocsin.cli import main

SHIPPED = default_folders()[0] / "regimes" / "us-ca"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A company's own copy of a law, laid over the shipped ones."""
    folder = tmp_path / "own" / "regimes" / "us-ca"
    shutil.copytree(SHIPPED, folder)
    monkeypatch.setenv("TOCSIN_TEMPLATES", str(tmp_path / "own"))
    monkeypatch.setenv("TOCSIN_HOME", str(tmp_path / "home"))
    return folder


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def check(capfd: pytest.CaptureFixture[str], *words: str) -> Result:
    status = main(["law", "check", *words])
    return Result(status, *capfd.readouterr())


def test_a_law_that_was_not_touched_holds(own: Path, capfd: pytest.CaptureFixture[str]) -> None:
    said = check(capfd, "us-ca", "sg-pdpa")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("2 laws, ")
    assert said.out.endswith("each holds\n")


def test_a_law_holds_in_every_house_alike(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    contacts = tmp_path / "contacts"
    contacts.mkdir()
    shipped = (default_folders()[1] / "organisation.yaml").read_text(encoding="utf-8")
    assert "established_in: VN" in shipped
    (contacts / "organisation.yaml").write_text(
        shipped.replace("established_in: VN", "established_in: DE"), encoding="utf-8"
    )
    monkeypatch.setenv("TOCSIN_CONTACTS", str(contacts))
    assert check(capfd, "us-ca", "eu-gdpr").status == 0


def test_a_changed_number_is_seen_in_each_example_with_its_line(
    own: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    edit(own / "regime.yaml", "days: 30", "days: 45")
    said = check(capfd, "us-ca")
    assert said.status == 1
    assert f"{own}/examples.yaml:2: us-ca: '501 residents" in said.out
    assert (
        "us-ca/individuals/individuals/controller: due_at is stated as 2026-12-24T07:59:59+00:00, "
        "and the law gives 2027-01-08T07:59:59+00:00"
    ) in said.out
    [law] = check(capfd, "us-ca", "--json").json
    assert law["failed"][0]["line"] == 2
    assert law["failed"][0]["differences"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("- name: Exactly 500 residents do not", "- nome: Exactly 500 residents do not", "lacks 'name'"),
        ("- {key: us-ca/individuals/individuals/controller, due_at", "- {kee: x, due_at", "has a key"),
        (
            "        due_at: 2026-12-23",
            "        due_on: 2026-12-23",
            "a duty has no 'due_on'; did you mean due_at?",
        ),
        ("detected_at:", "detekted_at:", "did you mean detected_at?"),
    ],
)
def test_what_is_no_example_is_refused_with_its_place(
    own: Path, capfd: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    edit(own / "examples.yaml", old, new)
    found = check(capfd, "us-ca")
    assert (found.status, found.out, found.err.count("\n")) == (1, "", 1)
    assert f"{own}/examples.yaml:" in found.err
    assert said in found.err


def test_a_rule_that_no_example_shows_is_named(own: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (own / "examples.yaml").write_text("[]\n", encoding="utf-8")
    said = check(capfd, "us-ca")
    assert said.status == 1
    assert "us-ca/attorney-general: no example shows it at its boundary; write one" in said.out


def test_a_law_without_examples_is_asked_for_some(own: Path, capfd: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(own, own.with_name("us-xx"))
    edit(own.with_name("us-xx") / "regime.yaml", "id: us-ca", "id: us-xx")
    (own.with_name("us-xx") / "examples.yaml").unlink()
    said = check(capfd, "us-xx")
    assert (said.status, said.out) == (1, "")
    assert "regimes/us-xx/examples.yaml is not there; write three examples for each rule" in said.err
