"""A wrong letter at a shell: who says so, who got it, and the correction to them."""

import csv
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Command
from tests.cli.test_letters import letters
from tocsin.sinks.mail import Fault, MailSink

RIGHT = "letter_correction={en: We wrote that keys may stay. Replace them., vi: Khóa phải được thay.}"
WHY = "It says that keys may stay."


def half_sent(tocsin: Command, mail: MailSink) -> None:
    """Two of four have it; the others' letters wait."""
    mail.misbehave(*(Fault("rcpt", recipient=each) for each in ("wei@example.com", "mai@example.com")))
    assert tocsin("send", "1", "customers", "--yes", by="an").status == 3
    mail.behave()
    assert sorted(letters(mail)) == ["chloe@example.net", "jonas@example.org"]


def test_a_wrong_letter_is_said_shown_and_corrected(
    tocsin: Command, approved: str, mail: MailSink, leap: Callable[..., None]
) -> None:
    half_sent(tocsin, mail)
    words = ("pause", "customers", "--wrong", "--because", WHY, "--key", "k1")
    said, again = tocsin(*words, by="hoa"), tocsin(*words, by="hoa")
    assert "WRONG   customers, says hoa " in said.out
    assert "2 got it" in said.out
    assert f"tocsin learn {approved} 'letter_correction={{en: ...}}' --source '...'" in said.out
    assert "the first answer again" in again.err
    shown = tocsin("ledger", "customers", by="an").out
    assert f"{WHY}; 2 got it" in shown
    assert "correction is not drafted" in shown
    got = tocsin("ledger", "customers", "--wrong", "--json", by="an").json["got_wrong"]
    assert [each["state"] for each in got] == ["handed_over"] * 2
    listed = tocsin("ledger", "customers", "--wrong", by="an").out
    assert listed.count("handed over") == 2
    assert "@" not in listed
    words = (
        "ledger",
        "customers",
        "--wrong",
        "--export",
        "wrong.csv",
        "--because",
        "to call them",
        "--key",
        "k2",
    )
    assert "wrong.csv is written" in tocsin(*words, by="an").out
    assert "the first answer again" in tocsin(*words, by="an").err
    with Path("wrong.csv").open(encoding="utf-8", newline="") as file:
        assert {row["email"] for row in csv.DictReader(file)} == {"chloe@example.net", "jonas@example.org"}
    assert Path("wrong.csv").stat().st_mode & 0o077 == 0
    assert "BLOCKED what was wrong in customers, and what is right" in tocsin("card", by="an").out
    leap(hours=2)
    assert tocsin("learn", RIGHT, "--source", "the team", by="an").status == 0
    tocsin("draft", "correction", by="an")
    digest = tocsin("preview", "correction", "--json", by="an").json["digest"]
    for person in ("an", "bao"):
        assert tocsin("approve", "correction", "--digest", digest, by=person).status == 0
    tocsin("send", "1", "correction", "--yes", by="an")
    assert sorted(letters(mail)) == ["chloe@example.net"] * 2 + ["jonas@example.org"] * 2
    assert "correction is sent" in tocsin("ledger", "customers", by="an").out
    # Whoever asks the help desk is told of both letters.
    story = tocsin("ledger", "customers", "--person", "cus_3", by="an").out
    assert "correction" in story
    assert tocsin("verify", by="an").status == 0


def test_an_edition_and_an_export_go_with_wrong(tocsin: Command, approved: str) -> None:
    for words, why in (
        (("pause", "customers", "--edition", "1", "--because", "x"), "--edition goes with --wrong"),
        (("ledger", "customers", "--export", "x.csv"), "--export goes with --wrong"),
    ):
        said = tocsin(*words, by="an")
        assert (said.status, why in said.err) == (2, True)
