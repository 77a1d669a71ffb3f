"""What Slack refuses in blocks and modals, written down apart from our own cutting.

Limits: docs.slack.dev, reference/block-kit and surfaces/modals.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.sinks.rooms import Unwilling

#: Longest text by where it stands.
_LONGEST = {
    "button": 75,
    "option": 75,
    "label": 2_000,
    "title": 24,
    "submit": 24,
    "close": 24,
}


def check_blocks(blocks: Any, most: int, error: str = "invalid_blocks") -> None:
    """Refuse, in Slack's words, blocks that no message or modal may have."""
    fits = isinstance(blocks, list) and len(blocks) <= most and all(map(_fits, _elements(blocks)))
    if not fits:
        raise Unwilling(error)


def check_view(view: Any) -> None:
    """Refuse a modal that Slack would not open."""
    if not isinstance(view, dict) or view.get("type") != "modal":
        raise Unwilling("invalid_arguments")
    for name in ("title", "submit", "close"):
        if name in view and not 1 <= len(view[name]["text"]) <= _LONGEST[name]:
            raise Unwilling("invalid_arguments")
    if len(view.get("private_metadata", "")) > 3_000 or len(view.get("callback_id", "")) > 255:
        raise Unwilling("invalid_arguments")
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    if inputs and "submit" not in view:
        raise Unwilling("invalid_arguments")
    names = [block["block_id"] for block in inputs]
    if len(set(names)) != len(names):
        raise Unwilling("invalid_blocks")
    check_blocks(view["blocks"], 100)


def _elements(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _elements(part)
    elif isinstance(value, list):
        for part in value:
            yield from _elements(part)


def _fits(part: Mapping[str, Any]) -> bool:
    names = all(len(str(part.get(name, ""))) <= 255 for name in ("action_id", "block_id"))
    options = part.get("options") or []
    return names and len(options) <= 100 and all(map(_fits_option, options)) and _fits_kind(part)


def _fits_option(option: Mapping[str, Any]) -> bool:
    return 1 <= len(option["text"]["text"]) <= _LONGEST["option"] and 1 <= len(option["value"]) <= 150


def _fits_kind(part: Mapping[str, Any]) -> bool:
    match part.get("type"):
        case "button":
            return len(part["text"]["text"]) <= _LONGEST["button"] and len(part.get("value", "")) <= 2_000
        case "actions":
            return 1 <= len(part["elements"]) <= 25
        case "plain_text" | "mrkdwn":
            return 1 <= len(part["text"]) <= 3_000
        case "input":
            return 1 <= len(part["label"]["text"]) <= _LONGEST["label"]
        case "plain_text_input":
            return len(part.get("initial_value", "")) <= part.get("max_length", 3_000) <= 3_000
    return True
