"""Mails as bytes: what was meant is what a reader decodes, whatever the name, the subject and the text."""

import email
import re
from datetime import UTC, datetime
from email.header import decode_header
from email.message import EmailMessage
from email.policy import SMTPUTF8, default
from email.utils import parseaddr
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tocsin.domain.errors import Refused
from tocsin.domain.message import MailEnvelope
from tocsin.rendering import mime, stencil
from tocsin.rendering.mail_headers import ascii_address, read_words, words
from tocsin.rendering.mime import Mold, build_mail
from tocsin.rendering.stencil import Body, Stencil

DATE = datetime(2026, 11, 24, 2, 40, tzinfo=UTC)


def mail(**changes: Any) -> MailEnvelope:
    usual: dict[str, Any] = {
        "message_id": "6f1c@streamonapi.example",
        "date": DATE,
        "sender": ("StreamOnApi", "notice@streamonapi.example"),
        "to": ("Nguyễn Văn An", "an@example.com"),
        "subject": "Thông báo về dữ liệu của bạn",
        "text": "Xin chào An,\n",
        "html": "<p>Xin chào An,</p>",
    }
    return build_mail(**{**usual, **changes})


def read(envelope: MailEnvelope) -> EmailMessage:
    return cast(EmailMessage, email.message_from_bytes(envelope.content, policy=default))


def reader_of(envelope: MailEnvelope) -> tuple[str, str]:
    """The To header by RFC 2047: what is between two encoded words vanishes."""
    name, address = parseaddr(email.message_from_bytes(envelope.content)["To"])
    pieces = decode_header(name)
    text = "".join(
        one.decode(charset or "ascii") if isinstance(one, bytes) else one for one, charset in pieces
    )
    return text, address


SYLLABLES = re.findall(
    r"\S+",
    "thông báo sự cố bảo mật dữ liệu cá nhân của bạn vui lòng đọc kỹ Nguyễn Phương Quỳnh Trần Đặng Thị Hữu Lê Ý "
    "nghiêng khuỷu tường xuất hiện ngày quyền riêng tư hướng dẫn liên hệ StreamOnApi 24/11 – (khẩn)",
)
VIETNAMESE = st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=26).map(" ".join)
NAMES = st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=9).map(" ".join)


@settings(max_examples=times(300))
@given(subject=VIETNAMESE, name=NAMES, text=VIETNAMESE)
def test_vietnamese_survives_the_way_into_a_mail_and_back(subject: str, name: str, text: str) -> None:
    envelope = mail(subject=subject, to=(name, "an@example.com"), text=text, html=f"<p>{text}</p>")

    message = read(envelope)
    assert message["Subject"] == subject
    assert reader_of(envelope) == (name, "an@example.com")
    assert message.get_body(("plain",)).get_content() == text  # type: ignore[union-attr]
    assert message.get_body(("html",)).get_content() == f"<p>{text}</p>"  # type: ignore[union-attr]


@settings(max_examples=times(200))
@given(subject=VIETNAMESE, name=NAMES)
def test_no_line_is_longer_than_76_and_no_encoded_word_than_75(subject: str, name: str) -> None:
    content = mail(subject=subject, to=(name, "an@example.com")).content

    assert max(map(len, content.split(b"\r\n"))) <= 76
    assert all(len(word) <= 75 for word in content.split() if word.startswith(b"=?"))
    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")


@settings(max_examples=times(300))
@given(name=st.text(), subject=st.text(max_size=80), text=st.text())
def test_any_text_survives_or_is_refused_and_never_writes_a_header(
    name: str, subject: str, text: str
) -> None:
    try:
        envelope = mail(to=(name, "an@example.com"), subject=subject, text=text)
    except Refused:
        return
    expected = "From Subject Auto-Submitted MIME-Version To Date Message-ID Content-Type"
    assert read(envelope).keys() == expected.split()


@settings(max_examples=times(200))
@given(VIETNAMESE)
def test_encoded_words_read_as_what_was_written(text: str) -> None:
    assert read_words(words("Subject", text)) == text


#: An address, and its local part as a mail program knows it.
RARE = {
    '"john doe"@example.com': "john doe",
    '"a,b"@example.com': "a,b",
    '"plain"@example.com': "plain",
    r'"a\"b\\ c"@example.com': 'a"b\\ c',
    '"a> <b@c"@example.com': "a> <b@c",
    "dùng@example.com": "dùng",
    "用户@example.com": "用户",
}


@pytest.mark.parametrize("name", ["", "An", "Nguyen, Van A", "Nguyễn Văn An", "Nguyễn Thị Phương " * 4])
@pytest.mark.parametrize("address", RARE)
def test_a_rare_address_stands_in_the_header_as_it_is_and_reads_as_it_was_meant(
    address: str, name: str
) -> None:
    envelope = mail(to=(name, address))

    head, _, body = envelope.content.partition(b"\r\n\r\n")
    message = email.message_from_string(envelope.content.decode(), policy=SMTPUTF8)
    (whom,) = message["To"].addresses
    assert (envelope.recipient, whom.username, whom.domain) == (address, RARE[address], "example.com")
    assert parseaddr(email.message_from_string(envelope.content.decode())["To"])[1] == address
    assert f"<{address}>".encode() in head or not name
    assert body.isascii()
    # Nothing in the head but the address is 8-bit.
    assert head.replace(address.encode(), b"").isascii()
    assert message["Subject"] == "Thông báo về dữ liệu của bạn"
    assert message.get_body(("plain",)).get_content().strip() == "Xin chào An,"  # type: ignore[union-attr]


def test_a_rare_address_is_read_back_whenever_it_comes() -> None:
    mold = Mold(sender=("StreamOnApi", "notice@streamonapi.example"), subject="Notice")
    text = Body(Stencil(("Hello",)))
    mold.letter(message_id="1@a.example", date=DATE, to=("An", "an@example.com"), text=text)
    found = mold.letter(message_id="2@a.example", date=DATE, to=("An", "dùng@example.com"), text=text)
    plain = mold.letter(message_id="3@a.example", date=DATE, to=("An", "an@example.com"), text=text)
    assert (found.content.isascii(), plain.content.isascii()) == (False, True)


@pytest.mark.parametrize(
    "bad", ["An\r\nBcc: all@example.com", "An\nX: y", "An\x00", "An\u2028B", "A\x85n", "\ud800"]
)
def test_a_name_with_a_line_break_fails_alone(bad: str) -> None:
    mold = Mold(sender=("StreamOnApi", "notice@streamonapi.example"), subject="Notice")
    made, refused = [], 0
    for number, name in enumerate(["An", bad, "Bình"]):
        try:
            reader = (name, f"reader{number}@example.com")
            made.append(mold.letter(message_id=f"{number}@a.example", date=DATE, to=reader, text="."))
        except Refused:
            refused += 1

    assert ([letter.recipient for letter in made], refused) == (
        ["reader0@example.com", "reader2@example.com"],
        1,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Notice\r\nBcc: all@example.com"},
        {"sender": ("Stream\nOnApi", "notice@streamonapi.example")},
        {"sender": ("StreamOnApi", "notice@streamonapi.example\r\nBcc: all@example.com")},
        {"to": ("An", "")},
        {"to": ("An", "an@example.com, all@example.com")},
        {"to": ("An", '"=?utf-8?q?x?="@example.com')},
        {"to": ("An", '"an\r\nBcc: all"@example.com')},
        {"sender": ("An", "nguyễn@example.com")},
        {"reply_to": "nguyễn@example.com"},
        {"reply_to": "help@streamonapi.example\nX: y"},
        {"headers": {"X-Incident-Ref": "7\r\nBcc: all@example.com"}},
        {"headers": {"X Y": "7"}},
        {"headers": {"Bcc": "all@example.com"}},
        {"headers": {"List-Unsubscribe": "<https://example.com>"}},
        {"headers": {"precedence": "bulk"}},
        {"message_id": "no id"},
        {"message_id": "1@a.example>\r\nX: y"},
        {"text": "a\x00b"},
        {"html": "\udfff"},
    ],
)
def test_what_no_mail_may_hold_is_refused_in_one_line(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        mail(**changes)

    assert len(str(caught.value).splitlines()) == 1


def test_one_moment_is_dated_in_one_way_whoever_was_dated_so_before() -> None:
    moment = datetime(2026, 11, 24, 2, 41, 7, tzinfo=UTC)  # nobody else's
    in_vietnam = mail(date=moment.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")))

    assert read(in_vietnam)["Date"] == "Tue, 24 Nov 2026 02:41:07 +0000"
    assert mail(date=moment) == in_vietnam


def test_a_legal_notice_has_the_headers_it_should_and_none_it_should_not() -> None:
    message = read(mail(reply_to="help@streamonapi.example", headers={"X-Incident-Ref": "Copper Heron"}))

    assert message["Message-ID"] == "<6f1c@streamonapi.example>"
    assert message["Date"].datetime == DATE
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Reply-To"] == "help@streamonapi.example"
    assert message["X-Incident-Ref"] == "Copper Heron"
    assert message["Precedence"] is None
    assert message["List-Unsubscribe"] is None


def test_text_comes_first_then_html_and_both_are_base64() -> None:
    parts = list(read(mail()).iter_parts())

    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert {part["Content-Transfer-Encoding"] for part in parts} == {"base64"}
    assert {part.get_content_charset() for part in parts} == {"utf-8"}


def test_without_html_there_is_one_part() -> None:
    message = read(mail(html=None))

    assert message.get_content_type() == "text/plain"
    assert message.get_content() == "Xin chào An,\r\n"


def test_line_ends_of_every_kind_become_those_of_mail() -> None:
    assert read(mail(html=None, text="a\nb\r\nc\rd")).get_content() == "a\r\nb\r\nc\r\nd"


def test_letters_apart_are_composed_before_they_are_sent() -> None:
    apart = "Vie\u0323\u0302t"
    message = read(mail(subject=apart, text=apart))

    assert message["Subject"] == "Việt"
    assert message.get_body(("plain",)).get_content() == "Việt"  # type: ignore[union-attr]


@pytest.mark.parametrize("encoder", [(mime, "mailbox"), (mime, "words"), (stencil, "wrapped")])
def test_an_encoder_that_loses_a_blank_makes_no_letter(
    monkeypatch: pytest.MonkeyPatch, encoder: tuple[Any, str]
) -> None:
    """What the library's modern folding does to long Vietnamese headers, done to each part in turn."""
    right = getattr(*encoder)

    def lossy(value: Any) -> Any:
        if isinstance(value, tuple):
            return (lossy(value[0]), value[1])
        return value.replace(*((b" ", b"") if isinstance(value, bytes) else (" ", "")), 1)

    def wrong(*arguments: Any) -> Any:
        *before, last = arguments
        return right(*before, lossy(last))

    mold = Mold(sender=("StreamOnApi", "notice@streamonapi.example"), subject="Notice")
    shared, whom = Stencil(("xin chào ", "!")), ("Nguyễn An", "an@example.com")
    own: dict[str, Any] = {"message_id": "1@a.example", "date": DATE, "text": Body(shared, ("cô An",))}
    mold.letter(
        to=whom, **own
    )  # its first letter is proven as a whole; what is the next one's own must be as well
    monkeypatch.setattr(*encoder, wrong)

    with pytest.raises(Refused):
        mail()
    if encoder[1] != "words":
        with pytest.raises(Refused):
            mold.letter(to=whom, **own)


def test_the_same_letter_gives_the_same_bytes() -> None:
    assert mail() == mail()


def test_bounces_go_to_the_envelope_sender_and_answers_to_the_author() -> None:
    envelope = mail(envelope_sender="bounce+6f1c@bounces.streamonapi.example")

    assert envelope.sender == "bounce+6f1c@bounces.streamonapi.example"
    assert read(envelope)["From"].addresses[0].addr_spec == "notice@streamonapi.example"


def test_a_name_with_marks_of_its_own_is_quoted() -> None:
    for name in (
        'An "Bảo" Nguyễn',
        'O\'Brien, "Jr." \\ x',
        "=?utf-8?q?not=20this?=",
        "a@b <c>",
        "A" * 90,
        "",
    ):
        envelope = mail(to=(name, "an@example.com"))
        assert reader_of(envelope) == (name, "an@example.com")
        assert read(envelope)["To"].addresses[0].addr_spec == "an@example.com"


def test_a_domain_outside_ascii_is_written_in_punycode() -> None:
    envelope = mail(to=("An", "An.N@exämple.com"))

    assert envelope.recipient == "An.N@xn--exmple-cua.com"
    assert ascii_address("An.N@exämple.com") == envelope.recipient


def test_a_mold_gives_the_mails_that_are_built_one_by_one() -> None:
    mold = Mold(sender=("StreamOnApi", "notice@streamonapi.example"), subject="Thông báo về dữ liệu của bạn")
    for number in range(3):
        own: dict[str, Any] = {
            "message_id": f"{number}@streamonapi.example",
            "to": (f"Bình {number}", f"binh{number}@example.com"),
            "text": f"Xin chào {number}",
            "html": f"<p>{number}</p>",
        }
        assert mold.letter(date=DATE, **own) == mail(**own)
