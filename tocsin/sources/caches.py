"""The cache of logs: rows as they were read, sealed, for the next question of the same incident.

Beside the rows of each input, in Parquet, lies a card: what became of the lines that are none. Both bear a digest of
the input's SHA-256 and of all that decides how it is read, so that whatever would be read otherwise is not found. A
file comes here by one rename, its card last. What cannot be opened as it was sealed is taken away, never believed.
"""

import fcntl
import hashlib
import hmac
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import duckdb

from tocsin.domain.sources import LogSource
from tocsin.sources import walltime
from tocsin.sources.bounds import Bounds
from tocsin.sources.sealed import PROTOCOL, SealedFiles
from tocsin.sources.times import EARLIEST
from tocsin.sources.unpacking import Fault

_ROWS, _CARD, _NEW = ".rows", ".card", "new"
#: Seconds since 1970, at the end of 2037: up to there a zone's history tells whether Python's database is another one.
_FAR = 2**31 - 1


@dataclass(frozen=True)
class Card:
    """What is known of a file whose rows are kept: how many are sound, what is none, and why it ended early, if it did.

    `until` is the latest moment that was believed. Where rows are `unsettled`, a later question may say otherwise when
    they were. `volumes` are how many rows there are by slot, later slot, and why unplaced; `stored` says whether there
    are any at all. `spans` are the slots with their first lines and their last.
    """

    rows: int
    rejects: dict[str, Any]
    fault: Fault | None
    until: int
    unsettled: bool
    volumes: list[tuple[tuple[int | None, int | None, str | None], int]]
    stored: bool
    spans: list[tuple[int, int, int]]


@dataclass(frozen=True)
class Cache:
    """The rows of one incident's logs, in a `folder`, sealed with `key`. Beside it lie those of other incidents.

    All together they take `most` bytes, and never more than half of what the disk has left for them.
    """

    folder: Path
    key: bytes
    most: int

    @cached_property
    def files(self) -> SealedFiles:
        """The file system through which the engine reads."""
        return SealedFiles(self.folder, self.key)

    def name(self, source: LogSource, bounds: Bounds, sha256: str, size: int) -> str:
        """Under which name the rows of a file are kept that is read so. Its size in bytes is to be seen in it."""
        how: list[Any] = [_readers(), duckdb.__version__, asdict(bounds), sha256]
        declared = (
            source.format,
            source.fields.mapped(),
            source.time.model_dump(mode="json"),
            source.clock_offset,
        )
        how += [*declared, _history(source.time.zone)]
        said = json.dumps(how, sort_keys=True).encode()
        return f"{size:x}-{hmac.digest(self.key, said, 'sha256').hex()}"

    def sizes(self) -> set[int]:
        """The sizes of the files whose rows are kept: no other file needs to be hashed to know that its are not."""
        return {int(each.name.partition("-")[0], 16) for each in self.folder.glob(f"*{_CARD}")}

    def card(self, name: str) -> Card | None:
        """The card of that name; None where there is none that can be believed."""
        try:
            with closing(self.files.open(name + _CARD)) as file:
                return Card(**json.loads(file.read()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError):
            self.drop([name])
            return None

    def address(self, name: str) -> str:
        """Where the engine finds the rows."""
        return f"{PROTOCOL}://{name}{_ROWS}"

    def path(self, name: str) -> Path:
        """Where they lie."""
        return self.folder / (name + _ROWS)

    def used(self, names: Iterable[str]) -> None:
        """Say that these were of use: they leave last."""
        for name in names:
            with suppress(OSError):
                os.utime(self.folder / (name + _CARD))

    def drop(self, names: Iterable[str]) -> None:
        """Take these away; the card first, without which nobody looks for the rows."""
        for name in names:
            for end in (_CARD, _ROWS):
                (self.folder / (name + end)).unlink(missing_ok=True)

    @contextmanager
    def writing(self) -> Iterator["Desk | None"]:
        """Where files are written before they are kept; None while somebody else writes here."""
        new = self.folder / _NEW
        new.mkdir(parents=True, exist_ok=True, mode=0o700)
        held = os.open(new, os.O_RDONLY)
        try:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
                return
            _emptied(new)
            try:
                yield Desk(self, new)
            finally:
                _emptied(new)
        finally:
            os.close(held)

    def make_room(self, size: int, keeping: Iterable[str]) -> bool:
        """Whether so many bytes more may lie here. The oldest leave for them, but for those that we are `keeping`."""
        place = self.folder.parent
        taken = {each: each.stat().st_size for each in place.glob(f"*/*{_ROWS}")}
        allowed = min(self.most, sum(taken.values()) + shutil.disk_usage(place).free // 2)
        over = sum(taken.values()) + size - allowed
        ours = {self.path(name) for name in keeping}
        for each in sorted(taken.keys() - ours, key=_last_used):
            if over <= 0:
                break
            each.with_suffix(_CARD).unlink(missing_ok=True)
            each.unlink(missing_ok=True)
            over -= taken[each]
        return over <= 0


@dataclass(frozen=True)
class Desk:
    """Where the files of a cache are written."""

    cache: Cache
    folder: Path

    @cached_property
    def files(self) -> SealedFiles:
        """The file system that is written through: what is sealed here opens under the same name in the cache."""
        return SealedFiles(self.folder, self.cache.key)

    def rows(self, name: str) -> Any:
        """A new file for rows."""
        return self.files.open(name + _ROWS, "wb")

    def keep(self, name: str, card: Card) -> None:
        """The rows of that name are whole: keep them, and their card."""
        with closing(self.files.open(name + _CARD, "wb")) as file:
            file.write(json.dumps(asdict(card)).encode())
        for end in (_ROWS, _CARD) if card.stored else (_CARD,):
            (self.folder / (name + end)).replace(self.cache.folder / (name + end))


def _last_used(rows: Path) -> float:
    with suppress(OSError):
        return rows.with_suffix(_CARD).stat().st_mtime
    return 0.0  # rows without a card are of no use to anybody


def _emptied(folder: Path) -> None:
    for each in folder.glob("*"):
        each.unlink(missing_ok=True)


@cache
def _readers() -> str:
    """A digest of the code that reads: what an older release has kept is not what this one would read."""
    code = hashlib.sha256()
    for each in sorted(Path(__file__).parent.glob("*.py")):
        code.update(each.read_bytes())
    return code.hexdigest()


def _history(zone: str | None) -> list[list[int | None]]:
    found = walltime.history(zone, EARLIEST // 1_000_000, _FAR) if zone else ()
    return [[each.start, each.offset, each.second] for each in found]
