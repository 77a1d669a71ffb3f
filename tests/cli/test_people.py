"""Answering, taking and handing over roles, and calling somebody now."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.cli.chapters import DATABASE, Place, set_clock
from tests.cli.conftest import Command
from tests.conftest import BEGINNING
from tocsin.app import App
from tocsin.bell import ring
from tocsin.sinks.mail import Fault, MailSink
from tocsin.sinks.slack import SlackSink


def test_an_answer_takes_the_role_for_which_one_was_called(tocsin: Command) -> None:
    tocsin("declare", "A key in a public place")
    said = tocsin("ack")
    assert (said.status, "you are incident-commander" in said.out) == (0, True)
    assert tocsin("show", "--json").json["roles"] == {"incident-commander": "linh"}
    assert tocsin("show", "--json").json["status"] == "containment"


def test_somebody_who_was_not_called_has_nothing_to_answer(
    tocsin: Command, declared: str, head: Callable[..., int]
) -> None:
    before = head()
    refused = tocsin("ack", by="giang")
    assert (refused.status, "nobody waits for an answer of giang" in refused.err) == (1, True)
    assert head() == before


def test_a_role_is_taken_and_handed_over_by_its_holder(tocsin: Command, declared: str) -> None:
    assert tocsin("take", "deputy", by="minh").status == 0
    assert tocsin("hand", "1", "incident-commander", "minh").status == 0
    assert tocsin("show", "--json").json["roles"]["incident-commander"] == "minh"
    refused = tocsin("hand", "incident-commander", "minh")
    assert (refused.status, "is held by minh" in refused.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["take", "comander"], "did you mean"),
        (["take", "dpo"], "is not listed for dpo"),
        (["take", "incident-commander"], "holds incident-commander already"),
        (["hand", "incident-commander", "lin"], "there is no person"),
        (["page", "nobody"], "there is no person or role"),
    ],
)
def test_a_wrong_role_or_person_is_refused_and_nothing_is_written(
    tocsin: Command, declared: str, head: Callable[..., int], words: list[str], says: str
) -> None:
    before = head()
    refused = tocsin(*words)
    assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert says in refused.err
    assert head() == before


def test_a_page_calls_by_every_route_and_says_how_it_fared(
    tocsin: Command, declared: str, mail: MailSink
) -> None:
    found = tocsin("page", "giang", "--because", "we need the logs", "--json")
    assert (found.status, found.json["unreached"]) == (0, [])
    assert found.json["called"][0]["routes"] == {"slack": "handed_over", "email": "handed_over"}
    assert mail.messages[-1].recipients == ("giang@streamonapi.example",)


def test_a_page_that_reaches_nobody_is_3(
    tocsin: Command, declared: str, mail: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOCSIN_SLACK__TOKEN")
    mail.misbehave(Fault("rcpt", reply="550 5.1.1 no such user", recipient="giang@streamonapi.example"))
    found = tocsin("page", "giang")
    assert (found.status, "not reached: giang" in found.err) == (3, True)


def test_an_excluded_person_is_not_called_by_hand_either(tocsin: Command) -> None:
    tocsin("declare", "One of us", "--exclude", "giang")
    tocsin("ack")
    assert tocsin("page", "giang").status == 1


def test_why_somebody_was_called_by_hand_stands_in_the_timeline(tocsin: Command, declared: str) -> None:
    tocsin("page", "minh", "--because", "She knows the gateway of 0912345678")
    tocsin("page", "minh")
    assert "minh as incident-commander by " in tocsin("timeline").out
    assert "asked by linh: She knows the gateway of 0912345678" in tocsin("timeline").out
    asked, again = [
        row["body"] for row in tocsin("timeline", "--json").json if (row["body"] or {}).get("asked_by")
    ]
    assert asked["because"].startswith("words:")
    # However often somebody asks, it is no round of a ladder.
    assert again["round"] == 0


def test_one_shell_is_not_two_people_outside_drills(tocsin: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_MODE", "production")
    refused = tocsin("list")
    assert (refused.status, "--as works only in drills" in refused.err) == (1, True)


def test_a_role_is_given_back_and_called_for_anew(tocsin: Command, declared: str) -> None:
    refused = tocsin("hand", "incident-commander", "--back")
    assert (refused.status, "say why you give incident-commander back" in refused.err) == (1, True)
    given = tocsin("hand", "incident-commander", "--back", "--because", "I board a plane")
    assert (given.status, "nobody is incident-commander now; it is called for anew" in given.out) == (0, True)
    pages = [row for row in tocsin("timeline", "--json").json if row["kind"] == "Paged"]
    assert pages[-1]["body"]["person"] == "minh"
    assert tocsin("ack", by="minh").status == 0
    assert tocsin("show", "--json").json["roles"]["incident-commander"] == "minh"


def test_a_route_is_silenced_and_trusted_again(tocsin: Command, declared: str, slack: SlackSink) -> None:
    refused = tocsin("silence", "slack")
    assert (refused.status, "say why nothing may go by slack" in refused.err) == (1, True)
    said = tocsin("silence", "slack", "--because", "the attacker reads it")
    assert (said.status, "nothing goes to Slack any more" in said.out) == (0, True)
    heard = len(slack.messages)
    paged = tocsin("page", "minh", "--json")
    assert paged.json["called"] == [
        {"person": "minh", "role": "incident-commander", "routes": {"email": "handed_over"}}
    ]
    assert len(slack.messages) == heard
    lifted = tocsin("silence", "slack", "--lift", "--because", "its tokens were changed")
    assert (lifted.status, "Slack is used again" in lifted.out) == (0, True)
    assert "slack" in tocsin("page", "minh", "--json").json["called"][0]["routes"]


def test_nothing_of_an_incident_declared_without_slack_goes_there(tocsin: Command, slack: SlackSink) -> None:
    said = tocsin("declare", "The attacker is in our chat", "--no-slack")
    assert said.status == 0
    assert "mail handed over" in said.out
    assert "Slack" not in said.out.partition("CLOCK")[0]
    assert slack.messages == []
    refused = tocsin("declare", "Everything is read", "--no-slack", "--no-email")
    assert (refused.status, "leave one route open" in refused.err) == (1, True)


def test_each_role_is_answered_by_itself_and_the_shell_says_how(
    tocsin: Command, place: Place, app: App
) -> None:
    assert tocsin("declare", "A key in a public place").status == 0
    # Half an hour without an answer: the accountable officer is called for both roles.
    for minutes in (16, 32):
        set_clock(place.home / DATABASE, BEGINNING + timedelta(minutes=minutes))
        ring(app)
    said = tocsin("ack", by="bao")
    assert "you are incident-commander" in said.out
    assert "The dpo has not answered yet: tocsin ack --role dpo" in said.out
    assert "you are incident-commander, dpo" in tocsin("ack", "--role", "dpo", by="bao").out
    assert tocsin("ack", "--role", "dpo", by="bao").status == 1
    assert "did you mean" in tocsin("ack", "--role", "dop", by="bao").err
