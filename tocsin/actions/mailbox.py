"""Looking into a mailbox of ours: each message is taken in, and moved away only once it is kept."""

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from tocsin.actions.intake import Taken, take_in
from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.engine.mailroom import Which, config_of, settings_of
from tocsin.logs import Log
from tocsin.sources.mailbox import Bookmark, Lying, Mailbox, MailboxConfig, MailboxDown, opened
from tocsin.storage import clock as heartbeats
from tocsin.storage.database import Unavailable

log = Log("tocsin.intake")

#: So many messages are listed at a time, new ones first. A look lists again while new ones lie there and it has time:
#: half a million reports are taken in as fast as they can be read.
MOST = 200
#: Seconds that one look may take; the next one goes on.
LONGEST = 300.0


#: Whose sign of life a look is.
_HEARTBEATS: dict[Which, str] = {"intake": "mailbox", "bounces": "bounces"}


@dataclass(frozen=True)
class Look:
    """What a look found: the messages that were taken in, and how many had to stay, by why."""

    taken: tuple[Taken, ...] = ()
    too_large: int = 0
    failed: int = 0
    #: Kept, but the server did not move them: they are not taken in twice.
    unmoved: int = 0
    trouble: str | None = None
    #: Where the next look goes on.
    bookmark: Bookmark = field(default_factory=Bookmark)


def look(app: App) -> Look | None:
    """Look into the mailbox once, and note how it went for `tocsin status`; None where none is configured."""
    taken: list[Taken] = []

    def keep(raw: bytes, lying: Lying, whole: bool) -> bool:
        done = take_in(app, raw, received_at=lying.received_at, whole=whole)
        taken.append(done)
        return done.whole

    walked = looked_into(app, "intake", keep, log)
    if walked is None:
        return None
    note(app, "intake", walked, len([each for each in taken if each.outcome != "known"]))
    return Look(
        tuple(taken), walked.too_large, walked.failed, walked.unmoved, walked.trouble, walked.bookmark
    )


def looked_into(
    app: App, which: Which, keep: Callable[[bytes, Lying, bool], bool], log: Log
) -> "Walk | None":
    """Walk through a mailbox of the settings once, on from where the last look came; None where none is configured."""
    mark = _bookmark(app, _HEARTBEATS[which])
    try:
        config = config_of(app, which)
        return walk(config, mark, settings_of(app, which).largest, keep, log) if config else None
    except (MailboxDown, Refused) as down:
        return Walk(mark, trouble=str(down))


def note(app: App, which: Which, walked: "Walk", taken: int) -> None:
    """Note how a look went, and where the next one goes on: how many new messages it took, and what had to stay."""
    with app.database.write() as connection:
        heartbeats.beat(connection, _HEARTBEATS[which], app.clock(), {"taken": taken, **asdict(walked)})


def _bookmark(app: App, heartbeat: str) -> Bookmark:
    """How far the look whose sign of life this is came the last time."""
    with app.database.read() as connection:
        _, detail = heartbeats.beats(connection).get(heartbeat, (None, None))
    return Bookmark(**(detail or {}).get("bookmark", {}))


@dataclass
class Walk:
    """A walk through a mailbox: how many messages had to stay, by why, and where the next one goes on."""

    bookmark: Bookmark
    too_large: int = 0
    failed: int = 0
    #: Kept, but the server did not move them: they are not taken in twice.
    unmoved: int = 0
    trouble: str | None = None


def walk(
    config: MailboxConfig,
    mark: Bookmark,
    largest: int,
    keep: Callable[[bytes, Lying, bool], bool],
    log: Log,
    seconds: float = LONGEST,
) -> Walk:
    """Read what lies in a mailbox. `keep` gets each message (its bytes, whether these are all), and says whether it is
    wholly kept: then it is moved away. Of one larger than `largest` bytes the head alone is read.
    """
    done = Walk(mark)
    try:
        with opened(config) as mailbox:
            done.bookmark = mailbox.marked(mark)
            until, known = time.monotonic() + seconds, -1
            while True:
                before, listed = done.bookmark, mailbox.lying(MOST, done.bookmark)
                # Those that had to stay are looked at once a look.
                for message in [each for each in listed if each.uid > known]:
                    # Before it is read: one over which the line breaks each time keeps no other from its turn.
                    done.bookmark = done.bookmark.past(message.uid)
                    _keep(mailbox, message, largest, keep, done, log)
                known = max(known, done.bookmark.newest)
                new = sum(each.uid > before.newest for each in listed)
                if new < MOST or time.monotonic() >= until:
                    break
    except MailboxDown as down:
        # What was taken before the line broke is kept.
        done.trouble = str(down)
    return done


def _keep(
    mailbox: Mailbox,
    message: Lying,
    largest: int,
    keep: Callable[[bytes, Lying, bool], bool],
    done: Walk,
    log: Log,
) -> None:
    read = mailbox.read(message, largest)
    if read is None:
        return  # another bell, or a person, took it away meanwhile
    raw, whole = read
    try:
        wholly = keep(raw, message, whole)
    except Unavailable:
        raise MailboxDown("the database is away; messages stay where they lie") from None
    except Exception as error:  # any failure at all: one message that cannot be kept keeps no other from it
        log.error("message not kept", error=type(error).__name__)
        done.failed += 1
        return
    if not wholly:
        done.too_large += 1
        return
    try:
        mailbox.put_away(message)
    except OSError:
        raise
    except Exception as error:  # it is kept; what the server makes of moving it is another matter
        log.error("message kept, not moved", error=type(error).__name__)
        done.unmoved += 1


class Mailroom:
    """Looks into a mailbox of ours now and then, beside the rounds: a server that hangs delays no page. One look at a
    time. That of the privacy address, unless it is told another, and how it is looked into.
    """

    def __init__(self, which: Which = "intake", looks: Callable[[App], object] | None = None) -> None:
        self._which, self._looks = which, looks or _look_in
        self._looking: threading.Thread | None = None
        self._began: datetime | None = None

    def look(self, app: App) -> None:
        """Begin a look, where a mailbox is configured and the last one is over and old enough."""
        ours, now = settings_of(app, self._which), app.clock()
        if ours.host is None or (self._looking and self._looking.is_alive()):
            return
        if self._began and timedelta(0) <= now - self._began < timedelta(seconds=ours.every):
            return
        self._began = now
        self._looking = threading.Thread(target=self._safely, args=(app,), name=self._which, daemon=True)
        self._looking.start()

    def _safely(self, app: App) -> None:
        try:
            self._looks(app)
        except Exception as error:  # any failure at all: the next look may find it mended
            log.error("mailbox failed", mailbox=self._which, error=type(error).__name__)


def _look_in(app: App) -> None:
    look(app)
