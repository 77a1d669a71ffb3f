"""A clock that was set back: what was written ahead of it is looked at now, not when the clock has caught up."""

from datetime import datetime

from tocsin.app import App
from tocsin.domain.setback import SET_BACK
from tocsin.engine import urgent_only, went_on
from tocsin.storage import rooms
from tocsin.storage.resting import ahead
from tocsin.storage.waiting import heed_set_back


def heed_the_clock(app: App, before: datetime | None) -> datetime:
    """Look at what was written later than now, at the first round and whenever the clock was set back; returns now.

    Its wakes lie ahead, what is counted would stand still, and messages would wait, until the clock has caught up.
    """
    now = app.now()
    if before is None or now < before - SET_BACK:
        with app.database.write() as connection:
            heed_set_back(connection, now, app.clock())
            rooms.heed_set_back(connection, now)
            keys = ahead(connection, now + SET_BACK)
        for key in keys:
            went_on(app, key, urgent_only, holder="clock")
    return now
