"""`tocsin intake < message`: the mail system keeps what we do not, and what we keep is heard at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.intake.imap import Imap
from tests.intake.post import hand_over, items, message, received
from tocsin.actions.declaring import Declaration, declare
from tocsin.actors import Actor
from tocsin.app import App
from tocsin.engine import advance, quick_only
from tocsin.evidence import vault
from tocsin.sinks.mail import MailSink
from tocsin.storage import outbox

#: EX_TEMPFAIL of sysexits.h: keep it, and hand it over again.
AGAIN = 75


def pipe(raw: bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
    """A mail system hands a message on, as Postfix's pipe(8) does."""
    command = [sys.executable, "-m", "tocsin", "intake", *words]
    return subprocess.run(command, input=raw, capture_output=True, timeout=60, check=False)


def test_a_piped_message_is_kept_and_whoever_is_on_call_is_called(
    home: Path, app: App, mail: MailSink
) -> None:
    raw = message("URGENT: keys", body="\x00\xff and the rest")
    done = pipe(raw)
    assert (done.returncode, done.stderr) == (0, b"")
    (key,) = items(app)
    assert vault.read(app, key, "E1") == raw
    assert [mail.recipients for mail in mail.messages] == [("linh@streamonapi.example",)]
    assert pipe(raw).returncode == 0
    assert len(received(app, key)) == 1
    assert len(mail.messages) == 1


def test_what_it_prints_names_nobody(home: Path) -> None:
    done = pipe(message())
    assert done.stdout == b"INC-2026-0001 E1 waits in triage\n"
    assert b"kanarienvogel" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TOCSIN_DATABASE", "sqlite:////proc/none/t.db"),
        ("TOCSIN_HOME", "/proc/no-home"),
        ("TOCSIN_CONFIG", "/no/such/tocsin.toml"),
        ("TOCSIN_MODE", "prodution"),
        ("TOCSIN_INTAKE__PASSWORD_FILE", "/no/such/file"),
    ],
)
def test_whatever_is_wrong_here_the_mail_system_keeps_the_message(
    home: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.delenv("TOCSIN_DEBUG")
    done = pipe(message())
    assert done.returncode == AGAIN
    assert done.stderr.endswith(b"the message is not kept: hand it over again\n")
    assert len(done.stderr.splitlines()) == 1


def test_its_help_tells_a_mail_system_how_it_ends(tocsin: Command) -> None:
    said = " ".join(tocsin("intake", "--help", by=None).out.split())
    assert "0 once it is kept, 75 to be handed over again" in said


def test_nothing_at_all_and_a_terminal_are_no_message(home: Path, app: App) -> None:
    assert pipe(b" \n").returncode == AGAIN
    assert items(app) == []


def test_dead_routes_are_no_reason_to_hand_it_over_again(
    home: Path, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_MAIL__PORT", "1")
    monkeypatch.setenv("TOCSIN_SLACK__BASE_URL", "http://127.0.0.1:1/")
    assert pipe(message("URGENT")).returncode == 0
    assert app.incident(items(app)[0]).pages[0].reached is False


def test_the_mail_system_waits_for_what_its_own_message_says_and_for_nothing_else(
    home: Path, app: App, mail: MailSink
) -> None:
    linh = Actor("linh", app.catalog.contacts.person("linh"))
    other = declare(app, linh, Declaration("A key in a public place", drill=True)).incident.key
    advance(app, other, wanted=quick_only, holder="test")
    pipe(message("URGENT"))
    assert [mail.recipients for mail in mail.messages] == [("linh@streamonapi.example",)]
    with app.database.read() as connection:
        assert {row["attempts"] for row in outbox.of_incident(connection, other)} == {0}


def test_one_that_is_too_large_calls_by_its_head_and_stays_with_the_mail_system(
    home: Path, app: App, mail: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_INTAKE__LARGEST", "65536")
    large = message("URGENT", body="x" * 100_000)
    done = pipe(large)
    assert done.returncode == AGAIN
    assert b"larger than intake.largest (65,536 bytes): INC-2026-0001 has its head" in done.stderr
    assert len(mail.messages) == 1
    assert pipe(large).returncode == AGAIN
    assert len(mail.messages) == 1
    monkeypatch.setenv("TOCSIN_INTAKE__LARGEST", "200000")
    assert pipe(large).returncode == 0
    assert vault.read(app, items(app)[0], "E2") == large


def test_what_is_urgent_stands_out_in_the_list_and_in_the_status(tocsin: Command, home: Path) -> None:
    pipe(message())
    assert "TRIAGE urgent" not in tocsin("list", "--open").out
    assert "triage 1 waiting, since" in " ".join(tocsin("status").out.split())
    pipe(message("URGENT", id_="m2@x", sender="b@example.org"))
    tocsin("declare", "--triage", "--urgent", "--drill", "Odd queries")
    assert tocsin("list", "--open").out.count("TRIAGE urgent") == 2
    assert "triage 3 waiting, 2 urgent, since" in " ".join(tocsin("status").out.split())
    assert json.loads(tocsin("status", "--json").out)["triage"]["urgent"] == 2


def test_what_a_flood_holds_back_calls_at_once_where_no_bell_rings(
    home: Path, app: App, mail: MailSink, tocsin: Command
) -> None:
    flood = [message("URGENT", id_=f"m{n}@x", sender=f"s{n}@example.org") for n in range(12)]
    # The first ten came in without anybody to call for them.
    hand_over(app, *flood[:10])
    for raw in flood[10:]:
        pipe(raw)
    assert len(mail.messages) == 1
    key = items(app)[10]
    assert app.incident(key).pages[0].reached
    assert "FLOOD   this item calls nobody by itself" in tocsin("card", key).out
    assert tocsin("ack", key).status == 0


def test_the_card_shows_what_came_and_by_when_to_answer(tocsin: Command, home: Path, app: App) -> None:
    pipe(message("A question\x1b[31m"))
    card = tocsin("card").out
    assert "TRIAGE   nobody looks at it yet" in card
    assert "MESSAGE Käthe Kanarienvogel <kanarienvogel@example.org>: A question\\x1b[31m     " in card
    assert "tocsin evidence get E1 --out FILE" in card
    # It came on a Tuesday that is a day off in Vietnam: all of Wednesday and Thursday.
    assert "ANSWER  the sender by Thu 23:59 +07 (16:59Z), " in card
    assert "kanarienvogel" not in tocsin("list").out + tocsin("timeline").out + tocsin("status").out
    assert tocsin("evidence", "get", "E1", "--out", "m.eml").status == 0
    assert Path("m.eml").read_bytes() == message("A question\x1b[31m")


def test_a_mailbox_is_looked_into_on_demand_and_says_how_it_is(
    tocsin: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = tocsin("intake", "--mailbox")
    assert (refused.status, "no mailbox is configured" in refused.err) == (1, True)
    with Imap() as imap:
        for name, value in {"HOST": "127.0.0.1", "PORT": str(imap.port), "TLS": "loopback-only"}.items():
            monkeypatch.setenv(f"TOCSIN_INTAKE__{name}", value)
        monkeypatch.setenv("TOCSIN_INTAKE__USERNAME", "help")
        monkeypatch.setenv("TOCSIN_INTAKE__PASSWORD", "secret")
        assert "mailbox nobody has looked into it yet" in tocsin("status").out
        imap.put(message("URGENT"))
        said = tocsin("intake", "--mailbox")
        assert (said.status, said.out.splitlines()) == (
            0,
            ["INC-2026-0001 E1 waits in triage", "1 taken in; left: 0 too large, 0 not kept"],
        )
        assert "mailbox looked into " in tocsin("status").out
        assert json.loads(tocsin("intake", "--mailbox", "--json").out)["bookmark"]["newest"] == 1
        imap.at, imap.fault = "LOGIN", "no"
        down = tocsin("intake", "--mailbox")
        assert (down.status, "refuses the login" in down.err) == (1, True)
        assert "DOWN: the mailbox at 127.0.0.1" in tocsin("status").out
