"""What an answer of a relay, or none, means for the mail: RFC 5321, sections 3.8 and 4.2.1. Pure."""

from tocsin.domain.message import Outcome

#: Phases in which the fault is the route's, not the mail's.
ROUTE = ("connect", "ehlo", "starttls", "auth")
#: Replies to MAIL that speak of this mail (syntax, size, parameters); any other refuses our sender, hence every mail.
_THIS_MAIL = (501, 552, 555)
_WANTS_AUTH = (530, 535, 538)
_GREYLISTED = (450, 451)
_GREYLIST_PAUSE = 300.0  # seconds; shorter waits meet the same greylist


def reply_code(error: Exception) -> int | None:
    """The server's reply code, 4xx or 5xx; None where it did not answer, or not in SMTP."""
    code = getattr(error, "code", None)
    return code if isinstance(code, int) and 400 <= code < 600 else None


def outcome(code: int | None, phase: str) -> Outcome:
    """Whether this mail is refused, to be tried later, in doubt, or its whole route unusable."""
    # A relay that puts off whoever calls takes nothing, also where it means to be back soon (RFC 5321, 3.8: 421).
    if phase in ROUTE or code in _WANTS_AUTH:
        return "down"
    if code is not None and code < 500:
        return "retry"
    if code is None:
        return "ambiguous" if phase == "after-dot" else "retry"
    return "down" if phase == "mail" and code not in _THIS_MAIL else "refused"


def took_nothing(code: int | None, phase: str) -> bool:
    """Whether it was no answer to this mail: none came, it hung up (421), or it puts off whatever our sender sends."""
    return code in (None, 421) or (phase == "mail" and code < 500)


def pause(code: int | None, phase: str) -> float | None:
    """Seconds before another try is of use, where the reply tells."""
    return _GREYLIST_PAUSE if phase == "rcpt" and code in _GREYLISTED else None
