"""What is said in an incident's room in Slack: a few words at each milestone. The card there says the rest."""

import json
from collections.abc import Sequence

from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.message import slack_escape
from tocsin.rendering.message import Line, left_out
from tocsin.rendering.words import load_words
from tocsin.storage.routes import ROOM


def tell_room(app: App, change: Change, lines: Sequence[Line], *, subject: str, cause: int) -> None:
    """Put these lines into the outbox for the room, where one is open and Slack is not silenced."""
    if change.incident.room is None or "slack" in change.incident.silenced:
        return
    language = app.catalog.contacts.organisation.languages[0]
    words = load_words(app.pack_folder(app.catalog), language)
    mark = "[DRILL] " if change.incident.drill else ""
    discreet = [each.for_slack() for each in lines]
    if discreet != [*lines]:
        discreet.append(left_out(change.incident.key))
    text = mark + slack_escape("\n".join(each.said(words) for each in discreet))
    content = json.dumps({"slack_text": text, "slack_blocks": []}, ensure_ascii=False).encode()
    change.send(f"{subject}/{ROOM}/slack", "status", "slack", ROOM, content, cause=cause)
