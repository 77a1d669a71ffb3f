"""What one value of an indicator may look like, and the single form in which it is kept.

A value may be a token or somebody's address. So a complaint never shows it: it says which of how many it is.
"""

import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from ipaddress import IPv4Network, IPv6Network, ip_network

from tocsin.domain.places import ALIASES, PLACES

#: Blanks around a text that do not count. Engines strip these and no others, so that a text that ends in another one is
#: found as it stands.
BLANKS = " \t\n\r\v\f"
#: What a status line may say (RFC 9110, 15), and what servers write beside it (nginx 499, others up to 999).
STATUSES = range(100, 1000)
#: More than any answer holds, and less than a signed 64-bit number ends at.
_LARGEST = 10**18
_UNITS = {"": 1, "b": 1}
_UNITS |= {f"{letter}b": 1000**power for power, letter in enumerate("kmgt", 1)}
_UNITS |= {f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", 1)}
_SIZE = r"([0-9]{1,19}(?:\.[0-9]{1,9})?)\s*([A-Za-z]{0,3})"
_BOUND = re.compile(rf"(>=|<=|>|<|)\s*{_SIZE}")
_BETWEEN = re.compile(rf"{_SIZE}\s*-\s*{_SIZE}")
_ENDPOINT = re.compile(r"(?:([A-Za-z]{1,20}) )?([/*][^?#\s]*)")

#: A range of whole numbers, both ends included; None is open.
Range = tuple[int, int | None]


def each_kept(values: Iterable[str], kept: Callable[[str], str], what: str) -> tuple[str, ...]:
    """Every value in its kept form, once, in order; ValueError says which one is `what` it should not be."""
    given = texts(values)
    found = set()
    for number, value in enumerate(given, 1):
        try:
            found.add(kept(value))
        except ValueError:
            raise ValueError(f"value {number} of {len(given)} {what}") from None
    return tuple(sorted(found))


def once_each(given: Iterable[str]) -> tuple[str, ...]:
    """Texts without the blanks around them, once, in order; ValueError says which one no log can hold."""
    return tuple(sorted({value.strip(BLANKS) for value in texts(given)} - {""}))


def texts(given: Iterable[str]) -> tuple[str, ...]:
    """The same texts; ValueError says which one is `unfit`."""
    values = tuple(given)
    for number, value in enumerate(values, 1):
        if fault := unfit(value):
            raise ValueError(f"value {number} of {len(values)} {fault}")
    return values


def unfit(text: str) -> str | None:
    """What is wrong with a text that can neither be kept nor stand in a log; None where it may be one."""
    if "\0" in text:
        return "holds NUL; take that character out, or save its file as UTF-8"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "holds half of a character, or a byte that is not UTF-8; write the character itself, as UTF-8"
    return None


def network(text: str) -> IPv4Network | IPv6Network:
    """An address or CIDR block; host bits are dropped, `::ffff:a.b.c.d` is its v4 self (RFC 4291, 2.5.5.2)."""
    found = ip_network(text.strip(BLANKS), strict=False)
    mapped = found.network_address.ipv4_mapped if isinstance(found, IPv6Network) else None
    if mapped is None or found.prefixlen < 96:
        return found
    return IPv4Network((mapped, found.prefixlen - 96))


def country(text: str) -> str:
    """An ISO 3166-1 alpha-2 code in capitals; `UK` and `EL` are what they mean."""
    code = text.strip(BLANKS).upper()
    code = ALIASES.get(code, code)
    if code not in PLACES or "-" in code:
        raise ValueError
    return code


def endpoint(text: str) -> str:
    """`GET /v1/account*` or `/v1/*`: a method in capitals, if any, and a path in which `*` stands for any characters.

    The path is the one that a server sees, so it has no query, no `//` and no `/../` that could never fit.
    """
    found = _ENDPOINT.fullmatch(text.strip(BLANKS))
    if found is None or re.search(r"//|/\.\.?(?=/|$)", found[2]):
        raise ValueError
    return f"{found[1].upper()} {found[2]}" if found[1] else found[2]


def ranges(values: Iterable[str], read: Callable[[str], Range]) -> tuple[Range, ...]:
    """What these texts say together: ranges in order, those that touch or overlap as one."""
    found: list[Range] = []
    for low, high in sorted(map(read, values), key=lambda each: each[0]):
        if found and (found[-1][1] is None or low <= found[-1][1] + 1):
            before = found.pop()
            low, high = before[0], None if None in (before[1], high) else max(before[1], high)  # type: ignore[type-var]
        found.append((low, high))
    return tuple(found)


def in_words(range_: Range) -> str:
    """A range as it is kept: `304`, `200-299` or `>= 1000000`."""
    low, high = range_
    return f">= {low}" if high is None else str(low) if low == high else f"{low}-{high}"


def codes(text: str) -> Range:
    """Status codes: `304`, `200-299`, `2xx`."""
    low, _, high = re.sub(r"^([1-9])xx$", r"\g<1>00-\g<1>99", text.strip(BLANKS).lower()).partition("-")
    if not re.fullmatch("[0-9]{3}", low.strip(BLANKS)) or not re.fullmatch("([0-9]{3})?", high.strip(BLANKS)):
        raise ValueError
    return _range(int(low), int(high or low), STATUSES.start)


def sizes(text: str) -> Range:
    """Sizes in bytes: `>= 1MB`, `< 500`, `10kB-2MB`, `1MiB`. kB, MB, GB, TB count by 1000; KiB to TiB by 1024."""
    if between := _BETWEEN.fullmatch(text.strip(BLANKS)):
        if between[4] and not between[2]:
            raise ValueError  # 1-2MB may begin at one byte or at one megabyte.
        return _range(_size(between[1], between[2]), _size(between[3], between[4]), 0)
    bound = _BOUND.fullmatch(text.strip(BLANKS))
    if bound is None:
        raise ValueError
    size = _size(bound[2], bound[3])
    match bound[1]:
        case ">=":
            return size, None
        case ">":
            return _size(str(size + 1), ""), None
        case "<=":
            return 0, size
        case "<":
            return _range(0, size - 1, 0)
    return size, size


def _size(number: str, unit: str) -> int:
    whole = Fraction(number) * _UNITS.get(unit.lower(), 0)
    # Half a byte is a slip, and so is an unknown unit.
    if whole.denominator != 1 or whole > _LARGEST or unit.lower() not in _UNITS:
        raise ValueError
    return int(whole)


def _range(low: int, high: int, least: int) -> Range:
    if not least <= low <= high:
        raise ValueError
    return low, high
