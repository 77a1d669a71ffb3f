"""Paths of sources: files, patterns of files, URLs of object stores, and the dates in them.

A date is read from a path only where that was declared: as `%Y`, `%m`, `%d` and `%H` in the path itself, or by
`by_date`, which says how folders or names are dated wherever they stand below the path's first wildcard.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tocsin.domain.scope.windows import Window

#: Directives of strptime, the words that mean the same in braces, and the digits that stand there.
_UNITS = {"Y": ("{year}", 4), "m": ("{month}", 2), "d": ("{day}", 2), "H": ("{hour}", 2)}
_DIRECTIVE = re.compile(r"%(.)", re.DOTALL)
_TOKEN = re.compile(r"%(?P<unit>[YmdH])|%%|\*+|\?|\[!?\]?[^\]/]*\]|.", re.DOTALL)
#: A folder is at most so long, and rows may lie as far from its hours, but a day at least.
_MARGIN = {"Y": timedelta(days=366), "m": timedelta(days=31), "d": timedelta(days=1), "H": timedelta(days=1)}
_NAMED_SECRET = re.compile(
    r"[?&](?:x-amz-[a-z-]+|awsaccesskeyid|signature|sig|token|secret|password|access_?key|api_?key)=",
    re.IGNORECASE,
)
#: A secret of Amazon's may hold a slash; digits alone up to one are a port.
_USERS_SECRET = re.compile(r"^[a-z][a-z0-9+.-]*://[^/:@]*:(?!\d+(?:/|$))[^@]*@", re.IGNORECASE)


def is_url(path: str) -> bool:
    """Whether a path leads into a store by its protocol, like `s3://bucket/folder`."""
    return re.match(r"[a-z][a-z0-9+.-]*://", path, re.IGNORECASE) is not None


def refuse_unfit(path: str) -> None:
    """ValueError, without the path in it: it holds a secret, leads through several stores, or is dated wrongly."""
    if is_url(path) and (_USERS_SECRET.search(path) or _NAMED_SECRET.search(path)):
        raise ValueError(
            "a path holds a password or key; take it out, and give it where the store's own tools look for it"
        )
    if "::" in path:
        raise ValueError(
            "a path leads through several stores (`::`); name one, and unpack what lies in archives"
        )
    dated_by_itself(path)


@dataclass(frozen=True)
class ByDate:
    """How paths are dated: `shape` has a group for each part of a date, and stands at the beginning if `anchored`."""

    shape: re.Pattern[str]
    units: tuple[str, ...]
    anchored: bool

    def outside(self, below: str, window: Window) -> bool:
        """Whether everything at or below a path is surely of other days than the window's.

        A folder of margin, and a day at least, stays on either side: nobody said in which zone folders are dated, and
        rows may be written late. What bears no date, none of the calendar's, or two, is never left out.
        """
        found = self._span(below)
        if found is None:
            return False
        since, until = window
        margin = _MARGIN[self.units[-1]]
        try:
            early, late = found[0] - margin, found[1] + margin
        except OverflowError:
            return False
        return (since is not None and late <= since) or (until is not None and early >= until)

    def dated(self, below: str) -> bool:
        """Whether a path bears a date, and one alone."""
        return self._span(below) is not None

    def _span(self, below: str) -> tuple[datetime, datetime] | None:
        matches = [self.shape.match(below)] if self.anchored else list(self.shape.finditer(below))
        dates = {tuple(int(part) for part in self._parts(match)) for match in matches if match}
        return _span(*dates.pop()) if len(dates) == 1 else None

    def _parts(self, match: re.Match[str]) -> Iterator[str]:
        """The parts of the date, widest first; one that stands there twice must be the same."""
        for unit in self.units:
            said = {text for name, text in match.groupdict().items() if name[0] == unit}
            # Two that differ are no date: -1 is none of the calendar's.
            yield said.pop() if len(said) == 1 else "-1"


def _span(
    year: int, month: int | None = None, day: int | None = None, hour: int | None = None
) -> tuple[datetime, datetime] | None:
    """What a folder of this date holds, in UTC."""
    try:
        start = datetime(
            year, 1 if month is None else month, 1 if day is None else day, hour or 0, tzinfo=UTC
        )
        if month is None:
            return start, start.replace(year=year + 1)
        if day is None:
            return start, start.replace(year=year + month // 12, month=month % 12 + 1)
        return start, start + (timedelta(days=1) if hour is None else timedelta(hours=1))
    except (ValueError, OverflowError):
        return None


def by_date(text: str) -> ByDate:
    """What `by_date` declares, like `{year}/{month}/{day}` or `dt=%Y-%m-%d`. ValueError where it says no date."""
    for letter, (word, _) in _UNITS.items():
        text = text.replace(word, f"%{letter}")
    units = _units(text)
    if not units:
        raise ValueError("by_date names no date; write one like {year}/{month}/{day} or dt=%Y-%m-%d")
    return ByDate(re.compile(rf"(?<!\d){_shape(text, wild=False)}(?!\d)"), units, anchored=False)


def dated_by_itself(path: str) -> tuple[str, ByDate | None]:
    """A path with its directives as wildcards, and how paths below its first wildcard are dated; None without `%Y`.

    Without a year no directive is meant: a name may hold `%d0`, which is a letter of a URL.
    """
    if "%Y" not in path:
        return path, None
    units, parts = _units(path), path.split("/")
    last = max(place for place, part in enumerate(parts) if re.search("%[YmdH]", part))
    first = next(place for place, part in enumerate(parts) if re.search(r"[*?\[]|%[YmdH]", part))
    shape = _shape("/".join(parts[first : last + 1]), wild=True).replace(".*/", "(?:.*/)?")
    plain = _DIRECTIVE.sub(lambda found: "%" if found[1] == "%" else "[0-9]" * _UNITS[found[1]][1], path)
    return plain, ByDate(re.compile(rf"{shape}(?=/|$)"), units, anchored=True)


def _units(text: str) -> tuple[str, ...]:
    """The parts of the date that a text names, widest first. ValueError where one stands without the next wider one."""
    named = set(_DIRECTIVE.findall(text)) - {"%"}
    if unknown := sorted(named - _UNITS.keys()):
        raise ValueError(f"%{unknown[0]} is no part of a date that a path may hold; write %Y, %m, %d and %H")
    units = tuple(_UNITS)[: len(named)]
    if named != set(units):
        raise ValueError("a date in a path needs its year, a day its month, and an hour its day")
    return units


def _shape(text: str, *, wild: bool) -> str:
    """The text as a regular expression, with a group named by its letter and place for each part of the date."""
    found = []
    for token in _TOKEN.finditer(text):
        unit, said = token["unit"], token[0].replace("%%", "%")
        if unit:
            found.append(rf"(?P<{unit}{token.start()}>\d{{{_UNITS[unit][1]}}})")
        elif wild and said[0] in "*?":
            found.append(".*" if said == "**" else "[^/]*" if said[0] == "*" else "[^/]")
        elif wild and said[0] == "[" and len(said) > 1:
            found.append("[^/]")
        else:
            found.append(re.escape(said))
    return "".join(found)
