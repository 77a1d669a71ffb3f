"""The letter from draft to the last receipt: preview, approval of exactly these bytes, sending, interrupting."""

import email.policy
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bouncing import mark_of, prose, report
from tests.cli.chapters import Place
from tests.cli.conftest import CUSTOMERS, Command
from tests.cli.test_work import on_a_terminal
from tocsin.sinks.mail import Fault, MailSink


def letters(mail: MailSink) -> list[str]:
    """To whom of the customers a letter went."""
    return [each.recipients[0] for each in mail.messages if "streamonapi" not in each.recipients[0]]


def test_a_draft_says_who_gets_it_and_what_a_second_reader_finds(tocsin: Command, drafted: str) -> None:
    said = tocsin("draft", "customers", by="an").out
    assert "TO      4 people (" in said
    assert "DIGEST  " in said
    assert "nobody; 2 needed" in said


def test_a_draft_warns_of_readers_who_are_not_told_which_data(tocsin: Command, drafted: str) -> None:
    for verb in ("draft", "preview"):
        assert "LINT    4 readers are not told which of their data" in tocsin(verb, "customers", by="an").out


def test_a_draft_equal_to_the_one_in_review_changes_nothing(
    tocsin: Command, drafted: str, head: Callable[..., int]
) -> None:
    before = head()
    assert "done already" in tocsin("draft", "customers", by="an").out
    assert head() == before


def test_the_preview_prints_every_distinct_letter_with_its_count(tocsin: Command, drafted: str) -> None:
    found = tocsin("preview", "customers", "--json", by="an").json
    assert sum(variant["count"] for variant in found["variants"]) == 4
    assert {variant["locale"] for variant in found["variants"]} == {"en", "vi"}
    assert found["digest"] == found["drafted_digest"]
    said = tocsin("preview", "customers", by="an").out
    assert "We revoked the keys." in said
    assert "Chúng tôi đã thu hồi các khóa." in said
    assert f"tocsin approve {drafted} customers --digest {found['digest'][:12]}" in said


def test_the_preview_as_a_page_runs_nothing(tocsin: Command, drafted: str) -> None:
    assert tocsin("preview", "customers", "--html", "letters.html", by="an").status == 0
    page = Path("letters.html").read_text(encoding="utf-8")
    assert page.count("<iframe sandbox srcdoc=") == page.count("<iframe")
    assert "<script" not in page


def test_draft_and_preview_say_who_gets_an_english_letter_and_why(tocsin: Command, drafted: str) -> None:
    for verb in ("draft", "preview"):
        said = tocsin(verb, "customers", by="an").out
        assert (
            "ENGLISH 1 reader of fr gets the letter in English, which says so: there are no templates in it\n"
            in said
        )
        assert (
            "ENGLISH 1 reader of de gets the letter in English, which says so: nobody has said measures_taken or "
            "advice_to_people in it\n" in said
        )
    found = tocsin("preview", "customers", "--json", by="an").json["instead"]
    assert {(each["language"], each["count"], *each["lacking"]) for each in found} == {
        ("fr", 1, "templates"),
        ("de", 1, "measures_taken", "advice_to_people"),
    }
    german = (
        "measures_taken={en: We revoked the keys., vi: Chúng tôi đã thu hồi., de: Wir haben sie gesperrt.}"
    )
    advice = "advice_to_people={en: Make new keys., vi: Hãy tạo khóa mới., de: Erstellen Sie neue Schlüssel.}"
    assert tocsin("learn", german, advice, "--source", "the team").status == 0
    tocsin("draft", "customers", by="an")
    said = tocsin("preview", "customers", by="an").out
    assert "1 reader of de" not in said
    assert "Wir haben sie gesperrt." in said
    assert "Guten Tag Alex Example," in said


def test_the_preview_says_how_easily_the_letter_reads_in_each_language(tocsin: Command, drafted: str) -> None:
    found = {
        each["language"]: each
        for each in tocsin("preview", "customers", "--json", by="an").json["readability"]
    }
    assert {*found} == {"en", "vi"}
    assert {*found["en"]["figures"]} == {"Flesch reading ease", "Flesch-Kincaid grade"}
    assert found["vi"]["figures"] == {}
    said = tocsin("preview", "customers", "--brief", by="an").out
    assert re.search(
        r"^READS   en: plain: \dth grade, Flesch reading ease \d\d\.\d, Flesch-Kincaid grade \d\.\d; ",
        said,
        re.M,
    )
    assert re.search(
        r"^READS   vi: .* sentences.*; \d+\.\d words a sentence, \d+ of \d+ sentences long$", said, re.M
    )


def test_the_preview_as_mails_is_what_would_leave(tocsin: Command, drafted: str) -> None:
    assert "4 variants, a mail each." in tocsin("preview", "customers", "--raw", "mails", by="an").out
    found = {
        each["name"]: each for each in tocsin("preview", "customers", "--json", by="an").json["variants"]
    }
    files = sorted(Path("mails").iterdir())
    assert {path.name for path in files} == {f"{each['locale']}-{name}.eml" for name, each in found.items()}
    for path in files:
        assert path.stat().st_mode & 0o077 == 0
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        view = found[path.stem.partition("-")[2]]
        assert mail["Subject"] == view["letter"]["subject"]
        assert mail["Reply-To"]
        assert mail["To"].addresses[0].addr_spec == "alex.example@example.com"
        body = mail.get_body(("plain",))
        assert body is not None
        assert body.get_content().replace("\r\n", "\n") == view["letter"]["text"]
    again = tocsin("preview", "customers", "--raw", "mails", by="an")
    assert (again.status, "exists; choose another name" in again.err) == (1, True)


def test_samples_are_one_letter_of_each_group_and_language(tocsin: Command, drafted: str) -> None:
    said = tocsin("preview", "customers", "--samples", by="an").out
    assert len(re.findall(r"^--- \w{16}  1 person \(customers\)  (?:en|vi)  ", said, re.M)) == 2
    every = tocsin("preview", "customers", by="an").out
    assert len(re.findall(r"^--- ", every, re.M)) == 4
    page = tocsin("preview", "customers", "--samples", "--html", "samples.html", by="an")
    assert "samples.html: 2 variants." in page.out


def test_a_problem_in_the_letter_is_printed(tocsin: Command, declared: str) -> None:
    tocsin(
        "learn", "our_role=controller", "measures_taken={en: There is no evidence of misuse., vi: Không sao.}",
        "advice_to_people={en: Make new keys., vi: Hãy tạo khóa mới.}", "--source", "x",
    )  # fmt: skip
    Path("people.txt").write_text("cus_4\n", encoding="utf-8")
    tocsin("scope", "--list", "people.txt")
    assert (
        "LINT    claims what the letter does not prove: 'no evidence'"
        in tocsin("draft", "customers", by="an").out
    )


def test_before_the_people_are_known_the_open_duties_to_them_are_counted(
    tocsin: Command, declared: str
) -> None:
    said = tocsin("letters").out
    assert said.startswith("1 duty to people is open, the first due Fri 02:40 +07 (19:40Z); nobody is known")
    tocsin("learn", "our_role=controller", "people_by_country=DE:3", "risk=high", "--source", "x", by="an")
    assert tocsin("letters").out.startswith("2 duties to people are open, the first due Wed 02:40 +07")
    key = "policy-promise/customers/individuals/controller"
    tocsin("duties", "--release", key, "--because", "x", by="an")
    tocsin("duties", "--release", "eu-gdpr/individuals", "--because", "x", by="an")
    assert tocsin("letters").out.startswith("Nobody is owed a letter yet: ")


def test_what_letters_lack_is_said_once_with_the_letters_that_wait_for_it(
    tocsin: Command, declared: str, place: Place
) -> None:
    rows = ["id,name,email,locale,country", "u1,A,a@example.com,en,US-CA", "u2,B,b@example.com,en,DE"]
    rows += ["u3,C,c@example.com,en,US-MA", "u4,D,d@example.com,en,US-MA", "u5,E,e@example.com,en,US-MA"]
    (place.desk / "customers.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    tocsin(
        "learn", "our_role=controller", "categories=identity,government-id", "risk=high", "access=acquired",
        "nature=hacking", "--source", "x", by="an",
    )  # fmt: skip
    Path("people.txt").write_text("u1\nu2\nu3\nu4\nu5\n", encoding="utf-8")
    assert tocsin("scope", "--list", "people.txt").status == 0
    said = tocsin("letters").out
    ways = re.findall(r"^LACKS .*     (tocsin learn .*)$", said, re.MULTILINE)
    assert len(ways) == len({*ways}) > 1
    measures = "tocsin learn 'measures_taken={en: ..., vi: ...}' --source ..."
    assert ways.count(measures) == 1
    block = said[said.index(measures) :].splitlines()
    assert block[1].strip().count(", ") >= 1
    assert "(eu-gdpr)" in block[2]
    found = tocsin("letters", "--json").json["letters"]
    assert [each["due_at"] for each in found] == sorted(each["due_at"] for each in found)
    assert found[0]["notice"] != "customers"


def test_english_in_which_nobody_said_it_is_lacking_before_the_draft_too(
    tocsin: Command, declared: str
) -> None:
    tocsin("learn", "our_role=controller", "measures_taken={vi: Không sao.}", "--source", "x")
    tocsin("learn", "advice_to_people={en: Make new keys., vi: Hãy tạo khóa mới.}", "--source", "x")
    Path("people.txt").write_text("cus_1\ncus_4\n", encoding="utf-8")
    tocsin("scope", "--list", "people.txt")
    way = "'measures_taken={en: ..., vi: ...}'"
    listed = tocsin("letters")
    said = listed.out + listed.err
    assert f"customers has no measures_taken in en: tocsin learn {declared} {way}" in said
    assert "customers   lacking" in said
    assert (
        f"has no measures_taken in 'en'; tocsin learn INC {way}" in tocsin("draft", "customers", by="an").err
    )
    tocsin("learn", "measures_taken={en: We revoked the keys.}", "--source", "x")
    assert "LACKS" not in tocsin("letters").out
    assert tocsin("draft", "customers", by="an").status == 0


def test_approval_off_a_terminal_needs_the_digest(
    tocsin: Command, drafted: str, head: Callable[..., int]
) -> None:
    before = head()
    refused = tocsin("approve", "customers", by="an")
    assert (refused.status, "--digest" in refused.err) == (2, True)
    wrong = tocsin("approve", "customers", "--digest", "0" * 64, by="an")
    assert (wrong.status, head()) == (1, before)


def test_approval_on_a_terminal_shows_the_letters_and_wants_the_digest_typed(
    tocsin: Command, drafted: str
) -> None:
    digest = tocsin("preview", "customers", "--json", by="an").json["digest"][:12]
    status, said = on_a_terminal("approve", "customers", "--as", "an", typed="yes\n")
    assert status == 1
    assert "We revoked the keys." in said
    status, said = on_a_terminal("approve", "customers", "--as", "an", typed=f"{digest}\n")
    assert (status, "1 more must approve" in said) == (0, True)


def test_one_person_is_not_two(tocsin: Command, drafted: str) -> None:
    digest = tocsin("preview", "customers", "--json", by="an").json["digest"]
    assert tocsin("approve", "customers", "--digest", digest, by="an").status == 0
    shown = tocsin("show", "--json").json
    states = {duty["recipient"]: duty["state"] for duty in shown["duties"]}
    assert (shown["notices"][0]["state"], states["individuals"]) == ("in-review", "in-review")
    assert "(1 of 2)" in tocsin("card").out
    assert tocsin("preview", "customers", "--brief", by="an").out.startswith(
        "customers, edition 1: in-review"
    )
    assert tocsin("approve", "customers", "--digest", digest, by="an").status == 1
    assert tocsin("approve", "customers", "--digest", digest, by="linh").status == 1
    refused = tocsin("send", drafted, "customers", "--yes", by="an")
    assert (refused.status, "needs the approval of 2" in refused.err) == (1, True)


def test_a_refused_approval_prints_no_letter(tocsin: Command, drafted: str) -> None:
    digest = tocsin("preview", "customers", "--json", by="an").json["digest"]
    assert "We revoked the keys." in tocsin("approve", "customers", "--digest", digest, by="an").out
    for words, by, says in (
        (["--digest", "0" * 12], "bao", "is not the digest of what would leave"),
        (["--digest", digest], "linh", "linh may not do this"),
        (["--digest", digest], "an", "an has approved this draft already"),
    ):
        refused = tocsin("approve", "customers", *words, by=by)
        assert (refused.status, refused.out) == (1, ""), words
        assert says in refused.err, words


def test_a_rejected_draft_says_why(tocsin: Command, drafted: str) -> None:
    assert tocsin("reject", "customers", "--because", "too cold", by="bao").status == 0
    assert "customers: too cold" in tocsin("timeline").out
    for words in (["approve", "customers", "--digest", "0" * 12], ["reject", "customers", "--because", "x"]):
        assert f"tocsin draft {drafted} customers makes a new one" in tocsin(*words, by="an").err


def test_sending_off_a_terminal_needs_the_incident_and_yes(
    tocsin: Command, approved: str, head: Callable[..., int], mail: MailSink
) -> None:
    before = head()
    for words in (["customers"], ["customers", "--yes"], [approved, "customers"]):
        assert tocsin("send", *words, by="an").status == 2
    assert (head(), letters(mail)) == (before, [])


def test_whoever_reads_the_letters_before_they_leave_learns_of_no_reader(
    tocsin: Command, approved: str, tmp_path: Path
) -> None:
    page, folder = tmp_path / "letters.html", tmp_path / "mails"
    entries = len(tocsin("timeline", "--json").json)
    text = tocsin("preview", "customers", by="an").out
    assert "The reader in each letter is invented" in text
    assert tocsin("preview", "customers", "--html", str(page), by="an").status == 0
    assert tocsin("preview", "customers", "--raw", str(folder), by="an").status == 0
    shown = [text, page.read_text("utf-8"), tocsin("preview", "customers", "--json", by="an").out]
    shown += [each.read_text("ascii") for each in folder.iterdir()]
    assert "Alex Example" in text
    assert all("alex.example@example.com" in each for each in shown[3:])
    for _, name, mail, *_ in CUSTOMERS:
        assert not any(re.search(rf"\b{name}\b", each) or mail in each for each in shown), name
    assert len(tocsin("timeline", "--json").json) == entries, "nobody was shown, and no entry says so"


def test_the_letters_leave_and_every_receipt_is_counted(
    tocsin: Command, approved: str, mail: MailSink
) -> None:
    done = tocsin("send", approved, "customers", "--yes", "--json", by="an")
    assert done.status == 0
    assert (done.json["mark"], done.json["counts"]["handed_over"], done.json["unreached"]) == ("sent", 4, 0)
    assert sorted(letters(mail)) == sorted(each[2] for each in CUSTOMERS)
    states = {each["key"]: each["state"] for each in tocsin("duties", "--json").json["duties"]}
    assert states["policy-promise/customers/individuals/controller"] == "filed"
    again = tocsin("send", approved, "customers", "--yes", by="an")
    assert (again.status, len(letters(mail))) == (0, 4)
    assert "UNTOLD  0 of 4" in tocsin("card").out


def test_somebody_who_cannot_be_reached_makes_it_3_and_is_settled_by_hand(
    tocsin: Command, approved: str, mail: MailSink
) -> None:
    mail.misbehave(Fault("rcpt", reply="550 5.1.1 no such user", recipient="wei@example.com"))
    done = tocsin("send", approved, "customers", "--yes", by="an")
    assert (done.status, "1 person was not surely reached" in done.out) == (3, True)
    assert "wei@example.com" not in tocsin("ledger", "customers").out
    named = tocsin("ledger", "customers", "--who", "--json", by="an").json["people"]
    assert [(each["id"], each["state"]) for each in named] == [("cus_4", "refused")]
    assert tocsin("ledger", "customers", "--who", by="khoa").status == 1
    looks = [row for row in tocsin("timeline", "--json", by="an").json if row["kind"] == "PeopleSeen"]
    seen = {"what": "unreached", "notice": "customers", "people": 1, "roles": ["dpo"]}
    assert [(look["actor"], look["body"]) for look in looks] == [("an", seen)], (
        "and who was refused saw nobody"
    )
    assert "1 unreached of customers by name, as dpo" in tocsin("timeline", by="an").out
    story = tocsin("affected", "--person", "cus_4", "--json", by="an").json["letters"][0]
    assert (story["state"], story["attempts"][0]["phase"]) == ("refused", "rcpt")
    assert tocsin("ledger", "customers", "--exclude", "cus_4", by="an").status == 1
    settled = tocsin("ledger", "customers", "--exclude", "cus_4", "--because", "told by telephone", by="an")
    assert settled.status == 0
    assert tocsin("ledger", "customers", "--json").json["settled"] == 1


def test_a_sending_that_stopped_for_our_fault_says_why_in_one_line(
    tocsin: Command, approved: str, mail: MailSink
) -> None:
    mail.misbehave(Fault("rcpt", reply="550 5.7.1 your address is on a block list"))
    done = tocsin("send", approved, "customers", "--yes", by="an")
    assert done.status == 3
    (line,) = (line for line in done.out.splitlines() if line.startswith("SLOWED"))
    assert "letters were refused for our fault, the last one at rcpt: 550 5.7.1" in line
    assert "block list" not in line  # a server's own words may quote a reader
    assert tocsin("ledger", "customers", "--json").json["mark"] == "paused"
    mail.behave()
    assert tocsin("resume", "customers", "--because", "off the list", by="an").status == 0
    assert tocsin("send", approved, "customers", "--yes", by="an").status == 0
    ended = tocsin("ledger", "customers", "--json").json
    assert (ended["mark"], ended["slowed"], ended["counts"]["handed_over"]) == ("sent", [], 4)


def test_a_letter_that_went_out_under_an_earlier_id_is_in_her_story(tocsin: Command, approved: str) -> None:
    assert tocsin("send", approved, "customers", "--yes", by="an").status == 0
    head, *rows = Path("customers.csv").read_text(encoding="utf-8").splitlines()
    mai = next(row for row in rows if row.startswith("cus_1,"))
    table = [f"{head},no", *(f"{row},{row[:5]}" for row in rows), f"{mai.replace('cus_1', 'cus_0')},cus_1"]
    Path("customers.csv").write_text("\n".join(table), encoding="utf-8")
    sources = Path("sources.yaml").read_text(encoding="utf-8")
    Path("sources.yaml").write_text(sources.replace("{id: id, name", "{id: id, person: no, name"), "utf-8")
    assert tocsin("scope", "--list", "people.txt", by="giang").status == 0
    for asked in ("cus_0", "cus_1"):
        said = tocsin("affected", "--person", asked, by="an").out
        assert "LETTER  customers: handed over under her earlier id cus_1\n" in said
    letters = tocsin("affected", "--person", "cus_0", "--json", by="an").json["letters"]
    assert [(each["state"], each["under"]) for each in letters] == [("handed_over", "cus_1")]
    assert "earlier id" not in tocsin("affected", "--person", "cus_2", by="an").out


def test_a_suspect_is_accounted_for_only_where_somebody_says_so(tocsin: Command, drafted: str) -> None:
    table = Path("customers.csv").read_text(encoding="utf-8").splitlines()
    flagged = [f"{line},{flag}" for line, flag in zip(table, ("flags", "", "", "suspect", ""), strict=True)]
    Path("customers.csv").write_text("\n".join(flagged).replace("wei@example.com", ""), encoding="utf-8")
    sources = Path("sources.yaml").read_text(encoding="utf-8")
    Path("sources.yaml").write_text(sources.replace("{id: id, name", "{id: id, flags: flags, name"), "utf-8")
    assert tocsin("scope", "--list", "people.txt", by="giang").status == 0
    tocsin("draft", "customers", by="an")
    digest = tocsin("preview", "customers", "--json", by="an").json["digest"]
    for person in ("an", "bao"):
        assert tocsin("approve", "customers", "--digest", digest, by=person).status == 0
    said = tocsin("send", drafted, "customers", "--yes", by="an").out
    assert f"1 of them must be told otherwise: tocsin ledger {drafted} customers --told-otherwise" in said
    assert "1 of them held for a decision: " in said

    because = ("--because", "posted on 25 November")
    assert tocsin("ledger", "customers", "--held", by="an").status == 2
    done = tocsin("ledger", "customers", "--told-otherwise", *because, by="an")
    assert "is accounted for, but 1 held for a decision." in done.out
    assert tocsin("ledger", "customers", "--told-otherwise", *because, by="an").status == 1
    assert tocsin("ledger", "customers", "--told-otherwise", "--held", *because, by="an").status == 0
    left = tocsin("ledger", "customers", "--json").json
    assert (left["untold"], left["undecided"], left["unsupported"]) == (0, 0, 0)
    assert "1 people told otherwise, 1 of them after they were held" in tocsin("timeline").out


def test_a_wrong_letter_is_stopped_by_whoever_sees_it(tocsin: Command, approved: str, mail: MailSink) -> None:
    mail.misbehave(Fault("mail", reply="451 4.7.1 greylisted"))
    first = tocsin("send", approved, "customers", "--yes", by="an")
    assert (first.status, "letters wait until" in first.err) == (3, True)
    assert tocsin("pause", "customers", "--because", "wrong address", by="khoa").status == 0
    refused = tocsin("send", approved, "customers", "--yes", by="an")
    assert (refused.status, "tocsin resume" in refused.err) == (1, True)
    mail.behave()
    assert tocsin("resume", "customers", "--because", "it was right", by="an").status == 0
    assert tocsin("ledger", "customers", "--json").json["mark"] == "sending"


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_between_two_letters_and_it_goes_on_when_asked(
    tocsin: Command, approved: str, mail: MailSink, process: Command, asked: signal.Signals
) -> None:
    mail.misbehave(Fault("dot", "delay", seconds=0.4))
    words = [sys.executable, "-m", "tocsin", "send", approved, "customers", "--yes", "--json", "--as", "an"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as sending:
        while not letters(mail) and sending.poll() is None:
            time.sleep(0.01)
        os.kill(sending.pid, asked)
        out, err = sending.communicate(timeout=30)
    left = json.loads(out)
    assert (sending.returncode, left["interrupted"]) == (3, True)
    assert f"tocsin send {approved} customers" in err
    assert left["counts"]["sending"] == 0
    assert 0 < left["counts"]["handed_over"] < 4
    mail.behave()
    done = tocsin("send", approved, "customers", "--yes", "--json", by="an").json
    assert (done["counts"]["handed_over"], done["counts"]["possible_duplicates"]) == (4, 0)
    assert sorted(letters(mail)) == sorted(each[2] for each in CUSTOMERS)


def test_sending_on_a_terminal_asks_for_the_number_and_shows_a_bar(
    tocsin: Command, approved: str, mail: MailSink
) -> None:
    status, said = on_a_terminal("send", "customers", "--as", "an", typed="yes\n")
    assert (status, letters(mail)) == (1, [])
    assert "send customers to 4 people? Type 1" in said
    status, said = on_a_terminal("send", "customers", "--as", "an", typed="1\n")
    assert (status, len(letters(mail))) == (0, 4)
    assert re.search(r"4/4", said)


def test_a_corrected_fact_that_the_letter_prints_voids_the_approval(
    tocsin: Command, approved: str, mail: MailSink
) -> None:
    tocsin(
        "learn",
        "advice_to_people={en: Change your password., vi: Hãy đổi mật khẩu.}",
        "--source",
        "x",
        by="an",
    )
    assert "NoticeVoided" in tocsin("timeline").out
    assert tocsin("send", approved, "customers", "--yes", by="an").status == 1
    assert letters(mail) == []


def test_a_whole_incident_from_declaration_to_the_closed_file(
    tocsin: Command, approved: str, mail: MailSink
) -> None:
    assert tocsin("send", approved, "customers", "--yes", by="an").status == 0
    tocsin(
        "learn", "risk=unlikely", "violation=breach", "breach_of=confidentiality", "--source", "DPO", by="an"
    )
    for _ in range(80):
        duties = [
            each
            for each in tocsin("duties", "--json").json["duties"]
            if each["state"] not in ("filed", "not-owed")
        ]
        open_steps = [each for each in tocsin("show", "--json").json["checklist"] if each["state"] == "open"]
        for duty in duties:
            tocsin("duties", "--release", duty["key"], "--because", "counsel says so", by="chi")
        for step in open_steps:
            assert tocsin("done", step["id"], "--evidence", "proof.txt").status == 0
        if not duties and not open_steps:
            break
    closed = tocsin("close", approved, "--yes", "--because", "all told")
    assert closed.status == 0, closed.err
    assert tocsin("show", "1", "--json").json["status"] == "closed"
    refused = tocsin("erase", "1", "--yes", "--because", "retention", by="an")
    assert (refused.status, "is kept until" in refused.err) == (1, True)


def test_a_holding_letter_leaves_when_a_person_asks_and_meets_no_duty(
    tocsin: Command, declared: str, mail: MailSink
) -> None:
    tocsin("learn", "our_role=controller", "--source", "the team")
    Path("people.txt").write_text("cus_1\ncus_4\n", encoding="utf-8")
    tocsin("scope", "--list", "people.txt")
    assert tocsin("draft", "holding", by="an").status == 0
    digest = tocsin("preview", "holding", "--json", by="an").json["digest"]
    for person in ("an", "bao"):
        assert tocsin("approve", "holding", "--digest", digest, by=person).status == 0
    assert tocsin("send", declared, "holding", "--yes", by="an").status == 0
    assert sorted(letters(mail)) == ["mai@example.com", "wei@example.com"]
    states = {each["key"]: each["state"] for each in tocsin("duties", "--json").json["duties"]}
    assert states["policy-promise/customers/individuals/controller"] == "open"
    notices = {each["id"]: each["state"] for each in tocsin("show", "--json").json["notices"]}
    assert notices == {"holding": "sent"}


def test_what_came_back_is_taken_in_read_and_settled(tocsin: Command, approved: str, mail: MailSink) -> None:
    tocsin("send", "1", "customers", "--yes", by="an")
    sent = {each.recipients[0]: each for each in mail.messages}
    Path("one.eml").write_bytes(report(mark_of(sent["mai@example.com"])))
    done = tocsin("bounces", "one.eml")
    assert (done.status, "1 taken in: 1 failed" in done.out) == (0, True)
    assert "INC-2026-0001 customers: 1 bounced, 0 delivered; 1 people are untold" in done.out
    Path("two.eml").write_bytes(prose(mark_of(sent["wei@example.com"])))
    assert "1 unread" in tocsin("bounces", "two.eml").out
    assert "0 taken in; 1 were here before" in tocsin("bounces", "one.eml").out
    assert "INC-2026-0001 customers" in tocsin("bounces").out
    assert "waits for a person     tocsin bounces" in tocsin("status").out
    assert "no mailbox here by that name" in tocsin("bounces", "--show", "2", by="an").out
    refused = tocsin("bounces", "--show", "2")
    assert (refused.status, "may not do this" in refused.err) == (1, True)
    settle = ("bounces", "--settle", "2", "--means", "failed", "--because", "its server says so")
    assert "2 is settled: it means failed." in tocsin(*settle, by="an").out
    assert "Nothing that came back waits" in tocsin("bounces").out
    story = tocsin("ledger", "customers", "--person", "cus_1", by="an").out
    assert "LETTER  customers: bounced" in story
    asked = [row for row in tocsin("timeline", "--json", by="an").json if row["kind"] == "PersonAsked"]
    assert [row["body"]["letters"] for row in asked] == [{"customers": "bounced"}]
    assert "came back: failed 5.1.1 550, says mx.example.org" in story
    found = tocsin("ledger", "customers", "--json", by="an").json
    assert (found["counts"]["bounced"], found["counts"]["handed_over"], found["untold"]) == (2, 2, 2)
    assert tocsin("verify", by="an").status == 0


def test_bounces_says_what_goes_together(tocsin: Command, approved: str) -> None:
    for words, says in (
        (("--settle", "1"), "say which message means what"),
        (("--because", "x"), "say which message means what"),
        (("a", "--show", "1"), "one at a time"),
        (("--show", "7"), "nothing came back as 7"),
        (("nowhere.eml",), "nowhere.eml: No such file or directory; name a message, an mbox or a Maildir"),
        (("imap",), "no mailbox is configured; set bounces.host"),
        (("--settle", "1", "--means", "lost", "--because", "x"), "lost"),
    ):
        refused = tocsin("bounces", *words, by="an")
        assert refused.status in (1, 2), words
        assert (says in refused.err, refused.err.count("\n")) == (True, 1), (words, refused.err)
