"""A copy of the shipped folders that a test may break.

It has a few laws only. What is wrong in one file is found however many there are beside it, and each test reads its
copy from the text, of which the sixty-odd laws are nine tenths. That all of them are read is for others to test.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tocsin.catalog import default_folders, load_catalog
from tocsin.domain.catalog import Catalog

#: The laws of a copy: those that tests break, and those that these speak of.
LAWS = {"eu-gdpr", "policy-promise", "us-ca", "us-fl", "us-nj", "vn-pdpl"}


@dataclass(frozen=True)
class Copy:
    """Both folders, copied, with some of the laws."""

    templates: Path
    contacts: Path

    def load(self) -> Catalog:
        return load_catalog([self.templates], [self.contacts])

    def edit(self, name: str, old: str, new: str) -> int:
        """Replace the first `old` in a file of either folder; returns the line on which it stood."""
        path = self.path(name)
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} no longer holds {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    def path(self, name: str) -> Path:
        return (self.contacts.parent if name.startswith("contacts/") else self.templates) / name


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    templates, contacts = default_folders()
    shutil.copytree(templates, tmp_path / "incident_templates", ignore=_other_laws)
    shutil.copytree(contacts, tmp_path / "contacts")
    return Copy(tmp_path / "incident_templates", tmp_path / "contacts")


def _other_laws(folder: str, names: list[str]) -> set[str]:
    laws = {name for name in names if (Path(folder) / name).is_dir()}
    return laws - LAWS if Path(folder).name == "regimes" else set()


@pytest.fixture(scope="session")
def shipped(catalog: Catalog) -> Catalog:
    """The catalog of the shipped folders, beside copies of them."""
    return catalog
