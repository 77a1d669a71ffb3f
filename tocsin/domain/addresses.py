"""Addresses of mail, hosts and pages that need no library, and no look-up, to be understood.

Pure. A dot-atom (RFC 5321, 4.1.2) at a host name in small letters stands in a mail and in an SMTP command as it is. So
do nearly all addresses; the library that knows the others takes longer to load than a page takes to send.
"""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

_PLAIN = re.compile(
    r"(?=.{1,254}\Z)(?=[^@]{1,64}@)[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*"
    r"@(?:(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?P<top>[a-z]{2,63})",
    re.ASCII,
)
#: Top-level names under which nobody takes mail (RFC 6761, RFC 7686 and others): about these the library has the word.
_SPECIAL = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})
#: Of a part of a host name (RFC 1035, 2.3.4).
_LONGEST_LABEL = 63


def is_plain(address: str) -> bool:
    """Whether this is certainly an address, and one that is written everywhere as it stands here."""
    found = _PLAIN.fullmatch(address)
    return found is not None and found["top"] not in _SPECIAL


def is_loopback(host: str) -> bool:
    """Whether `host` can only be this machine. Names are not looked up: `localhost` alone counts."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def host_of(url: str) -> tuple[str, str]:
    """(`http` or `https`, host) of a page; both empty for what no browser would open."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # one that is no number raises
    except ValueError:
        return "", ""
    host = parts.hostname or ""
    named = all(0 < len(label) <= _LONGEST_LABEL for label in host.removesuffix(".").split("."))
    opens = parts.scheme in ("http", "https") and named and not re.search(r"\s", url)
    return (parts.scheme, host) if opens else ("", "")
