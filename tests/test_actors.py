"""Who sits at a shell, behind sudo too."""

import os
import pwd

import pytest

from tests.story import Story
from tocsin.actors import at_the_shell


def account(name: str, uid: int) -> pwd.struct_passwd:
    return pwd.struct_passwd((name, "x", uid, uid, "", "/", "/bin/sh"))


ACCOUNTS = {0: "root", 998: "tocsin", 1000: "linh", 1001: "mallory"}


@pytest.mark.parametrize(
    ("uid", "sudo", "who"),
    [
        (1000, None, "linh"),
        (0, "1000", "linh"),
        (0, None, "root"),
        (998, "1000", "linh"),  # sudo -u tocsin tocsin ...
        (998, None, "tocsin"),
        (1001, "1000", "mallory"),  # who logs in by an account of their own cannot pass for another
        (0, "", "root"),
        (0, "linh", "root"),
    ],
)
def test_behind_sudo_the_person_who_typed_it_counts(
    tale: Story, monkeypatch: pytest.MonkeyPatch, uid: int, sudo: str | None, who: str
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: uid)
    monkeypatch.setattr(pwd, "getpwuid", lambda number: account(ACCOUNTS[number], number))
    monkeypatch.delenv("SUDO_UID", raising=False)
    if sudo is not None:
        monkeypatch.setenv("SUDO_UID", sudo)
    known = {person.unix: person.id for person in tale.app.catalog.contacts.people if person.unix}
    assert at_the_shell(tale.app).id == known.get(who, f"unix:{who}")
