"""Whether what is sent to us comes in: to the privacy address, by mailbox or pipe, and what comes back on letters."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.doctor.finding import Finding, setting

if TYPE_CHECKING:
    from tocsin.app import App
    from tocsin.engine.mailroom import Which
    from tocsin.sources.mailbox import MailboxConfig


def mailbox(app: "App", config: Path | None) -> Iterator[Finding]:
    """Log in and look, and take nothing in."""
    yield from _read(app, config, "intake") or _piped(app, setting(config, "intake", "host"))


def bounces(app: "App", config: Path | None) -> Iterator[Finding]:
    """The same for the mailbox to which letters come back, where one is named."""
    yield from _read(app, config, "bounces") or ()


def _read(app: "App", config: Path | None, which: "Which") -> Iterable[Finding] | None:
    """Whether the mailbox of this table can be read; None where it names none."""
    from tocsin.domain.errors import Refused
    from tocsin.engine.mailroom import config_of

    where = setting(config, which, "host")
    try:
        ours = config_of(app, which)
    except Refused as error:
        return [Finding("FAIL", "mailbox", str(error), where)]
    return None if ours is None else _looked(ours, where)


def _looked(ours: "MailboxConfig", where: str) -> Iterator[Finding]:
    from tocsin.sources.mailbox import Bookmark, MailboxDown, opened

    try:
        with opened(ours) as box:
            waiting = len(box.lying(1, Bookmark()))
    except MailboxDown as down:
        yield Finding("FAIL", "mailbox", str(down), where)
        return
    words = f"{ours.host}:{ours.port} {ours.folder} can be read ({ours.tls})"
    yield Finding("ok", "mailbox", words + ("; a message lies there" if waiting else ""))


def _piped(app: "App", where: str) -> Iterator[Finding]:
    from tocsin.storage import arrivals

    addresses = app.catalog.contacts.intake.addresses
    with app.database.read() as connection:
        last = arrivals.latest(connection)
    if last is not None:
        yield Finding("ok", "mailbox", f"messages are piped in, the last {last:%Y-%m-%d}")
    elif addresses:
        words = f"nobody takes in what comes to {', '.join(addresses)}: name a mailbox, or pipe it to tocsin intake"
        yield Finding("warn", "mailbox", words, where)
