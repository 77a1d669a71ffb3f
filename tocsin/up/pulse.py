"""The pulse of the parts: what their heartbeats say to the keeper, who sees only that a process is there.

A process that is stopped or hangs is alive and does nothing. Only a beat that is new counts, on the keeper's own
clock: two machines may differ.
"""

import time
from datetime import datetime

from tocsin.settings import Settings
from tocsin.storage import clock as heartbeats
from tocsin.storage.database import Database
from tocsin.up.child import Child

#: Seconds between two looks into the database; after a longer pause the keeper itself was held up.
EVERY, HELD_UP = 1.0, 10.0
#: Seconds for which a bell may be silent before it counts as hung, and what its first round may take beside.
BELL_SILENT, BELL_FIRST = 20.0, 40.0


class Pulse:
    """The heartbeats of one home, as one keeper hears them."""

    def __init__(self, settings: Settings) -> None:
        self._url, self._interval = settings.database_url, settings.bell.interval
        self._database: Database | None = None
        self._beats: dict[tuple[str, int | None], tuple[datetime, float]] = {}
        self._began = self._listened = self._deaf = time.monotonic()

    def listen(self) -> None:
        """Look for new beats. While the database is away nobody can beat, and nothing is held against anybody."""
        now = time.monotonic()
        if now - self._listened < EVERY:
            return
        if now - self._listened > HELD_UP:
            self._deaf = now
        self._listened = now
        try:
            self._database = self._database or Database(self._url)
            with self._database.read() as connection:
                found = heartbeats.beats(connection)
        except Exception:  # whatever is wrong with the database, the keeper goes on looking
            self._deaf = now
            return
        for name, (at, detail) in found.items():
            # Other bells beat in the name of ours too.
            for key in ((name, None), (name, (detail or {}).get("pid"))):
                if key not in self._beats or self._beats[key][0] != at:
                    self._beats[key] = at, now

    def hangs(self, bell: Child) -> bool:
        """Whether a bell that is alive has stopped beating. Its first beat may take longer."""
        last = self._beats.get(("bell", bell.pid))
        patience = BELL_SILENT + 2 * self._interval + (0 if last else BELL_FIRST)
        return self._silence(last, bell.started) > patience

    def stopped(self, name: str) -> bool:
        """Whether a part has been silent for too long, since we began to listen."""
        return (
            self._silence(self._beats.get((name, None)), self._began)
            > heartbeats.SILENT[name].total_seconds()
        )

    def _silence(self, last: tuple[datetime, float] | None, since: float) -> float:
        return time.monotonic() - max(last[1] if last else since, since, self._deaf)

    def close(self) -> None:
        """Give the database back."""
        if self._database:
            self._database.close()
