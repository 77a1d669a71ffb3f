"""What is said of what waits in triage."""

from tocsin.domain.incident import Incident
from tocsin.rendering.message import Line, line


def whether(incident: Incident) -> list[Line]:
    """What waits, without a word of what it says or of who says it."""
    if not incident.by_message:
        return [line("whether")]
    urgent = any(message.urgent for message in incident.messages) or incident.urgent
    return [line("message_urgent" if urgent else "message"), line("whether")]
