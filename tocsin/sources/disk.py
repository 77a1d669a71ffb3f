"""Folders of this machine. What is no ordinary file is named and never opened: a pipe would wait for ever."""

import os
from stat import S_ISDIR, S_ISREG

from tocsin.sources.patterns import Entry

_NO_FILE = "is no file but a pipe, socket or device"


class Disk:
    """This machine's folders, below one that a person declared.

    A link that leads out of it is not followed: whoever writes logs could otherwise have any file read as evidence.
    """

    def __init__(self) -> None:
        self._root = ""

    def at(self, address: str) -> Entry:
        """A declared file or folder; it may itself be a link, since a person named it."""
        self._root = os.path.realpath(address)
        return _seen(os.path.basename(address.rstrip("/")), address)  # noqa: PTH119 - also of `/`

    def within(self, folder: Entry) -> list[Entry]:
        """What stands in a folder, in order of names."""
        with os.scandir(folder.address) as found:
            return [self._entry(each) for each in sorted(found, key=lambda each: each.name)]

    def _entry(self, each: "os.DirEntry[str]") -> Entry:
        if each.is_symlink() and not self._holds(target := os.path.realpath(each.path)):
            why = "is a link that leads out of the declared folder (declare what it leads to)"
            if os.path.lexists(target):
                return Entry(each.name, "unread", target, why=why, hides_more=os.path.isdir(target))  # noqa: PTH112
        return _seen(each.name, each.path)

    def _holds(self, target: str) -> bool:
        return target == self._root or target.startswith(self._root.rstrip("/") + "/")


def _seen(name: str, path: str) -> Entry:
    """What stands at a path, links followed."""
    real = os.path.realpath(path)
    try:
        found = os.stat(path)  # noqa: PTH116 - one call for each of many files
    except FileNotFoundError:
        if os.path.lexists(path):
            return Entry(name, "unread", real, why="is a link to nothing", hides_more=True)
        return Entry(name, "absent", real)
    except OSError as error:
        return Entry(name, "unread", real, why=f"cannot be read ({error.strerror})", hides_more=True)
    if S_ISDIR(found.st_mode):
        return Entry(name, "folder", real)
    if why := _unreadable(path, found.st_mode):
        return Entry(name, "unread", real, why=why)
    return Entry(name, "file", real, found.st_size, f"{found.st_ino}-{found.st_mtime_ns}-{found.st_size}")


def _unreadable(path: str, mode: int) -> str:
    if not S_ISREG(mode):
        return _NO_FILE
    return "" if os.access(path, os.R_OK) else "cannot be read (Permission denied)"
