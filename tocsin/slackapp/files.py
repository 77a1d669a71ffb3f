"""A file in a thread that asked for one: it goes into the vault, and its step is done."""

import re
from collections.abc import Mapping
from typing import Any

from tocsin.actions.doors import TurnedAway
from tocsin.actions.offers import take_up
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import EvidenceKept
from tocsin.domain.message import Undelivered
from tocsin.domain.offers import Offer
from tocsin.evidence.passing import passing
from tocsin.logs import Log
from tocsin.rendering.message import Line, line
from tocsin.slackapp.aftermath import advanced, posted
from tocsin.slackapp.clicks import done_before, done_line, tickable, turned
from tocsin.slackapp.desk import Desk
from tocsin.slackapp.voice import post_of
from tocsin.storage import inbound

log = Log("tocsin.slackapp")


def uploaded(desk: Desk) -> None:
    """Files were put into a thread. In one where nobody asked for any, they are talk."""
    event = desk.it.payload["event"]
    channel, thread = desk.it.channel, str(event["thread_ts"])
    with desk.app.database.read() as connection:
        found = inbound.awaited(connection, channel, thread)
    if found is None:
        return
    key, step = found
    if desk.actor.person is not None:
        desk.refuse_silenced(key)
    try:
        if desk.again and done_before(desk):
            kept = list(desk.app.incident(key).steps[step].evidence)
        else:
            kept = _keep(desk, key, step, event["files"])
    except TurnedAway as refused:
        desk.say(*turned(desk, refused))
        return
    trouble = advanced(desk.app, key)
    offer = Offer("done", key, step)
    posted(desk, key)
    _say_in_thread(desk, thread, [done_line(desk, offer), line("slack_kept", items=", ".join(kept))], trouble)
    # Last of all: a file in a thread where none is awaited would be talk to whoever takes this up again.
    with desk.app.database.write() as connection:
        inbound.came_up(connection, channel, thread)


def _keep(desk: Desk, key: str, step: str, files: list[Mapping[str, Any]]) -> list[str]:
    """The numbers in the vault of what was uploaded. Who may not tick the step uploads nothing into it."""
    offer = Offer("done", key, step)
    # Without them it is refused as it would be with them, and nothing is fetched for that.
    wanted = files if tickable(desk, offer) else []
    with passing(desk.app.settings) as folder:
        paths = []
        for number, file in enumerate(wanted):
            place = folder / str(number)
            place.mkdir(mode=0o700)
            path = place / safe_name(str(file.get("name") or file.get("title") or "file"))
            desk.voice.fetch(_address(file), path, desk.app.settings.slack.largest_file)
            paths.append(path)
        done = take_up(
            desk.app,
            desk.actor,
            offer,
            door="slack",
            nonce=desk.it.id,
            evidence=paths,
            proof=desk.proof,
        )
    kept = [entry.body for entry in done.entries if isinstance(entry.body, EvidenceKept)]
    return [body.item for body in kept if body.step == step]


def _address(file: Mapping[str, Any]) -> str:
    if file.get("mode") in ("external", "tombstone") or file.get("is_external"):
        raise Refused("the file does not lie at Slack; upload the file itself")
    return str(file.get("url_private_download") or file.get("url_private") or "")


def safe_name(name: str) -> str:
    """A name that is one of a file, whatever was typed."""
    flat = re.sub(r"[^\w.() -]", "_", name).strip(" .")
    return flat[-120:] or "file"


def _say_in_thread(desk: Desk, thread: str, lines: list[Line], trouble: str | None) -> None:
    post = post_of(desk.said([*lines, *([trouble] if trouble else [])]))
    try:
        desk.voice.ask(
            "chat_postMessage",
            channel=desk.it.channel,
            thread_ts=thread,
            text=post.text,
            blocks=list(post.blocks),
        )
    except Undelivered as failure:
        log.error("a thread does not show what was kept", why=failure.reason)
