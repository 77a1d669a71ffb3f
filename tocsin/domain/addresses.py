"""Addresses of mail, hosts and pages that need no library, and no look-up, to be understood.

Pure. A dot-atom (RFC 5321, 4.1.2) at a host name in small letters stands in a mail and in an SMTP command as it is. So
do nearly all addresses; the library that knows the others takes longer to load than a page takes to send. Quoted local
parts are ours to judge: the library writes their quotes anew, and a server may take them letter by letter.
"""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

_PLAIN = re.compile(
    r"(?=.{1,254}\Z)(?=[^@]{1,64}@)[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*"
    r"@(?:(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?P<top>[a-z]{2,63})",
    re.ASCII,
)
#: A quoted local part (RFC 5321, 4.1.2): printable ASCII alone, so that it ends no line, and a quote of its own is
#: escaped, so that it ends no command.
_QUOTED = re.compile(r'("(?:[ !#-\[\]-~]|\\[ -~])+")@([^@"\\]+)')
_NEEDLESS = re.compile(r'(\\["\\])|\\')
#: Octets of a local part, and of a whole address (RFC 5321, 4.5.3.1).
_LONGEST_LOCAL, _LONGEST = 64, 254
#: Top-level names under which nobody takes mail (RFC 6761, RFC 7686 and others): about these the library has the word.
_SPECIAL = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})
#: Of a part of a host name (RFC 1035, 2.3.4).
_LONGEST_LABEL = 63


def is_plain(address: str) -> bool:
    """Whether this is certainly an address, and one that is written everywhere as it stands here."""
    found = _PLAIN.fullmatch(address)
    return found is not None and found["top"] not in _SPECIAL


def written(address: str) -> str:
    """The address as it stands in an SMTP command and in a header: local part as it is given, domain in punycode.

    It is ASCII but for a local part that is not, which only relays with SMTPUTF8 carry (RFC 6531); that one is in NFC.
    Raises ValueError for what is no address, with a reason that does not repeat it.
    """
    if is_plain(address):
        return address
    from email_validator import EmailNotValidError, validate_email

    quoted = _QUOTED.fullmatch(address)
    # An escape that nothing needs means nothing (RFC 5321, 4.1.2), and not every mail program reads it so.
    local, asked = (_NEEDLESS.sub(r"\1", quoted[1]), f"a@{quoted[2]}") if quoted else ("", address)
    try:
        checked = validate_email(asked, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        reason = str(error).replace(address, "it") if address else "it is empty"
        raise ValueError(f"not an e-mail address: {reason}") from None
    found = f"{local or checked.local_part}@{checked.ascii_domain}"
    if len(local) > _LONGEST_LOCAL or len(found.encode()) > _LONGEST:
        raise ValueError("not an e-mail address: it is too long")
    if "=?" in local:
        # Mail programs decode that, against RFC 2047, 5, and would answer to somebody else.
        raise ValueError(
            "not an e-mail address that every mail program reads alike: it looks like an encoded word"
        )
    return found


def bare(local: str) -> str:
    """A quoted local part without its quotes and escapes; any other as it is."""
    return re.sub(r"\\(.)", r"\1", local[1:-1]) if len(local) > 1 and local[0] == local[-1] == '"' else local


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
