"""What mail servers say, fit to be kept."""

import re
from unicodedata import normalize

from tocsin.domain.addresses import bare
from tocsin.logs import ADDRESS

_NOT_XTEXT = re.compile(rb"[^!-*,-<>-~]")
#: What some servers escape where they leave the quotes out.
_SPECIAL = re.compile(r"[^\w!#$%&'*+/=?^`{|}~.-]")
_NOT_QCHAR = re.compile(r"[^!-*,-<>-\[\]-~]")


def nameless(words: str, recipient: str) -> str:
    """A reply without whom it is about: it is kept for good, and in clear, and an address is personal data."""
    words, recipient = normalize("NFC", words), normalize("NFC", recipient)
    local, _, domain = recipient.rpartition("@")
    # Relays also repeat the form in which ORCPT gave it, and servers the local part alone, or without the quotes that
    # an SMTP command needs.
    seen = words.casefold()
    forms = {recipient, local}
    if local[:1] == '"':
        escaped = _SPECIAL.sub(r"\\\g<0>", bare(local))
        forms |= {f"{each}@{domain}" for each in (bare(local), escaped)} | {bare(local), escaped}
    if not any(sign in seen for sign in "@+\\") and not any(form.casefold() in seen for form in forms):
        return words  # as nearly all are: what ORCPT writes otherwise has one of these signs
    names = {name for form in forms for name in (form, xtext(form), utf8_xtext(form))}
    names = {name for name in names if name.strip() and name.casefold() in seen}
    # The longer first.
    for name in sorted(names, key=len, reverse=True):
        alone = rf"(?<![\w.+@-]){re.escape(name)}(?![\w+@-])"
        words = re.sub(alone, "recipient", words, flags=re.IGNORECASE)
    return ADDRESS.sub("(address)", words)


def orcpt(address: str) -> str:
    """The value of ORCPT for whom a mail is meant: RFC 3461, 4.2, and RFC 6533, 3 for an address outside ASCII."""
    return f"rfc822;{xtext(address)}" if address.isascii() else f"utf-8;{utf8_xtext(address)}"


def xtext(text: str) -> str:
    """RFC 3461, section 4: printable ASCII except `+` and `=`; everything else as `+` and two hexadecimal digits."""
    return _NOT_XTEXT.sub(lambda byte: b"+%02X" % byte[0][0], text.encode()).decode("ascii")


def utf8_xtext(text: str) -> str:
    """The same for a text of Unicode by RFC 6533, section 3: everything else as `\\x{}` around its code point."""
    return _NOT_QCHAR.sub(lambda sign: rf"\x{{{ord(sign[0]):02X}}}", text)
