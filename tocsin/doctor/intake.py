"""Whether messages to the privacy address come in: a mailbox that can be read, or a mail system that pipes them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.doctor.finding import Finding, setting

if TYPE_CHECKING:
    from tocsin.app import App


def mailbox(app: "App", config: Path | None) -> Iterator[Finding]:
    """Log in and look, and take nothing in."""
    from tocsin.domain.errors import Refused
    from tocsin.engine.mailroom import config_of
    from tocsin.sources.mailbox import Bookmark, MailboxDown, opened

    where = setting(config, "intake", "host")
    try:
        ours = config_of(app)
    except Refused as error:
        yield Finding("FAIL", "mailbox", str(error), where)
        return
    if ours is None:
        yield from _piped(app, where)
        return
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
