"""A file that somebody's edit has made unreadable stops no alarm: what was read before serves until it is mended."""

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tocsin.catalog import default_folders


@pytest.fixture
def own(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A company's own contacts and one law of its own, all as shipped."""
    templates, contacts = default_folders()
    shutil.copytree(contacts, tmp_path / "own" / "contacts")
    shutil.copytree(templates / "regimes" / "us-ca", tmp_path / "own" / "templates" / "regimes" / "us-ca")
    monkeypatch.setenv("TOCSIN_CONTACTS", str(tmp_path / "own" / "contacts"))
    monkeypatch.setenv("TOCSIN_TEMPLATES", str(tmp_path / "own" / "templates"))
    return tmp_path / "own"


def spoil(path: Path, word: str) -> str:
    """Misspell a key; the text as it was."""
    text = path.read_text(encoding="utf-8")
    assert word in text
    path.write_text(text.replace(word, f"x{word}", 1), encoding="utf-8")
    return text


FILES = [("templates/regimes/us-ca/regime.yaml", "name:"), ("contacts/people.yaml", "name:")]


@pytest.mark.parametrize(("name", "word"), FILES)
def test_an_incident_is_declared_though_a_file_is_faulty(
    own: Path, tocsin: Command, name: str, word: str
) -> None:
    assert tocsin("oncall").err == ""
    before = spoil(own / name, word)
    said = tocsin("declare", "A token leaked", by="linh")
    assert said.status == 0
    assert "CALLED  linh" in said.out
    [fault] = said.err.splitlines()
    assert fault.startswith(f"FAULTY  {own / name}:")
    assert fault.endswith("until then what was read before is used")
    assert tocsin("ack", by="linh").status == 0
    assert tocsin("show", "--json").json["key"]
    [failed] = [line for line in tocsin("doctor").out.splitlines() if line.startswith("FAIL  templates")]
    assert f"{own / name}:" in failed
    (own / name).write_text(before, encoding="utf-8")
    assert tocsin("card").err == ""


def test_where_nothing_was_ever_read_the_file_is_named(own: Path, home: Path, tocsin: Command) -> None:
    for kept in home.rglob("catalog-last-good"):
        kept.unlink()
    path = own / "templates/regimes/us-ca/regime.yaml"
    spoil(path, "name:")
    said = tocsin("declare", "A token leaked", by="linh")
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith(f"tocsin: {path}:")


def test_the_law_itself_wants_the_file_mended(own: Path, tocsin: Command) -> None:
    assert tocsin("oncall").err == ""
    spoil(own / "templates/regimes/us-ca/regime.yaml", "name:")
    said = tocsin("law", "show", "us-ca", by=None)
    assert (said.status, said.out) == (1, "")


def test_what_was_read_last_is_for_its_owner_alone(own: Path, home: Path, tocsin: Command) -> None:
    assert tocsin("oncall").err == ""
    [kept] = home.rglob("catalog-last-good")
    assert kept.stat().st_mode & 0o077 == 0
