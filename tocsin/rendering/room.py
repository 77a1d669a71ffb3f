"""The words of an incident's room in Slack: its purpose, its topic, and the card that is pinned there.

In the company's first language, since a room has many readers. A card cannot count down, so every moment on it is
absolute, and it says when it was written. What people typed and what names are called is escaped, never markup.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tocsin.domain.masking import masked
from tocsin.domain.message import route_name, slack_escape
from tocsin.domain.offers import Offer
from tocsin.domain.room import COMMANDER, PAPERS, Card, Deadline, Todo
from tocsin.rendering.buttons import buttons
from tocsin.rendering.message import HASH_SHOWN, LONGEST_HEADER, line
from tocsin.rendering.words import Words


@dataclass(frozen=True)
class Pinned:
    """A card for Slack. `digest` is over what it says, without when that was written."""

    text: str
    blocks: tuple[dict[str, Any], ...]
    digest: str


@dataclass(frozen=True)
class Speaker:
    """In which words, by which clock and with which names a room speaks. `names` maps the ids of people."""

    words: Words
    zone: str
    names: Mapping[str, str]

    def say(self, phrase: str, **values: Any) -> str:
        """A phrase of the room."""
        return line(f"room_{phrase}", **values).said(self.words)

    def say_status(self, card: Card) -> str:
        """Where the incident stands."""
        return line("status", status=card.status).said(self.words)

    def name(self, who: str | None) -> str:
        """A person by name."""
        return self.say("nobody") if who is None else self.names.get(who, who)

    def moment(self, at: datetime) -> str:
        """A moment in the organisation's zone, and in UTC."""
        return f"{self.words.moment(at, self.zone)} = {at.astimezone(UTC):%H:%M}Z"

    def duty(self, of: Deadline) -> str:
        """A duty: to whom, and by which article."""
        return line("duty", whom=of.whom, cite=of.cite).said(self.words)

    def role(self, role: str) -> str:
        """How a role is called."""
        return self.words.choice("office", role)


def purpose(card: Card, by: Speaker, mark: str) -> str:
    """What the channel is for, and the mark by which it is found again as ours."""
    return f"{by.say('purpose', incident=card.incident, code_name=card.code_name)} [{mark}]"


def topic(card: Card, by: Speaker) -> str:
    """How bad, until when, who: one line, whose moment is absolute."""
    if not card.open:
        names = {"incident": card.incident, "code_name": card.code_name}
        return by.say("topic_over", **names, status=card.status)
    common = {"severity": card.severity.upper(), "who": by.name(card.commander)}
    if card.soonest is None:
        return by.say("topic_undated", **common)
    return by.say("topic", **common, duty=by.duty(card.soonest), due=by.moment(card.soonest.due_at))


def bookmarks(incident: str, console_url: str | None, by: Speaker) -> dict[str, str]:
    """Title to link: the page of the incident and its papers, where there is a console."""
    if not console_url:
        return {}
    page = f"{console_url.rstrip('/')}/inc/{incident}"
    return {by.say("console"): page, by.say("papers"): f"{page}#{PAPERS}"}


def pinned(card: Card, by: Speaker, now: datetime) -> Pinned:
    """The card: what, how bad, until when, who; what can be done now, with a button for each."""
    mark = "[DRILL] " if card.drill else ""
    head = f"{mark}{card.severity.upper()} {_flat(masked(card.title or card.code_name))}"
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(head[:LONGEST_HEADER])},
        {"type": "section", "text": _plain("\n".join(_standing(card, by)))},
    ]
    if due := list(_due(card, by, now)):
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(due)}})
    blocks += [_step(card, todo, by) for todo in card.steps]
    if card.more_steps:
        more = by.say("more_steps", count=card.more_steps)
        blocks.append({"type": "context", "elements": [_plain(more)]})
    blocks += list(_letters(card, by))
    if card.open and card.commander is None:
        take = Offer("take", card.incident, COMMANDER)
        blocks.append({"type": "actions", "elements": buttons([take], by.words)})
    said = json.dumps(blocks, ensure_ascii=False, sort_keys=True)
    written = by.say("written", incident=card.incident, moment=by.moment(now))
    blocks.append({"type": "context", "elements": [_plain(written)]})
    first = _deadline(card.soonest, by, now) if card.soonest and card.open else by.say_status(card)
    text = slack_escape(f"{head}\n{first}")
    return Pinned(text, tuple(blocks), hashlib.sha256(f"{text}\n{said}".encode()).hexdigest())


def _standing(card: Card, by: Speaker) -> Iterable[str]:
    yield by.say_status(card)
    yield by.say("commander", who=by.name(card.commander))
    held = [
        by.say("holds", role=role, who=by.name(who)) for role, who in card.roles.items() if role != COMMANDER
    ]
    if held:
        yield "; ".join(held)
    if card.silent:
        yield by.say("silent", roles=", ".join(map(by.role, card.silent)))
    if card.untold is not None:
        left, count = map(by.words.number, card.untold)
        yield by.say("untold", left=left, count=count)
    if card.down:
        yield by.say("down", routes=", ".join(route_name(route) for route in card.down))


def _due(card: Card, by: Speaker, now: datetime) -> Iterable[str]:
    for number, each in enumerate(card.deadlines):
        sign = ":rotating_light:" if each.due_at <= now else ":hourglass_flowing_sand:"
        said = slack_escape(_deadline(each, by, now))
        yield f"{sign} *{said}*" if number == 0 else f"{sign} {said}"
    if card.more_duties and card.open:
        yield slack_escape(by.say("more_duties", count=card.more_duties))


def _deadline(each: Deadline, by: Speaker, now: datetime) -> str:
    phrase = "passed" if each.due_at <= now else "due_assumed" if each.assumed else "due"
    return by.say(phrase, due=by.moment(each.due_at), duty=by.duty(each))


def _step(card: Card, todo: Todo, by: Speaker) -> dict[str, Any]:
    values = {"step": todo.step, "title": todo.title, "role": todo.role}
    due = {"due": by.words.local(todo.due_at, by.zone).strftime("%d/%m %H:%M")} if todo.due_at else {}
    return {
        "type": "section",
        "text": _plain(by.say("step_due" if due else "step", **values, **due)),
        "accessory": buttons([Offer("done", card.incident, todo.step)], by.words)[0],
    }


def _letters(card: Card, by: Speaker) -> Iterable[dict[str, Any]]:
    for letter in card.letters:
        people, digest = by.words.number(letter.people), letter.digest[:HASH_SHOWN]
        approve = Offer("approve", card.incident, letter.notice, letter.digest)
        yield {
            "type": "section",
            "text": _plain(by.say("letter", notice=letter.notice, people=people, digest=digest)),
            "accessory": buttons([approve], by.words)[0],
        }


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _flat(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
