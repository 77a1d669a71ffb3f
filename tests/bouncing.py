"""What mail systems send back: reports on delivery (RFC 3464), complaints (RFC 5965), and what is neither."""

from tocsin.sinks.mail import StoredMail

BOX = "bounces@streamonapi.example"


def mark_of(letter: StoredMail) -> str:
    """The mark by which what comes back names this letter: its Message-ID up to the @."""
    head = letter.content.partition(b"Message-ID: <")[2]
    return head.partition(b"@")[0].decode()


def report(
    mark: str,
    action: str = "failed",
    status: str = "5.1.1",
    words: str = "550 5.1.1 <c1@example.org>: user unknown",
    *,
    to: str = "",
    envelope: str = "",
    letter: bool = True,
    number: int = 1,
) -> bytes:
    """A report as Postfix writes one. `to` is to whom it is addressed, the return path of the letter unless told."""
    address = to or BOX.replace("@", f"+{mark}@")
    envelope_id = f"Original-Envelope-Id: {envelope}\n" if envelope else ""
    head = (
        f"--XX\nContent-Description: Undelivered Message Headers\nContent-Type: text/rfc822-headers\n\n"
        f"Message-ID: <{mark}@streamonapi.example>\nSubject: about your data\n\n"
    )
    return (
        f"Return-Path: <>\nDelivered-To: {address}\nFrom: MAILER-DAEMON@mx.example.org (Mail Delivery System)\n"
        f"To: {address}\nMessage-Id: <{number}@mx.example.org>\nSubject: Undelivered Mail Returned to Sender\n"
        "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status;\n\tboundary="XX"\n\n'
        "--XX\nContent-Description: Notification\nContent-Type: text/plain; charset=us-ascii\n\n"
        "This is the mail system at host mx.example.org.\n\n"
        "--XX\nContent-Description: Delivery report\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.example.org\n{envelope_id}Arrival-Date: Tue, 24 Nov 2026 02:00:00 +0000 (UTC)\n\n"
        f"Final-Recipient: rfc822; c1@example.org\nAction: {action}\nStatus: {status}\n"
        f"Remote-MTA: dns; in.example.org\nDiagnostic-Code: smtp; {words}\n\n"
        f"{head if letter else ''}--XX--\n"
    ).encode()


def complaint(mark: str) -> bytes:
    """A reader pressed "this is spam": a complaint, as large providers send it."""
    return (
        f"From: fbl@provider.example\nTo: {BOX}\nSubject: FW: about your data\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="YY"\n\n'
        "--YY\nContent-Type: text/plain\n\nThis is an email abuse report.\n"
        "--YY\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: P/1\nVersion: 1\n\n"
        f"--YY\nContent-Type: message/rfc822\n\nMessage-ID: <{mark}@streamonapi.example>\nSubject: x\n\nbody\n--YY--\n"
    ).encode()


def prose(mark: str) -> bytes:
    """A mail system that knows no reports, as qmail: it says in words what a person understands."""
    return (
        f"From: MAILER-DAEMON@old.example\nTo: {BOX.replace('@', f'+{mark}@')}\nSubject: failure notice\n\n"
        "Hi. This is the qmail-send program at old.example.\nI'm afraid I wasn't able to deliver your message.\n\n"
        "<c1@example.org>:\nSorry, no mailbox here by that name. (#5.1.1)\n"
    ).encode()
