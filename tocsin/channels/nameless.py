"""What mail servers say, fit to be kept."""

import re

from tocsin.logs import ADDRESS

_NOT_XTEXT = re.compile(rb"[^!-*,-<>-~]")


def nameless(words: str, recipient: str) -> str:
    """A reply without whom it is about: it is kept for good, and in clear, and an address is personal data."""
    local = recipient.rpartition("@")[0]
    # Relays also repeat the form in which ORCPT gave it, and servers the local part alone.
    seen = words.casefold()
    if not ("@" in seen or "+" in seen or local.casefold() in seen):
        return words  # as nearly all are: no address in either form, and not the local part alone
    names = {name for name in (xtext(recipient), recipient, xtext(local), local) if name.casefold() in seen}
    # The longer first.
    for name in sorted(names - {""}, key=len, reverse=True):
        alone = rf"(?<![\w.+@-]){re.escape(name)}(?![\w+@-])"
        words = re.sub(alone, "recipient", words, flags=re.IGNORECASE)
    return ADDRESS.sub("(address)", words)


def xtext(text: str) -> str:
    """RFC 3461, section 4: printable ASCII except `+` and `=`; everything else as `+` and two hexadecimal digits."""
    return _NOT_XTEXT.sub(lambda byte: b"+%02X" % byte[0][0], text.encode()).decode("ascii")
