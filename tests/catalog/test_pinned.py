"""A catalog as documents: what an incident stays bound to, while people change."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import tocsin
from tocsin.catalog import cache, default_folders, load_catalog
from tocsin.domain.catalog import Catalog, catalog_from_documents, documents_digest
from tocsin.domain.errors import Refused

if TYPE_CHECKING:
    from tests.catalog.conftest import Copy


def test_a_catalog_comes_back_from_its_documents_as_it_was(shipped: Catalog) -> None:
    documents = shipped.documents
    again = catalog_from_documents(documents, shipped.contacts)
    assert again == shipped
    assert again.documents == documents
    assert again.digest == shipped.digest == documents_digest(documents)


def test_a_type_or_law_that_nobody_asks_for_is_not_read(shipped: Catalog) -> None:
    unread = {"types/insider.json": b"{}", "regimes/eu-gdpr.json": b"{}"}
    catalog = catalog_from_documents({**shipped.documents, **unread}, shipped.contacts)
    assert catalog.type("ransomware") == shipped.type("ransomware")
    for ask in (lambda: catalog.type("insider"), lambda: catalog.regime("eu-gdpr")):
        with pytest.raises(ValueError, match="Field required"):
            ask()


def test_a_catalog_is_the_documents_that_it_was_made_of(shipped: Catalog) -> None:
    # As an earlier release wrote them: what is pinned keeps its digest, whatever this one leaves out.
    earlier = {**shipped.documents, "data_map.json": shipped.documents["data_map.json"] + b" "}
    catalog = catalog_from_documents(earlier, shipped.contacts)
    assert catalog.digest == documents_digest(earlier) != shipped.digest
    assert catalog.with_laws(shipped).digest == catalog.digest


def test_the_digest_does_not_depend_on_the_order_of_the_documents(shipped: Catalog) -> None:
    documents = shipped.documents
    assert documents_digest(dict(reversed(documents.items()))) == shipped.digest


def test_a_new_telephone_number_leaves_the_digest_alone(copy: "Copy") -> None:
    before = copy.load()
    copy.edit("contacts/people.yaml", "+44 7700 900001", "+44 7700 900100")
    after = copy.load()
    assert after.contacts != before.contacts
    assert after.digest == before.digest == before.with_contacts(after.contacts).digest


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("types/common-spine.yaml", "within: 24 h", "within: 23 h"),
        ("data_map.yaml", "days: 365", "days: 366"),
        ("notices/customer.en.txt.j2", "WHAT HAPPENED", "WHAT WENT WRONG"),
        ("regimes/policy-promise/regime.yaml", "72", "71"),
    ],
)
def test_a_change_of_what_an_incident_is_bound_to_changes_the_digest(
    copy: "Copy", name: str, old: str, new: str
) -> None:
    before = copy.load().digest
    copy.edit(name, old, new)
    assert copy.load().digest != before


def test_a_comment_changes_nothing(copy: "Copy") -> None:
    before = copy.load().digest
    copy.edit("types/common-spine.yaml", "steps:\n", "# Read by people.\nsteps:\n")
    assert copy.load().digest == before


def test_an_unknown_type_is_refused_with_the_nearest_one(shipped: Catalog) -> None:
    with pytest.raises(Refused, match="no incident type 'credential-leek'; did you mean credential-leak"):
        shipped.type("credential-leek")
    with pytest.raises(Refused, match="no regime 'eu-gdrp'; did you mean eu-gdpr"):
        shipped.regime("eu-gdrp")


def cached(folder: Path, copy: "Copy") -> Catalog:
    return load_catalog([copy.templates], [copy.contacts], cache=folder / "kept" / "catalog.json")


def test_a_cached_catalog_equals_the_one_that_was_read(copy: "Copy", tmp_path: Path) -> None:
    first = cached(tmp_path, copy)
    kept = tmp_path / "kept" / "catalog.json"
    before = (kept.stat().st_ino, hashlib.sha256(kept.read_bytes()).digest())
    second = cached(tmp_path, copy)
    assert first == second == copy.load()
    assert (kept.stat().st_ino, hashlib.sha256(kept.read_bytes()).digest()) == before
    assert kept.stat().st_mode & 0o077 == 0


def test_a_changed_file_is_read_again_in_spite_of_the_cache(copy: "Copy", tmp_path: Path) -> None:
    cached(tmp_path, copy)
    copy.edit("contacts/people.yaml", "+44 7700 900001", "+44 7700 900100")
    assert cached(tmp_path, copy).contacts.person("linh").phone == "+44 7700 900100"
    copy.edit("contacts/people.yaml", "roles: [dpo]", "roles: [dop]")
    with pytest.raises(Refused, match="did you mean dpo"):
        cached(tmp_path, copy)


def test_who_asks_again_is_given_the_very_catalog_that_was_recalled_before(
    copy: "Copy", tmp_path: Path
) -> None:
    cached(tmp_path, copy)
    first = cached(tmp_path, copy)
    assert cached(tmp_path, copy) is first
    # Its own contacts make no other catalog of it, whose laws and digest would have to be found out anew.
    assert first.with_contacts(first.contacts) is first
    copy.edit("contacts/people.yaml", "+44 7700 900001", "+44 7700 900100")
    assert cached(tmp_path, copy) is not first


def test_where_only_contacts_changed_no_pack_is_read_again(copy: "Copy", tmp_path: Path) -> None:
    cached(tmp_path, copy)
    first = cached(tmp_path, copy)
    copy.edit("contacts/people.yaml", "+44 7700 900001", "+44 7700 900100")
    second = cached(tmp_path, copy)
    assert second.regimes is first.regimes
    assert second == copy.load()
    assert second.contacts != first.contacts
    copy.edit("data_map.yaml", "days: 365", "days: 366")
    assert cached(tmp_path, copy) == copy.load()


def test_what_is_owed_at_once_is_worked_out_anew_for_a_company_that_moved(
    copy: "Copy", tmp_path: Path
) -> None:
    cached(tmp_path, copy)
    copy.edit("contacts/organisation.yaml", "established_in: VN", "established_in: SG")
    read, recalled = cached(tmp_path, copy), cached(tmp_path, copy)
    assert copy.load().first_laws
    assert read.first_laws == recalled.first_laws == copy.load().first_laws


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"key": 1}', b"\xff\xfe"])
def test_a_damaged_cache_costs_time_and_nothing_else(copy: "Copy", tmp_path: Path, damage: bytes) -> None:
    whole = cached(tmp_path, copy)
    (tmp_path / "kept" / "catalog.json").write_bytes(damage)
    assert cached(tmp_path, copy) == whole


def test_a_cache_that_lost_a_document_is_read_again(copy: "Copy", tmp_path: Path) -> None:
    whole = cached(tmp_path, copy)
    kept = tmp_path / "kept" / "catalog.json"
    kept.write_bytes(kept.read_bytes().replace(b'"data_map.json"', b'"elsewhere.json"', 1))
    assert cached(tmp_path, copy) == whole


def test_a_cache_that_cannot_be_written_stops_nobody(copy: "Copy", tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file where a folder should be")
    assert cached(tmp_path, copy) == copy.load()


def test_changed_code_is_another_key_however_deep_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = tmp_path / "domain" / "law" / "rules.py"
    code.parent.mkdir(parents=True)
    monkeypatch.setattr(cache, "_CODE", (tmp_path / "domain",))
    code.write_text("before", encoding="utf-8")
    cache._code.cache_clear()
    before = cache.packs_key({})
    code.write_text("after", encoding="utf-8")
    # What runs here is what was found; the next process finds the other.
    assert cache.packs_key({}) == before
    cache._code.cache_clear()
    assert cache.packs_key({}) != before
    cache._code.cache_clear()


def test_a_folder_of_contacts_that_is_gone_is_refused_though_the_cache_knows_the_others(
    copy: "Copy", tmp_path: Path
) -> None:
    cached(tmp_path, copy)
    with pytest.raises(Refused, match="gone: no such folder"):
        load_catalog(
            [copy.templates],
            [copy.contacts, tmp_path / "gone"],
            cache=tmp_path / "kept" / "catalog.json",
        )


def test_the_shipped_folders_are_found_inside_an_installed_package(copy: "Copy", tmp_path: Path) -> None:
    package = tmp_path / "site" / "tocsin"
    shutil.copytree(Path(tocsin.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(copy.templates, package / "_shipped" / "incident_templates")
    shutil.copytree(copy.contacts, package / "_shipped" / "contacts")
    script = (
        "from tocsin.catalog import default_folders, load_catalog\n"
        "folders = default_folders()\n"
        "print(*folders, load_catalog(folders[:1], folders[1:]).digest, sep='\\n')"
    )
    path = os.pathsep.join([str(package.parent), *sys.path[1:]])
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env={"PYTHONPATH": path}, capture_output=True, text=True
    )
    shipped = package / "_shipped"
    expected = [str(shipped / "incident_templates"), str(shipped / "contacts"), copy.load().digest]
    assert done.stdout.split() == expected, done.stderr


def test_the_shipped_folders_are_found_in_a_checkout() -> None:
    templates, contacts = default_folders()
    assert (templates / "types" / "common-spine.yaml").is_file()
    assert (contacts / "organisation.yaml").is_file()
