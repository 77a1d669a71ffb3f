"""What Slack accepts in one message, and how we keep to it: cut in our own code, and visibly.

Limits: docs.slack.dev, reference/block-kit; the total over all blocks is undocumented (slackapi/bolt-js#2509: refused
at about 13,200 characters).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tocsin.domain.message import SlackPost

MOST_BLOCKS = 50
MOST_CHARACTERS = 12_000  # over all blocks of one message
LONGEST_MESSAGE_TEXT = 4_000
_LONGEST = {"header": 150, "section": 3_000, "context": 3_000, "markdown": 12_000}
_LONGEST_FIELD = 2_000
_MOST_TEXTS = 10  # fields of a section, elements of a context
#: An entity or a link that a cut has opened and not closed.
_HALF = re.compile(r"(?:&[a-z]{0,4}|<[^<>]*)\Z")


def fitted(post: SlackPost) -> SlackPost:
    """The post within Slack's limits. What was left out is counted where it is missing."""
    blocks = [_fitted_block(block) for block in post.blocks]
    return replace(
        post, text=_cut(post.text, LONGEST_MESSAGE_TEXT), blocks=tuple(_few(blocks, len(post.blocks)))
    )


def _few(blocks: Sequence[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    room = MOST_CHARACTERS - 100  # for the line that says what is missing
    for block in blocks:
        room -= _size(block)
        if room < 0 or (len(kept) == MOST_BLOCKS - 1 and count > MOST_BLOCKS):
            words = {"type": "plain_text", "text": f"... {count - len(kept)} more blocks did not fit"}
            return [*kept, {"type": "context", "elements": [words]}]
        kept.append(block)
    return kept


def _fitted_block(block: Mapping[str, Any]) -> dict[str, Any]:
    fits, longest = dict(block), _LONGEST.get(block.get("type", ""))
    if longest is None:
        return fits
    text = fits.get("text")
    if isinstance(text, str):
        fits["text"] = _cut(text, longest)
    elif isinstance(text, Mapping):
        fits["text"] = _fitted_text(text, longest)
    if fits.get("fields"):
        fits["fields"] = _few_texts(fits["fields"], _LONGEST_FIELD)
    if fits["type"] == "context":
        fits["elements"] = _few_texts(fits.get("elements", ()), longest)
    return fits


def _few_texts(texts: Sequence[Mapping[str, Any]], longest: int) -> list[dict[str, Any]]:
    shown = [_fitted_text(text, longest) for text in texts]
    if len(shown) <= _MOST_TEXTS:
        return shown
    missing = len(shown) - _MOST_TEXTS + 1
    return [*shown[: _MOST_TEXTS - 1], {"type": "plain_text", "text": f"... {missing} more"}]


def _fitted_text(text: Mapping[str, Any], longest: int) -> dict[str, Any]:
    # An image among the elements of a context has no text.
    return {**text, "text": _cut(text["text"], longest)} if isinstance(text.get("text"), str) else dict(text)


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    note = "... {} more characters"
    kept = _HALF.sub("", text[: longest - len(note) - len(str(len(text)))])
    return kept + note.format(len(text) - len(kept))


def _size(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(
            len(part) if name == "text" and isinstance(part, str) else _size(part)
            for name, part in value.items()
        )
    return sum(map(_size, value)) if isinstance(value, list | tuple) else 0
