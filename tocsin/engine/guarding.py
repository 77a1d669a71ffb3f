"""The bell's eye on `watch`, as `watch` has one on the bell: of two who guard each other, either tells of the other.

`watch` runs in Prefect. Without it the dashboard stands still, and nobody stands in for a bell that dies.
"""

from dataclasses import dataclass, field
from datetime import datetime

from tocsin.app import App
from tocsin.domain.moments import iso
from tocsin.engine.quarantine import tell_watch_silent
from tocsin.logs import Log
from tocsin.storage import clock as heartbeats

log = Log("tocsin.engine")


@dataclass
class Guard:
    """One bell's memory of `watch`: since when it heard nothing, and of which silence the log and people were told."""

    listening: datetime
    _heard: datetime | None = field(default=None, init=False, repr=False)
    _logged: str | None = field(default=None, init=False, repr=False)
    _told: str | None = field(default=None, init=False, repr=False)

    def heed(self, app: App) -> str | None:
        """What is wrong with `watch`, or None. People hear of each silence once, as soon as any incident is open."""
        with app.database.read() as connection:
            found = heartbeats.beats(connection).get("watch")
        last, now = found[0] if found else None, app.clock()
        # The clock may be set back meanwhile: then a beat in the future is worth as much as one of now, once.
        self.listening = min(self.listening, now)
        # A house that has just come up has a bell before it has a watch.
        if last and last != self._heard:
            self._heard, self.listening = last, max(self.listening, min(last, now))
        if not heartbeats.is_silent(now - self.listening, heartbeats.SILENT["watch"]):
            return None
        since = f"silent since {iso(min(last, self.listening))}" if last else "it never beat"
        if self._logged != since:
            log.error("watch is silent", since=since)
            self._logged = since
        if self._told != since and tell_watch_silent(app, last):
            self._told = since
        return since
