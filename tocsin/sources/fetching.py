"""Fetching objects of a store into the private workspace, hashed on the way: an engine reads local files alone.

How much room they need is known before the first byte comes, and refused where the disk has less.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path, PurePath
from threading import Event
from time import sleep

from tocsin.domain.errors import Refused
from tocsin.sources.finding import Found, Listing, Unread
from tocsin.sources.stores import StoreFailed

#: Objects at a time: each holds some megabytes in memory.
_AT_ONCE = 4
_ATTEMPTS = 3
#: Bytes that stay free, for what the engine spills.
_SPARE = 256 << 20
_SUFFIXES = 24

Progress = Callable[[str, float], None]


def free_on(folder: Path) -> int:
    """Bytes that the disk below a folder has left."""
    return shutil.disk_usage(folder).free


def fetched(
    source: str,
    listing: Listing,
    folder: Path,
    progress: Progress,
    *,
    free: Callable[[Path], int] = free_on,
    pause: Callable[[float], None] = sleep,
) -> Listing:
    """The listing with a copy in `folder` of each file that lies in a store; what cannot be had is unread.

    Refused, before anything is fetched, where the disk has no room for all of it; and where nothing at all can be had.
    """
    far = [each for each in listing.files if each.store is not None]
    if not far:
        return listing
    words = _words(source, far, folder, free(folder))
    got: dict[str, Found | Unread] = {}
    for each, found in zip(far, _all(far, source, folder, pause), strict=False):
        got[each.address] = found
        progress(words, len(got) / len(far))
    files = tuple(found for each in listing.files if isinstance(found := got.get(each.address, each), Found))
    lost = tuple(found for found in got.values() if isinstance(found, Unread))
    if not files:
        raise Refused(f"source {source}: {lost[0].name} {lost[0].why}, nor can any other of its files")
    return replace(listing, files=files, unread=(*listing.unread, *lost))


def _words(source: str, far: Sequence[Found], folder: Path, free: int) -> str:
    """What is about to be fetched; Refused where it does not fit."""
    needed = sum(each.size for each in far)
    words = f"fetching {source}: {len(far)} files, {in_bytes(needed)}"
    if needed + _SPARE > free:
        raise Refused(
            f"source {source}: its {len(far)} files take {in_bytes(needed)}, and {folder} has {in_bytes(free)} left;"
            " make room, ask about a shorter window, or say by_date in sources.yaml"
        )
    return words


def _all(
    far: Sequence[Found], source: str, folder: Path, pause: Callable[[float], None]
) -> Iterator[Found | Unread]:
    """Each file as it was fetched, in order; none is begun any more once whoever asks has gone."""
    stop, pool = Event(), ThreadPoolExecutor(_AT_ONCE)

    def one(place: int) -> Found | Unread:
        suffixes = "".join(PurePath(far[place].name).suffixes[-2:])[-_SUFFIXES:]
        return _fetched(far[place], folder / f"{source}-fetched-{place}{suffixes}", stop, pause)

    try:
        yield from pool.map(one, range(len(far)))
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def _fetched(found: Found, target: Path, stop: Event, pause: Callable[[float], None]) -> Found | Unread:
    """The file with its copy. What fails is tried anew, ever later; what changed since is fetched as it is now."""
    store, size, why = found.store, found.size, ""
    assert store is not None
    for attempt in range(_ATTEMPTS):
        try:
            if attempt:
                pause(2.0**attempt)
                now = store.at(found.address)
                if now.kind != "file":
                    return Unread(found.name, "is gone since it was found")
                size = now.size
            return replace(found, copy=_copied(found, target, size, stop))
        except OSError as error:
            why = error.strerror or type(error).__name__
    target.unlink(missing_ok=True)
    return Unread(found.name, f"cannot be fetched ({why})")


def _copied(found: Found, target: Path, size: int, stop: Event) -> Path:
    """A copy for the owner alone. OSError where more or less comes than was told: so none fills the disk."""
    came, store = 0, found.store
    assert store is not None
    target.touch(mode=0o600)
    with target.open("wb") as out:
        for block in store.blocks(found.address):
            came += len(block)
            if stop.is_set() or came > size:
                break
            out.write(block)
    if came != size:
        raise StoreFailed(EOFError())
    return target


def in_bytes(size: float) -> str:
    """A size as people say it: `12.3 GB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
