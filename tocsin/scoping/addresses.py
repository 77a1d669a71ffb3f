"""Addresses and CIDR blocks in logs: first a textual test that the engine runs, then an exact one on the survivors.

DuckDB's own `inet` extension is not part of its wheel, and other engines have none. So all blocks become one regular
expression over the texts with which their addresses can begin (RE2 and Java read it alike), and whatever passes is
parsed by `ipaddress`. The textual test may let too much through; it never loses an address (RFC 4291, 2.2 and 2.5.5.2).
A second expression says which texts are addresses at all: what cannot be compared is counted, not passed over. Proxies
write lists of addresses (`X-Forwarded-For`), of which each counts.
"""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

Network = IPv4Network | IPv6Network
_ALL_V4, _ALL_MAPPED = IPv4Network("0.0.0.0/0"), IPv6Network("::ffff:0:0/96")
#: How a v4-mapped address may begin: `::ffff:`, or the same with its zeros written out.
_MAPPED = r"[0:]+:ffff:"
#: What may stand before an address: others of a list, a quote, a bracket.
_BEFORE = r"(?:^|,)\s*[\"']?\s*\[?"
#: Words of one expression, and the lengths to which blocks are widened until they are so few.
_MOST = 1000
_WIDER = ((24, 48), (16, 32), (8, 16), (0, 0))
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_V4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"


def may_lie_in(column: Any, networks: Iterable[Network]) -> Any:
    """A condition of the engine: true for every text in `column` that can name an address of `networks`."""
    return column.re_search(beginnings(networks))


def beginnings(networks: Iterable[Network]) -> str:
    """The regular expression behind `may_lie_in`."""
    texts = {text for network in _few(_of_both_versions(networks)) for text in _beginnings(network)}
    return rf"(?i){_BEFORE}(?:{'|'.join(sorted(texts))})"


def _of_both_versions(networks: Iterable[Network]) -> set[Network]:
    """These networks, and all of v4 where one of v6 holds the v4-mapped addresses: `::/0` is everybody."""
    found = set(networks)
    if any(isinstance(each, IPv6Network) and each.supernet_of(_ALL_MAPPED) for each in found):
        found.add(_ALL_V4)
    return found


def _few(networks: Iterable[Network]) -> set[Network]:
    """These networks, or wider ones around them: an expression of too many words is one that no engine reads."""
    found = set(networks)
    for v4, v6 in _WIDER:
        if len(found) <= _MOST:
            break
        found = {
            each.supernet(new_prefix=longest)
            if each.prefixlen > (longest := v4 if each.version == 4 else v6)
            else each
            for each in found
        }
    return found


def is_readable(column: Any) -> Any:
    """A condition of the engine: true for every text in `column` that `lies_in` can read to its end."""
    return column.re_search(READABLE).fill_null(False)


class Blocks:
    """Addresses and blocks by their lengths: to find one among a million takes as many steps as there are lengths."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._by_length: dict[tuple[int, int], set[int]] = {}
        for each in _of_both_versions(networks):
            shift = each.max_prefixlen - each.prefixlen
            starts = self._by_length.setdefault((each.version, shift), set())
            starts.add(int(each.network_address) >> shift)

    def hold(self, text: str | None) -> bool:
        """Whether an address as a log writes it, or one of a list, lies in one of the blocks.

        Quotes, brackets, port and zone id do not count.
        """
        return any(map(self._holds, (text or "").split(",")))

    def hold_all(self, text: str | None) -> bool:
        """Whether every address of a list does. Who asks through a proxy may write what she likes before her own."""
        return all(map(self._holds, (text or "").split(",")))

    def _holds(self, text: str) -> bool:
        address = _parsed(text)
        return address is not None and any(
            int(address) >> shift in starts
            for (version, shift), starts in self._by_length.items()
            if version == address.version
        )


def lies_in(text: str, networks: Iterable[Network]) -> bool:
    """Whether an address as a log writes it, or one of a list, lies in one of `networks`."""
    return Blocks(networks).hold(text)


def _parsed(text: str) -> Any:
    bare = text.strip().strip("\"'").strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _v6() -> str:
    """IPv6address of RFC 3986, 3.2.2: eight groups, or fewer around one `::`; the last two may be dotted."""
    group = "[0-9a-f]{1,4}"
    # The longer one first, and below too: an engine that never looks back finds the whole address at once.
    last = f"(?:{_V4}|{group}:{group})"
    forms = [f"(?:{group}:){{6}}{last}", f"::(?:{group}:){{5}}{last}"]
    forms += [
        f"(?:(?:{group}:){{0,{before}}}{group})?::(?:{group}:){{{4 - before}}}{last}" for before in range(5)
    ]
    forms += [f"(?:(?:{group}:){{0,5}}{group})?::{group}", f"(?:(?:{group}:){{0,6}}{group})?::"]
    return f"(?:{'|'.join(forms)})(?:%[^\\s,\"'\\]]*)?"


def _readable() -> str:
    quote, port, v6 = "[\"']?", "(?::[0-9]*)?", _v6()
    address = rf"\s*{quote}\s*(?:{_V4}{port}|{v6}|\[(?:{v6}|{_V4})\]{port})\s*{quote}\s*"
    return f"(?i)^{address}(?:,{address})*$"


#: The regular expression behind `is_readable`.
READABLE = _readable()


def _beginnings(network: Network) -> Iterator[str]:
    if isinstance(network, IPv6Network):
        yield _v6_beginning(network)
        return
    octets = network.network_address.packed
    whole, rest = divmod(network.prefixlen, 8)
    last = [octets[whole] + step for step in range(2 ** (8 - rest))] if rest else []
    for each in [(*octets[:whole], octet) for octet in last] or [tuple(octets[:whole])]:
        yield f"(?:{_MAPPED})?{_dotted(each)}"
    # The same in hexadecimal, `::ffff:cb00:7107`, by its first group where that is fixed.
    yield _MAPPED + (_group(octets[0] << 8 | octets[1]) if whole >= 2 else "")


def _dotted(octets: Sequence[int]) -> str:
    text = r"\.".join(str(octet) for octet in octets)
    return rf"{text}\." if 0 < len(octets) < 4 else text


def _v6_beginning(network: IPv6Network) -> str:
    first, second = (int(network.network_address) >> shift & 0xFFFF for shift in (112, 96))
    # Zero groups may be part of `::`, and a short block fixes no group: then any text with a colon may do.
    if network.prefixlen < 16 or not first:
        return r"[0-9a-f]*:"
    return f"{_group(first)}:{_group(second)}:" if network.prefixlen >= 32 and second else f"{_group(first)}:"


def _group(group: int) -> str:
    """A group of four hex digits with or without its leading zeros."""
    bare = f"{group:x}"
    return f"0{{0,{4 - len(bare)}}}{bare}"
