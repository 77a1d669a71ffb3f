"""Messages to our own people: one brief, one template, and out come Slack blocks, a mail's text and its HTML.

A message fits a phone: what it is, how bad, how long there is, and the one command to run next. It holds no data of
customers, and what people typed leaves for Slack without what looks like such; a restricted incident goes by its code
name. Nothing that people typed is read as Slack's markup: it travels as plain text, and what stands in markup is
escaped, since `<!channel>` in a title would call everybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from textwrap import wrap
from typing import Any, Literal, get_args

from jinja2 import Template

from tocsin.catalog.templates import MESSAGE_PIECES
from tocsin.domain.masking import MASK, masked
from tocsin.domain.message import LONGEST_SHORT, slack_escape
from tocsin.domain.offers import Offer
from tocsin.domain.whom import Whom
from tocsin.rendering.buttons import buttons, label, reading, rows, warns
from tocsin.rendering.late import clock_of
from tocsin.rendering.text import load, render
from tocsin.rendering.words import Words, load_words

Kind = Literal[
    "page",
    "ack",
    "hand-over",
    "warning",
    "overdue",
    "update-due",
    "update",
    "status",
    "approval",
    "alone",
    "deputy",
    "wrong",
    "all-clear",
    "trouble",
    "newer-law",
    "triage",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

#: A phone's screen, 390 by 844 points at our 15: so many columns and rows hold a whole message.
COLUMNS, ROWS = 40, 37
#: What the body may take of them; a clock and a command below it take theirs.
BODY_ROWS, CLOCK_ROWS, COMMAND_ROWS = 22, 3, 1
#: What a line, one of several things in a line, and a name may take; a person's own words in a status update more.
MOST_LINES, LONGEST_LINE, LONGEST_ITEM, LONGEST_NAME, LONGEST_WORDS = 9, 200, 40, 80, 260
#: Slack's own limit; the text of a section may have 3,000.
LONGEST_HEADER = 150
HASH_SHOWN = 12


@dataclass(frozen=True)
class Line:
    """One thing to say in each reader's language: a phrase of `papers/words.*.yaml`, and what fills its blanks.

    A role, a status, a level of risk and a recipient are called as in the reader's language; texts per language,
    lengths of time and lines within, one or several, stand in it. `text` is what a person typed.
    """

    phrase: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def said(self, words: Words) -> str:
        """The line in the language of these words."""
        values = {name: _said_value(name, value, words) for name, value in self.values.items()}
        if (key := f"say_{self.phrase}") in words.entries["phrases"]:
            return words.phrase(key, **values)
        # A company's own words may be older than this line; a page goes out all the same.
        return ": ".join([self.phrase.replace("_", " "), *map(str, values.values())])

    def for_slack(self) -> "Line":
        """The line without what looks like a customer's in what a person typed."""
        typed = self.values.get("text")
        return (
            replace(self, values={**self.values, "text": masked(typed)}) if isinstance(typed, str) else self
        )


def line(phrase: str, **values: Any) -> Line:
    """`line("status", status="stable")`: the phrase `say_status` with its blanks."""
    return Line(phrase, values)


@dataclass(frozen=True)
class Brief:
    """What there is to say. `title` is None where the incident is restricted; `head` is (seq, hash) of the timeline."""

    kind: Kind
    incident_key: str
    code_name: str
    severity: str
    lines: tuple[str | Line, ...]
    head: tuple[int, str]
    now: datetime
    zone: str
    title: str | None = None
    due: datetime | None = None
    next_action: str = ""
    drill: bool = False
    #: Where the page of the incident is, for those who are signed in.
    console_url: str | None = None
    #: What the reader may do at once: buttons in Slack, links in a mail. The first is the one next action.
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True)
class RenderedMessage:
    """The same message for each route. `slack_text` is what a phone's notification shows, `short` what fits an SMS."""

    subject: str
    text: str
    html: str
    slack_text: str
    slack_blocks: tuple[dict[str, Any], ...]
    short: str
    #: Where it says how much time is left, for `late`; None where it says nothing of it.
    clock: dict[str, Any] | None = None


@dataclass(frozen=True)
class Links:
    """The personal links of one reader's mail, by offer; `opens` leads to the page of the incident."""

    offers: Mapping[Offer, str] = field(default_factory=dict)
    opens: str = ""


#: A reader who gets no links, where there is no console.
NO_LINKS = Links()


def render_message(brief: Brief, language: str, templates: Path, links: Links = NO_LINKS) -> RenderedMessage:
    """The message in `language`, or in English where there is no template in it.

    Links stand in the mail alone: whoever reads somebody else's Slack gets no key to a door. Buttons there are worth
    nothing to others, since each click is signed with who clicked.
    """
    folder = templates / "messages"
    spoken = language if (folder / f"{brief.kind}.{language}.j2").is_file() else "en"
    words = load_words(templates, spoken)
    shown = partial(_shown, folder=folder, words=words, links=links)
    mail, discreet = shown(brief), for_slack(brief)
    page = render(load(folder, "mail.html.j2"), mail)
    slack = (
        mail
        if discreet == brief
        else {**shown(discreet), "left_out": left_out(brief.incident_key).said(words)}
    )
    notification = slack_escape(f"{slack['subject']}\n{slack['due_line']}".strip())
    blocks = _blocks({**slack, "console_url": brief.console_url or ""}, buttons(brief.offers, words))
    clock = clock_of(brief.due, words, (mail["due_line"], mail["subject"], slack["subject"]), brief.now)
    return RenderedMessage(mail["subject"], _text(mail), page, notification, blocks, _short(mail), clock)


def for_slack(brief: Brief) -> Brief:
    """The brief as it goes by Slack: without what looks like a customer's in the title and in what people typed."""
    lines = tuple(masked(each) if isinstance(each, str) else each.for_slack() for each in brief.lines)
    return replace(brief, title=masked(brief.title) if brief.title else brief.title, lines=lines)


def left_out(incident: str) -> Line:
    """What a message in Slack says where something was masked, and where it can be read."""
    return line("left_out", mask=MASK, incident=incident)


def _shown(brief: Brief, folder: Path, words: Words, links: Links) -> dict[str, Any]:
    """What each place of a message says, as the mail shows it."""
    variables = _variables(brief, words)
    pieces = _pieces(folder, brief.kind, words.language, variables)
    led = [each for offer in brief.offers if offer in links.offers for each in _led(offer, links, words)]
    return {
        "language": words.language,
        **pieces,
        "subject": " ".join(filter(None, (_mark(brief), pieces["subject"]))),
        "body": [each for each in pieces["body"].split("\n") if each.strip()],
        "overdue": variables["overdue"],
        "next_action": brief.next_action,
        # A company's own mail.html.j2 may be older than the looks, and takes pairs apart.
        "actions": [(named, address) for named, address, _ in led],
        "links": led,
        "console_url": links.opens or brief.console_url or "",
    }


def _led(offer: Offer, links: Links, words: Words) -> list[tuple[str, str, str]]:
    """(what it is called, where it leads, how it looks) of a link; before a yes to letters, of that to them."""
    address = links.offers[offer]
    act = (label(offer, words), address, " ".join(filter(None, ("act", warns(offer)))))
    return (
        [(reading(offer, words), f"{address}/letters", "read"), act]
        if offer.deed in ("approve", "countersign")
        else [act]
    )


def _variables(brief: Brief, words: Words) -> dict[str, Any]:
    seq, digest = brief.head
    return {
        "incident": brief.incident_key,
        "name": _line(brief.title or brief.code_name, LONGEST_NAME),
        "code_name": brief.code_name,
        "severity": brief.severity,
        "lines": _shortened(
            brief, [each if isinstance(each, str) else each.said(words) for each in brief.lines]
        ),
        "due": words.moment(brief.due, brief.zone) if brief.due else "",
        "left": words.duration(brief.due - brief.now) if brief.due else "",
        "overdue": brief.due is not None and brief.due < brief.now,
        "next_action": brief.next_action,
        "head": f"{seq} {digest[:HASH_SHOWN]}",
        "drill": brief.drill,
        "console_url": brief.console_url or "",
    }


def _pieces(folder: Path, kind: str, language: str, variables: Mapping[str, Any]) -> dict[str, str]:
    """Each block of the message's template, or of the frame where the message has none of its own."""
    own, frame = (load(folder, f"{name}.{language}.j2", escaping=False) for name in (kind, "frame"))
    return {name: _block(own if name in own.blocks else frame, name, variables) for name in MESSAGE_PIECES}


def _block(template: Template, name: str, variables: Mapping[str, Any]) -> str:
    try:
        return "".join(template.blocks[name](template.new_context(dict(variables)))).strip()
    except Exception:
        template.environment.handle_exception()  # raises it anew, at the line of the template


def _text(mail: Mapping[str, Any]) -> str:
    paragraphs = [
        mail["banner"],
        mail["headline"],
        "\n".join(f"- {line}" for line in mail["body"]),
        mail["due_line"],
        *(f"{label}\n  {address}" for label, address in mail["actions"]),
        f"{mail['action_label']}\n  {mail['next_action']}" if mail["next_action"] else "",
        f"{mail['open_label']}\n  {mail['console_url']}" if mail["console_url"] else "",
        mail["foot"],
    ]
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def _short(mail: Mapping[str, Any]) -> str:
    """What it is, by when, and the command: whole where it fits a telephone. What it is is cut first."""
    end = " ".join(filter(None, (mail["due_line"], mail["next_action"])))
    what = " ".join(filter(None, (f"{mail['subject']}.", mail["headline"])))
    room = LONGEST_SHORT - len(end) - 1
    return f"{what if len(what) <= room else what[: room - 1] + '…'} {end}".strip()


def _blocks(mail: Mapping[str, Any], offered: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    said = "\n".join(
        filter(None, (mail["banner"], mail["headline"], *(f"• {line}" for line in mail["body"])))
    )
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(mail["subject"][:LONGEST_HEADER])},
        {"type": "section", "text": _plain(said)},
    ]
    if mail["due_line"]:
        sign = ":rotating_light:" if mail["overdue"] else ":hourglass_flowing_sand:"
        blocks.append(_marked(f"{sign} *{slack_escape(mail['due_line'])}*"))
    if mail["next_action"]:
        command = slack_escape(mail["next_action"].replace("`", "'"))
        blocks.append(_marked(f"{slack_escape(mail['action_label'])} `{command}`"))
    elements = [*offered]
    if mail["console_url"]:
        elements.append({"type": "button", "text": _plain(mail["open_label"]), "url": mail["console_url"]})
    blocks += rows(elements)
    foot = filter(None, (mail.get("left_out"), mail["foot"]))
    blocks.append({"type": "context", "elements": [_plain(each) for each in foot]})
    return tuple(blocks)


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _marked(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _mark(brief: Brief) -> str:
    return "[DRILL]" if brief.drill else ""


def _said_value(name: str, value: Any, words: Words) -> Any:
    if isinstance(value, Line):
        return value.said(words)
    if isinstance(value, tuple):
        return "; ".join(_line(str(_said_value(name, each, words)), LONGEST_ITEM) for each in value)
    if isinstance(value, timedelta):
        return words.duration(value)
    if isinstance(value, Whom):
        return words.whom(value)
    if isinstance(value, Mapping):
        return value.get(words.language) or value["en"]
    # A role, a status, a level of risk: each as papers call it.
    listed = {"role": "office", "status": "status", "risk": "risk"}.get(name)
    return words.choice(listed, value) if listed else value


def _shortened(brief: Brief, lines: Sequence[str]) -> list[str]:
    """What a phone can show; the rest is counted, never dropped in silence."""
    longest = LONGEST_WORDS if brief.kind == "update" else LONGEST_LINE
    room = BODY_ROWS - (CLOCK_ROWS if brief.due else 0) - (COMMAND_ROWS if brief.next_action else 0)
    shown: list[str] = []
    for text in lines[:MOST_LINES]:
        room -= rows_of(flat := _line(text, longest))
        # The count of what is left takes a row of its own.
        if room < (len(shown) + 1 < len(lines)):
            break
        shown.append(flat)
    more = len(lines) - len(shown)
    return [*shown, f"… +{more}"] if more > 0 else shown


def rows_of(text: str) -> int:
    """Rows of a phone that a text takes."""
    return sum(max(len(wrap(line, COLUMNS)), 1) for line in text.split("\n"))


def _line(text: str, longest: int = LONGEST_LINE) -> str:
    flat = "".join(one if one.isprintable() else " " for one in text)
    flat = " ".join(flat.split())
    return flat if len(flat) <= longest else f"{flat[: longest - 1]}…"
