"""The e-mail channel over real sockets: what each misbehaviour of a relay means for the letter."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from aiosmtpd.handlers import Message as Keeping
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.certificates import self_signed, server_context
from tests.exploring import times
from tocsin.channels import one_line
from tocsin.channels.email import MailChannel, SmtpConfig, mailbox
from tocsin.channels.nameless import nameless, xtext
from tocsin.domain.addresses import bare, is_loopback
from tocsin.domain.errors import Refused
from tocsin.domain.message import MailEnvelope, Receipt, Undelivered, Withdrawn
from tocsin.sinks.lifetime import Sink
from tocsin.sinks.mail import Fault, MailSink

READER = "linh@streamonapi.example"
SENDER = "notice@streamonapi.example"
CONTENT = b"Subject: what happened\r\nMessage-ID: <1@streamonapi.example>\r\n\r\nDear customer.\r\n"


def letter(recipient: str = READER, content: bytes = CONTENT, sender: str = SENDER) -> MailEnvelope:
    return MailEnvelope("1@streamonapi.example", sender, recipient, content)


def config(port: int, **changes: Any) -> SmtpConfig:
    usual = {"host": "127.0.0.1", "port": port, "tls": "loopback-only", "after_dot_timeout": 5.0}
    return SmtpConfig(**{**usual, **changes})


def with_channel(settings: SmtpConfig, story: Callable[[MailChannel], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        channel = MailChannel(settings)
        try:
            return await story(channel)
        finally:
            await channel.close()

    return asyncio.run(run())


def failure(sink: MailSink, mail: MailEnvelope | None = None, **changes: Any) -> Undelivered:
    with pytest.raises(Undelivered) as caught:
        with_channel(config(sink.port, **changes), lambda channel: channel.send(mail or letter()))
    return caught.value


@pytest.fixture
def sink() -> Iterator[MailSink]:
    with MailSink() as sink:
        yield sink


def test_the_receipt_holds_the_relays_own_words(sink: MailSink) -> None:
    receipt = with_channel(config(sink.port), lambda channel: channel.send(letter()))

    [stored] = sink.messages
    assert receipt == Receipt(f"2.0.0 ok queued as {stored.queue_id}")
    assert (stored.sender, stored.recipients, stored.content) == (SENDER, (READER,), CONTENT)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2.1.5 <linh@streamonapi.example> Saved", "2.1.5 <recipient> Saved"),
        ("2.0.0 LINH@StreamOnAPI.example in mailbox linh", "2.0.0 recipient in mailbox recipient"),
        ("2.1.5 <linh+a@elsewhere.example> forwarded", "2.1.5 <(address)> forwarded"),
        ("2.0.0 queued as linhold-1", "2.0.0 queued as linhold-1"),
    ],
)
def test_a_receipt_names_nobody_whatever_the_relay_repeats(sink: MailSink, said: str, kept: str) -> None:
    sink.misbehave(Fault("dot", reply=f"250 {said}"))

    assert with_channel(config(sink.port), lambda channel: channel.send(letter())) == Receipt(kept)
    assert [mail.recipients for mail in sink.messages] == [(READER,)]


#: What the relay does, and what that means: outcome, phase, letters that the relay kept.
MISDEEDS = {
    "451 to RCPT": (Fault("rcpt", reply="451 4.7.1 greylisted"), "retry", "rcpt", 0),
    "421 to RCPT": (Fault("rcpt", reply="421 4.3.2 closing"), "retry", "rcpt", 0),
    "550 to RCPT": (Fault("rcpt", reply="550 5.1.1 no such user"), "refused", "rcpt", 0),
    "530 to RCPT": (Fault("rcpt", reply="530 5.7.0 authenticate first"), "down", "rcpt", 0),
    "drop at RCPT": (Fault("rcpt", "drop"), "retry", "rcpt", 0),
    "silence at RCPT": (Fault("rcpt", "silence"), "retry", "rcpt", 0),
    "451 to MAIL": (Fault("mail", reply="451 4.3.0 busy"), "retry", "mail", 0),
    "550 to MAIL": (Fault("mail", reply="550 5.7.1 this sender may not"), "down", "mail", 0),
    "552 to MAIL": (Fault("mail", reply="552 5.3.4 too big"), "refused", "mail", 0),
    "drop at MAIL": (Fault("mail", "drop"), "retry", "mail", 0),
    "554 to DATA": (Fault("data", reply="554 5.5.1 no valid recipients"), "refused", "data", 0),
    "451 to DATA": (Fault("data", reply="451 4.3.0 later"), "retry", "data", 0),
    "drop at DATA before the 354": (Fault("data", "drop"), "retry", "data", 0),
    "silence at DATA before the 354": (Fault("data", "silence"), "retry", "data", 0),
    "drop in the middle of the content": (Fault("content", "drop"), "ambiguous", "after-dot", 0),
    "452 after the dot": (Fault("dot", reply="452 4.3.1 disk full"), "retry", "after-dot", 0),
    "554 after the dot": (Fault("dot", reply="554 5.7.1 looks like spam"), "refused", "after-dot", 0),
    "drop after the dot": (Fault("dot", "drop"), "ambiguous", "after-dot", 1),
    "silence after the dot": (Fault("dot", "silence"), "ambiguous", "after-dot", 1),
    "nonsense after the dot": (Fault("dot", reply="hello"), "ambiguous", "after-dot", 0),
    "421 as greeting": (Fault("connect", reply="421 4.3.2 too busy"), "down", "connect", 0),
    "554 as greeting": (Fault("connect", reply="554 5.3.2 no mail here"), "down", "connect", 0),
    "silence as greeting": (Fault("connect", "silence"), "down", "connect", 0),
    "drop at EHLO": (Fault("ehlo", "drop"), "down", "ehlo", 0),
    "421 to EHLO": (Fault("ehlo", reply="421 4.3.2 too busy"), "down", "ehlo", 0),
    "502 to EHLO": (Fault("ehlo", reply="502 5.5.1 what?"), "down", "ehlo", 0),
}


@pytest.mark.parametrize("misdeed", MISDEEDS)
def test_every_misdeed_of_a_relay_has_its_outcome_and_phase(sink: MailSink, misdeed: str) -> None:
    fault, outcome, phase, kept = MISDEEDS[misdeed]
    sink.misbehave(fault)

    short = {"connect_timeout": 0.3, "command_timeout": 0.3, "after_dot_timeout": 0.3}
    found = failure(sink, **(short if fault.do == "silence" else {}))

    assert (found.outcome, found.phase, len(sink.messages)) == (outcome, phase, kept)


def test_a_250_followed_by_a_dropped_connection_is_accepted_and_the_next_letter_dials_again(
    sink: MailSink,
) -> None:
    sink.misbehave(Fault("accepted", "drop", times=1))

    async def two(channel: MailChannel) -> None:
        await channel.send(letter())
        await channel.send(letter())

    with_channel(config(sink.port), two)

    assert (len(sink.messages), sink.connections) == (2, 2)


def test_one_refused_address_neither_holds_nor_doubles_another_letter(sink: MailSink) -> None:
    sink.misbehave(Fault("rcpt", reply="550 5.1.1 no such user", recipient="gone@example.com"))

    async def three(channel: MailChannel) -> list[str]:
        outcomes = []
        for reader in ("a@example.com", "gone@example.com", "b@example.com"):
            try:
                await channel.send(letter(reader))
                outcomes.append("sent")
            except Undelivered as refused:
                outcomes.append(refused.outcome)
        return outcomes

    assert with_channel(config(sink.port), three) == ["sent", "refused", "sent"]
    assert [mail.recipients for mail in sink.messages] == [("a@example.com",), ("b@example.com",)]
    assert sink.connections == 1  # RSET was enough


def test_a_relay_that_hung_up_while_idle_costs_no_letter(sink: MailSink) -> None:
    async def story(channel: MailChannel) -> None:
        await channel.send(letter())
        sink.misbehave(Fault("mail", reply="421 4.4.2 idle for too long", times=1))
        await channel.send(letter())

    with_channel(config(sink.port), story)

    assert (len(sink.messages), sink.connections) == (2, 2)


def test_greylisting_says_when_to_come_back(sink: MailSink) -> None:
    sink.misbehave(Fault("rcpt", reply="450 4.2.0 greylisted", times=1))

    assert failure(sink).retry_after == 300.0


def test_a_relay_that_is_not_there_is_down() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        free = taken.getsockname()[1]
        with pytest.raises(Undelivered) as caught:
            with_channel(config(free), lambda channel: channel.send(letter()))

    assert (caught.value.outcome, caught.value.phase) == ("down", "connect")


def test_a_cancelled_send_stays_a_cancellation_and_the_next_one_has_a_clean_connection(
    sink: MailSink,
) -> None:
    sink.misbehave(Fault("dot", "silence", times=1))

    async def story(channel: MailChannel) -> None:
        task = asyncio.create_task(channel.send(letter("a@example.com")))
        while not sink.messages:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await channel.send(letter("b@example.com"))

    with_channel(config(sink.port), story)

    assert [mail.recipients[0] for mail in sink.messages] == ["a@example.com", "b@example.com"]
    assert sink.connections == 2


def test_the_reason_is_one_line_and_does_not_repeat_the_address(sink: MailSink) -> None:
    sink.misbehave(Fault("rcpt", reply=f"550-5.1.1 <{READER.upper()}>:\r\n550 5.1.1 unknown\x07 {'x' * 900}"))

    reason = failure(sink).reason

    assert "5.1.1" in reason
    assert READER not in reason.lower()
    assert reason.isprintable()
    assert len(reason) <= 300


def test_delivery_reports_are_asked_for_where_the_relay_lists_dsn(sink: MailSink) -> None:
    with_channel(config(sink.port), lambda channel: channel.send(letter("a+b@example.com")))

    assert sink.messages[0].options == (
        f"SIZE={len(CONTENT)}",
        "RET=HDRS",
        "ENVID=1@streamonapi.example",
        "NOTIFY=SUCCESS,FAILURE,DELAY",
        "ORCPT=rfc822;a+2Bb@example.com",
    )


def test_xtext_hides_what_would_end_a_parameter() -> None:
    assert xtext("a b=c+d\r\né") == "a+20b+3Dc+2Bd+0D+0A+C3+A9"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b.example\r\nRCPT TO:<e@x.example>",
        "a@b.example> NOTIFY=NEVER <c@d.example",
        "two words@example.com",
        "a@example.com.",
        "a@\u202eelpmaxe.com",
        "a,b@example.com",
        '"a b@example.com',
        '"a"b"@example.com',
        '"a\\"@example.com',
        '"a\r\nb"@example.com',
        '"a\\\nb"@example.com',
        '"a\tb"@example.com',
        '"a\x00b"@example.com',
        '"é"@example.com',
        '""@example.com',
        '"a" @example.com',
        '"a"@b@example.com',
        '"a"@[127.0.0.1]',
        '"a"@example.com> NOTIFY=NEVER',
        f'"{"a" * 63}"@example.com',
        '"=?utf-8?q?x?="@example.com',
    ],
)
def test_a_wrong_address_is_refused_before_anything_is_connected(sink: MailSink, address: str) -> None:
    for mail in (letter(address), letter(sender=address)):
        found = failure(sink, mail)
        assert (found.outcome, found.phase) == ("refused", "address")
        assert not address or address not in found.reason
    assert sink.connections == 0


#: As it is given, as the relay is asked, and as ORCPT gives it.
QUOTED = {
    '"john doe"@example.com': '"john+20doe"@example.com',
    '"a,b"@example.com': '"a,b"@example.com',
    '"plain"@example.com': '"plain"@example.com',
    '"a@b"@example.com': '"a@b"@example.com',
    '"a> NOTIFY=NEVER <b"@example.com': '"a>+20NOTIFY+3DNEVER+20<b"@example.com',
    r'"say \"hi\"\\"@example.com': r'"say+20\"hi\"\\"@example.com',
    r'"a..b "@example.com': r'"a..b+20"@example.com',
}


@pytest.mark.parametrize("address", QUOTED)
def test_a_quoted_local_part_is_asked_for_as_it_is_quoted(sink: MailSink, address: str) -> None:
    receipt = with_channel(config(sink.port), lambda channel: channel.send(letter(address)))

    [mail] = sink.messages
    assert (receipt.reply[:5], mail.recipients) == ("2.0.0", (address,))
    assert mail.options[-2:] == ("NOTIFY=SUCCESS,FAILURE,DELAY", f"ORCPT=rfc822;{QUOTED[address]}")


@settings(max_examples=times(60))
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=30))
def test_whatever_is_quoted_by_the_rules_is_one_reader_and_no_command(words: str) -> None:
    local = "".join(f"\\{sign}" if sign in '"\\' else sign for sign in words)
    address = f'"{local}"@example.com'
    assert bare(f'"{local}"') == words
    with MailSink() as sink:
        if "=?" in words:
            assert failure(sink, letter(address)).phase == "address"
            return
        with_channel(config(sink.port), lambda channel: channel.send(letter(address)))
        assert [mail.recipients for mail in sink.messages] == [(address,)]


@pytest.mark.parametrize(
    ("reader", "said", "kept"),
    [
        ('"john doe"@example.com', '<"john doe"@example.com> no', "<recipient> no"),
        ('"john doe"@example.com', "john doe@example.com: john doe gone", "recipient: recipient gone"),
        ('"john doe"@example.com', 'rfc822;"John+20Doe"@example.com', "rfc822;recipient"),
        (r'"a\"b"@example.com', r'<"a\"b"@example.com> or a"b', "<recipient> or recipient"),
        ("a@example.com", r'sent on to <"j. \"d\" e"@example.org>', "sent on to <(address)>"),
        ('"john doe"@example.com', r"<john\ doe@example.com> or john\ doe", "<recipient> or recipient"),
        ("dùng@example.com", "DÙNG@example.com: dùng gone", "recipient: recipient gone"),
        ("dùng@example.com", normalize("NFD", "dùng gone"), "recipient gone"),
        ("dùng@example.com", r"utf-8;d\x{F9}ng@example.com", "utf-8;recipient"),
    ],
)
def test_a_reply_names_no_reader_however_the_server_writes_her(reader: str, said: str, kept: str) -> None:
    assert nameless(said, reader) == kept


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (r'"a\ b"@example.com', '"a b"@example.com'),
        (r'"\a"@example.com', '"a"@example.com'),
        (r'"a\"\\b"@example.com', r'"a\"\\b"@example.com'),
    ],
)
def test_an_escape_that_nothing_needs_is_left_out_and_every_other_stays(given: str, meant: str) -> None:
    assert mailbox(given) == meant


def test_a_mailbox_of_ours_outside_ascii_is_told_to_take_another_channel(sink: MailSink) -> None:
    with pytest.raises(Undelivered, match="another channel"):
        mailbox("nguyễn@example.com")
    sink.utf8 = True
    assert failure(sink, letter(sender="nguyễn@example.com")).phase == "address"


ABROAD = "To: <nguyễn@example.com>\r\n".encode() + CONTENT


def test_a_reader_outside_ascii_is_written_to_by_a_relay_that_takes_smtputf8(sink: MailSink) -> None:
    sink.utf8 = True
    with_channel(config(sink.port), lambda channel: channel.send(letter("nguyễn@exämple.com", ABROAD)))
    with_channel(config(sink.port), lambda channel: channel.send(letter()))

    abroad, plain = sink.messages
    assert (abroad.recipients, abroad.content) == (("nguyễn@xn--exmple-cua.com",), ABROAD)
    assert {"BODY=8BITMIME", "SMTPUTF8", r"ORCPT=utf-8;nguy\x{1EC5}n@xn--exmple-cua.com"} < {*abroad.options}
    assert not {"BODY=8BITMIME", "SMTPUTF8"} & {*plain.options}


def test_a_relay_without_smtputf8_is_not_asked_and_the_next_letter_takes_its_connection(
    sink: MailSink,
) -> None:
    async def story(channel: MailChannel) -> str:
        with pytest.raises(Undelivered) as caught:
            await channel.send(letter("nguyễn@example.com", ABROAD))
        await channel.send(letter())
        assert (caught.value.outcome, caught.value.phase) == ("refused", "address")
        return caught.value.reason

    assert "the relay does not take SMTPUTF8" in with_channel(config(sink.port), story)
    assert ([mail.recipients for mail in sink.messages], sink.connections) == ([(READER,)], 1)


def test_the_body_of_a_mail_to_a_reader_outside_ascii_is_7_bit_all_the_same(sink: MailSink) -> None:
    sink.utf8 = True
    found = failure(sink, letter("nguyễn@example.com", ABROAD + "xin chào".encode()))

    assert (found.outcome, found.phase, sink.connections) == ("refused", "address", 0)


def test_a_domain_outside_ascii_travels_as_punycode_and_the_local_part_keeps_its_case(sink: MailSink) -> None:
    with_channel(config(sink.port), lambda channel: channel.send(letter("Linh.NG@exämple.com")))

    assert sink.messages[0].recipients == ("Linh.NG@xn--exmple-cua.com",)


ADDRESSES = st.one_of(
    st.emails(),
    st.from_regex(
        r"[a-z0-9.+_'-]{1,70}@[a-z0-9-]{1,65}(\.[a-z0-9-]{1,6}){0,3}(\.(com|test|local|x1|c))?",
        fullmatch=True,
    ),
    st.builds("{}@{}.example".format, st.text('ab."@ é', max_size=9), st.text("ab-.A_ é", max_size=9)),
)


@given(ADDRESSES.filter(lambda address: not address.startswith('"')))
def test_a_plain_address_is_judged_as_the_library_would(address: str) -> None:
    try:
        wanted = validate_email(address, check_deliverability=False, strict=True).ascii_email
    except EmailNotValidError:
        wanted = None
    try:
        found: str | None = mailbox(address)
    except Undelivered:
        found = None
    assert found == wanted


@pytest.mark.parametrize("top", SPECIAL_USE_DOMAIN_NAMES)
def test_a_name_under_which_nobody_takes_mail_is_refused(top: str) -> None:
    with pytest.raises(Undelivered):
        mailbox(f"linh@mail.{top}")


def test_8_bit_content_is_refused_before_anything_is_connected(sink: MailSink) -> None:
    found = failure(sink, letter(content="Subject: xin chào\r\n\r\n".encode()))

    assert (found.outcome, found.phase, sink.connections) == ("refused", "address", 0)


LINES = st.lists(
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20) | st.just("."), max_size=8
)


@settings(max_examples=times(60))
@given(lines=LINES, ends=st.sampled_from(["\n", "\r\n", "\r", "\n\n"]))
def test_no_content_can_end_its_own_transaction(lines: list[str], ends: str) -> None:
    content = ends.join(lines).encode()
    with MailSink() as sink:
        with_channel(config(sink.port), lambda channel: channel.send(letter(content=content)))

        [stored] = sink.messages
    meant = b"\r\n".join(content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))
    assert stored.content == (meant if meant.endswith(b"\r\n") else meant + b"\r\n")


def test_mails_at_once_go_by_a_connection_each_which_are_kept(sink: MailSink) -> None:
    sink.misbehave(Fault("dot", "silence", recipient="a@example.com"))

    async def story(channel: MailChannel) -> None:
        stuck = asyncio.create_task(channel.send(letter("a@example.com")))
        while not sink.messages:
            await asyncio.sleep(0.01)
        await channel.send(letter("b@example.com"))
        await channel.send(letter("c@example.com"))
        assert stuck.cancel(), "the others waited for its end"

    with_channel(config(sink.port), story)

    assert [mail.recipients[0][0] for mail in sink.messages] == ["a", "b", "c"]
    assert sink.connections == 2


def test_a_channel_moves_to_a_new_event_loop(sink: MailSink) -> None:
    channel = MailChannel(config(sink.port))

    async def once() -> None:
        await channel.send(letter())
        await channel.close()

    asyncio.run(once())
    asyncio.run(once())

    assert len(sink.messages) == 2


def test_checking_the_relay_sends_nothing(sink: MailSink) -> None:
    said = with_channel(config(sink.port), lambda channel: channel.check())

    assert said == f"127.0.0.1:{sink.port} takes mail (loopback-only)"
    assert (sink.connections, sink.messages) == (1, [])


def test_clear_text_is_refused_off_loopback() -> None:
    with pytest.raises(Refused, match="clear text"):
        SmtpConfig("mail.example.com", tls="loopback-only")


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(SmtpConfig("mail.example.com", username="tocsin", password="secret"))


@pytest.mark.parametrize(
    ("host", "local"),
    [
        *((host, True) for host in ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "LOCALHOST.")),
        *((host, False) for host in ("localhost.example.com", "10.0.0.1", "127.0.0.1.example.com", "")),
    ],
)
def test_only_this_machine_is_loopback(host: str, local: bool) -> None:
    assert is_loopback(host) is local


@given(st.text())
def test_words_of_the_other_side_become_one_short_line(words: str) -> None:
    line = one_line(words)
    assert len(line) <= 300
    assert len(line.splitlines()) <= 1
    line.encode()


# An independent server: aiosmtpd, with STARTTLS, TLS from the start, and AUTH.


class Keeper(Keeping):
    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Any] = []

    def handle_message(self, message: Any) -> None:
        self.kept.append(message)


class Aiosmtpd(Sink):
    """aiosmtpd on a port of its own choice; `kept` holds the messages it parsed."""

    def __init__(self, *, ssl_context: ssl.SSLContext | None = None, **options: Any) -> None:
        super().__init__()
        self._keeper, self._ssl, self._options = Keeper(), ssl_context, options
        self.kept = self._keeper.kept

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self._keeper, loop=loop, hostname="localhost", **self._options),
            self.HOST,
            0,
            ssl=self._ssl,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self._server.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one PEM file."""
    return self_signed(tmp_path_factory.mktemp("tls") / "server.pem")


def test_another_server_reads_the_letter_as_it_was_meant() -> None:
    with Aiosmtpd() as server:
        with_channel(config(server.port), lambda channel: channel.send(letter()))

    [message] = server.kept
    assert message["Subject"] == "what happened"
    assert message["X-RcptTo"] == READER
    assert message.get_payload().strip() == "Dear customer."


@pytest.mark.parametrize("reader", ['"john doe"@example.com', '"a,b"@example.com', "nguyễn@example.com"])
def test_another_server_takes_the_rarer_addresses_for_what_they_are(reader: str) -> None:
    content = CONTENT if reader.isascii() else ABROAD
    with Aiosmtpd(enable_SMTPUTF8=True) as server:
        with_channel(config(server.port), lambda channel: channel.send(letter(reader, content)))

    [message] = server.kept
    assert message["X-RcptTo"] == reader


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_that_nobody_vouches_for_is_down_and_one_that_is_trusted_is_not(
    certificate: Path, tls: str
) -> None:
    context = server_context(certificate)
    options = {"tls_context": context} if tls == "starttls" else {"ssl_context": context}
    trusting = ssl.create_default_context(cafile=str(certificate))
    with Aiosmtpd(**options) as server:
        with pytest.raises(Undelivered) as caught:
            with_channel(config(server.port, tls=tls), lambda channel: channel.send(letter()))
        refused = len(server.kept)
        with_channel(
            config(server.port, tls=tls, tls_context=trusting), lambda channel: channel.send(letter())
        )

    phase = "starttls" if tls == "starttls" else "connect"
    assert (caught.value.outcome, caught.value.phase) == ("down", phase)
    assert "certificate" in caught.value.reason.lower()
    assert (refused, len(server.kept)) == (0, 1)


def test_a_relay_that_offers_no_encryption_is_down_when_encryption_is_asked_for(sink: MailSink) -> None:
    found = failure(sink, tls="starttls")

    assert (found.outcome, found.phase, sink.messages) == ("down", "starttls", [])


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_a_relay_that_cannot_look_up_passwords_now_is_down() -> None:
    def judge(*_: Any) -> AuthResult:
        return AuthResult(success=False, handled=False, message="454 4.7.0 Temporary authentication failure")

    with Aiosmtpd(authenticator=judge, auth_required=True, auth_require_tls=False) as server:
        ours = config(server.port, username="tocsin", password="right")
        with pytest.raises(Undelivered) as caught:
            with_channel(ours, lambda channel: channel.send(letter()))

    assert (caught.value.outcome, caught.value.phase) == ("down", "auth")
    assert "454" in caught.value.reason


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_a_wrong_password_is_down_and_the_right_one_opens() -> None:
    def judge(server: Any, session: Any, envelope: Any, mechanism: str, login: LoginPassword) -> AuthResult:
        return AuthResult(success=login.password == b"right", handled=False)

    with Aiosmtpd(authenticator=judge, auth_required=True, auth_require_tls=False) as server:
        wrong = config(server.port, username="tocsin", password="wrong")
        with pytest.raises(Undelivered) as caught:
            with_channel(wrong, lambda channel: channel.send(letter()))
        right = config(server.port, username="tocsin", password="right")
        with_channel(right, lambda channel: channel.send(letter()))
        with pytest.raises(Undelivered) as nobody:
            with_channel(config(server.port), lambda channel: channel.send(letter()))

    assert (caught.value.outcome, caught.value.phase) == ("down", "auth")
    assert (nobody.value.outcome, nobody.value.phase) == ("down", "mail")
    assert "wrong" not in caught.value.reason
    assert len(server.kept) == 1


# --- a letter that is announced behind the content of the one before it

IN_A_LETTER = [name for name in MISDEEDS if "greeting" not in name and "EHLO" not in name]


class Relay:
    """A relay of few words that notes what came with each turn: all that a client says before it waits."""

    def __init__(self) -> None:
        self.turns: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 relay\r\n")
        while heard := await reader.read(1 << 20):
            self.turns.append(heard)
            if heard.startswith(b"EHLO"):
                writer.write(b"250-relay\r\n250 PIPELINING\r\n")
                continue
            if heard.startswith(b"QUIT"):
                break
            ends = heard.count(b"\r\n.\r\n")
            asks = heard.count(b"MAIL FROM")
            writer.write(b"250 taken\r\n" * ends + b"250 ok\r\n250 ok\r\n354 go\r\n" * asks)
        writer.close()

    def hear(self, story: Callable[[MailChannel], Awaitable[Any]]) -> list[bytes]:
        """What came turn by turn, EHLO left out."""

        async def run() -> None:
            server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
            channel = MailChannel(config(server.sockets[0].getsockname()[1]))
            await story(channel)
            await channel.close()
            server.close()
            await server.wait_closed()

        asyncio.run(run())
        return [turn for turn in self.turns if not turn.startswith(b"EHLO")]


def test_the_commands_of_what_follows_travel_with_the_content_before_them() -> None:
    async def two(channel: MailChannel) -> None:
        first, second = letter("a@example.com"), letter("b@example.com")
        await channel.send(first, second)
        await channel.send(second)

    commands, first, second, farewell = Relay().hear(two)

    assert commands.startswith(b"MAIL FROM")
    assert commands.endswith(b"DATA\r\n")
    assert first.startswith(CONTENT + b".\r\nMAIL FROM")
    assert first.endswith(b"DATA\r\n")
    assert b"RCPT TO:<b@example.com>" in first
    assert (second, farewell) == (CONTENT + b".\r\n", b"QUIT\r\n")


def test_nothing_more_is_said_to_a_relay_that_waits_for_content_that_does_not_come() -> None:
    async def one(channel: MailChannel) -> None:
        await channel.send(letter("a@example.com"), letter("b@example.com"))

    assert Relay().hear(one)[-1].endswith(b"DATA\r\n")  # no content, no dot, and no QUIT to be taken for some


@pytest.mark.parametrize("misdeed", IN_A_LETTER)
def test_whatever_becomes_of_a_letter_the_one_that_was_announced_arrives_once(
    sink: MailSink, misdeed: str
) -> None:
    fault, outcome, phase, kept = MISDEEDS[misdeed]
    sink.misbehave(replace(fault, times=1))
    first, second = letter("a@example.com"), letter("b@example.com")

    async def two(channel: MailChannel) -> Undelivered:
        with pytest.raises(Undelivered) as caught:
            await channel.send(first, second)
        await channel.send(second)
        return caught.value

    short = {"command_timeout": 0.3, "after_dot_timeout": 0.3} if fault.do == "silence" else {}
    found = with_channel(config(sink.port, **short), two)

    assert (found.outcome, found.phase) == (outcome, phase)
    assert [mail.recipients[0] for mail in sink.messages] == ["a@example.com"] * kept + ["b@example.com"]


# A relay that hangs up before a mail has not refused it: that one is tried on a new connection.
@pytest.mark.parametrize("misdeed", [name for name in IN_A_LETTER if name != "drop at MAIL"])
def test_whatever_becomes_of_one_that_was_announced_is_its_own_fate(sink: MailSink, misdeed: str) -> None:
    fault, outcome, phase, kept = MISDEEDS[misdeed]
    short = {"command_timeout": 0.3, "after_dot_timeout": 0.3} if fault.do == "silence" else {}

    async def three(channel: MailChannel) -> Undelivered:
        first, second, third = (letter(f"{name}@example.com") for name in "abc")
        sink.misbehave(Fault("data", "delay", seconds=0.05, times=1))  # so that the fault meets the second
        sending = asyncio.create_task(channel.send(first, second))
        await asyncio.sleep(0.02)
        sink.misbehave(replace(fault, recipient="b@example.com") if fault.at != "mail" else fault)
        await sending
        with pytest.raises(Undelivered) as caught:
            await channel.send(second, third)
        sink.behave()
        await channel.send(third)
        return caught.value

    found = with_channel(config(sink.port, **short), three)

    assert (found.outcome, found.phase) == (outcome, phase)
    arrived = [mail.recipients[0][0] for mail in sink.messages]
    assert arrived == ["a", *"b" * kept, "c"]


def test_a_mail_that_is_withdrawn_begins_no_content_and_the_next_one_dials_again(sink: MailSink) -> None:
    async def two(channel: MailChannel) -> None:
        with pytest.raises(Withdrawn):
            await channel.send(replace(letter("a@example.com"), ours=lambda: False), letter("b@example.com"))
        await channel.send(letter("b@example.com"))

    with_channel(config(sink.port), two)

    assert [mail.recipients[0][0] for mail in sink.messages] == ["b"]
    assert sink.connections == 2


def test_another_mail_than_the_announced_one_goes_by_a_new_connection(sink: MailSink) -> None:
    async def three(channel: MailChannel) -> None:
        await channel.send(letter("a@example.com"), letter("b@example.com"))
        await channel.send(letter("c@example.com"))
        await channel.send(letter("b@example.com"))

    with_channel(config(sink.port), three)

    assert [mail.recipients[0][0] for mail in sink.messages] == ["a", "c", "b"]
    assert sink.connections == 2


def test_an_address_that_is_none_is_announced_to_nobody_and_is_its_own_refusal(sink: MailSink) -> None:
    async def two(channel: MailChannel) -> Undelivered:
        wrong = letter("two words@example.com")
        await channel.send(letter("a@example.com"), wrong)
        with pytest.raises(Undelivered) as caught:
            await channel.send(wrong)
        return caught.value

    assert with_channel(config(sink.port), two).phase == "address"
    assert len(sink.messages) == 1


def test_an_announced_letter_whose_domain_is_written_in_punycode_is_the_same_one(sink: MailSink) -> None:
    async def two(channel: MailChannel) -> None:
        following = letter("b@exämple.com")
        await channel.send(letter("a@example.com"), following)
        await channel.send(following)
        # Another one, though it is equal: it is looked at by itself.
        await channel.send(letter("a@example.com"), following)
        await channel.send(letter("b@exämple.com"))

    with_channel(config(sink.port), two)

    assert sink.connections == 1
    assert [mail.recipients for mail in sink.messages] == [("a@example.com",), ("b@xn--exmple-cua.com",)] * 2


def test_an_announced_letter_is_looked_at_once(sink: MailSink, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def written(address: str) -> str:
        seen.append(address)
        return address

    monkeypatch.setattr("tocsin.channels.email.written", written)

    async def three(channel: MailChannel) -> None:
        letters = [letter(f"{name}@example.com") for name in "abc"]
        for mail, following in zip(letters, [*letters[1:], None], strict=True):
            await channel.send(mail, following)

    with_channel(config(sink.port), three)

    assert sorted(address for address in seen if address[0] in "abc") == [
        f"{name}@example.com" for name in "abc"
    ]
    assert len(sink.messages) == 3
