"""The shelf: blocks of a log in memory, which the engine reads as if they were files."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from fsspec import AbstractFileSystem  # type: ignore[import-untyped]

PROTOCOL = "block"


class Shelf(AbstractFileSystem):  # type: ignore[misc]
    """Texts by name, as `block://NAME`; for the engine, which asks for no more than this."""

    protocol = PROTOCOL
    cachable = False

    def __init__(self) -> None:
        super().__init__()
        self._texts: dict[str, bytes] = {}

    def put(self, name: str, text: bytes) -> None:
        """Lay a text in a place of the shelf, instead of what lay there."""
        self._texts[name] = text

    def open(self, path: str, mode: str = "rb", **_: Any) -> BytesIO:
        """The text, to read from any place."""
        return BytesIO(self._texts[_name(path)])

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Name, kind, and size in bytes."""
        return {"name": path, "size": len(self._texts[_name(path)]), "type": "file"}

    def exists(self, path: str, **_: Any) -> bool:
        """Whether anything lies in the place."""
        return _name(path) in self._texts

    isfile = exists

    def glob(self, path: str, **_: Any) -> list[str]:
        """The place itself: a name of ours holds no pattern."""
        return [path]

    def modified(self, _: str) -> datetime:
        """Nobody keeps what was read, so nobody needs to know."""
        return datetime.fromtimestamp(0, UTC)


def address(name: str) -> str:
    """Where the engine finds a place of the shelf."""
    return f"{PROTOCOL}://{name}"


def _name(path: str) -> str:
    return path.removeprefix(f"{PROTOCOL}://")
