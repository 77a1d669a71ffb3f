"""Looking from afar: the last beats of bell and watch, read in seconds or not at all.

With the driver alone and read-only: what stores and folds may be what is broken. A beat in the database was written by
another machine's clock; an address says how many seconds ago it was, which needs no clock but ours.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import unquote

from tocsin.channels import one_line
from tocsin.domain.errors import Refused

#: Seconds that a place may take for each step of its answer.
PATIENCE = 10
#: Seconds for the whole look. A place that drips keeps every step in time, and never ends.
WHOLE = 20.0
#: Who must live: one of them is enough.
GUARDED = ("bell", "watch")
_QUERY = "SELECT name, beat FROM heartbeat WHERE name IN ('bell', 'watch')"
#: An answer longer than this is no list of heartbeats.
_LONGEST = 65_536
#: An address and we may differ by so much in what is now.
_AHEAD = timedelta(seconds=5)


@dataclass(frozen=True)
class Look:
    """What one place says: the beats by name, or why it cannot be asked. `exact` beats are on our own clock."""

    place: str
    beats: Mapping[str, datetime] = field(default_factory=dict)
    exact: bool = False
    trouble: str | None = None

    def signs(self, now: datetime) -> dict[str, datetime]:
        """The beats that may be signs of life. An exact one in the future is none: its clock was set back since."""
        return {name: at for name, at in self.beats.items() if not self.exact or at <= now + _AHEAD}


def look(database: str | None, address: str | None, now: datetime) -> tuple[Look, ...]:
    """Ask each place that is named. Raises Refused for a database of a kind that nobody knows."""
    asked = []
    if database is not None:
        asked.append(_Asking("database", partial(_from_database, database), exact=False))
    if address is not None:
        asked.append(_Asking("address", partial(_from_address, address, now), exact=True))
    until = time.monotonic() + WHOLE
    return tuple(each.look(until) for each in asked)


class _Asking:
    """A place that is asked in a thread of its own: one that hangs, wherever that is, is judged without."""

    def __init__(self, place: str, ask: Callable[[], dict[str, datetime]], *, exact: bool) -> None:
        self._silence = Look(place, exact=exact, trouble=f"no answer in {WHOLE:.0f} s")
        self._answer: SimpleQueue[Look | Refused] = SimpleQueue()
        asked = partial(self._ask, place, ask, exact)
        threading.Thread(target=asked, name=place, daemon=True).start()

    def _ask(self, place: str, ask: Callable[[], dict[str, datetime]], exact: bool) -> None:
        try:
            self._answer.put(Look(place, ask(), exact))
        except Refused as refusal:
            self._answer.put(refusal)
        except Exception as error:  # any failure at all is what a watchdog is for
            # The first line only: the rest of what a driver says may quote what it was given.
            said = one_line((str(error).splitlines() or [""])[0])
            self._answer.put(Look(place, exact=exact, trouble=said or type(error).__name__))

    def look(self, until: float) -> Look:
        """What it said until then."""
        try:
            answer = self._answer.get(timeout=max(until - time.monotonic(), 0))
        except Empty:
            return self._silence
        if isinstance(answer, Refused):
            raise answer
        return answer


def _from_database(url: str) -> dict[str, datetime]:
    scheme, _, rest = url.partition("://")
    match scheme.partition("+")[0]:
        case "sqlite":
            return _read(_open_sqlite(Path(unquote(rest.removeprefix("/")))))
        case "postgresql" | "postgres":
            return _read(_open_postgresql(f"postgresql://{rest}"))
    raise Refused(
        "the watchdog's database is none; write sqlite:///PATH or postgresql://HOST/NAME, or an address"
    )


def _open_sqlite(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there")
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=PATIENCE)


def _open_postgresql(url: str) -> Any:
    import psycopg

    try:
        # Each step has its limit: a host that is gone answers nothing, not even that.
        return psycopg.connect(
            url,
            connect_timeout=PATIENCE,
            tcp_user_timeout=PATIENCE * 1000,
            options=f"-c statement_timeout={PATIENCE * 1000}",
        )
    except psycopg.ProgrammingError:  # which repeats the address, and perhaps its password
        raise Refused("the watchdog's database is none; write postgresql://HOST/NAME") from None


def _read(opened: Any) -> dict[str, datetime]:
    with closing(opened) as connection:
        return {name: datetime.fromisoformat(beat) for name, beat in connection.execute(_QUERY).fetchall()}


def _from_address(address: str, now: datetime) -> dict[str, datetime]:
    import httpx

    with (
        httpx.Client(timeout=PATIENCE, follow_redirects=False) as client,
        client.stream("GET", address) as answer,
    ):
        body = b""
        for piece in answer.iter_bytes():
            body += piece
            if len(body) > _LONGEST:
                break
    try:
        import json

        said = json.loads(body)
        seconds = {name: said[name] for name in GUARDED}
        return {name: now - timedelta(seconds=age) for name, age in seconds.items() if age is not None}
    except (ValueError, KeyError, TypeError, OverflowError):
        raise ValueError(f"it answers {answer.status_code}, and not with heartbeats") from None
