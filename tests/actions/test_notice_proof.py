"""Papers of proof: what is taken out can be checked by a stranger, and whatever was changed in it shows."""

import csv
import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest

from tests.bouncing import mark_of, report
from tocsin.actions import returns
from tocsin.domain.errors import NotYours, Refused
from tocsin.domain.notice import CUSTOMERS
from tocsin.evidence.verify import verify
from tocsin.sinks.mail import Fault

BECAUSE = "asked by the authority"


@pytest.fixture
def sent(tale):
    """One refused and settled by hand, one without an address, one that came back; the others are handed over."""
    tale.with_customers(7, c2={"email": ""}, c5={"name": "=HYPERLINK(1)"})
    tale.mail.misbehave(Fault(at="rcpt", reply="550 5.1.1 =no such user", recipient="c4@example.org"))
    tale.mail.misbehave(Fault(at="dot", do="drop", recipient="c3@example.org", times=1))
    tale.released()
    tale.as_("an").exclude(CUSTOMERS, "c4", because="called by telephone")
    letter = next(mail for mail in tale.letters if mail.recipients == ("c1@example.org",))
    returns.take_in(tale.app, [report(mark_of(letter))])
    return tale


@pytest.fixture
def folder(sent, tmp_path):
    sent.as_("an").take_proof(CUSTOMERS, tmp_path / "proof", because=BECAUSE)
    return tmp_path / "proof"


def checked(folder: Path, *words: str) -> tuple[int, str]:
    """What the program says that goes with the files: run without Tocsin, without its packages."""
    command = [sys.executable, "-I", "-S", str(folder / "check.py"), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd="/")
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_a_stranger_checks_all_of_it(sent, folder):
    status, said = checked(folder)
    assert (status, said.splitlines()[-1]) == (0, "Everything agrees."), said
    assert "7 letters of customers" in said
    assert "1 reports on letters: as 1 entries say" in said
    (body,) = sent.told("ProofTaken")
    assert set(body.files) == {file.name for file in folder.iterdir()}
    assert (body.letters, body.stop) == (7, max(e.seq for e in sent.entries if e.kind == "SendingStopped"))
    assert verify(sent.app, sent.key).proven
    assert oct(folder.stat().st_mode)[-3:] == "700"


def test_the_published_head_must_be_one_of_its_entries(sent, folder):
    entry = sent.entries[5]
    assert checked(folder, "--head", f"{entry.seq}:{entry.hash[:12]}")[0] == 0
    status, said = checked(folder, "--head", f"{entry.seq}:{'0' * 12}")
    assert (status, "the published head" in said) == (1, True)
    # Less than eight digits prove nothing.
    assert checked(folder, "--head", f"{entry.seq}:{entry.hash[:4]}")[0] == 1


def test_the_tables_say_of_each_letter_what_became_of_it(sent, folder):
    with (folder / "people.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    stands = sorted(row["stands"] for row in rows)
    assert stands == ["bounced", "excluded", "excluded", *["handed_over"] * 4]
    (twice,) = [row for row in rows if row["perhaps_twice"]]
    assert twice["attempts"] == "2"
    refused = next(row for row in rows if "5.1.1" in row["reply"])
    assert refused["stands"] == "excluded"
    # The letter's hash is that of the bytes that arrived.
    arrived = {hashlib.sha256(mail.content).hexdigest() for mail in sent.letters}
    left = {row["letter"] for row in rows if row["stands"] in ("handed_over", "bounced")}
    assert left == arrived
    text = "".join(
        file.read_text("utf-8-sig", "replace") for file in folder.iterdir() if file.suffix != ".pdf"
    )
    assert not [row["email"] for row in sent.customers if row["email"] and row["email"] in text]
    assert "HYPERLINK" not in text


@pytest.mark.parametrize(
    ("language", "germany"), [("en", "Germany, controller and processor, customers"), ("vi", "Đức")]
)
def test_the_paper_says_who_approved_what_and_what_became_of_it(sent, tmp_path, language, germany):
    sent.as_("an").take_proof(CUSTOMERS, tmp_path / "proof", because=BECAUSE, language=language)
    paper = pypdf.PdfReader(tmp_path / "proof" / "proof.pdf")
    words = " ".join(" ".join(page.extract_text() for page in paper.pages).split())
    contacts = sent.app.catalog.contacts
    for said in (
        contacts.name_of("an"),
        contacts.name_of("chi"),
        "127.0.0.1",
        sent.key,
        "policy-promise/customers",
    ):
        assert said in words, said
    content = json.loads(paper.attachments["content.json"][0])
    fields = {
        field["id"]: field
        for part in content["parts"]
        for each in part["sections"]
        for field in each["fields"]
    }
    assert [row[1] for row in fields["totals"]["table"]["rows"]] == ["4", "1", "2", "7"]
    assert fields["twice"]["text"] == "1"
    assert fields["root"]["text"] == sent.letter.root
    assert len(paper.pages) <= 3


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("chain.jsonl", b'"actor":"an"', b'"actor":"bo"', "chain.jsonl"),
        ("leaves.jsonl", b'"doubtful":false', b'"doubtful":true', "leaves.jsonl"),
        ("attempts.jsonl", b"handed_over", b"handed-over", "attempts.jsonl"),
        ("returns.jsonl", b'"failed"', b'"delayed"', "returns.jsonl"),
        ("people.csv", b'"bounced","', b'"delivered","', "people.csv: person"),
        ("people.csv", b'"bounced",""', b'"delivered",""', "people.csv: came_back"),
        ("people.csv", b'"yes"', b'""', "people.csv: perhaps_twice"),
        ("people.csv", b'"2026-11-2', b'"2026-11-1', "people.csv: tried_at"),
        ("people.csv", b'"no e-mail address"', b'""', "people.csv: reason"),
        ("people.csv", b"no such user", b"a good user", "people.csv"),
        ("totals.csv", b'"handed_over","4"', b'"handed_over","5"', "totals.csv"),
        ("proof.pdf", b"%PDF", b"%PDX", "proof.pdf"),
    ],
)
def test_whatever_was_changed_shows_even_where_the_manifest_was_too(folder, name, old, new, says):
    file = folder / name
    assert old in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(old, new, 1))
    status, said = checked(folder)
    assert (status, "manifest.json" in said) == (1, True)
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["files"][name]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    if name != "proof.pdf":  # the paper is proven by its hash alone, in the entry that speaks of it
        status, said = checked(folder)
        assert (status, f"WRONG {says}" in said) == (1, True), said


@pytest.mark.parametrize(
    ("country", "said"), [("SG", "127.0.0.1, Singapore"), (None, "that nobody declared")]
)
def test_the_paper_says_in_which_country_the_relay_stood(tale, tmp_path, country, said):
    mail = tale.app.settings.mail.model_copy(update={"country": country})
    tale.app = replace(tale.app, settings=tale.app.settings.model_copy(update={"mail": mail}))
    tale.with_customers(2).released()
    tale.as_("an").take_proof(CUSTOMERS, tmp_path / "proof", because=BECAUSE)
    pages = pypdf.PdfReader(tmp_path / "proof" / "proof.pdf").pages
    assert said in " ".join(" ".join(page.extract_text() for page in pages).split())
    assert tale.told("SendingStopped")[-1].relay_country == (country or "")


def test_a_line_that_was_taken_away_shows(folder):
    for name in ("chain.jsonl", "leaves.jsonl", "attempts.jsonl", "returns.jsonl", "people.csv"):
        whole = (folder / name).read_bytes()
        manifest = (folder / "manifest.json").read_text()
        (folder / "manifest.json").write_text(json.dumps(json.loads(manifest) | {"files": {}}))
        lines = whole.splitlines(keepends=True)
        (folder / name).write_bytes(b"".join(lines[:1] + lines[2:]) if len(lines) > 1 else b"")
        assert checked(folder)[0] == 1, name
        (folder / name).write_bytes(whole)
        (folder / "manifest.json").write_text(manifest)
    assert checked(folder)[0] == 0


def test_who_may_not_or_says_nothing_takes_nothing_out(sent, tmp_path):
    out = tmp_path / "proof"
    with pytest.raises(NotYours):
        sent.as_("minh").take_proof(CUSTOMERS, out, because=BECAUSE)
    for words, more, says in (
        (CUSTOMERS, {"because": " "}, "say for whom"),
        (CUSTOMERS, {"because": BECAUSE, "language": "xx"}, "there is no language"),
        ("nothing", {"because": BECAUSE}, "nothing"),
    ):
        with pytest.raises(Refused, match=says):
            sent.as_("an").take_proof(words, out, **more)
    (tmp_path / "there").mkdir()
    with pytest.raises(Refused, match="exists"):
        sent.as_("an").take_proof(CUSTOMERS, tmp_path / "there", because=BECAUSE)
    with pytest.raises(Refused, match="No such file"):
        sent.as_("an").take_proof(CUSTOMERS, tmp_path / "no" / "where", because=BECAUSE)
    assert sorted(each.name for each in tmp_path.iterdir() if "proof" in each.name) == []
    assert sent.told("ProofTaken") == []


def test_before_a_stop_there_is_nothing_to_prove(tale, tmp_path):
    tale.with_customers(2).approved()
    with pytest.raises(Refused, match="no letter of customers has left yet"):
        tale.as_("an").take_proof(CUSTOMERS, tmp_path / "proof", because=BECAUSE)


def test_after_erasure_the_proof_stays(sent, tmp_path):
    for duty in sent.incident.duties.values():
        if duty.mark == "open":
            sent.as_("chi").release_duty(duty.opened.key, because="a test")
    for step in sent.app.catalog_of(sent.incident).type(sent.incident.type).steps:
        if step.gate:
            sent.as_("linh").skip(step.id, because="a test")
    sent.as_("an").close(because="a test")
    sent.leap(days=365, seconds=1)
    sent.as_("an").erase(because="it is time")
    sent.as_("an").take_proof(CUSTOMERS, tmp_path / "proof", because=BECAUSE)
    assert checked(tmp_path / "proof")[0] == 0
