"""Offers: what the reader of a message may do at once, by a button in Slack or a link in a mail.

An offer names one deed, and what it was about when it was made (`stand`: the digest of a letter, say). Whoever takes
it up later is told so where that has changed: buttons and links stay where they are for ever.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Literal, get_args

from tocsin.domain.errors import Refused

#: ack: answer for a role. take: take it. done: tick a step. approve, reject: a letter, as its digest in `stand` says.
#: countersign: the letters of that digest, which one person released alone. update: write the status update that is
#: due. confirm: say that a triage item is an incident.
Deed = Literal["ack", "take", "done", "approve", "countersign", "reject", "update", "confirm"]
DEEDS: tuple[str, ...] = get_args(Deed)
#: Deeds about letters, which are to be read before.
ABOUT_LETTERS: tuple[Deed, ...] = ("approve", "countersign", "reject")

_INCIDENT = re.compile(r"INC-[0-9]{4}-[0-9]{4,9}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,119}")


@dataclass(frozen=True)
class Offer:
    """One deed. `subject` is a role, a step or a notice; `stand` is empty where nothing can go stale."""

    deed: Deed
    incident: str
    subject: str = ""
    stand: str = ""
    #: Evidence must come with it: a click in Slack asks for the file, and no link in a mail could.
    with_file: bool = field(default=False, compare=False)

    @property
    def parts(self) -> tuple[str, str, str, str]:
        """What a button or a link carries."""
        return self.deed, self.incident, self.subject, self.stand

    @property
    def value(self) -> str:
        """The offer as a button carries it; `parsed` reads it again."""
        return json.dumps(self.parts, separators=(",", ":"))


def parsed(value: str) -> Offer:
    """The offer behind a value that came from outside. Refused for whatever no message of ours ever carried."""
    try:
        deed, incident, subject, stand = json.loads(value)
    except (ValueError, TypeError, RecursionError):
        raise Refused("this is no offer of ours; open the incident instead") from None
    words = (deed, incident, subject, stand)
    fits = (
        all(isinstance(each, str) for each in words)
        and deed in DEEDS
        and _INCIDENT.fullmatch(incident)
        and all(not each or _NAME.fullmatch(each) for each in (subject, stand))
    )
    if not fits:
        raise Refused("this is no offer of ours; open the incident instead")
    return Offer(deed, incident, subject, stand)
