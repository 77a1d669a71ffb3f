"""verify against sha256 and JSON alone, in one run.

    python bench/verify.py [--entries 100000] [--repeat 5]

One incident of many entries is written into an SQLite database: notes, facts, pages and their outcomes, steps. "Alone"
makes the canonical JSON of the same entries, in memory already, and hashes it: no database, no order, no check. The
chain is what a tampered entry breaks; the whole adds fold, plan, texts and every other check. Repetitions alternate;
the medians are compared.
"""

import argparse
import hashlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tocsin.actions import declare
from tocsin.actions.declaring import Declaration
from tocsin.actors import at_the_shell
from tocsin.app import App, open_app
from tocsin.domain import kinds as k
from tocsin.domain.fold import fold
from tocsin.domain.timeline import Draft, as_row, chain, from_row
from tocsin.evidence.story import heard
from tocsin.evidence.verify import verify
from tocsin.record import attention, plan_or_none
from tocsin.settings import Settings
from tocsin.storage import timeline
from tocsin.storage.texts import Texts


def main() -> None:
    """Measure and print ratios."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--entries", type=int, default=100_000)
    asked.add_argument("--repeat", type=int, default=5)
    asked = asked.parse_args()
    with tempfile.TemporaryDirectory() as home:
        app = open_app(Settings(mode="drill", home=Path(home)))
        key = written(app, asked.entries)
        with app.database.read() as connection:
            rows = [
                {name: value for name, value in row.items() if name != "hash"}
                for row in timeline.raw_rows(connection, key)
            ]
        sides: dict[str, Callable[[], None]] = {
            "sha256 + JSON alone": lambda: alone(rows),
            "the chain, from the database": lambda: chained(app, key),
            "the whole verify": lambda: whole(app, key),
        }
        report(sides, asked.repeat, len(rows))
        app.close()


def report(sides: dict[str, Callable[[], None]], repeat: int, entries: int) -> None:
    """Run the sides by turns, and print the medians with their ratios to the first."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeat):
        for name, side in sides.items():
            begin = time.perf_counter()
            side()
            times[name].append(time.perf_counter() - begin)
    base = statistics.median(next(iter(times.values())))
    print(f"verify: {entries:,} entries, median of {repeat}")
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"  {name:<30} {median:6.3f} s   {median / base:5.2f} x")


def alone(rows: list[dict[str, Any]]) -> None:
    """What cannot be left out: the bytes, and their hash."""
    for row in rows:
        text = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        hashlib.sha256(text.encode()).hexdigest()


def chained(app: App, key: str) -> None:
    """Every entry in order, bound to the one before, with its hash."""
    with app.database.read() as connection:
        _, fault = heard(connection, key)
    assert fault is None


def whole(app: App, key: str) -> None:
    """All that `tocsin verify` looks at."""
    verdict = verify(app, key)
    if not verdict.proven:
        sys.exit(verdict.fault or verdict.unchecked)


def written(app: App, entries: int) -> str:
    """An incident of so many entries, put into the database at one go."""
    actor = at_the_shell(app, "linh")
    first = declare(app, actor, Declaration("A long night", drill=True)).incident
    texts = Texts(first.key, app.record_key(first.key), app.entropy)
    drafts = [draft(number, texts) for number in range(entries - first.head_seq)]
    more = chain(
        first.key,
        drafts,
        actor=actor.id,
        now=datetime.now(UTC) + timedelta(seconds=1),
        after_seq=first.head_seq,
        after_hash=first.head_hash,
        after_recorded=first.recorded_at,
    )
    with app.database.write() as connection:
        timeline.append(connection, more)
        texts.write(connection)
        after = fold(from_row(as_row(entry)) for entry in timeline.entries(connection, first.key))
        wake_at, waiting_for = attention(plan_or_none(app, after, app.now()), app.now())
        row = timeline.incident_row(after, wake_at=wake_at, waiting_for=waiting_for)
        timeline.project(connection, after, row)
    return first.key


def draft(number: int, texts: Texts) -> Draft:
    """A kind of entry that incidents are full of."""
    bodies: tuple[k.Body, ...] = (
        k.Noted(text=texts.keep(f"note {number}: looked at host {number % 97}, nothing new")),
        k.FactLearned(name="people", value=number, source=texts.keep("gateway log")),
        k.StepReminded(step=f"{number % 9}.1"),
        k.Noted(text=texts.keep(f"note {number}: the third gateway is clean")),
        k.Acknowledged(role="forensics", person="giang"),
    )
    return Draft(bodies[number % len(bodies)], causation_seq=1, command_key=f"bench/{number}")


if __name__ == "__main__":
    main()
