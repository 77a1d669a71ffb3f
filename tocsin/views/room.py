"""The room of an incident in Slack: what it is called, whether it is open, and what is wrong with it."""

from dataclasses import dataclass

from tocsin.app import App
from tocsin.domain.incident import Incident
from tocsin.domain.room import room_name
from tocsin.storage import rooms, routes

#: How an invitation fared that needs nobody's attention.
_WELL = ("in", "self")


@dataclass(frozen=True)
class RoomView:
    """The channel by name, or why there is `none`. Without an id in Slack, `channel`, it is being opened.

    `trouble` is what Slack said last, where something failed. `left_out` are people whom it does not let us invite, and
    Slack's word for why.
    """

    name: str | None
    channel: str | None = None
    none: str | None = None
    trouble: str | None = None
    left_out: tuple[tuple[str, str], ...] = ()
    #: Whether the company wants one at all.
    wanted: bool = True

    @property
    def words(self) -> str:
        """The room in one line."""
        if self.name is None:
            return f"none: {self.none}"
        missing = ", ".join(f"{who} ({why})" for who, why in self.left_out)
        parts = [f"#{self.name}" if self.channel else f"#{self.name} is being opened", self.trouble]
        parts.append(f"Slack does not let us invite {missing}: contacts/people.yaml" if missing else None)
        return "; ".join(filter(None, parts))


def room_of(app: App, incident: Incident) -> RoomView:
    """The room as it is known here; Slack is not asked."""
    with app.database.read() as connection:
        row = rooms.of(connection, incident.key) or {}
        slack = routes.health(connection).get("slack")
    if incident.room is None:
        if not app.settings.slack.rooms:
            return RoomView(None, none="rooms is false in [slack]", wanted=False)
        if incident.status == "triage":
            return RoomView(None, none="not while it waits in triage")
        if "slack" in incident.silenced:
            return RoomView(None, none="Slack is silenced")
        if app.settings.slack.token is None or (slack is not None and slack.down_since is not None):
            return RoomView(None, none="Slack is DOWN")
    people = {person.slack: person.id for person in app.catalog.contacts.people if person.slack}
    guests: dict[str, str] = row.get("guests") or {}
    left_out = tuple((people.get(who, who), why) for who, why in guests.items() if why not in _WELL)
    name, channel = (
        (incident.room.name, incident.room.channel) if incident.room else (room_name(incident), None)
    )
    return RoomView(name, channel, trouble=row.get("trouble"), left_out=left_out)
