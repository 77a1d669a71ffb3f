"""What every story of the command line begins with, played once and then copied: a home with all that stands in it.

To declare, to answer, to scope and to draft takes a second, and eighty tests begin with it. The first plays it by
the same commands as ever; what is then in the home, on the desk and in both sinks is kept for those that follow.
"""

import copy
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tocsin.app import real_now
from tocsin.sinks.mail import MailSink, StoredMail
from tocsin.sinks.slack import SlackSink
from tocsin.sinks.workspace import Workspace
from tocsin.storage import clock
from tocsin.storage.database import Database

DATABASE = "tocsin.db"
#: Homes with packs or contacts of their own are told apart by these; their stories are their own too.
_OWN = ("TOCSIN_TEMPLATES", "TOCSIN_CONTACTS")


@dataclass(frozen=True)
class Place:
    """Where a test stands: its home, its desk and its sinks."""

    home: Path
    desk: Path
    mail: MailSink
    slack: SlackSink

    @property
    def untouched(self) -> bool:
        """Whether nothing was declared here yet, and nothing is laid over the shipped packs and contacts."""
        with closing(sqlite3.connect(self.home / DATABASE)) as connection:
            (declared,) = connection.execute("SELECT count(*) FROM incident").fetchone()
        return not declared and not any(name in os.environ for name in _OWN)


@dataclass(frozen=True)
class Chapter:
    """A home at the end of a chapter, and the key of its incident.

    `moment` is what its clock showed then: there it goes on for whoever takes it up.
    """

    key: str
    folder: Path
    moment: datetime
    mails: tuple[StoredMail, ...]
    workspace: Workspace


class Chapters:
    """The chapters that were played so far, by their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, Chapter] = {}

    def reach(self, name: str, place: Place, play: Callable[[], str]) -> str:
        """Bring a place to the end of a chapter, as a copy or by playing it; the key of its incident."""
        if not place.untouched:
            return play()
        if name in self._kept:
            _take_up(self._kept[name], place)
        else:
            self._kept[name] = _keep(play(), self._folder / name, place)
        return self._kept[name].key


def _keep(key: str, folder: Path, place: Place) -> Chapter:
    shutil.copytree(place.home, folder / "home", ignore=_database)
    shutil.copytree(place.desk, folder / "desk")
    copy_database(place.home / DATABASE, folder / DATABASE)
    with closing(_opened(place.home / DATABASE)) as database, database.read() as connection:
        moment = real_now() + clock.offset(connection)
    return Chapter(key, folder, moment, tuple(place.mail.messages), copy.deepcopy(place.slack.workspace))


def _take_up(chapter: Chapter, place: Place) -> None:
    shutil.copytree(chapter.folder / "home", place.home, dirs_exist_ok=True)
    shutil.copytree(chapter.folder / "desk", place.desk, dirs_exist_ok=True)
    # Into the file that is there: the test may have opened it already.
    copy_database(chapter.folder / DATABASE, place.home / DATABASE)
    set_clock(place.home / DATABASE, chapter.moment)
    place.mail.messages.extend(chapter.mails)
    vars(place.slack.workspace).update(vars(copy.deepcopy(chapter.workspace)))


def set_clock(file: Path, moment: datetime) -> None:
    """Let the home's clock run from a moment, whatever the day on which the tests run."""
    with closing(_opened(file)) as database, database.write() as connection:
        clock.set_offset(connection, moment - real_now())


def _opened(file: Path) -> Database:
    return Database(f"sqlite:///{file}")


def copy_database(source: Path, target: Path) -> None:
    """Let the target hold what the source holds, also for those who have it open."""
    with closing(sqlite3.connect(source)) as held, closing(sqlite3.connect(target)) as fresh:
        held.backup(fresh)


def _database(_: str, names: list[str]) -> set[str]:
    return {name for name in names if name.startswith(DATABASE)}
