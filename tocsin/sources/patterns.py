"""Patterns of files, walked folder by folder: what a shell calls a glob, over a disk or any other store of files.

`*`, `?` and `[...]` stand for parts of one name, `**` for any folders, none included; a name that begins with a dot
wants its dot in the pattern. A pattern without any of them names one file, or a folder with all files below it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import Literal, NamedTuple, Protocol

_MAGIC = re.compile(r"[*?\[]")
_ANY = "**"


class Entry(NamedTuple):
    """What stands in a folder under `name`. `address` opens it; `mark` changes when its bytes do.

    `why` says of an unread one what is the matter, to be read behind its name; behind one that `hides_more` there may
    be a whole folder.
    """

    name: str
    kind: Literal["file", "folder", "unread", "absent"]
    address: str
    size: int = 0
    mark: str = ""
    why: str = ""
    hides_more: bool = False


class Folders(Protocol):
    """A store of files that can be looked through."""

    def at(self, address: str) -> Entry:
        """What stands at an address that a person wrote."""

    def within(self, folder: Entry) -> Sequence[Entry]:
        """What stands in a folder, in order of names. OSError where it cannot be opened."""


class Match(NamedTuple):
    """A file that fits a pattern, or something unread that would have; `below` leads to it from the pattern's root."""

    below: str
    entry: Entry


@dataclass(frozen=True)
class Pattern:
    """A pattern, cut where its first wildcard stands: `root` is a file or folder, `parts` what must follow below."""

    root: str
    parts: tuple[str, ...]


def pattern_of(text: str) -> Pattern:
    """The pattern as a person wrote it, its parts separated by slashes."""
    parts = text.split("/")
    wild = next((place for place, part in enumerate(parts) if _MAGIC.search(part)), len(parts))
    below = tuple(part for part in parts[wild:] if part)
    if below[-1:] == (_ANY,):
        below = (*below, "*")
    return Pattern("/".join(parts[:wild]) or "/", below)


def walk(
    folders: Folders, pattern: Pattern, wanted: Callable[[str], bool] = lambda below: True
) -> Iterator[Match]:
    """Everything that fits, folder by folder; what is not `wanted`, by its path below the root, is not looked into."""
    root, parts = folders.at(pattern.root), pattern.parts
    if root.kind == "folder" and not parts:
        parts = (_ANY, "*")
    if root.kind != "folder":
        if root.kind == "unread" or (root.kind == "file" and not parts):
            yield Match(root.name, root)
        return
    waiting, seen = [("", root, frozenset((0,)))], set()
    while waiting:
        below, folder, states = waiting.pop()
        # A link may lead back to a folder above it.
        if (folder.address, states) in seen:
            continue
        seen.add((folder.address, states))
        states = _with_none(parts, states)
        try:
            entries = folders.within(folder)
        except OSError as error:
            why = f"cannot be opened ({error.strerror or type(error).__name__})"
            yield Match(below or root.name, folder._replace(kind="unread", why=why))
            continue
        for entry in entries:
            path = f"{below}/{entry.name}" if below else entry.name
            if not wanted(path):
                continue
            deeper, fits = _step(parts, states, entry)
            if fits:
                yield Match(path, entry)
            elif deeper and entry.kind == "folder":
                waiting.append((path, entry, deeper))


def _with_none(parts: Sequence[str], states: frozenset[int]) -> frozenset[int]:
    """The states of a folder: `**` may also stand for no folder at all."""
    found = set(states)
    for state in states:
        while parts[state] == _ANY:
            state += 1
            found.add(state)
    return frozenset(found)


def _step(parts: Sequence[str], states: frozenset[int], entry: Entry) -> tuple[frozenset[int], bool]:
    """From a folder into an entry: the states within it, and whether the entry itself is what is sought."""
    deeper, fits = set(), False
    for state in states:
        if parts[state] == _ANY:
            if not entry.name.startswith("."):
                deeper.add(state)
        elif fits_part(parts[state], entry.name):
            if state + 1 < len(parts):
                deeper.add(state + 1)
            else:
                fits = entry.kind != "folder"
    return frozenset(deeper), fits or (bool(deeper) and entry.kind == "unread" and entry.hides_more)


def fits_part(part: str, name: str) -> bool:
    """Whether a name fits one part of a pattern."""
    if not _MAGIC.search(part):
        return part == name
    if name.startswith(".") and not part.startswith("."):
        return False
    return re.match(translate(part), name) is not None
