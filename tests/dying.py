"""A sender that is killed, or stopped, at any one of its steps, in a process that is forked from a warm one.

A step is counted before each statement, and behind each that writes; before and behind each commit, each letter that
is written, each thing that is said to the relay and each of its replies. No clock decides where a sender dies; which of
two threads comes to its step first may differ from run to run, unless letters have each their moment, so that there is
but one.
"""

import gc
import multiprocessing
import os
import re
import resource
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from sqlalchemy import event

from tests.checker import Found, checked, letters_at
from tests.child import opened
from tests.story import Story
from tocsin import actions
from tocsin.app import App, real_now
from tocsin.channels.smtp_line import Line
from tocsin.domain.errors import TocsinError
from tocsin.domain.notice import CUSTOMERS
from tocsin.engine import advance, lettermail
from tocsin.evidence.verify import verify
from tocsin.settings import Settings
from tocsin.storage import opening
from tocsin.storage.database import Database

PEOPLE = 4
#: Letters a minute, more than leave here: each has its moment, and whoever sends them does one thing at a time.
ONE_BY_ONE = 600_000
#: Seconds after which no lease of a dead sender stands.
OVER = 1000
#: What must be among the points, or the loop looks at something else than a sending.
STAGES = {
    "INSERT INTO job", "INSERT INTO ledger", "UPDATE ledger SET", "INSERT INTO attempt", "INSERT INTO entry",
    "DELETE FROM job", "COMMIT", "a letter is written", "MAIL", "content and dot", "the reply 354", "the reply 250",
    "QUIT",
}  # fmt: skip
_WRITES = re.compile(r"INSERT INTO \w+|UPDATE \w+ SET")
#: How a process ends that was killed.
KILLED = -signal.SIGKILL
#: Instead of a signal: from there on SQLite's file cannot grow. How one ends that could not go on so.
FULL, REFUSED = -1, 3
#: Instead of a signal: the connection is lost behind the commit that is the fatal step, whose end nobody hears of.
CUT = -2
#: How one stands that was stopped, and has not ended.
STOPPED = -signal.SIGSTOP


def named(statement: str) -> str:
    """A statement as its first words; one of several parts (PostgreSQL's `WITH`) by all that it writes."""
    if statement.startswith("WITH"):
        return ", ".join(_WRITES.findall(statement))
    return " ".join(statement.split()[:3])


class Steps:
    """Counts the steps of this process, and sends it a signal at the fatal one, or fills its disk; 0 is none."""

    def __init__(self, fatal: int = 0, strikes: int = signal.SIGKILL) -> None:
        self.names: list[str] = []
        self._one = threading.Lock()  # letters leave while a trip to the ledger is under way
        self._fatal, self._strikes, self._full, self._cut = fatal, strikes, False, False

    def step(self, name: str) -> None:
        """One more."""
        with self._one:
            self.names.append(name)
            struck = len(self.names) == self._fatal
        if struck:
            self._full, self._cut = self._strikes == FULL, self._strikes == CUT
            if self._strikes > 0:
                os.kill(os.getpid(), self._strikes)

    def watch_database(self, database: Database) -> None:
        """Every statement and every end of a transaction."""
        engine: Any = database.engine

        def said(when: str, passed_over: tuple[str, ...]) -> Callable[..., None]:
            def tell(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
                if not statement.startswith(passed_over):
                    self.step(f"{when} {named(statement)}")
                if self._full:
                    cursor.connection.execute("PRAGMA max_page_count=1")  # as many as there are

            return tell

        event.listen(engine, "before_cursor_execute", said("before", ("PRAGMA",)))
        event.listen(engine, "after_cursor_execute", said("after", ("PRAGMA", "BEGIN", "SELECT")))
        commit = engine.dialect.do_commit

        def committed(connection: Any) -> None:
            self.step("before COMMIT")
            commit(connection)
            self.step("after COMMIT")
            if self._cut:
                self._cut = False
                connection.dbapi_connection.close()
                raise engine.dialect.dbapi.OperationalError("the connection is lost")

        engine.dialect.do_commit = committed

    def watch_letters(self) -> None:
        """Every letter that is written, and what is said and heard on the wire; for the rest of this process."""
        write, say, hear = lettermail.mail_of, Line.say, Line._take

        def written(*words: Any) -> Any:
            self.step("before a letter is written")
            envelope = write(*words)
            self.step("after a letter is written")
            return envelope

        def said(line: Line, content: bytes) -> None:
            self.step(f"before {_verb(content)}")
            say(line, content)
            self.step(f"after {_verb(content)}")

        def heard(line: Line, lines: list[bytes]) -> None:
            self.step(f"before the reply {lines[-1][:3].decode()}")
            hear(line, lines)
            self.step(f"after the reply {lines[-1][:3].decode()}")

        lettermail.mail_of, Line.say, Line._take = written, said, heard  # type: ignore[method-assign]


def _verb(content: bytes) -> str:
    if b"\r\n.\r\n" in content:
        return "content and dot"
    return content.split(b" ")[0].split(b":")[0].decode().strip()


def twin(app: App, url: str, **change: Any) -> App:
    """The same home with another database, whose folders have been read already."""
    found = replace(app, database=Database(url), _incidents={}, **change)
    found.__dict__["_read"] = app.catalog, app.fault
    return found


@dataclass(frozen=True)
class Errand:
    """What a sender is to do: which incident on which database, and where which signal strikes it.

    `ahead` is a file with the seconds that its clock is ahead, read whenever it looks at the clock; `told` is one that
    gets the names of the steps of a sender that lives, or the words of one that could not go on. With `room` no file of
    its grows beyond so many bytes; with `idle` PostgreSQL ends its connection after so many seconds of silence.
    """

    url: str
    key: str
    moment: datetime
    ahead: Path
    fatal: int = 0
    strikes: int = signal.SIGKILL
    told: Path | None = None
    room: int | None = None
    idle: float = opening.LONGEST_IDLE


class Nursery:
    """A process that has everything at hand and forks a sender whenever it is asked. It has one thread alone."""

    def __init__(self, settings: Settings, moment: datetime, key: str) -> None:
        """`settings` name a database that it may use up: the first sending there makes it warm."""
        context = multiprocessing.get_context("spawn")
        self._asked, theirs = context.Pipe()
        self._process = context.Process(target=_nurse, args=(theirs, settings, moment, key), daemon=True)
        self._process.start()
        theirs.close()
        assert self._asked.recv() == "warm"

    def send(self, errand: Errand) -> int:
        """Send what is due, in a process of its own; how that ended, or STOPPED."""
        self._asked.send(errand)
        ended: int = self._asked.recv()
        return ended

    def wake(self) -> int:
        """Let the one who was stopped go on; how that ended."""
        self._asked.send("wake")
        ended: int = self._asked.recv()
        return ended

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._asked.send(None)
        self._process.join(30)


def _nurse(asked: Any, settings: Settings, moment: datetime, key: str) -> None:
    # A process that dies loses nothing that the system has in hand, so nobody need wait for the disk.
    opening.SQLITE_PRAGMAS += ("synchronous=OFF",)
    app = opened(settings, moment)
    advance(app, key)
    app.close()
    gc.collect()
    gc.freeze()
    asked.send("warm")
    child = 0
    while (errand := asked.recv()) is not None:
        if errand == "wake":
            os.kill(child, signal.SIGCONT)
        else:
            child = os.fork()
            if child == 0:
                os._exit(_born(app, errand))
        _, ended = os.waitpid(child, os.WUNTRACED)
        asked.send(STOPPED if os.WIFSTOPPED(ended) else os.waitstatus_to_exitcode(ended))


def _born(warm: App, errand: Errand) -> int:
    try:
        opening.LONGEST_IDLE = errand.idle
        app = twin(
            warm, errand.url, now=lambda: errand.moment, clock=lambda: warm.clock() + _seconds(errand.ahead)
        )
        steps = Steps(errand.fatal, errand.strikes)
        steps.watch_database(app.database)
        steps.watch_letters()
        if errand.room is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (errand.room, errand.room))
        advance(app, errand.key)
        if errand.told is not None:
            errand.told.write_text("\n".join(steps.names), encoding="utf-8")
    except TocsinError as refused:
        if errand.told is not None:
            errand.told.write_text(str(refused), encoding="utf-8")
        return REFUSED
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _seconds(ahead: Path) -> timedelta:
    return timedelta(seconds=float(ahead.read_text(encoding="utf-8")))


@dataclass
class Bed:
    """A released letter on a database that can be copied, and a nursery of senders."""

    story: Story
    settings: Settings
    copy: Callable[[], str]
    nursery: Nursery = field(init=False)
    rounds: int = 0

    def errand(self, url: str, **more: Any) -> Errand:
        """What a sender on this database is to do."""
        return Errand(url, self.story.key, self.story.clock.moment, self.ahead, **more)

    @property
    def ahead(self) -> Path:
        """The file that says how far ahead everybody's clock is."""
        return self.story.folder / "ahead"

    def later(self, seconds: float) -> None:
        """Set everybody's clock so far ahead of the real one, or behind it."""
        written = self.ahead.with_suffix(".new")
        written.write_text(str(seconds), encoding="utf-8")
        written.replace(self.ahead)  # whoever reads it meanwhile reads the one or the other

    def points(self, *deaths: int) -> list[str]:
        """The steps of a sending that nobody kills, in their order; or of the one after these deaths."""
        told, url = self.story.folder / "steps", self.copy()
        self.story.mail.messages.clear()
        self._die(url, deaths)
        assert self.nursery.send(self.errand(url, told=told)) == 0
        names = told.read_text(encoding="utf-8").split("\n")
        if not deaths:
            assert len(letters_at(self.story.mail)) == PEOPLE
            assert {part for name in names for part in name.partition(" ")[2].split(", ")} >= STAGES
        return names

    def killed(self, *deaths: int, given_up: int = 0) -> Found:
        """One sender after the other is killed, each at its point; then one lives. What the checker finds."""
        url = self.copy()
        self.story.mail.messages.clear()
        self._die(url, deaths)
        self.later(OVER * (len(deaths) - 1))
        app = self.app(url)
        advance(app, self.story.key)  # while the lease of the last one still stands
        checked(app.database, letters_at(self.story.mail), PEOPLE, ended=False)
        self.later(OVER * len(deaths))
        return self.lived(app, given_up=given_up)

    def _die(self, url: str, deaths: Sequence[int]) -> None:
        self.later(0)
        for number, point in enumerate(deaths, 1):
            assert self.nursery.send(self.errand(url, fatal=point)) == KILLED
            letters_at(self.story.mail)
            self.later(OVER * number)

    def app(self, url: str) -> App:
        """This home on that database, with the same clocks as everybody."""
        return twin(
            self.story.app, url, now=self.story.clock, clock=lambda: real_now() + _seconds(self.ahead)
        )

    def lived(self, app: App, *, given_up: int = 0, alive: int = 0) -> Found:
        """Somebody sends to the end, while so many others are connected; what the checker finds then."""
        story, moment = self.story, self.story.clock.moment
        for _ in range(4):
            advance(app, story.key)
            state = app.incident(story.key).notices[CUSTOMERS]
            if state.mark == "sent":
                break
            story.clock.moment = max(story.clock.moment, state.resume_at or moment)
        story.clock.moment = moment
        found = checked(app.database, letters_at(story.mail, alive), PEOPLE)
        assert (state.mark, state.counts["possible_duplicates"]) == ("sent", found.flagged)
        assert found.states["refused"] <= given_up
        assert found.states["handed_over"] + found.states["refused"] == PEOPLE
        self.rounds += 1
        if self.rounds % 3 == 0:  # it takes as long as the sending
            assert verify(app, story.key).fault is None
        return found


def nursed(story: Story, copy: Callable[[], str], *, rate: float | None = None) -> Iterator[Bed]:
    """Released to four people in batches of two, over one connection; at so many a minute."""
    story.with_customers(PEOPLE).approved()
    actions.release(story.app, story.actor("an"), story.key, CUSTOMERS)
    story.app.close()
    settings = story.app.settings
    settings = settings.model_copy(
        update={
            "mail": settings.mail.model_copy(update={"connections": 1, "rate": rate}),
            "ledger": settings.ledger.model_copy(update={"batch": 2 if rate else 4}),
        }
    )
    bed = Bed(story, settings, copy)
    bed.later(0)
    warm = settings.model_copy(update={"database": copy()})
    with Nursery(warm, story.clock.moment, story.key) as bed.nursery:
        yield bed
