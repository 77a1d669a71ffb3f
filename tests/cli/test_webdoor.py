"""The web door from the shell: its server as a process of its own, and a link for whoever sits here."""

import signal
import subprocess
import sys
import time

import httpx
import pytest

from tests.cli.conftest import Command
from tocsin.cli.demo import _free_port

URL = "http://127.0.0.1:4242"


def test_open_prints_a_link_for_the_person_at_this_shell(
    tocsin: Command, declared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_CONSOLE_URL", URL)
    said = tocsin("open", declared)
    assert said.status == 0
    assert said.out.startswith(f"{URL}/o/")
    assert len(said.out.splitlines()) == 1
    assert "for Trần Mỹ Linh alone, once, until" in said.err
    assert set(tocsin("open", "--json").json) == {"url", "until", "person"}


def test_open_is_refused_for_strangers_and_without_a_console(
    tocsin: Command, declared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = tocsin("open")
    assert (said.status, "console_url" in said.err) == (1, True)
    monkeypatch.setenv("TOCSIN_CONSOLE_URL", URL)
    assert tocsin("open", by=None).status == 1
    assert tocsin("open", "INC-2026-0999").status == 1


def test_the_console_serves_until_it_is_told_to_stop(
    tocsin: Command, declared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = _free_port()
    monkeypatch.setenv("TOCSIN_CONSOLE_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("TOCSIN_CONSOLE__PORT", str(port))
    link = tocsin("open", declared).out.strip()
    command = [sys.executable, "-m", "tocsin", "console"]
    door = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        with httpx.Client(trust_env=False, timeout=30) as browser:
            until = time.monotonic() + 30
            while True:
                try:
                    found = browser.get(link)
                    break
                except httpx.ConnectError:
                    assert time.monotonic() < until
                    time.sleep(0.05)
            assert found.status_code == 200
            entered = browser.post(link, follow_redirects=True)
            assert entered.status_code == 200
            assert declared in entered.text
        assert "console beat " in tocsin("status").out
        second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (second.returncode, "stop what listens there" in second.stderr) == (1, True)
    finally:
        door.send_signal(signal.SIGTERM)
        _, said = door.communicate(timeout=30)
    assert door.returncode == 0
    assert "Traceback" not in said
    assert link.rpartition("/")[2][:20] not in said


def test_a_port_that_is_none_is_wrong_usage(tocsin: Command, home: object) -> None:
    said = tocsin("console", "--port", "0", by=None)
    assert (said.status, "1 to 65535" in said.err) == (2, True)
