"""What leaves late: how much time is left is said anew, and everything else stays as it was written. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from markupsafe import escape

from tocsin.domain.message import slack_escape
from tocsin.domain.moments import iso, parse_moment
from tocsin.rendering.words import Words

#: Characters behind a length of time that tell it from the same length of something else; few, as telephones cut lines.
_BEHIND = 8


def clock_of(
    due: datetime | None, words: Words, lines: Iterable[str], now: datetime
) -> dict[str, Any] | None:
    """What is kept of a message's clock: how the lines begin that say how much is left by then, and in which words."""
    if due is None:
        return None
    left = words.duration(due - now)
    said = [line[: line.index(left) + len(left) + _BEHIND] for line in dict.fromkeys(lines) if left in line]
    return {"due": iso(due), "left": left, "language": words.language, "lines": said}


def said_anew(content: Mapping[str, Any], words: Words, written: datetime, now: datetime) -> dict[str, Any]:
    """The message with the time that is left now. Nothing is left of what has run out since it was written."""
    clock = content["clock"]
    due = parse_moment(clock["due"])
    length = due - now if due < written else max(due - now, timedelta(0))
    left = words.duration(length)
    swaps: dict[str, str] = {}
    for line in clock["lines"]:
        anew = line.replace(clock["left"], left, 1)
        swaps |= {line: anew, str(escape(line)): str(escape(anew)), slack_escape(line): slack_escape(anew)}
    return {name: part if name == "clock" else _swapped(part, swaps) for name, part in content.items()}


def _swapped(part: Any, swaps: Mapping[str, str]) -> Any:
    if isinstance(part, str):
        for line, anew in swaps.items():
            part = part.replace(line, anew)
        return part
    if isinstance(part, Mapping):
        return {name: _swapped(each, swaps) for name, each in part.items()}
    return [_swapped(each, swaps) for each in part] if isinstance(part, list) else part
