"""Whose fault a refusal is: the reader's address, or us (our reputation, our mails, what our relay may do).

Pure. A mailbox that is not there says nothing about the next letter; a refusal for our fault says that the next will be
refused too, and that going on makes it worse. Sources: RFC 3463 and the IANA registry of enhanced status codes; where
a server gives none, the code (RFC 5321, 4.2; RFC 7504) and the words that large receivers use.
"""

import re
from collections import deque
from dataclasses import dataclass, field

_REPLY = re.compile(
    r"\bat (?P<phase>[a-z-]+): (?P<code>5\d\d)[ -]+(?:(?P<status>5\.\d{1,3}\.\d{1,3})\b)?(?P<words>.*)"
)
#: Where a server's words begin: behind its code, and its status where it gives one.
_ANSWER = re.compile(r"\bat [a-z-]+: [245]\d\d(?:[ -]+[245]\.\d{1,3}\.\d{1,3}\b)?")
#: At MAIL nobody has heard yet whom it is for. Else a server's own state: other, full, closed to mails, set up wrongly
#: (RFC 3463, 3.4); what is about this letter, such as its size, is not among them.
_EVERYBODY = re.compile(r"at (mail: |[a-z-]+: 4\d\d[ -]+4\.3\.[0125]\b)")
#: Subjects of a status that speak of the reader's address, mailbox or server; and what in them speaks of our sender.
_THEIRS, _OUR_SENDER = ("1", "2", "4"), ("5.1.7", "5.1.8")
#: Security, and yet about the reader: the mailbox, or the domain, belongs to somebody else by now (RFC 7293).
_CHANGED_HANDS = ("5.7.17", "5.7.18")
#: Without a status: codes that speak of the whole transaction or of us.
_OUR_CODES = ("503", "521", "530", "554", "571")
_OUR_WORDS = re.compile(
    r"spam|block(ed|list)|blacklist|\bpolicy\b|reputation|\b(spf|dkim|dmarc|rbl)\b|relay", re.IGNORECASE
)
#: So many answers are looked back at, however small the share.
_FARTHEST = 100_000


def is_ours(reply: str) -> bool:
    """Whether a reply, as the ledger keeps it, refuses a letter for our fault."""
    found = _REPLY.search(reply)
    if found is None:
        return False
    return _is_ours(found["code"], found["status"] or "", found["words"])


def is_our_failure(status: str, code: str) -> bool:
    """Whether a report (RFC 3464) says that a letter failed for our fault; both may be empty."""
    return _is_ours(code, status, "")


def puts_everybody_off(reply: str) -> bool:
    """Whether a reply that puts a letter off, as the ledger keeps it, has nothing to do with its reader.

    A relay that passes on what another server says may mean that one's state.
    """
    return _EVERYBODY.match(reply) is not None


def _is_ours(code: str, status: str, words: str) -> bool:
    if status in ("", "4.0.0", "5.0.0"):
        return code in _OUR_CODES or bool(_OUR_WORDS.search(words))
    _, subject, _ = status.split(".")
    return status in _OUR_SENDER or (subject not in _THEIRS and status not in _CHANGED_HANDS)


def too_many_came_back(ours: int, answered: int, share: float, least: int) -> bool:
    """Whether so many of the letters that were answered came back for our fault that no more is to leave."""
    return _are_too_many(ours, answered, share, min(least, answered))


def _are_too_many(ours: int, answers: int, share: float, least: int) -> bool:
    """Whether refusals for our fault are at least so many, one in any case, and such a share of the answers."""
    # Rounded, since the product is a float: 0.07 * 1,100 is a little more than 77.
    return ours >= max(1, least) and ours >= round(share * answers, 6)


def gist(reason: str) -> str:
    """A reason without a server's own words, which may quote a reader: `relay:25 at dot: 554 5.7.1`."""
    found = _ANSWER.search(reason)
    return reason[: found.end()] if found else reason


@dataclass
class Refusals:
    """The last answers to letters of one sending: too many refusals for our fault among them, and it is to stop.

    Too many are `least`, when they are `share` of the answers, the latest `least / share` at most; and all letters,
    where there are fewer. So `least` among those are always too many, whatever was taken before them.
    """

    share: float
    least: int
    letters: int
    _recent: deque[bool] = field(init=False)
    _ours: int = 0

    def __post_init__(self) -> None:
        self._recent = deque(maxlen=self.looks_back)

    @property
    def looks_back(self) -> int:
        """How many answers it looks back at."""
        return max(1, min(int(self.least / self.share), _FARTHEST))

    def hear(self, *replies: str | None) -> None:
        """Take in answers, the oldest first: the reply of a refusal, None for a letter that was taken."""
        for reply in replies:
            ours = reply is not None and is_ours(reply)
            if len(self._recent) == self._recent.maxlen:
                self._ours -= self._recent[0]
            self._recent.append(ours)
            self._ours += ours

    @property
    def too_many(self) -> bool:
        """Whether the sending is to stop."""
        return _are_too_many(*self.figures, self.share, min(self.least, self.letters))

    @property
    def figures(self) -> tuple[int, int]:
        """(refused for our fault, of so many answers)."""
        return self._ours, len(self._recent)
