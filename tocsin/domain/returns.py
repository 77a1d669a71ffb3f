"""Where a letter goes that cannot be delivered: to a mailbox of ours, under an address of its own (VERP).

Mail systems send it back to the envelope's sender (RFC 5321, 3.6.3 and 4.5.5) and write what they please into it, so
that the address alone must tell which letter it was. Its mark is what the Message-ID begins with: HMAC-SHA256, cut to
128 bits, by the incident's key over notice, draft and pseudonym. Nobody guesses one, and it says nothing of its reader.
"""

import re
from collections.abc import Iterable

from tocsin.domain.addresses import is_plain

#: Octets of a local part (RFC 5321, 4.5.3.1.1), and what of them a mark takes, with the sign before it.
_LONGEST_LOCAL, _MARK = 64, 33
#: A mark as a return path, a Message-ID or an envelope's id has it. Mail systems on the way may change the case.
_MARKED = re.compile(r"(?<![0-9A-Za-z])([0-9a-fA-F]{32})(?=@)")


def takes_returns(mailbox: str) -> bool:
    """Whether a mailbox's address can be given marks: plain, without a `+` of its own, and short enough."""
    local = mailbox.rpartition("@")[0]
    return is_plain(mailbox) and "+" not in local and len(local) + _MARK <= _LONGEST_LOCAL


def return_path(mailbox: str, message_id: str) -> str:
    """The envelope's sender of the letter with this Message-ID: a subaddress (RFC 5233) of the mailbox."""
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{message_id.partition('@')[0]}@{domain}"


def marks_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Whatever may be a letter's mark in addresses and ids, in their order; whether it is one the ledger knows."""
    return tuple(dict.fromkeys(mark.lower() for text in texts for mark in _MARKED.findall(text)))
