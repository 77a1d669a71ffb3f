"""What came back is read by its fields alone: nothing is guessed, and nothing that it holds can do harm."""

import pytest

from tests.bouncing import BOX, complaint, prose, report
from tocsin.domain.dsn import LONGEST, read

MARK, OTHER = "0123456789abcdef" * 2, "fedcba9876543210" * 2


def test_a_report_names_its_letter_and_says_what_became_of_it():
    found = read(report(MARK))
    assert (found.marks[0], found.action, found.status) == ((MARK,), "failed", "5.1.1")
    assert (found.code, found.reporter) == ("550", "mx.example.org")


@pytest.mark.parametrize(
    ("action", "status", "said"),
    [
        ("failed", "5.1.1", "failed"),
        ("Failed (will not retry)", "5.0.0", "failed"),
        # Given up after days: the reason was for a while, the end is not.
        ("failed", "4.4.7", "failed"),
        ("delayed", "4.4.1", "delayed"),
        # The action says what was done; the status, why.
        ("delayed", "5.7.1", "delayed"),
        ("delivered", "2.0.0", "delivered"),
        ("relayed", "2.0.0", "relayed"),
        ("expanded", "2.0.0", "expanded"),
        # No action of RFC 3464: its status alone tells.
        ("deferred", "4.2.2", "delayed"),
        ("bounced", "5.2.1", "failed"),
        ("", "", "unread"),
        # It says two things.
        ("delivered", "5.1.1", "unread"),
        ("whatever", "none", "unread"),
    ],
)
def test_the_action_counts_and_the_status_where_there_is_none(action, status, said):
    assert read(report(MARK, action, status)).action == said


def test_of_several_recipients_what_failed_counts_first():
    raw = report(MARK, "delivered", "2.0.0").replace(
        b"\n\n--XX\nContent-Description: Undelivered",
        b"\n\nFinal-Recipient: rfc822; b@example.org\nAction: failed\nStatus: 5.2.1\n\n--XX\nContent-Description: Und",
    )
    assert (read(raw).action, read(raw).status) == ("failed", "5.2.1")


@pytest.mark.parametrize(
    "raw",
    [
        report(MARK, to=BOX),
        report(MARK, to=BOX, envelope=f"{MARK}@streamonapi.example", letter=False),
        report(MARK, to=BOX.replace("@", f"+{MARK.upper()}@"), letter=False),
        report(MARK, to=BOX).replace(
            b"Return-Path: <>", f"References: <{MARK}@streamonapi.example>".encode()
        ),
        prose(MARK),
    ],
    ids=["letter", "envelope", "address", "answer", "prose"],
)
def test_a_letter_is_known_by_address_envelope_and_message_id(raw):
    assert read(raw).marks[0] == (MARK,)


def test_the_address_to_which_it_came_counts_before_what_it_quotes():
    raw = report(MARK).replace(f"Message-ID: <{MARK}".encode(), f"Message-ID: <{OTHER}".encode())
    assert read(raw).marks[0] == (MARK,)


def test_a_report_in_utf8_is_read():
    """RFC 6533: where addresses are not ASCII."""
    raw = report(MARK, words="550 5.1.1 <nguyễn@example.org>").replace(
        b"message/delivery-status", b"message/global-delivery-status\nContent-Transfer-Encoding: 8bit"
    )
    found = read(raw)
    assert (found.action, found.status, found.code) == ("failed", "5.1.1", "550")


def test_a_complaint_says_nothing_of_the_delivery():
    found = read(complaint(MARK))
    assert (found.marks[0], found.action, found.code) == ((MARK,), "complained", "abuse")
    assert read(complaint(MARK).replace(b"abuse\n", b"not-spam\n")).action == "unread"


def test_prose_is_for_a_person():
    assert read(prose(MARK)).action == "unread"


def test_a_report_that_somebody_passes_on_is_no_report():
    inside = report(OTHER)
    raw = (
        (
            f"From: a@x.example\nTo: {BOX}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=Z\n\n"
            "--Z\nContent-Type: text/plain\n\nlook\n--Z\nContent-Type: message/rfc822\n\n"
        ).encode()
        + inside
        + b"\n--Z--\n"
    )
    assert read(raw).action == "unread"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\xff\xfe" * 1000,
        b"Content-Type: multipart/report; boundary=\n\n--\n",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=A\n\n--A\n" * 3000,
        b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n!!!!",
        b"Content-Type: message/delivery-status; charset=\xff\n\nAction: \xff\xfe\n\nStatus: 9.9.9\n",
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(2000)),
        b"Subject: " + b"a" * LONGEST * 2,
    ],
    ids=["empty", "noise", "no-boundary", "same", "base64", "bytes", "nested", "long"],
)
def test_what_cannot_be_read_is_for_a_person(raw):
    assert read(raw).action == "unread"


def test_a_truncated_report_says_what_it_says():
    raw = report(MARK)
    for end in range(0, len(raw), 7):
        assert read(raw[:end]).action in ("failed", "unread")


def encoded(raw: bytes, way: str, kind: str = "message/delivery-status") -> bytes:
    """The same report with its part of this kind, and the letter's head, in an encoding that no report may have."""
    import base64
    import quopri

    head, *parts = raw.split(b"\n--XX")
    made = [head]
    for part in parts:
        top, blank, body = part.partition(b"\n\n")
        if b"delivery-status" in top or b"rfc822-headers" in top:
            top = top.replace(b"message/delivery-status", kind.encode())
            top += f"\nContent-Transfer-Encoding: {way}".encode()
            body = base64.encodebytes(body) if way == "base64" else quopri.encodestring(body, quotetabs=True)
        made.append(top + blank + body)
    return b"\n--XX".join(made)


@pytest.mark.parametrize("way", ["base64", "quoted-printable", "BASE64", "7bit"])
@pytest.mark.parametrize("kind", ["message/delivery-status", "message/global-delivery-status"])
@pytest.mark.parametrize(
    ("action", "status"), [("failed", "5.1.1"), ("delayed", "4.4.1"), ("delivered", "2.0.0")]
)
def test_an_encoded_report_is_read(way: str, kind: str, action: str, status: str) -> None:
    raw = report(
        MARK, action, status, "550 " + "long words = that wrap " * 9, to="bounces@streamonapi.example"
    )
    raw = (
        raw if way == "7bit" else encoded(raw, way.lower(), kind).replace(way.lower().encode(), way.encode())
    )
    found = read(raw)
    assert (found.action, found.status, found.reporter) == (action, status, "mx.example.org")
    assert found.marks[0] == (MARK,)


@pytest.mark.parametrize("way", ["base64", "quoted-printable"])
def test_an_encoding_that_is_none_is_for_a_person(way: str) -> None:
    raw = report(MARK).replace(
        b"Content-Type: message/delivery-status\n",
        b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: %s\n" % way.encode(),
    )
    found = read(raw)
    assert found.marks[0] == (MARK,)
    assert found.action in ("unread", "failed")


AWAY = "From: Hoa <c1@example.org>\nTo: bounces+{mark}@streamonapi.example\nSubject: away\n{field}\n\nI am away.\n"


@pytest.mark.parametrize(
    "field",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: Auto-Replied; owner-email=x@example.org",
        "X-Autoreply: yes",
        "X-Autorespond: away",
        "X-AutoResponder: vacation",
        "Precedence: auto_reply",
    ],
)
def test_an_automatic_answer_is_known_as_one(field: str) -> None:
    found = read(AWAY.format(mark=MARK, field=field).encode())
    assert (found.action, found.marks[0]) == ("auto-replied", (MARK,))
    # A mail system that says in prose that the letter did not arrive marks it so too: a person reads that.
    system = AWAY.replace("Hoa <c1@example.org>", "MAILER-DAEMON@old.example (Mail Delivery)")
    assert read(system.format(mark=MARK, field=field).encode()).action == "unread"


@pytest.mark.parametrize(
    "field", ["Auto-Submitted: no", "Auto-Submitted: auto-generated", "X-Autoreply: no", "X-A: b"]
)
def test_what_a_person_wrote_or_a_machine_of_its_own_accord_is_for_a_person(field: str) -> None:
    assert read(AWAY.format(mark=MARK, field=field).encode()).action == "unread"
