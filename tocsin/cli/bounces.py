"""`tocsin bounces`: what came back on letters is taken in, and what no machine can read a person reads."""

from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from tocsin.cli.console import CHANGING, Because, Changing, Shell, Words, clean, columns
from tocsin.cli.incidents import which
from tocsin.domain.errors import Refused, WrongUsage

if TYPE_CHECKING:
    from tocsin.actions.returns import Noted
    from tocsin.domain.kinds import LettersReturned

#: The mailbox of the settings, as a source.
_IMAP = "imap"


def bounces(
    *sources: Words,
    show: Annotated[
        int | None, Parameter(help="NUMBER of a message that waits: print it as it came; an entry says so.")
    ] = None,
    settle: Annotated[int | None, Parameter(help="NUMBER of a message that waits: it was read.")] = None,
    means: Annotated[
        Literal["failed", "delivered", "nothing"] | None,
        Parameter(help="With --settle: what it says of its letter."),
    ] = None,
    of: Annotated[
        tuple[str, str, str] | None,
        Parameter(help="With --settle: INC NOTICE ID of the letter, where the message names none."),
    ] = None,
    because: Annotated[Because, Parameter(help="With --settle: what stands in it.")] = "",
    door: Changing = CHANGING,
) -> int:
    """Take in what came back on letters: reports on their delivery (RFC 3464) and complaints, by the letters' marks.

    tocsin bounces FILE|MAILDIR|imap takes in a message, an mbox, a Maildir, or the mailbox of [bounces]. Said again it
    changes nothing. Without a source it lists what waits for a person to read it.
    """
    if (settle is None) != (means is None) or (settle is None and (of or because)):
        raise WrongUsage(
            "say which message means what: tocsin bounces --settle NUMBER --means failed --because '...'"
        )
    if sum((bool(sources), show is not None, settle is not None)) > 1:
        raise WrongUsage("take something in, --show one message, or --settle one; one at a time")
    with door.open() as shell:
        if show is not None:
            return _show(shell, show, door.key)
        if settle is not None:
            assert means is not None
            return _settle(shell, settle, means, of, because, door.key)
        return _take_in(shell, sources) if sources else _list(shell)


def _take_in(shell: Shell, sources: tuple[str, ...]) -> int:
    from itertools import chain

    from tocsin.actions import returns
    from tocsin.sources.mailfiles import messages

    trouble = None
    files = [source for source in sources if source != _IMAP]
    found = (
        [returns.take_in(shell.app, chain.from_iterable(messages(each) for each in files))] if files else []
    )
    if _IMAP in sources:
        looked = returns.look(shell.app)
        if looked is None:
            raise Refused(
                "no mailbox is configured; set bounces.host in tocsin.toml, or name a file or a Maildir"
            )
        found.append(looked[0])
        trouble = looked[1].trouble
    for each in found:
        shell.say(*_lines(each))
    shell.give([_document(each) for each in found])
    if trouble:
        shell.warn(trouble)
    return int(bool(trouble))


def _lines(noted: "Noted") -> list[str]:
    said = [f"{count:,} {action}" for action, count in sorted(noted.reports.items())]
    known = f"; {noted.known:,} were here before" if noted.known else ""
    lines = [f"{noted.new:,} taken in{': ' + ', '.join(said) if said else ''}{known}"]
    lines += [_notice_line(key, body) for key, body in noted.notices]
    if noted.reports["unread"]:
        lines.append("What no machine could read waits for a person: tocsin bounces")
    return lines


def _notice_line(key: str, body: "LettersReturned") -> str:
    back, untold = body.counts["bounced"], sum(body.untold.values())
    told = f"; {untold:,} people are untold: tocsin ledger {key} {body.notice}" if untold else ""
    return f"{key} {body.notice}: {back:,} bounced, {body.counts['delivered']:,} delivered{told}"


def _document(noted: "Noted") -> dict[str, object]:
    notices = [{"incident": key} | body.model_dump(mode="json") for key, body in noted.notices]
    return {"reports": dict(noted.reports), "known": noted.known, "notices": notices}


def _list(shell: Shell) -> int:
    """What waits for a person; of what it says nothing stands here."""
    from tocsin.storage import returned

    with shell.app.database.read() as connection:
        waiting = list(returned.unread(connection))
    shell.give(
        [
            {
                "number": row.id,
                "taken_at": shell.at(row.taken_at),
                "incident": row.incident,
                "notice": row.notice,
            }
            for row in waiting
        ]
    )
    if not waiting:
        shell.say("Nothing that came back waits for a person.")
        return 0
    rows = [
        (
            str(row.id),
            shell.at(row.taken_at),
            f"{row.incident} {row.notice}" if row.incident else "no letter of ours",
        )
        for row in waiting
    ]
    shell.say(*columns(rows, head=("number", "taken in", "letter")))
    shell.say(
        "Read one: tocsin bounces --show NUMBER; say what it means: --settle NUMBER --means failed --because '...'"
    )
    return 0


def _show(shell: Shell, number: int, key: str | None) -> int:
    from tocsin.actions.unread import message

    raw = message(shell.app, shell.actor, number, command=key).decode("utf-8", "replace")
    shell.say(*(clean(line) for line in raw.splitlines()))
    shell.give({"number": number, "message": raw})
    return 0


def _settle(
    shell: Shell,
    number: int,
    means: Literal["failed", "delivered", "nothing"],
    of: tuple[str, str, str] | None,
    because: str,
    key: str | None,
) -> int:
    from tocsin.actions.unread import Letter, settle
    from tocsin.cli.aftermath import changed

    letter = Letter(which(shell, of[0]), of[1], of[2]) if of else None
    done = settle(shell.app, shell.actor, number, means, because=because, of=letter, command=key)
    words = f"{number} is settled: it means {means}."
    if done is None:
        shell.say(words)
        shell.give({"number": number, "means": means})
    else:
        changed(shell, done, words)
    return 0
