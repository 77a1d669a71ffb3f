"""`tocsin declare`: a title is enough, people are called before it returns, and every line is the database's."""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from tests.cli.conftest import Command
from tocsin.actions.declaring import Declaration, declare
from tocsin.actors import at_the_shell
from tocsin.app import App
from tocsin.cli.declaring import called_line, clock_name
from tocsin.delivery.outbox import deliver
from tocsin.delivery.rooms import keep_rooms
from tocsin.engine import advance, quick_only
from tocsin.sinks.mail import Fault, MailSink
from tocsin.sinks.slack import SlackSink
from tocsin.views.calls import underway


def test_a_title_is_enough(tocsin: Command) -> None:
    found = tocsin("declare", "Somebody", "posted", "a", "key", "--json")
    shown = tocsin("show", "--json").json
    assert (found.status, shown["title"]) == (0, "Somebody posted a key")
    assert (shown["type"], shown["severity"], shown["restricted"]) == ("unclassified", "sev1", True)


def test_people_are_called_before_it_returns(tocsin: Command, mail: MailSink, slack: SlackSink) -> None:
    found = tocsin("declare", "A key in a public place", "--json").json
    assert {call["person"]: call["routes"] for call in found["called"]} == {
        "linh": {"slack": "handed_over", "email": "handed_over"},
        "an": {"slack": "handed_over", "email": "handed_over"},
    }
    reached = {message.recipients[0] for message in mail.messages}
    assert reached == {"linh@streamonapi.example", "an@streamonapi.example"}
    assert len(slack.messages) == 2
    assert found["unreached"] == []
    assert found["clocks"][0]["duty"] == "policy-promise/customers/individuals/controller"


def test_the_first_pages_leave_before_any_law_is_read(tocsin: Command) -> None:
    tocsin("declare", "A key in a public place")
    kinds = [entry["kind"] for entry in tocsin("timeline", "--json").json]
    pages = kinds.count("PageOutcome")
    assert pages == 4
    assert kinds.index("DutyOpened") > max(n for n, kind in enumerate(kinds) if kind == "PageOutcome")


@pytest.mark.parametrize(
    ("route", "outcome", "says"),
    [
        ("slack", "handed_over", "Slack ok"),
        ("email", "handed_over", "mail handed over"),
        ("command", "handed_over", "telephone rung"),
        ("command:voice", "handed_over", "telephone by voice rung"),
        ("email", "ambiguous", "mail NO ANSWER"),
        ("slack", "retry", "Slack BUSY"),
        ("slack", "down", "Slack DOWN"),
        ("email", "waiting", "mail WAITING"),
    ],
)
def test_how_a_call_fared_is_said_of_each_route_in_plain_words(route: str, outcome: str, says: str) -> None:
    call: Any = SimpleNamespace(person="linh", role="incident-commander", outcomes={route: outcome})
    shell: Any = None
    assert called_line(shell, call, None) == f"linh (incident commander): {says}"


def test_it_says_who_was_called_what_runs_and_what_to_do(tocsin: Command) -> None:
    said = tocsin("declare", "A key in a public place", "--type", "credential-leak").out
    lines = said.splitlines()
    assert lines[0].startswith("INC-2026-0001 ")
    assert "SEV1 restricted" in lines[0]
    assert "CALLED  linh (incident commander): Slack ok, mail handed over; " in said
    assert "-> minh" in said
    assert "CLOCK   customers" in said
    assert "ASSUMED from declaration" in said
    assert re.search(r"UNKNOWN \d+ duties of \d+ laws: need our_role, people_by_country", said)
    assert "AT RISK usually account-info, auth-tokens, " in said
    assert "NOW     1.1 " in said
    assert "delivered" not in said


def test_where_no_rooms_are_wanted_none_is_made_and_none_is_missed(
    tocsin: Command, slack: SlackSink, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_SLACK__ROOMS", "false")
    found = tocsin("declare", "A key in a public place")
    assert "ROOM    none: rooms is false in [slack]" in found.out
    wanted = app.settings.slack.model_copy(update={"rooms": False})
    assert keep_rooms(replace(app, settings=app.settings.model_copy(update={"slack": wanted}))) == 0
    assert not [room for room in slack.workspace.rooms.values() if room.ours]
    assert keep_rooms(app) == 1
    assert [room for room in slack.workspace.rooms.values() if room.ours]


def test_a_clock_names_its_law_and_our_own_promise_only_itself(tocsin: Command) -> None:
    facts = (
        "our_role=controller",
        "people_by_country=DE:3,FR:2,JP:1",
        "kinds=account-info",
        "nature=hacking",
    )
    words = [word for fact in facts for word in ("--fact", fact)]
    said = tocsin("declare", "A key in a public place", "--type", "credential-leak", *words).out
    clocks = [line.split("   ")[1] for line in said.splitlines() if line.startswith("CLOCK")]
    assert {"customers", "jp-appi preliminary"} <= {*clocks}
    assert len(clocks) == len({*clocks})
    several = [
        SimpleNamespace(regime="eu-gdpr", rule="authority", key=f"eu-gdpr/authority/{of}/controller")
        for of in ("de", "fr")
    ]
    names: list[str] = [clock_name(duty, several) for duty in several]  # type: ignore[arg-type]
    assert names == ["eu-gdpr authority de", "eu-gdpr authority fr"]


def test_the_usual_answers_are_offered_until_somebody_states_them(tocsin: Command) -> None:
    said = tocsin("declare", "A key in a public place", "--type", "credential-leak").out
    nature = "nature=unauthorised-access,unintended-publication"
    assert (
        f"if it is so here: tocsin learn breach_of=confidentiality {nature} violation=breach --source" in said
    )
    assert tocsin("show", "--json").json["facts"] == {}
    tocsin("learn", "violation=breach", nature, "--source", "the repository")
    assert "if it is so here: tocsin learn breach_of=confidentiality --source" in tocsin("next").out


def test_one_dead_route_is_named_and_the_other_reaches(
    tocsin: Command, slack: SlackSink, mail: MailSink
) -> None:
    mail.misbehave(Fault("connect", "drop"))
    found = tocsin("declare", "A key in a public place")
    assert found.status == 0
    assert "linh (incident commander): Slack ok, mail " in found.out
    assert "mail handed over" not in found.out


def test_a_role_for_which_nobody_can_be_called_is_named(tocsin: Command) -> None:
    everybody = [word for who in ("linh", "minh", "dung", "bao", "giang") for word in ("--exclude", who)]
    found = tocsin("declare", "A key in a public place", *everybody, by="an")
    assert found.status == 3
    assert "nobody as incident commander" in found.out
    assert tocsin("declare", "Another", *everybody, "--json", by="an").json["uncalled"] == [
        "incident-commander"
    ]


def test_calls_that_the_bell_is_sending_are_waited_for(tocsin: Command, app: App, mail: MailSink) -> None:
    what = Declaration("A key in a public place", drill=True)
    key = declare(app, at_the_shell(app, "linh"), what, command="K1").incident.key
    advance(app, key, wanted=quick_only)
    mail.misbehave(Fault("dot", "delay", seconds=2.5, times=1))
    bell = Thread(target=deliver, args=(app,))
    bell.start()
    while not underway(app, key):
        time.sleep(0.001)
    found = tocsin("declare", "A key in a public place", "--key", "K1", "--json")
    bell.join()
    assert (found.status, found.json["unreached"]) == (0, [])
    everywhere = {"slack": "handed_over", "email": "handed_over"}
    assert [call["routes"] for call in found.json["called"]] == [everywhere, everywhere]


def test_a_relay_that_hangs_is_waited_for_once_and_not_for_long(
    tocsin: Command, mail: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOCSIN_SLACK__TOKEN")
    monkeypatch.setattr("tocsin.delivery.outbox.HURRY", 0.5)
    monkeypatch.setattr("tocsin.delivery.outbox.BEAT", 0.1)
    mail.misbehave(Fault("dot", "silence"))
    found = tocsin("declare", "A key in a public place", "--key", "K1", "--json")
    assert (found.status, found.json["unreached"]) == (3, ["an", "linh"])
    assert "mail NO ANSWER" in tocsin("declare", "A key in a public place", "--key", "K1").out
    assert {call["routes"]["email"] for call in found.json["called"]} == {"ambiguous"}
    assert len(mail.messages) == 2
    for said in ("still sending", "nobody has been reached", "on the way: the bell goes on trying"):
        assert said in found.err


def test_with_every_route_dead_the_incident_stands_its_clock_runs_and_it_ends_with_3(
    tocsin: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOCSIN_SLACK__TOKEN")
    monkeypatch.delenv("TOCSIN_MAIL__HOST")
    found = tocsin("declare", "A key in a public place")
    assert found.status == 3
    assert "nobody has been reached" in found.err
    shown = tocsin("show", "--json").json
    assert [duty["state"] for duty in shown["duties"]] == ["open"]


def test_that_nobody_has_been_reached_is_said_first_by_every_verb_until_somebody_answers(
    tocsin: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOCSIN_SLACK__TOKEN")
    monkeypatch.delenv("TOCSIN_MAIL__HOST")
    tocsin("declare", "A key in a public place")
    first = "INC-2026-0001 nobody has been reached: call somebody by telephone"
    verbs = (("card",), ("list",), ("show",), ("status",), ())
    for verb in verbs:
        assert tocsin(*verb).out.startswith(first), verb
    assert tocsin("card", "--json").json["nobody_reached"] is True
    assert tocsin("status", "--json").json["unreached"] == ["INC-2026-0001"]
    tocsin("ack")
    for verb in verbs:
        assert "nobody has been reached" not in tocsin(*verb).out, verb


def test_nothing_is_said_of_nobody_where_one_route_took_the_call(
    tocsin: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOCSIN_SLACK__TOKEN")
    tocsin("declare", "A key in a public place")
    for verb in ("card", "list", "show", "status"):
        assert "nobody has been reached" not in tocsin(verb).out, verb


def test_a_person_who_was_not_reached_makes_it_3(
    tocsin: Command, mail: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOCSIN_SLACK__TOKEN")
    mail.misbehave(Fault("rcpt", reply="550 5.1.1 no such user", recipient="an@streamonapi.example"))
    found = tocsin("declare", "A key in a public place", "--json")
    assert (found.status, found.json["unreached"]) == (3, ["an"])


def test_an_excluded_person_is_not_called_and_sees_nothing(tocsin: Command, mail: MailSink) -> None:
    found = tocsin("declare", "One of us", "--exclude", "linh", "--json", by="minh").json
    assert "linh" not in {call["person"] for call in found["called"]}
    assert all("linh" not in message.recipients[0] for message in mail.messages)
    assert tocsin("list", "--json", by="linh").json == []
    assert [tocsin("status", "--json", by=who).json["open"] for who in ("linh", "minh")] == [0, 1]
    for verb in (["show", "1"], ["timeline", "1"], ["note", "1", "hello"], ["card", "1"]):
        refused = tocsin(*verb, by="linh")
        assert refused.status == 1
        assert "there is no incident" in refused.err


def test_the_same_key_says_the_first_answer_again(tocsin: Command, mail: MailSink) -> None:
    words = ("declare", "A key in a public place", "--key", "alert-7", "--json")
    first, again = tocsin(*words).json, tocsin(*words).json
    assert (first["key"], first["called"]) == (again["key"], again["called"])
    assert len(mail.messages) == 2
    other = tocsin("declare", "Something else", "--key", "alert-7")
    assert (other.status, "used for something else" in other.err) == (1, True)
    assert len(tocsin("list", "--json").json) == 1


def test_a_declaration_that_is_said_again_calls_nobody_for_a_file_that_is_over(
    tocsin: Command, leap: Callable[..., None], mail: MailSink
) -> None:
    tocsin("declare", "A key in a public place", "--key", "K1")
    assert tocsin("decline", "1", "--because", "a test", "--yes").status == 0
    before = len(tocsin("timeline", "1", "--json").json), len(mail.messages)
    leap(hours=4)
    tocsin("declare", "A key in a public place", "--key", "K1")
    assert (len(tocsin("timeline", "1", "--json").json), len(mail.messages)) == before


def test_facts_and_moments_are_known_at_once(tocsin: Command) -> None:
    tocsin(
        "declare", "A key in a public place", "--aware-at", "2026-11-20T02:40+07:00", "--fact", "our_role=controller",
        "--fact", "nature=unintended-publication", "--severity", "SEV2", "--no-restricted",
    )  # fmt: skip
    shown = tocsin("show", "--json").json
    assert shown["aware_at"] == "2026-11-19T19:40:00+00:00"
    assert shown["facts"]["our_role"]["value"] == "controller"
    assert shown["facts"]["our_role"]["source"] == "stated with the declaration"
    assert (shown["severity"], shown["restricted"]) == ("sev2", False)
    due = {duty["key"]: duty["due_at"] for duty in shown["duties"]}
    assert due["policy-promise/customers/individuals/controller"] == "2026-11-22T19:40:00+00:00"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--type", "credental-leak"], "credential-leak"),
        (["--severity", "sev9"], "sev1, sev2"),
        (["--fact", "natur=hacking"], "did you mean nature?"),
        (["--fact", "nature=hackng"], "did you mean hacking?"),
        (["--aware-at", "2026-11-20T02:40"], "has no zone"),
        (["--aware-at", "soon"], "is not a moment"),
        (["--aware-at", "02:31"], "is not a moment"),
        (["--aware-at", "2099-01-01T00:00Z"], "future"),
        (["--exclude", "lin"], "did you mean linh?"),
        (["--occurred-from", "2026-11-20T02:00Z", "--occurred-to", "2026-11-19T02:00Z"], "occurred_to"),
    ],
)
def test_what_cannot_be_is_one_line_and_writes_nothing(tocsin: Command, words: list[str], says: str) -> None:
    refused = tocsin("declare", "A key in a public place", *words)
    assert (refused.status, refused.out) == (1, "")
    assert says in refused.err
    assert refused.err.count("\n") == 1
    assert tocsin("list", "--json").json == []


@pytest.mark.parametrize("words", [[], ["--severity"], ["x", "--fact", "nature"], ["x", "--frob"]])
def test_wrong_usage_is_2(tocsin: Command, words: list[str]) -> None:
    refused = tocsin("declare", *words)
    assert (refused.status, refused.out, refused.err.count("\n")) == (2, "", 1)


def test_an_account_that_nobody_knows_may_declare_and_read_what_it_declared_and_no_more(
    tocsin: Command,
) -> None:
    tocsin("declare", "Mine is another")
    mine = tocsin("declare", "I saw something odd", "--json", by=None)
    assert mine.status == 0
    key = mine.json["key"]
    assert [row["key"] for row in tocsin("list", "--json", by=None).json] == [key]
    shown: dict[str, Any] = tocsin("show", key, "--json", by=None).json
    assert shown["title"] == "I saw something odd"
    assert shown["declared_by"].startswith("unix:")
    assert tocsin("show", "1", by=None).status == 1
    refused = tocsin("note", key, "more", by=None)
    assert (refused.status, "contacts/people.yaml" in refused.err) == (1, True)


def test_a_page_reveals_no_title_of_a_restricted_incident(tocsin: Command, mail: MailSink) -> None:
    tocsin("declare", "Linh leaked the signing key")
    for message in mail.messages:
        read = message_from_bytes(message.content, policy=policy.default)
        body = read.get_body(("plain",))
        assert body is not None
        assert "signing key" not in f"{read['subject']}{body.get_content()}"


def test_a_drill_home_declares_drills(tocsin: Command) -> None:
    assert "DRILL" in tocsin("declare", "A key in a public place").out
    assert tocsin("show", "--json").json["drill"] is True


def test_a_broken_template_is_refused_with_its_line_before_anything_is_written(
    tocsin: Command, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for kept in home.rglob("catalog-last-good"):
        kept.unlink()
    page = tmp_path / "own" / "messages" / "page.vi.j2"
    page.parent.mkdir(parents=True)
    page.write_text("{% block subject %}{{ name|shout }}{% endblock %}\n")
    monkeypatch.setenv("TOCSIN_TEMPLATES", str(tmp_path / "own"))
    refused = tocsin("declare", "A key in a public place")
    assert (refused.status, refused.out) == (1, "")
    assert refused.err.startswith(f"tocsin: {page}:1: unknown filter 'shout'")
    monkeypatch.delenv("TOCSIN_TEMPLATES")
    assert tocsin("list", "--json").json == []
