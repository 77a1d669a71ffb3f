"""`--key`: whatever changes something and is said twice with the same key answers the same, and happens once."""

import inspect
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from tests.bouncing import prose
from tests.cli.conftest import LETTER, Command, Result
from tocsin import actions
from tocsin.actors import at_the_shell
from tocsin.app import App
from tocsin.cli import all_verbs
from tocsin.cli.console import Changing
from tocsin.sinks.mail import Fault, MailSink

DUTY = "eu-gdpr/authority/de/controller"
PROMISE = "policy-promise/customers/individuals/controller"
#: Said twice where newer laws are at hand: test_newer_laws.
ELSEWHERE = {"law"}


class Twice:
    """Says each command twice with a key of its own, and a third time with that key and another word."""

    def __init__(self, tocsin: Command, head: Callable[..., int]) -> None:
        self.tocsin, self.head, self.said = tocsin, head, list[str]()

    def __call__(self, *words: str, by: str = "linh", key: str = "INC-2026-0001") -> Result:
        self.said.append(words[0])
        keyed = (*words, "--key", f"k{len(self.said)}", "--json")
        first = self.tocsin(*keyed, by=by)
        assert first.status in (0, 3), (words, first.err)
        head, again = self.head(key), self.tocsin(*keyed, by=by)
        assert (again.status, again.json, self.head(key)) == (first.status, first.json, head), words
        assert "the first answer again" in again.err, words
        other = self.tocsin("note", key, "something else", *keyed[-3:-1], by=by)
        assert (other.status, "was used for something else" in other.err) == (1, True), words
        return first


def test_every_verb_that_changes_something_happens_once_under_its_key(
    tocsin: Command,
    head: Callable[..., int],
    app: App,
    mail: MailSink,
    leap: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contacts = tmp_path / "contacts"
    contacts.mkdir()
    kill = '{id: kill, does: kills sessions, steps: ["1.4"], argv: [/bin/echo, none], within: 1 min, in_drills: true}'
    (contacts / "commands.yaml").write_text(f"commands: [{kill}]\n", encoding="utf-8")
    monkeypatch.setenv("TOCSIN_CONTACTS", str(contacts))
    twice = Twice(tocsin, head)
    work(twice)
    letters(twice, app, mail)
    ends(twice, app, leap)
    changing = {verb.name for verb in all_verbs() if is_changing(verb.place)}
    assert set(twice.said) | ELSEWHERE == changing


def is_changing(place: str) -> bool:
    module, name = place.split(":")
    door = inspect.signature(getattr(import_module(f"tocsin.cli.{module}"), name)).parameters.get("door")
    return door is not None and isinstance(door.default, Changing)


def work(twice: Twice) -> None:
    twice("declare", "A key in a public place", "--type", "credential-leak")
    twice("ack")
    twice("ack", by="an")
    twice("take", "scribe", by="khoa")
    twice("hand", "incident-commander", "minh")
    twice("page", "giang")
    twice("note", "seen at the gateway")
    twice("not-notify", PROMISE, "--because", "nobody was hit", by="bao")
    twice("silence", "command", "--because", "the number was sold", by="minh")
    can = ("--conditions", "It is open.", "--actions", "We close it.", "--needs", "Nothing.")
    twice("update", *can, by="minh")
    twice("dissent", PROMISE, "--because", "I would tell them", by="chi")
    twice.tocsin("not-notify", PROMISE, "--take-back", "--because", "a log turned up", by="bao")
    known = ("our_role=controller", "people_by_country=DE:3", "kinds=account-info", "risk=high", *LETTER)
    twice("learn", *known, "--source", "x", by="an")
    twice("assess", "--decide", "high", "--because", "passwords", by="an")
    twice("set", "severity", "sev2", "--because", "few people", by="minh")
    twice("done", "1.3", "--evidence", "proof.txt", by="minh")
    twice("undo", "1.3", "--because", "another key", by="minh")
    twice("run", "1.4", by="minh")
    twice("skip", "1.1", "--because", "private", by="minh")
    twice("evidence", "add", "proof.txt")
    twice("evidence", "get", "E1", "--out", "copy.txt", by="an")
    made = twice("report", DUTY, "--out", "de.html", by="an").json
    assert made["questions"]
    Path("de.html").unlink()
    twice("filed", "1", DUTY, "--reference", "AZ 1", "--yes", by="an")
    Path("people.txt").write_text("cus_1\ncus_2\nnobody\n", encoding="utf-8")
    twice("scope", "--list", "people.txt", by="giang")
    twice("affected", "--export", "list.csv", "--because", "call centre", by="an")
    twice("affected", "--controllers", by="an")
    twice("affected", "--person", "cus_1", "--because", "support request 4711", by="an")
    Path("fewer.txt").write_text("cus_1\n", encoding="utf-8")
    twice.tocsin("scope", "--list", "fewer.txt", by="giang")
    twice("repeat", by="an")
    twice("sign", "--because", "I read the same files", by="an")
    twice("release", "cus_2", "--because", "another token", by="an")
    twice.tocsin("scope", "--list", "people.txt", by="giang")


def letters(twice: Twice, app: App, mail: MailSink) -> None:
    agreed(twice, twice)
    actions.release(app, at_the_shell(app, "an"), "INC-2026-0001", "customers")
    twice("pause", "customers", "--because", "a doubt")
    twice("resume", "customers", by="an")
    twice("reject", "customers", "--because", "too long", by="an")
    twice.tocsin("learn", "advice_to_people={en: Change it., vi: Hãy đổi.}", "--source", "x")
    agreed(twice, twice.tocsin)
    mail.misbehave(Fault("rcpt", reply="550 5.1.1 no such user", recipient="mai@example.com"))
    twice("send", "1", "customers", "--yes", by="an")
    twice("ledger", "customers", "--who", by="an")
    twice("ledger", "customers", "--person", "cus_1", "--because", "support request 4712", by="an")
    twice("ledger", "customers", "--list", "in-app", "--out", "shown", "--because", "our app", by="an")
    twice("ledger", "customers", "--told-otherwise", "--by", "in-app", "--because", "shown", by="an")
    twice("ledger", "customers", "--exclude", "cus_1", "--because", "told by telephone", by="an")
    twice("proof", "customers", "--out", "proof", "--because", "asked by the authority", by="an")
    Path("back.eml").write_bytes(prose("0" * 32))
    assert twice.tocsin("bounces", "back.eml").status == 0
    (waits,) = twice.tocsin("bounces", "--json").json
    settled = ("--settle", str(waits["number"]), "--of", "1", "customers", "cus_1", "--means", "failed")
    twice("bounces", *settled, "--because", "it names her mailbox", by="an")


def agreed(twice: Twice, say: Command) -> None:
    """Drafted, and approved by two people."""
    say("draft", "customers", by="an")
    digest = twice.tocsin("preview", "customers", "--json", by="an").json["digest"]
    for person in ("an", "bao"):
        say("approve", "customers", "--digest", digest, by=person)


def ends(twice: Twice, app: App, leap: Callable[..., None]) -> None:
    key = twice.tocsin("declare", "Another one", "--json", by="minh").json["key"]
    for words in (("ack", key), ("duties", key, "--release", PROMISE, "--because", "a test page")):
        twice(*words, by="an", key=key)
    for step in twice.tocsin("show", key, "--json").json["checklist"]:
        if step["gate"]:
            actions.skip(app, at_the_shell(app, "linh"), key, step["id"], because="a test page")
    twice("close", key, "--because", "nothing was seen", "--yes", by="an", key=key)
    twice("reopen", key, "--because", "look again", by="an", key=key)
    twice("decline", key, "--because", "a test page", "--yes", by="an", key=key)
    title = app.incident(key).title
    twice("redact", key, title, "--because", "a name", by="an", key=key)
    waits = twice.tocsin("declare", "Perhaps one", "--triage", "--json", by="minh").json["key"]
    twice("confirm", waits, by="an", key=waits)
    leap(days=400)
    twice("erase", key, "--because", "it is time", "--yes", by="an", key=key)
