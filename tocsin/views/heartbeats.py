"""The heartbeats of those who keep deadlines, as seconds since the last one: for a guard who asks from elsewhere."""

from datetime import timedelta

from tocsin.app import App
from tocsin.storage import clock as heartbeats

#: They stand in for each other: it is an alarm when none of them lives.
RINGERS = ("bell", "watch")


def since_beats(app: App) -> dict[str, float | None]:
    """Seconds since the last beat of each ringer; None for one that never beat, less than 0 for one in the future."""
    with app.database.read() as connection:
        found = heartbeats.beats(connection)
    now = app.clock()
    return {
        name: round((now - found[name][0]).total_seconds(), 1) if name in found else None for name in RINGERS
    }


def lives(beats: dict[str, float | None]) -> bool:
    """Whether any of them beat lately."""
    ages = [timedelta(seconds=each) for each in beats.values() if each is not None]
    return not all(heartbeats.is_silent(age, heartbeats.SILENT["house"]) for age in ages)
