"""Laying out: the files of a pack as a folder on the disk, for engines that want files."""

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tocsin.catalog.folders import files_in

#: Of each file in a folder: which one it is, how large, and when it was written last (in nanoseconds).
Seen = Mapping[str, tuple[int, int, int]]


def lay_out(files: Mapping[str, bytes], folder: Path, seen: Seen | None = None) -> Seen:
    """Make `folder` hold exactly these files: whole or not at all for others, and anew where it holds anything else.

    `seen` is what an earlier call returned: where nobody has touched a file since, none is read again.
    """
    if seen is not None and (now := _seen(folder)) == seen:
        return now
    _laid(files, folder)
    return _seen(folder)


def _seen(folder: Path) -> Seen:
    if not folder.is_dir():
        return {}
    stats = ((name, path.stat()) for name, path in files_in(folder).items())
    return {name: (stat.st_ino, stat.st_size, stat.st_mtime_ns) for name, stat in stats}


def _laid(files: Mapping[str, bytes], folder: Path) -> None:
    if folder.exists() and not _holds(folder, files):
        _take_away(folder)
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name[:12]}."))
    for name, content in files.items():
        (draft / name).parent.mkdir(parents=True, exist_ok=True)
        (draft / name).write_bytes(content)
    try:
        draft.rename(folder)
    except OSError:  # another process was quicker, with the same bytes
        shutil.rmtree(draft)


def _holds(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Whether it holds these files and no others, byte for byte: a hand, or a power cut, may have changed one."""
    there = files_in(folder)
    return there.keys() == files.keys() and all(there[name].read_bytes() == files[name] for name in files)


def _take_away(folder: Path) -> None:
    """Remove it in one step for others, who then make it anew."""
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".changed."))
    with suppress(OSError):  # another process was quicker
        folder.rename(aside / folder.name)
    shutil.rmtree(aside)
