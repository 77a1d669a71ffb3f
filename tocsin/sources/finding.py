"""Finding input files: what each declared pattern names, each file once, under a name that can be told from others."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from os import fsencode

from tocsin.domain.errors import Refused
from tocsin.sources.disk import Disk
from tocsin.sources.patterns import Entry, pattern_of, walk


@dataclass(frozen=True)
class Found:
    """One input file that a pattern names, unopened. `mark` changes when its bytes do.

    `name` is what results and gaps show: its path below the declared folder, so that the folders above stay private.
    """

    address: str
    name: str
    size: int
    mark: str


@dataclass(frozen=True)
class Unread:
    """What a pattern names and cannot be read; `why` is to be read behind its name."""

    name: str
    why: str


@dataclass(frozen=True)
class Listing:
    """What the patterns of one source name."""

    files: tuple[Found, ...]
    unread: tuple[Unread, ...] = ()


def find(source: str, patterns: Iterable[str]) -> Listing:
    """Every file that a pattern names, each once, in order of addresses; Refused when a pattern names none."""
    matches = {pattern: list(walk(Disk(), pattern_of(pattern))) for pattern in patterns}
    files: dict[str, tuple[Entry, int]] = {}
    unread: dict[str, Unread] = {}
    for below, entry in chain.from_iterable(matches.values()):
        if entry.kind == "file":
            depth = below.count("/") + 1
            _, known = files.get(entry.address, (entry, depth))
            files[entry.address] = entry, min(depth, known)
        else:
            unread.setdefault(entry.address, Unread(_shown(below), entry.why))
    # What a link leads to may be declared itself.
    unread = {address: each for address, each in sorted(unread.items()) if address not in files}
    for pattern, found in matches.items():
        if not any(match.entry.address in files for match in found):
            raise _nothing(source, pattern, [unread[match.entry.address] for match in found])
    return Listing(_named(files), tuple(unread.values()))


def _nothing(source: str, pattern: str, unread: list[Unread]) -> Refused:
    why = f"{pattern}: {unread[0].name} {unread[0].why}" if unread else f"no file matches {pattern}"
    return Refused(f"source {source}: {why}; correct it, or `paths` in sources.yaml")


def _named(files: dict[str, tuple[Entry, int]]) -> tuple[Found, ...]:
    """The files, each named by as many of its last parts as stand below a declared folder; by more where two alike."""
    depths = {address: depth for address, (_, depth) in files.items()}
    while True:
        names = {address: _tail(address, depth) for address, depth in depths.items()}
        often = Counter(names.values())
        alike = [
            address
            for address, name in names.items()
            if often[name] > 1 and depths[address] < len(_parts(address))
        ]
        if not alike:
            break
        for address in alike:
            depths[address] += 1
    return tuple(
        Found(address, names[address], entry.size, entry.mark)
        for address, (entry, _) in sorted(files.items())
    )


def _tail(address: str, depth: int) -> str:
    return _shown("/".join(_parts(address)[-depth:]))


def _parts(address: str) -> list[str]:
    return address.strip("/").split("/")


def _shown(name: str) -> str:
    """A name as text: a byte of it that is no UTF-8 is written as an escape."""
    return fsencode(name).decode(errors="backslashreplace")
