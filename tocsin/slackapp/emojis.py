"""A message that somebody marks with the emoji goes into the timeline: its words sealed, its author and its address."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tocsin import actions
from tocsin.actors import in_slack
from tocsin.domain.message import Undelivered
from tocsin.rendering.message import line
from tocsin.slackapp.desk import Desk, incident_in
from tocsin.slackapp.typed import plain


def marked(desk: Desk) -> None:
    """Our emoji was put on a message. Elsewhere than in an incident's channel it is talk."""
    channel, ts = desk.it.marked
    key = incident_in(desk.app, channel)
    if key is None:
        return
    if desk.actor.person is None:
        desk.say(line("slack_unknown", id=desk.it.user))
        return
    desk.refuse_silenced(key)
    message = _message(desk, channel, ts)
    if message is None or not message.get("text"):
        desk.say(line("slack_no_words"))
        return
    author = in_slack(desk.app, str(message.get("user") or message.get("bot_id") or "unknown"))
    done = actions.quote(
        desk.app,
        desk.actor,
        key,
        plain(str(message["text"])),
        said_by=author.id,
        link=_permalink(desk, channel, ts),
        name=f"slack/{channel}/{ts}",
        at=datetime.fromtimestamp(float(ts), UTC),
    )
    desk.say(line("slack_quoted" if done.entries else "slack_quoted_before", incident=key))


def _message(desk: Desk, channel: str, ts: str) -> Mapping[str, Any] | None:
    """The message, of the channel itself or of a thread in it."""
    for method, more in (("conversations_history", {}), ("conversations_replies", {"ts": ts})):
        found = desk.voice.ask(method, channel=channel, oldest=ts, latest=ts, inclusive=True, limit=1, **more)
        for message in found.get("messages", []):
            if message.get("ts") == ts:
                return dict(message)
    return None


def _permalink(desk: Desk, channel: str, ts: str) -> str:
    try:
        return str(desk.voice.ask("chat_getPermalink", channel=channel, message_ts=ts)["permalink"])
    except (Undelivered, KeyError):
        return f"{channel}/{ts}"
