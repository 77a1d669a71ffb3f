"""The Slack channel over real HTTP: what each misbehaviour means for the post, and what Slack kept."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.channels.pauses import retry_after
from tocsin.channels.slack import SlackChannel, SlackConfig
from tocsin.channels.slack_text import fitted
from tocsin.domain.errors import Refused
from tocsin.domain.message import Receipt, SlackPost, Undelivered, slack_escape
from tocsin.sinks.slack import SlackFault, SlackSink
from tocsin.sinks.workspace import check_message

PAGE = SlackPost("6f1c", "incidents", "INC-2026-0007 Copper Heron: sev1, you are commander")


def with_channel(
    sink: SlackSink, story: Callable[[SlackChannel], Awaitable[Any]], timeout: float = 5.0, **changes: Any
) -> Any:
    async def run() -> Any:
        usual = {"token": sink.token, "base_url": sink.base_url, "timeout": timeout}
        channel = SlackChannel(SlackConfig(**{**usual, **changes}))
        try:
            return await story(channel)
        finally:
            await channel.close()

    return asyncio.run(run())


def failure(sink: SlackSink, post: SlackPost = PAGE, **changes: Any) -> Undelivered:
    with pytest.raises(Undelivered) as caught:
        with_channel(sink, lambda channel: channel.send(post), **changes)
    return caught.value


@pytest.fixture
def sink() -> Iterator[SlackSink]:
    with SlackSink(people=["U0LINH", "U0MINH"]) as sink:
        yield sink


def test_the_receipt_is_channel_and_ts_and_the_post_carries_its_id(sink: SlackSink) -> None:
    receipt = with_channel(sink, lambda channel: channel.send(PAGE))

    [message] = sink.messages
    assert receipt == Receipt(f"{message.channel} {message.ts}")
    assert message.text == PAGE.text
    assert message.metadata == {"event_type": "tocsin_message", "event_payload": {"message_id": "6f1c"}}


def test_an_ok_that_names_no_message_is_no_receipt(sink: SlackSink) -> None:
    methods = ("chat.postMessage", "conversations.open", "conversations.history")
    sink.misbehave(*(SlackFault("bare", method=method) for method in methods))
    found = failure(sink, replace(PAGE, channel="U0LINH"))
    assert (found.outcome, found.phase) == ("ambiguous", "reply")
    assert "not Slack's" in found.reason
    since = datetime.now(UTC) - timedelta(minutes=1)
    for place in ("U0LINH", "incidents"):
        assert with_channel(sink, lambda channel, place=place: channel.find(place, "6f1c", since)) is None


def test_blocks_and_thread_arrive_as_given(sink: SlackSink) -> None:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "*xin chào* :bell:"}}

    async def story(channel: SlackChannel) -> None:
        first = await channel.send(PAGE)
        thread = first.reply.split()[1]
        await channel.send(SlackPost("2", "incidents", "and", blocks=(block,), thread=thread))

    with_channel(sink, story)

    first, second = sink.messages
    assert second.blocks == (block,)
    assert second.thread == first.ts


#: What Slack does, and what that means: outcome, phase, messages that Slack kept.
MISDEEDS = {
    "429": (SlackFault("error", error="ratelimited", status=429, retry_after="7"), "retry", "reply", 0),
    "429 without a body": (SlackFault("status", status=429, retry_after="7"), "retry", "reply", 0),
    "500 in JSON": (SlackFault("error", error="internal_error", status=500), "ambiguous", "reply", 0),
    "500 in HTML": (SlackFault("html", status=500), "ambiguous", "reply", 0),
    "503 in HTML": (SlackFault("html", status=503), "ambiguous", "reply", 0),
    "500 after keeping": (SlackFault("status", status=500, stored=True), "ambiguous", "reply", 1),
    "drop": (SlackFault("drop"), "ambiguous", "reply", 0),
    "drop after keeping": (SlackFault("drop", stored=True), "ambiguous", "reply", 1),
    "no answer": (SlackFault("hang"), "ambiguous", "reply", 0),
    "no answer after keeping": (SlackFault("hang", stored=True), "ambiguous", "reply", 1),
    "200 with HTML": (SlackFault("html"), "down", "reply", 0),
    "403 with HTML": (SlackFault("html", status=403), "down", "reply", 0),
    "200 with broken JSON": (SlackFault("garble"), "ambiguous", "reply", 0),
    "429 with broken JSON": (SlackFault("garble", status=429), "retry", "reply", 0),
}


@pytest.mark.parametrize("misdeed", MISDEEDS)
def test_every_misdeed_of_slack_has_its_outcome_and_is_asked_once(sink: SlackSink, misdeed: str) -> None:
    fault, outcome, phase, kept = MISDEEDS[misdeed]
    sink.misbehave(fault)

    found = failure(sink, timeout=0.3 if fault.do == "hang" else 5.0)

    assert (found.outcome, found.phase, len(sink.messages)) == (outcome, phase, kept)
    assert sink.calls == ["chat.postMessage"]  # nobody retried behind our back


ERRORS = {
    "down": "invalid_auth not_authed account_inactive token_revoked token_expired missing_scope no_permission "
    "team_access_not_granted ekm_access_denied org_login_required access_denied",
    "refused": "channel_not_found not_in_channel is_archived cannot_dm_bot user_not_found user_disabled "
    "restricted_action restricted_action_read_only_channel msg_too_long msg_blocks_too_long invalid_blocks "
    "invalid_blocks_format no_text invalid_arguments invalid_arg_name invalid_json an_error_of_next_year",
    "retry": "ratelimited rate_limited request_timeout service_unavailable team_added_to_org",
    "ambiguous": "fatal_error internal_error",
}


@pytest.mark.parametrize("outcome", ERRORS)
def test_every_error_of_slack_has_its_outcome(sink: SlackSink, outcome: str) -> None:
    for error in ERRORS[outcome].split():
        sink.behave()
        sink.misbehave(SlackFault("error", error=error))
        found = failure(sink)
        assert (error, found.outcome) == (error, outcome)
        assert error in found.reason
        # Slack says of some that it can say nothing now: lasting, that is no better than silence.
        unable = error in ("request_timeout", "service_unavailable")
        assert found.silent is (unable or outcome == "ambiguous")


def test_a_workspace_that_is_not_there_is_down(sink: SlackSink) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found = failure(sink, base_url=f"http://127.0.0.1:{taken.getsockname()[1]}/api/")

    assert (found.outcome, found.phase) == ("down", "connect")


def test_a_wrong_token_is_down(sink: SlackSink) -> None:
    found = failure(sink, token="xoxb-wrong")

    assert (found.outcome, found.reason, sink.messages) == ("down", "Slack says invalid_auth", [])


def test_a_channel_that_is_not_there_is_refused(sink: SlackSink) -> None:
    found = failure(sink, SlackPost("1", "nowhere", "hello"))

    assert (found.outcome, found.reason) == ("refused", "Slack says channel_not_found")


def test_the_pause_that_slack_asks_for_is_passed_on(sink: SlackSink) -> None:
    sink.misbehave(SlackFault("error", error="ratelimited", status=429, retry_after="7"))

    assert failure(sink).retry_after == 7.0


NOW = datetime(2026, 11, 24, 2, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        ("1.5", 1.5),
        ("0", 0.0),
        ("-4", 0.0),
        ("999999", 3600.0),
        ("Tue, 24 Nov 2026 02:41:00 GMT", 60.0),
        ("Tue, 24 Nov 2026 02:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2026 02:41:00", 10.0),
        ("soon", 10.0),
        ("nan", 10.0),
        ("inf", 10.0),
        ("", 10.0),
        (None, 10.0),
    ],
)
def test_retry_after_is_read_with_suspicion(header: str | None, seconds: float) -> None:
    assert retry_after(header, NOW) == seconds


@given(st.text())
def test_no_retry_after_header_raises(header: str) -> None:
    assert 0 <= retry_after(header, NOW) <= 3600


def test_a_doubt_is_resolved_by_reading_the_history(sink: SlackSink) -> None:
    sink.misbehave(SlackFault("drop", stored=True, times=1), SlackFault("drop", times=1))

    async def story(channel: SlackChannel) -> list[Receipt | None]:
        found = []
        for message_id in ("kept", "lost"):
            since = datetime.now(UTC) - timedelta(minutes=1)
            with pytest.raises(Undelivered):
                await channel.send(SlackPost(message_id, sink.room("incidents").id, "wake up"))
            found.append(await channel.find(sink.room("incidents").id, message_id, since))
        return found

    found, lost = with_channel(sink, story)

    assert found == Receipt(f"{sink.messages[0].channel} {sink.messages[0].ts}")
    assert lost is None


def test_a_doubt_is_resolved_in_a_direct_message_too(sink: SlackSink) -> None:
    sink.misbehave(SlackFault("status", status=500, stored=True, times=1))

    async def story(channel: SlackChannel) -> Receipt | None:
        with pytest.raises(Undelivered):
            await channel.send(SlackPost("kept", "U0LINH", "wake up"))
        return await channel.find("U0LINH", "kept", datetime.now(UTC) - timedelta(minutes=1))

    assert with_channel(sink, story) == Receipt(f"{sink.messages[0].channel} {sink.messages[0].ts}")


def test_a_message_behind_several_pages_of_history_is_found_and_one_before_the_moment_is_not() -> None:
    clock = iter(range(1_000, 10_000))
    with SlackSink(clock=lambda: float(next(clock))) as sink:
        place = sink.room("incidents").id

        async def story(channel: SlackChannel) -> tuple[Receipt | None, Receipt | None]:
            for number in range(230):
                await channel.send(SlackPost(f"m{number}", place, "."))
            first = datetime.fromtimestamp(float(sink.messages[0].ts), UTC)
            before = await channel.find(place, "m0", first - timedelta(seconds=0.5))
            after = await channel.find(place, "m0", first)
            return before, after

        before, after = with_channel(sink, story)

        assert before == Receipt(f"{place} {sink.messages[0].ts}")
        assert after is None


def test_a_history_that_cannot_be_read_means_send_again(sink: SlackSink) -> None:
    sink.misbehave(SlackFault("error", method="conversations.history", error="missing_scope"))

    assert with_channel(sink, lambda channel: channel.find("incidents", "1", NOW)) is None


def test_checking_the_workspace_posts_nothing(sink: SlackSink) -> None:
    assert with_channel(sink, lambda channel: channel.check()) == "Sink as tocsin"
    assert (sink.calls, sink.messages) == (["auth.test"], [])


def test_an_answer_that_names_no_workspace_is_no_workspace(sink: SlackSink) -> None:
    sink.misbehave(SlackFault("bare", method="auth.test"))

    with pytest.raises(Undelivered, match="names no workspace"):
        with_channel(sink, lambda channel: channel.check())


def test_a_channel_moves_to_a_new_event_loop(sink: SlackSink) -> None:
    channel = SlackChannel(SlackConfig(sink.token, sink.base_url))

    async def once() -> None:
        await channel.send(PAGE)
        await channel.close()

    asyncio.run(once())
    asyncio.run(once())

    assert len(sink.messages) == 2


def test_a_sinks_messages_stay_on_this_machine_whatever_proxy_is_set(
    sink: SlackSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    with_channel(sink, lambda channel: channel.send(PAGE))

    assert len(sink.messages) == 1


@pytest.mark.parametrize("url", ["http://slack.com/api/", "slack.com/api/", "", "ftp://127.0.0.1/"])
def test_the_token_never_travels_in_clear_text(url: str) -> None:
    with pytest.raises(Refused, match=r"slack\.base_url"):
        SlackConfig("xoxb-1", url)


def test_the_libraries_are_loaded_by_the_first_message_and_not_before() -> None:
    code = (
        "import sys; import tocsin.channels.slack as s, tocsin.channels.email as e;"
        "s.SlackChannel(s.SlackConfig('xoxb-1')); e.MailChannel(e.SmtpConfig('mail.example.com'));"
        "print({'slack_sdk', 'aiohttp', 'aiosmtplib'} & set(sys.modules))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "set()\n"
    )


def test_the_token_is_not_shown() -> None:
    assert "xoxb" not in repr(SlackConfig("xoxb-secret"))


def test_a_customer_called_channel_calls_nobody() -> None:
    assert slack_escape("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def test_too_long_a_text_is_cut_and_says_so(sink: SlackSink) -> None:
    with_channel(sink, lambda channel: channel.send(SlackPost("1", "incidents", "x" * 50_000)))

    [message] = sink.messages
    kept = message.text.count("x")
    assert message.text.endswith(f"... {50_000 - kept:,} more characters".replace(",", ""))
    assert 3_900 < len(message.text) <= 4_000


def test_too_many_blocks_are_cut_and_counted(sink: SlackSink) -> None:
    blocks = tuple(section(f"step {number}") for number in range(80))
    with_channel(sink, lambda channel: channel.send(SlackPost("1", "incidents", "steps", blocks=blocks)))

    [message] = sink.messages
    assert len(message.blocks) == 50
    assert message.blocks[-1]["elements"][0]["text"] == "... 31 more blocks did not fit"


def test_too_many_characters_over_all_blocks_are_cut_and_counted(sink: SlackSink) -> None:
    blocks = tuple(section("x" * 1_000) for _ in range(14))
    with_channel(sink, lambda channel: channel.send(SlackPost("1", "incidents", "t", blocks=blocks)))

    [message] = sink.messages
    assert len(message.blocks) == 12
    assert message.blocks[-1]["elements"][0]["text"] == "... 3 more blocks did not fit"


def test_a_cut_never_halves_an_entity_or_a_link() -> None:
    for length in range(2_900, 3_000):
        for tail in ("&amp;" * 40, "<https://example.com/a|b>" * 40):
            text = fitted(SlackPost("1", "c", "t", blocks=(section("x" * length + tail),))).blocks[0]["text"][
                "text"
            ]
            body = text.partition("...")[0]
            assert body.count("<") == body.count(">")
            assert body.count("&") == body.count(";")
            assert len(text) <= 3_000


BLOCKS = st.lists(
    st.one_of(
        st.builds(section, st.integers(1, 9_000).map("y".__mul__)),
        st.integers(1, 400).map(
            lambda n: {"type": "header", "text": {"type": "plain_text", "text": "h" * n}}
        ),
        st.lists(st.integers(1, 2_500), max_size=14).map(
            lambda sizes: {
                "type": "section",
                "fields": [{"type": "mrkdwn", "text": "f" * size} for size in sizes],
            }
        ),
        st.lists(st.integers(1, 5_000), max_size=14).map(
            lambda sizes: {
                "type": "context",
                "elements": [{"type": "plain_text", "text": "c" * size} for size in sizes],
            }
        ),
        st.just({"type": "divider"}),
    ),
    max_size=70,
)


@given(text=st.integers(0, 60_000).map("t".__mul__), blocks=BLOCKS)
def test_whatever_is_posted_slack_can_hold_it(text: str, blocks: list[dict[str, Any]]) -> None:
    post = fitted(SlackPost("1", "incidents", text or "t", blocks=tuple(blocks)))

    check_message({"text": post.text, "blocks": post.blocks})


def test_a_post_within_the_limits_is_left_alone() -> None:
    blocks = (section("*what happened* &lt;b&gt;"), {"type": "divider"})
    post = SlackPost("1", "incidents", "short", blocks=blocks, thread="1.000001")

    assert fitted(post) == post
