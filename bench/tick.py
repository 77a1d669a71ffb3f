"""A round of the bell that finds nothing due: how little of it grows with what the home holds.

    python bench/tick.py [--repeat 50] [--duties 40] [--database postgresql://HOST/EMPTY]

Such a round opens no timeline, so the home is filled with what it does look at: the projections of incidents and of
their duties, the flow runs that show them, messages that may be tried again later. It grows from a thousand open
incidents to ten thousand, to as many closed ones beside them, to as many waiting messages. "Plain" is the least that
any bell does in the same home: ask one index whether something is due, and write one sign of life. Both take turns;
the best of each are compared, since what disturbs a millisecond only ever makes it longer.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Table, insert, select

from tocsin.app import App, open_app, real_now
from tocsin.bell import ring
from tocsin.settings import Settings
from tocsin.storage import clock as heartbeats
from tocsin.storage import tables
from tocsin.storage.database import in_batches
from tocsin.storage.runs import Runs

#: Milliseconds that a round which finds nothing may take, however much the home holds.
BAR = 10.0


class Held(NamedTuple):
    """How much a home holds."""

    open: int
    closed: int = 0
    waiting: int = 0


#: Each is the one before it, and more.
STAGES = (Held(1_000), Held(10_000), Held(10_000, 10_000), Held(10_000, 10_000, 10_000))


def main(repeat: int, duties: int, database: str | None) -> None:
    """Fill one home stage by stage, and measure both in each."""
    before, first = Held(0), 0.0
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(open_app(Settings(mode="drill", home=Path(folder), database=database), now=real_now)) as app,
    ):
        runs = Runs(app.database)
        for held in STAGES:
            fill(app, before, held, duties)
            before = held
            ours, plain = _best(repeat, lambda: _round(app, runs), lambda: _plain(app))
            first = first or ours
            print(
                f"{held.open:6} open, {held.closed:6} closed, {held.waiting:6} waiting"
                f"   round {ours:6.2f} ms  plain {plain:5.2f} ms"
                f"   ratio (round / plain) {ours / plain:5.2f}  (round / first round) {ours / first:.2f}"
            )
    print(f"bar {BAR:.0f} ms: {'kept' if ours < BAR else 'MISSED'}, best of {repeat}, {duties} duties each")


def _round(app: App, runs: Runs) -> None:
    """With what a home with Prefect asks in each round; of Prefect itself nothing is asked while nothing is due."""
    done = ring(app, waking=lambda: str(runs.due(app.now()) or "") or None)
    assert (done.advanced, done.delivered, done.failed, done.prefect) == (0, 0, 0, None)


def _plain(app: App) -> None:
    with app.database.read() as connection:
        connection.scalar(select(tables.incident.c.key).where(tables.incident.c.wake_at <= app.now()))
    with app.database.write() as connection:
        heartbeats.beat(connection, "plain", app.clock())


def _best(repeat: int, *works: Callable[[], None]) -> tuple[float, ...]:
    """The shortest time of each work, in milliseconds."""
    best = [float("inf")] * len(works)
    for _ in range(repeat):
        for number, work in enumerate(works):
            start = time.perf_counter()
            work()
            best[number] = min(best[number], (time.perf_counter() - start) * 1000)
    return tuple(best)


# --- a home that holds much


def fill(app: App, before: Held, held: Held, duties: int) -> None:
    """Add what is missing from `before` to `held`."""
    now, last = app.now(), before.open + before.closed
    opened = range(last + 1, last + 1 + held.open - before.open)
    closed = range(opened.stop, opened.stop + held.closed - before.closed)
    for numbers, is_open in ((opened, True), (closed, False)):
        _write(app, tables.incident, (_incident(app, number, is_open, now) for number in numbers))
        _write(app, tables.run, ({"incident": _key(number), "generation": 1} for number in numbers))
        rows = (_duty(number, duty, is_open, now) for number in numbers for duty in range(duties))
        _write(app, tables.duty, rows)
    _write(app, tables.outbox, (_message(number, now) for number in range(before.waiting, held.waiting)))
    if not app.database.sqlite:
        # What autovacuum does by itself a minute later. SQLite plans without such figures.
        with app.database.write() as connection:
            connection.exec_driver_sql("ANALYZE")


def _write(app: App, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    for some in in_batches(rows, 10_000):
        with app.database.write() as connection:
            connection.execute(insert(table), some)


def _key(number: int) -> str:
    return f"INC-2026-{number:05d}"


def _incident(app: App, number: int, is_open: bool, now: datetime) -> dict[str, Any]:
    return {
        "key": _key(number),
        "number": number,
        "code_name": "Copper Heron",
        "type": "credential-leak",
        "severity": "sev2",
        "status": "containment" if is_open else "closed",
        "drill": True,
        "restricted": False,
        "open": is_open,
        "declared_at": now,
        "head_seq": 60,
        "head_hash": "0" * 64,
        "parked_seq": 60,
        "shown": is_open,
        "held_against": app.catalog.digest,
        "wake_at": now + timedelta(hours=2, seconds=number) if is_open else None,
        "waiting_for": "approval of the customer notice",
        "next_due": now + timedelta(days=2),
    }


def _duty(number: int, duty: int, is_open: bool, now: datetime) -> dict[str, Any]:
    return {
        "incident": _key(number),
        "key": f"law-{duty}/authority/de/controller",
        "cite": "Art. 33(1)",
        "recipient": "authority",
        "due_at": now + timedelta(days=2, minutes=duty),
        "state": "open" if is_open else "met",
        "met_at": None if is_open else now,
    }


def _message(number: int, now: datetime) -> dict[str, Any]:
    return {
        "id": f"{number:032x}",
        "key": f"{_key(number + 1)}/page/linh/email",
        "incident": _key(number + 1),
        "cause": 3,
        "lane": number % 3,
        "route": "email",
        "person": "linh",
        "sealed": b"." * 500,
        "state": "pending",
        "outcome": "down",
        "attempts": 3,
        "not_before": now + timedelta(hours=1),
        "created_at": now,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=50)
    parser.add_argument("--duties", type=int, default=40)
    parser.add_argument("--database", help="an empty database, instead of SQLite in a folder of its own")
    asked = parser.parse_args()
    main(asked.repeat, asked.duties, asked.database)
