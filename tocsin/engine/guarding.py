"""The bell's eye on `watch`, and that of `watch` on the bell: of two who guard each other, either tells of the other.

`watch` runs in Prefect. Without it the dashboard stands still, and nobody stands in for a bell that dies.
"""

from dataclasses import dataclass, field
from datetime import datetime

from tocsin.app import App
from tocsin.domain.moments import iso
from tocsin.engine.quarantine import tell_silent
from tocsin.logs import Log
from tocsin.storage import clock as heartbeats

log = Log("tocsin.engine")


@dataclass
class Guard:
    """Its memory of the other: since when it heard nothing, and of which silence the log and people were told."""

    other: heartbeats.Ringer
    listening: datetime
    _heard: datetime | None = field(default=None, init=False, repr=False)
    _logged: str | None = field(default=None, init=False, repr=False)
    _told: str | None = field(default=None, init=False, repr=False)

    def heed(self, app: App) -> str | None:
        """What is wrong with the other, or None. People hear of each silence once, as soon as any incident is open."""
        with app.database.read() as connection:
            found = heartbeats.beats(connection).get(self.other)
        last, now = found[0] if found else None, app.clock()
        # The clock may be set back meanwhile: then a beat in the future is worth as much as one of now, once.
        self.listening = min(self.listening, now)
        # A house that has just come up has a bell before it has a watch.
        if last and last != self._heard:
            self._heard, self.listening = last, max(self.listening, min(last, now))
        if not heartbeats.is_silent(now - self.listening, heartbeats.SILENT[self.other]):
            return None
        since = f"silent since {iso(min(last, self.listening))}" if last else "it never beat"
        if self._logged != since:
            log.error(f"{self.other} is silent", since=since)
            self._logged = since
        if self._told != since and tell_silent(app, self.other, last):
            self._told = since
        return since
