"""`tocsin intake`: a message from outside is kept as evidence, and waits in triage. For mail systems, and by hand."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from tocsin.cli.console import READING, Flag, Reading, Shell, alarm, at_terminal, one_line
from tocsin.domain.errors import TocsinError, WrongUsage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.actions.intake import Taken

#: `sysexits.h`: the mail system keeps the message and tries again later. Postfix and Exim read it so.
EX_TEMPFAIL = 75


def intake(
    *,
    mailbox: Annotated[
        Flag,
        Parameter(help="Look once into the mailbox that is configured, instead; 1 if something had to stay."),
    ] = False,
    door: Reading = READING,
) -> int:
    """Take a message in: `tocsin intake < message`, one message as a mail system hands it on (RFC 5322).

    It waits in triage, sealed, as an item of its own or with the open incident that it belongs to; one that is marked
    urgent calls whoever is on call. Exit status 0 only when the message is safely kept; 75 (EX_TEMPFAIL) whatever else
    happens, so that the mail system keeps it and tries again. In Postfix's master.cf:
    `tocsin unix - n n - 1 pipe user=tocsin argv=/usr/local/bin/tocsin intake`.
    """
    if not mailbox and at_terminal():
        raise WrongUsage("hand the message on stdin: tocsin intake < message.eml, or say --mailbox")
    if mailbox:
        return _mailbox(door)
    try:
        return _piped(door)
    except Exception as error:  # whatever it is, the message must not be lost: the mail system still has it
        words = _plain(error)
        sys.stderr.write(f"tocsin: {words}; the message is not kept: hand it over again\n")
        return EX_TEMPFAIL


def _piped(door: Reading) -> int:
    from tocsin.actions.intake import take_in

    with door.open() as shell:
        largest = shell.app.settings.intake.largest
        raw = sys.stdin.buffer.read(largest + 1)
        if not raw.strip():
            raise WrongUsage("there is no message on stdin; hand one over: tocsin intake < message.eml")
        taken = take_in(shell.app, raw)
        _follow(shell, [taken])
        if taken.whole:
            shell.say(_words(taken))
            shell.give(asdict(taken))
            return 0
    sys.stderr.write(
        f"tocsin: the message is larger than intake.largest ({largest:,} bytes): {taken.incident} has its head, "
        "the message is not kept; raise that setting, and it is kept when it is handed over again\n"
    )
    return EX_TEMPFAIL


def _mailbox(door: Reading) -> int:
    from tocsin.actions.mailbox import look
    from tocsin.domain.errors import Refused

    with door.open() as shell:
        found = look(shell.app)
        if found is None:
            raise Refused("no mailbox is configured; set intake.host in tocsin.toml, or pipe a message in")
        new = [each for each in found.taken if each.outcome != "known"]
        _follow(shell, new)
        shell.say(*(_words(each) for each in new))
        shell.say(f"{len(new)} taken in; left: {found.too_large} too large, {found.failed} not kept")
        shell.give(asdict(found) | {"taken": [asdict(each) for each in new]})
        if found.trouble:
            shell.warn(found.trouble)
        return 1 if found.trouble or found.failed else 0


def _follow(shell: Shell, taken: "Sequence[Taken]") -> None:
    """Call whom it calls, now: with nothing else running the message has reached somebody before this returns.

    What fails here the bell makes good: the messages are kept.
    """
    from tocsin.actions.calling import call_for_held_back
    from tocsin.delivery.outbox import deliver
    from tocsin.engine import advance, quick_only
    from tocsin.storage.waiting import Load

    keys = list(dict.fromkeys(each.incident for each in taken))
    try:
        for key in keys:
            advance(shell.app, key, wanted=quick_only, holder="intake")
        keys += filter(None, [call_for_held_back(shell.app)])
        # What the rest of the house has to say is the bell's: the mail system waits here.
        for key in keys:
            deliver(shell.app, Load(incident=key))
    except Exception as error:  # any failure at all, since the mail system must not hand it over again for it
        shell.tell(alarm(f"kept, but nobody was called yet ({type(error).__name__}); is the bell running?"))


def _plain(error: Exception) -> str:
    """What went wrong, without a word of the message."""
    match error:
        case TocsinError():
            return one_line(error)
        case OSError(filename=str() as path):
            return f"{one_line(path)}: {error.strerror}"
        case _:
            return f"unexpected {type(error).__name__}"


def _words(taken: "Taken") -> str:
    how = {"opened": "waits in triage", "joined": "is kept with what is there", "known": "was kept before"}
    return f"{taken.incident} {taken.item} {how[taken.outcome]}"
