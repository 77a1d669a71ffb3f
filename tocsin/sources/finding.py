"""Finding input files: what each declared pattern names, each file once, under a name that can be told from others.

A second look, after everything was read, finds what came, went or changed meanwhile.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from os import fsencode
from pathlib import Path

from tocsin.domain.errors import Refused
from tocsin.domain.paths import by_date, dated_by_itself, is_url
from tocsin.domain.scope.windows import Window
from tocsin.sources.disk import Disk
from tocsin.sources.patterns import Entry, Match, pattern_of, walk
from tocsin.sources.stores import ObjectStore, StoreFailed, open_store

_ALWAYS: Window = (None, None)


@dataclass(frozen=True)
class Found:
    """One input file that a pattern names, unopened. `mark` changes when its bytes do; `store` holds a far one.

    `name` is what results and gaps show: its path below the declared folder, so that the folders above stay private.
    """

    address: str
    name: str
    size: int
    mark: str
    store: ObjectStore | None = None
    #: Of a file in a store, once it was fetched: where its bytes lie on this machine.
    copy: Path | None = None


@dataclass(frozen=True)
class Unread:
    """What a pattern names and cannot be read; `why` is to be read behind its name."""

    name: str
    why: str


@dataclass(frozen=True)
class Sought:
    """What is sought: the patterns of a source, and of dated paths only what may hold rows of one of the windows."""

    source: str
    patterns: tuple[str, ...]
    by_date: str | None = None
    windows: tuple[Window, ...] = (_ALWAYS,)


@dataclass(frozen=True)
class Listing:
    """What the patterns of one source name. `skipped` counts files and folders of other days, not looked into."""

    sought: Sought
    files: tuple[Found, ...]
    unread: tuple[Unread, ...] = ()
    skipped: int = 0


@dataclass
class _Gathered:
    """What one look finds: files by their address with how deep they lie, and what cannot be read."""

    files: dict[str, tuple[Entry, int, ObjectStore | None]] = field(default_factory=dict)
    unread: dict[str, Unread] = field(default_factory=dict)
    skipped: int = 0


def find(
    source: str, patterns: Iterable[str], dated: str | None = None, windows: Iterable[Window] = (_ALWAYS,)
) -> Listing:
    """Every file that a pattern names, each once, in order of addresses; Refused when a pattern names none.

    With `dated`, or a date in a pattern, files of other days than the windows' are left out, but no pattern is refused
    because it names no others.
    """
    sought = Sought(source, tuple(patterns), dated, tuple(windows) or (_ALWAYS,))
    return _listed(sought, refusing=True)


def second_look(first: Listing) -> Listing:
    """The same as when it was found, as it is now. What cannot be looked through any more holds nothing."""
    return _listed(first.sought, refusing=False)


def _listed(sought: Sought, *, refusing: bool) -> Listing:
    look = _Gathered()
    named = {pattern: _walked(sought, pattern, look, refusing=refusing) for pattern in sought.patterns}
    # What a link leads to may be declared itself.
    unread = {address: each for address, each in sorted(look.unread.items()) if address not in look.files}
    for pattern, addresses in named.items() if refusing else ():
        if addresses is not None and not any(address in look.files for address in addresses):
            raise _nothing(sought.source, pattern, [unread[address] for address in addresses])
    return Listing(sought, _named(look.files), tuple(unread.values()), look.skipped)


def _walked(sought: Sought, said: str, look: _Gathered, *, refusing: bool) -> list[str] | None:
    """The addresses that one pattern names; None where it names nothing but other days."""
    plain, dates = dated_by_itself(said)
    plain = plain.removeprefix("file://")
    dates = dates or (by_date(sought.by_date) if sought.by_date is not None else None)
    before = look.skipped

    def wanted(below: str) -> bool:
        skipped = dates is not None and all(dates.outside(below, window) for window in sought.windows)
        look.skipped += skipped
        return not skipped

    store = open_store(sought.source, plain) if is_url(plain) else None
    addresses = []
    try:
        for match in walk(store or Disk(), pattern_of(plain), wanted):
            _note(match, store, look)
            addresses.append(match.entry.address)
    except StoreFailed as error:
        if refusing:
            raise Refused(
                f"source {sought.source}: {said} cannot be looked through ({error.strerror});"
                " check the address, and the credentials that the store's own tools use"
            ) from None
    return None if look.skipped > before and not addresses else addresses


def _note(match: Match, store: ObjectStore | None, look: _Gathered) -> None:
    below, entry = match
    if entry.kind != "file":
        look.unread.setdefault(entry.address, Unread(_shown(below), entry.why))
        return
    if _shown(entry.address) != entry.address:
        look.unread.setdefault(
            entry.address, Unread(_shown(below), "has a name that is no UTF-8; rename a copy")
        )
        return
    depth = below.count("/") + 1
    if entry.address in look.files:
        depth = min(depth, look.files[entry.address][1])
    look.files[entry.address] = entry, depth, store


def _nothing(source: str, pattern: str, unread: list[Unread]) -> Refused:
    why = f"{pattern}: {unread[0].name} {unread[0].why}" if unread else f"no file matches {pattern}"
    return Refused(f"source {source}: {why}; correct it, or `paths` in sources.yaml")


def _named(files: dict[str, tuple[Entry, int, ObjectStore | None]]) -> tuple[Found, ...]:
    """The files, each named by as many of its last parts as stand below a declared folder; by more where two alike."""
    depths = {address: depth for address, (_, depth, _) in files.items()}
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
        Found(address, names[address], entry.size, entry.mark, store)
        for address, (entry, _, store) in sorted(files.items())
    )


def _tail(address: str, depth: int) -> str:
    return _shown("/".join(_parts(address)[-depth:]))


def _parts(address: str) -> list[str]:
    return address.strip("/").split("/")


def _shown(name: str) -> str:
    """A name as text: a byte of it that is no UTF-8 is written as an escape."""
    return fsencode(name).decode(errors="backslashreplace")
