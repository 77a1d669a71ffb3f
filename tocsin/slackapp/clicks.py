"""Buttons of our messages: the deed that they offer, done once; and the message shows then who did it, and when."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from tocsin.actions.checklist import open_step, refuse_blocked, refuse_others_step
from tocsin.actions.doors import TurnedAway, digest_of
from tocsin.actions.offers import PARTS, deed_done, take_up, turned_away
from tocsin.domain.checklist import Step
from tocsin.domain.errors import Refused
from tocsin.domain.message import SlackPost, Undelivered, slack_escape
from tocsin.domain.offers import Deed, Offer, parsed
from tocsin.logs import Log
from tocsin.rendering.message import Line, line
from tocsin.slackapp.aftermath import advanced, posted
from tocsin.slackapp.desk import Desk, Said
from tocsin.slackapp.modals import offered, stated
from tocsin.slackapp.voice import named, post_of
from tocsin.storage import inbound, rooms, spent

log = Log("tocsin.slackapp")
_OURS = "tocsin:"


def clicked(desk: Desk) -> None:
    """A button was clicked."""
    offer = parsed(str(desk.it.action.get("value", "")))
    message = desk.it.payload.get("message") or {}
    if offer.deed in ("reject", "update"):
        # Its modal asks for words, and did not open.
        desk.say(line("slack_modal_lost"))
    elif offer.deed == "done" and wants_upload(desk, offer):
        ask_upload(desk, offer.incident, offer.subject)
    else:
        taken_up(desk, offer, None, desk.it.channel, message.get("ts", ""), message)


def sent_off(desk: Desk) -> None:
    """What a button asked for was written and sent off: why a letter is rejected, how it stands."""
    view = desk.it.payload["view"]
    offer, channel, ts = offered(view)
    said = {part: stated(view, part) for part in PARTS} if offer.deed == "update" else None
    taken_up(desk, offer, stated(view, "because") or None, channel, ts, None, said)


def taken_up(
    desk: Desk,
    offer: Offer,
    because: str | None,
    channel: str,
    ts: str,
    message: Mapping[str, Any] | None,
    said: Mapping[str, str] | None = None,
) -> None:
    """Do what was offered, tell who clicked, and let the message show it."""
    try:
        _refuse_silenced(desk, offer)
        deed = offer.deed
        if not (desk.again and done_before(desk)):
            done = take_up(
                desk.app,
                desk.actor,
                offer,
                door="slack",
                nonce=desk.it.id,
                because=because,
                said=said,
                proof=desk.proof,
            )
            deed = deed_done(done, offer)
    except TurnedAway as refused:
        desk.say(*turned(desk, refused))
        return
    trouble = advanced(desk.app, offer.incident)
    posted(desk, offer.incident)
    [told] = desk.said([done_line(desk, offer, deed)])
    desk.say(told, *([trouble] if trouble else []))
    desk.after.append(partial(redraw, desk, offer, told, channel, ts, message))


def _refuse_silenced(desk: Desk, offer: Offer) -> None:
    try:
        desk.refuse_silenced(offer.incident)
    except Refused as refused:
        if desk.actor.person is None or desk.actor.id in desk.app.incident(offer.incident).excluded:
            # They hear what they always hear, and that is written down as always.
            return
        turned_away(desk.app, desk.actor, offer, door="slack", nonce=desk.it.id, why="not-allowed")
        raise TurnedAway(str(refused), "not-allowed") from None


def unknown(desk: Desk) -> Line:
    """How somebody is added whom nobody knows here: their own id, the file and the key."""
    return line("slack_unknown", id=desk.it.user)


def turned(desk: Desk, refused: TurnedAway) -> list[Said]:
    """That nothing was done, in the reader's words; then why, in the line that a shell would print."""
    if refused.why == "unknown-person":
        return [unknown(desk)]
    return [line(f"slack_turned_{refused.why.replace('-', '_')}"), str(refused)]


def done_line(desk: Desk, offer: Offer, deed: Deed | None = None) -> Line:
    """Who did what was offered, or what that had become, and when."""
    who = desk.actor.person.name if desk.actor.person else desk.actor.id
    # A phrase calls a role as its language does.
    subject = {"role" if offer.deed in ("ack", "take") else "subject": offer.subject}
    return line(f"slack_did_{deed or offer.deed}", who=who, at=desk.at(desk.app.now()), **subject)


def redraw(
    desk: Desk, offer: Offer, done: str, channel: str, ts: str, message: Mapping[str, Any] | None
) -> None:
    """Take the buttons of what was decided out of the message, and write under it who decided and when.

    The card of a room is left to whoever keeps it: what it said at the click may be old by now.
    """
    if not channel or not ts or _is_card(desk, offer.incident, channel, ts):
        return
    try:
        message = message or _message(desk, channel, ts)
        if message is None:
            return
        text = slack_escape(done)
        note = {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}
        blocks = [*without(message.get("blocks") or [], offer), note]
        desk.voice.ask("chat_update", channel=channel, ts=ts, text=message.get("text") or text, blocks=blocks)
    except Undelivered as failure:
        # It is done; the message only does not show it, and its button is refused when it is clicked again.
        log.error("a message does not show what was decided", why=failure.reason)


def _is_card(desk: Desk, key: str, channel: str, ts: str) -> bool:
    with desk.app.database.read() as connection:
        room = rooms.of(connection, key) or {}
    return (room.get("channel"), room.get("card_ts")) == (channel, ts)


def without(blocks: list[Any], offer: Offer) -> list[Any]:
    """The blocks without the buttons that decide the same thing."""
    kept = []
    for block in blocks:
        if block.get("type") != "actions":
            kept.append(block)
            continue
        left = [each for each in block.get("elements") or [] if not _decides(each, offer)]
        if left:
            kept.append(block | {"elements": left})
    return kept


def _decides(element: Mapping[str, Any], offer: Offer) -> bool:
    if not str(element.get("action_id", "")).startswith(_OURS):
        return False
    try:
        other = parsed(str(element.get("value", "")))
    except Refused:
        return False
    return (other.incident, other.subject) == (offer.incident, offer.subject)


def _message(desk: Desk, channel: str, ts: str) -> Mapping[str, Any] | None:
    found = desk.voice.ask(
        "conversations_history", channel=channel, oldest=ts, latest=ts, inclusive=True, limit=1
    )
    return next((each for each in found.get("messages", []) if each.get("ts") == ts), None)


def done_before(desk: Desk) -> bool:
    """Whether what came in was done already, by somebody who died before the answer."""
    with desk.app.database.read() as connection:
        return spent.used(connection, digest_of("slack", desk.it.id)) is not None


def wants_upload(desk: Desk, offer: Offer) -> bool:
    """Whether a step can be ticked by this person now, but for its evidence."""
    step = tickable(desk, offer)
    return step is not None and step.evidence_required


def tickable(desk: Desk, offer: Offer) -> Step | None:
    """The step, where this person could tick it now with what it wants."""
    app, incident = desk.app, desk.app.incident(offer.incident)
    try:
        refuse_others_step(app, desk.actor, incident, offer.subject)
        step = open_step(app, incident, offer.subject)
        refuse_blocked(app, incident, step)
    except Refused:
        return None
    return step if incident.open else None


def _among_us(desk: Desk, key: str) -> str:
    """The incident's room, where this person is in it; else a direct message."""
    with desk.app.database.read() as connection:
        room = rooms.of(connection, key) or {}
    is_in = (room.get("guests") or {}).get(desk.it.user) == "in"
    return str(room["channel"]) if is_in and room.get("channel") else desk.it.user


def ask_upload(desk: Desk, key: str, step: str) -> None:
    """Open a thread in which the evidence of a step is uploaded, where no outsider reads along."""
    desk.refuse_silenced(key)
    wanted = open_step(desk.app, desk.app.incident(key), step)
    lines = [
        line("slack_upload", step=step, incident=key),
        line("step", step=step, title=wanted.title),
        line("slack_wants", what=wanted.evidence or "-"),
    ]
    post = post_of(desk.said(lines))
    desk.after.append(partial(_await_upload, desk, key, step, _among_us(desk, key), post))


def _await_upload(desk: Desk, key: str, step: str, channel: str, post: SlackPost) -> None:
    said = desk.voice.ask(
        "chat_postMessage",
        channel=channel,
        text=post.text,
        blocks=list(post.blocks),
        unfurl_links=False,
        unfurl_media=False,
    )
    named(said, "channel", "ts")
    with desk.app.database.write() as connection:
        now = desk.app.clock()
        inbound.await_upload(connection, str(said["channel"]), str(said["ts"]), key, step, now)
