"""The mail sink, seen by the standard library's own client and by a bare socket."""

import asyncio
import smtplib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.sinks.mail import Fault, MailSink, arrived

CONTENT = b"Message-ID: <1@a.example>\r\nSubject: x\r\n\r\n.one\r\n..two\r\n.\r\nend\r\n"


@pytest.fixture
def sink() -> Iterator[MailSink]:
    with MailSink() as sink:
        yield sink


def talk(sink: MailSink, *said: bytes) -> list[str]:
    """Say each piece in one write, hang up the sending side, and return all replies after the greeting."""
    with socket.create_connection(("127.0.0.1", sink.port), timeout=5) as line:
        for piece in said:
            line.sendall(piece)
        line.shutdown(socket.SHUT_WR)
        replies = b"".join(iter(lambda: line.recv(65536), b""))
    return replies.decode().splitlines()[1:]


def test_another_client_finds_a_polite_server_and_the_content_survives_its_dots(sink: MailSink) -> None:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as client:
        client.ehlo()
        assert {"size", "8bitmime", "dsn", "pipelining"} <= set(client.esmtp_features)
        client.sendmail("a@a.example", ["b@b.example", "c@c.example"], CONTENT)

    [mail] = sink.messages
    assert mail.sender == "a@a.example"
    assert mail.recipients == ("b@b.example", "c@c.example")
    assert mail.content == CONTENT


def test_commands_in_one_packet_are_answered_in_order(sink: MailSink) -> None:
    letter = b"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\nSubject: x\r\n\r\nhello\r\n.\r\n"
    replies = talk(sink, b"EHLO x\r\n" + letter + letter + b"QUIT\r\n")

    codes = [reply[:3] for reply in replies if reply[3] == " "]
    assert codes == ["250", *["250", "250", "354", "250"] * 2, "221"]
    assert [mail.content for mail in sink.messages] == [b"Subject: x\r\n\r\nhello\r\n"] * 2


def test_a_dot_torn_apart_between_packets_still_ends_the_content(sink: MailSink) -> None:
    with socket.create_connection(("127.0.0.1", sink.port), timeout=5) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.sendall(b"EHLO x\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\nhello\r\n")
        got = b""
        while b"354" not in got:
            got += line.recv(4096)
        for byte in b".\r\n":
            line.sendall(bytes([byte]))
        assert b"queued" in line.recv(4096)

    assert sink.messages[0].content == b"hello\r\n"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"MAIL FROM:<a@a.example>\r\n", "503"),
        (b"EHLO x\r\nRCPT TO:<b@b.example>\r\n", "503"),
        (b"EHLO x\r\nDATA\r\n", "503"),
        (b"EHLO x\r\nMAIL a@a.example\r\n", "501"),
        (b"EHLO x\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<nobody>\r\n", "501"),
        (b"EHLO x\r\nMAIL FROM:<a@a.example>\r\nRSET\r\nRCPT TO:<b@b.example>\r\n", "503"),
        (b"TURN\r\n", "500"),
        (b"HELO x\r\nNOOP\r\n", "250"),
    ],
)
def test_what_is_out_of_order_is_told_so(sink: MailSink, said: bytes, code: str) -> None:
    assert talk(sink, said)[-1][:3] == code
    assert sink.messages == []


def test_a_fault_counts_down_and_then_the_sink_behaves(sink: MailSink) -> None:
    sink.misbehave(Fault("rcpt", reply="451 4.7.1 later", recipient="b@b.example", times=2))
    start = b"EHLO x\r\nMAIL FROM:<a@a.example>\r\n"

    codes = [reply[:3] for reply in talk(sink, start + b"RCPT TO:<b@b.example>\r\n" * 3)[-3:]]
    other = talk(sink, start + b"RCPT TO:<c@c.example>\r\n")[-1][:3]

    assert (codes, other) == (["451", "451", "250"], "250")


def test_a_delay_holds_the_answer_back_and_keeps_the_order(sink: MailSink) -> None:
    sink.misbehave(Fault("mail", "delay", seconds=0.05))
    with socket.create_connection(("127.0.0.1", sink.port), timeout=5) as line:
        line.sendall(b"EHLO x\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nNOOP\r\n")
        got = b""
        while b"still here" not in got:
            got += line.recv(4096)

    assert got.index(b"sender ok") < got.index(b"recipient ok") < got.index(b"still here")


def test_the_queue_id_depends_on_the_message_id_alone(sink: MailSink, tmp_path: Path) -> None:
    first = sink.keep("a@a.example", ("b@b.example",), (), CONTENT)
    again = sink.keep("a@a.example", ("b@b.example",), (), CONTENT + b"more\r\n")
    other = sink.keep("a@a.example", ("b@b.example",), (), CONTENT.replace(b"<1@", b"<2@"))

    assert first.queue_id == again.queue_id != other.queue_id


def test_another_process_reads_what_arrived_from_the_folder(tmp_path: Path) -> None:
    assert arrived(tmp_path / "mail") == []
    with (
        MailSink(folder=tmp_path / "mail") as sink,
        smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as client,
    ):
        for number in range(3):
            client.sendmail("a@a.example", [f"reader{number}@b.example"], CONTENT)
        found = arrived(tmp_path / "mail")

    assert found == sink.messages
    assert [mail.recipients for mail in found] == [(f"reader{number}@b.example",) for number in range(3)]
    assert {mail.content for mail in found} == {CONTENT}
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 3
    assert not list((tmp_path / "mail").glob("*.tmp"))


def test_a_folder_that_is_used_again_overwrites_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        with MailSink(folder=tmp_path) as sink, smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as client:
            client.sendmail("a@a.example", ["b@b.example"], CONTENT)

    assert len(arrived(tmp_path)) == len(list(tmp_path.glob("*.eml"))) == 2


def test_a_sink_listens_on_loopback_only_and_closes_while_clients_wait() -> None:
    with MailSink() as sink:
        line = socket.create_connection(("127.0.0.1", sink.port), timeout=5)
        assert line.recv(100).startswith(b"220")
        assert {one.getsockname()[0] for one in sink._server.sockets} == {"127.0.0.1"}  # type: ignore[union-attr]

    with line:
        assert line.recv(100) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", sink.port), timeout=5)


def test_a_taken_port_is_an_error_where_the_sink_is_opened(sink: MailSink) -> None:
    with pytest.raises(OSError, match="in use"), MailSink(port=sink.port):
        pass


def test_a_sink_also_lives_in_the_callers_own_loop() -> None:
    async def story() -> int:
        async with MailSink() as sink:
            reader, writer = await asyncio.open_connection("127.0.0.1", sink.port)
            greeting = await reader.readline()
            writer.close()
            return int(greeting[:3])

    assert asyncio.run(story()) == 220
