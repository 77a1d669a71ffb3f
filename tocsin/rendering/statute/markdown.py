"""A page as Markdown, and the index of all pages, for `docs/regimes/`.

Text of a pack is data: what Markdown or HTML would read as markup is escaped.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from tocsin.domain.law.regime import Regime, Rule
from tocsin.rendering.statute.page import Page, Part, page_of
from tocsin.rendering.statute.sentences import Item, joined, spoken
from tocsin.rendering.statute.terms import to_whom

#: The first line of every page that is written here: only such files are ever taken away again.
WRITTEN = "<!-- Written by `make docs` from the packs. Edit the regime, not this page. -->"
INDEX = "README.md"
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~])|^([#+-]|\d+[.)])(?=\s|$)|(?<=\s)(#)(?=\s|$)")


def pages(regimes: Iterable[Regime]) -> Mapping[str, str]:
    """File name to text: one page for each regime, and the index."""
    laws = sorted(regimes, key=lambda regime: regime.id)
    written = {f"{regime.id}.md": markdown(page_of(regime)) for regime in laws}
    return written | {INDEX: _index(laws)}


def markdown(page: Page) -> str:
    """One page."""
    lines = [WRITTEN, "", f"# {escaped(page.name)}", "", f"`{page.code}`", "", *_terms(page.head), ""]
    for part in page.rules:
        lines += [f"## `{part.heading}`: {escaped(part.aside)}", "", *_terms(part), ""]
    for part in page.tail:
        lines += [f"## {part.heading.capitalize()}", "", *_terms(part), ""]
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text in which nothing is markup."""
    return _MARKUP.sub(lambda found: f"\\{found.group()}", text)


def _terms(part: Part) -> Iterator[str]:
    for label, items in part.terms:
        first, *others = items
        lead = f"**{label}**: " if label and "_" not in label else f"`{label}`: " if label else ""
        if not others:
            yield from _item(first, 0, lead)
        else:
            yield f"- {lead.rstrip(': ')}:"
            for item in items:
                yield from _item(item, 1)


def _item(item: Item, depth: int, lead: str = "") -> Iterator[str]:
    text = f"<{item.text}>" if re.fullmatch(r"https?://[^\s<>]+", item.text) else escaped(item.text)
    yield f"{'  ' * depth}- {lead}{text}{item.then if item.below else ''}"
    for each in item.below:
        yield from _item(each, depth + 1)


def _index(laws: list[Regime]) -> str:
    head = "| regime | law | jurisdiction | who is told, and by when | how sure |"
    lines = [
        WRITTEN,
        "",
        "# The laws that Tocsin knows",
        "",
        *_INTRODUCTION,
        "",
        head,
        "|---|---|---|---|---|",
    ]
    lines += [_row(regime) for regime in laws]
    return "\n".join([*lines, ""])


_INTRODUCTION = (
    "One page for each regime, written from its pack in `incident_templates/`.",
    "How a pack is written: [law.md](../law.md).",
    "",
    "How sure: `primary`, the text was read; `secondary`, read about; `recalled` or `unconfirmed`, and each duty of it",
    "is a candidate that counsel must confirm. A mark behind a limit says where one rule is less sure than its regime.",
)


def _row(regime: Regime) -> str:
    told = "<br>".join(_limit(rule) for rule in regime.rules)
    off = "" if regime.status == "in-force" else f", {spoken(regime.status)}"
    law = f"[{regime.id}]({regime.id}.md) | {escaped(regime.name['en'])}"
    return f"| {law} | {escaped(regime.jurisdiction)} | {told} | {regime.verification}{off} |"


def _limit(rule: Rule) -> str:
    """One rule in a few words."""
    whom = to_whom(rule).partition(", one for each")[0].partition(", as ")[0].removeprefix("the ")
    stage = "" if rule.stage == "notification" else f" ({spoken(rule.stage)})"
    marks = [mark for mark in (rule.verification, "candidate" if rule.doubt else None) if mark]
    sure = f" *{joined(marks, 'and')}*" if marks else ""
    return f"{escaped(whom)}{stage}: {_short(rule)}{sure}"


def _short(rule: Rule) -> str:
    period = rule.clock.within
    return "as soon as possible" if period.asap else str(period).partition(" of ")[0]
