"""The log: lines on stderr, as text for a person at a terminal or as JSON for a machine that collects them.

It holds codes, counts and keys of incidents. Addresses and secrets that a message carries by accident are masked,
exceptions are named and never quoted: what they say may be anybody's data.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tocsin.settings import Settings

Event = MutableMapping[str, Any]

#: A mail address, wherever it stands.
ADDRESS = re.compile(
    r"(?:\"(?:\\[\"\\]|[^\"\r\n]){1,66}\"|[^\s@<>\"'(),;:]+)@[^\s@<>\"'(),;:]+\.[^\s@<>\"'(),;:]+"
)
_SECRET = re.compile(
    r"xox[a-z]-[\w-]+|xapp-[\w-]+|(?i:bearer|basic)\s+[\w.+/=~-]{8,}|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
)
#: Words that make a field a secret, whatever it holds.
_HIDDEN = ("password", "secret", "token", "authorization", "api_key")


class Log:
    """The log of one room. Its library is loaded with the first line that there is to say: most commands say none."""

    def __init__(self, room: str) -> None:
        self.room = room

    def error(self, event: str, **detail: object) -> None:
        """One line about what failed; `detail` holds codes, counts and keys."""
        import structlog

        if not structlog.is_configured():
            # A verb of the shell that nothing is expected of: its stdout belongs to its answer.
            _speak(plain=sys.stderr.isatty())
        structlog.get_logger(self.room).error(event, **detail)


def configure(settings: "Settings") -> None:
    """Set the log up for this process, once, for our own lines and those of libraries."""
    _take_libraries_in(
        *_speak(plain=settings.log == "text" or (settings.log == "auto" and sys.stderr.isatty()))
    )


def _speak(*, plain: bool) -> tuple[list[Any], Any]:
    """Set up our own lines. Returns the steps that lines of libraries take too, and what writes them."""
    import structlog

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        named,
        discreet,
    ]
    last: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if plain
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    return shared, last


def _take_libraries_in(shared: list[Any], last: Any) -> None:
    """Warnings of libraries take the same road, and are as discreet."""
    import structlog

    door = logging.StreamHandler(sys.stderr)
    door.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    logging.basicConfig(handlers=[door], level=logging.WARNING, force=True)


def named(logger: Any, method: str, event: Event) -> Event:
    """An exception becomes its name."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    elif isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
    return event


def discreet(logger: Any, method: str, event: Event) -> Event:
    """No addresses, no secrets, in any field at any depth."""
    return {name: _masked(name, value) for name, value in event.items()}


def _masked(name: str, value: Any) -> Any:
    if any(word in name.lower() for word in _HIDDEN):
        return "(hidden)"
    if isinstance(value, str):
        return _SECRET.sub("(secret)", ADDRESS.sub("(address)", value))
    if isinstance(value, BaseException):
        return type(value).__name__
    if isinstance(value, dict):
        return {key: _masked(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(name, item) for item in value]
    return value


def place_of(error: BaseException) -> str:
    """Where it was raised. The message itself stays out of the log: it might name a person."""
    import traceback
    from pathlib import Path

    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
