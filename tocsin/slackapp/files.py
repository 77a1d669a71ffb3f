"""A file in a thread that asked for one: it goes into the vault, and its step is done; later ones go there too."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tocsin.actions.checklist import refuse_others_step
from tocsin.actions.doors import TurnedAway
from tocsin.actions.offers import take_up
from tocsin.actions.vault import keep_evidence
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import EvidenceKept
from tocsin.domain.message import Undelivered
from tocsin.domain.offers import Offer
from tocsin.evidence.passing import passing
from tocsin.logs import Log
from tocsin.record import Recorded
from tocsin.rendering.message import Line, line
from tocsin.slackapp.aftermath import advanced, posted
from tocsin.slackapp.clicks import done_before, done_line, tickable, turned
from tocsin.slackapp.desk import Desk
from tocsin.slackapp.voice import post_of
from tocsin.storage import inbound

log = Log("tocsin.slackapp")


def uploaded(desk: Desk) -> None:
    """Files were put into a thread. In one where nobody asked for any, they are talk."""
    channel, thread, files = desk.it.channel, desk.it.thread, desk.it.files
    with desk.app.database.read() as connection:
        found = inbound.awaited(connection, channel, thread)
    if found is None or not files:
        return
    key, step = found
    if desk.actor.person is not None:
        desk.refuse_silenced(key)
    offer = Offer("done", key, step)
    try:
        if desk.again and done_before(desk):
            state = desk.app.incident(key).steps.get(step)
            said, kept = done_line(desk, offer), [*(state.evidence if state else ())]
        elif _is_more(desk, offer):
            said, kept = _keep_more(desk, offer, files)
        else:
            said, kept = _keep(desk, offer, files)
    except TurnedAway as refused:
        desk.say(*turned(desk, refused))
        return
    trouble = advanced(desk.app, key)
    posted(desk, key)
    _say_in_thread(desk, thread, [said, line("slack_kept", items=", ".join(kept))], trouble)


def _is_more(desk: Desk, offer: Offer) -> bool:
    """Whether the step was ticked already, as by a file before this one, or skipped: this belongs to it too."""
    return desk.actor.person is not None and offer.subject in desk.app.incident(offer.incident).steps


def _keep(desk: Desk, offer: Offer, files: Sequence[Mapping[str, Any]]) -> tuple[Line, list[str]]:
    """What is said of what was uploaded, and its numbers in the vault. Who may not tick the step uploads nothing."""
    # Without them it is refused as it would be with them, and nothing is fetched for that.
    wanted = files if tickable(desk, offer) else []
    with _fetched(desk, wanted) as paths:
        if paths and _is_more(desk, offer):
            # Another file was quicker, while this one was fetched.
            return _kept_more(desk, offer, paths)
        try:
            done = take_up(
                desk.app,
                desk.actor,
                offer,
                door="slack",
                nonce=desk.it.id,
                evidence=paths,
                proof=desk.proof,
            )
        except TurnedAway:
            if paths and _is_more(desk, offer):
                return _kept_more(desk, offer, paths)
            raise
    return done_line(desk, offer), _items(done, offer.subject)


def _keep_more(desk: Desk, offer: Offer, files: Sequence[Mapping[str, Any]]) -> tuple[Line, list[str]]:
    """The same of what comes after the step was ticked, from who may tick it."""
    refuse_others_step(desk.app, desk.actor, desk.app.incident(offer.incident), offer.subject)
    with _fetched(desk, files) as paths:
        return _kept_more(desk, offer, paths)


def _kept_more(desk: Desk, offer: Offer, paths: Sequence[Path]) -> tuple[Line, list[str]]:
    kept: list[str] = []
    for number, path in enumerate(paths):
        command = f"slack/{desk.it.id}/{number}"
        done = keep_evidence(desk.app, desk.actor, offer.incident, path, step=offer.subject, command=command)
        kept += _items(done, offer.subject)
    state = desk.app.incident(offer.incident).steps.get(offer.subject)
    said = "slack_more_skipped" if state and state.mark == "skipped" else "slack_more"
    return line(said, step=offer.subject), kept


@contextmanager
def _fetched(desk: Desk, files: Sequence[Mapping[str, Any]]) -> Iterator[list[Path]]:
    """The files as they lie at Slack, in clear text for as long as they are passed on."""
    with passing(desk.app.settings) as folder:
        paths = []
        for number, file in enumerate(files):
            place = folder / str(number)
            place.mkdir(mode=0o700)
            path = place / safe_name(str(file.get("name") or file.get("title") or "file"))
            desk.voice.fetch(_address(file), path, desk.app.settings.slack.largest_file)
            paths.append(path)
        yield paths


def _items(done: Recorded, step: str) -> list[str]:
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
