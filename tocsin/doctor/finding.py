"""A finding of the doctor, and how the line to change is named."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

Level = Literal["FAIL", "warn", "ok"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: how it is, in a few words, and the line to change or the command to say."""

    level: Level
    subject: str
    words: str
    remedy: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The finding as plain values."""
        return asdict(self)


def setting(config: Path | None, table: str, key: str) -> str:
    """Where a setting stands, or would have to: `tocsin.toml:12 [mail] host`."""
    name = f"[{table}] {key}" if table else key
    if config is None:
        return f"tocsin init, then {name} in its tocsin.toml"
    inside, line = "", 1
    for number, text in enumerate(config.read_text(encoding="utf-8").splitlines(), 1):
        bare = text.strip().lstrip("# ")
        if bare.startswith("["):
            inside = bare.strip("[]")
            line = number if inside == table else line
        elif inside == table and bare.partition("=")[0].strip() == key:
            return f"{config}:{number} {name}"
    return f"{config}:{line} {name}"


def since(age: timedelta) -> str:
    """How long ago a beat was: `3 s ago`. One that is ahead of our clock stays so until the clocks agree."""
    return f"{ago(age)} ago" if age > timedelta(seconds=-1) else f"{ago(-age)} ahead of this clock"


def ago(span: timedelta) -> str:
    """A span in one unit: `9 days`, `16 min`, `3 s`."""
    seconds = int(span.total_seconds())
    for size, unit in ((86400, "day"), (3600, "hour")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}s"
    return f"{seconds // 60} min" if seconds >= 120 else f"{max(seconds, 0)} s"
