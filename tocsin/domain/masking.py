"""What looks like a customer's in what people type: blacked out where it leaves by Slack, which must hold none of it.

Seen are mail addresses, telephone and other long numbers, IP addresses, and keys and tokens. Pure, and no proof: a
name, a street or a short customer number looks like any other word, and keeping those out stays with whoever types.
"""

import re
from ipaddress import ip_address

#: Stands for what was left out, in every language.
MASK = "███"

_MAIL = re.compile(r"[^\s<>()\[\],;:=\"'|]+@[^\s<>()\[\],;:\"'|@]+\.\w[\w-]*")
#: Three dots, or two colons and more: whether it is an address is then asked of the library.
_ADDRESS = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w])|(?<![\w:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])"
)
#: Dialled: from abroad or within a country, or in North America's groups.
_DIALLED = re.compile(
    r"(?<![\w/-])(?:\+\d|\(0\d{1,4}\)|0\d)(?:[ .()/-]{0,2}\d){6,13}(?!\w)"
    r"|(?<![\w-])(?:\(\d{3}\)|\d{3})[ .-]{1,2}\d{3}[ .-]\d{4}(?![\w-])"
)
#: Of a card, an account, a passport: nine digits in one, or groups of four.
_NUMBER = re.compile(r"(?<!\d)(?:\d{9,}|\d{4}(?:[ -]\d{4}){2,4})(?!\d)")
_UUID = re.compile(r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b")
#: Long, with letters and at least three digits, as no word has them; what hangs on it by a point goes with it.
_TOKEN = re.compile(
    r"\beyJ[\w-]+(?:\.[\w-]+)+"
    r"|(?<![\w+-])(?=[\w+-]*[A-Za-z])(?=(?:[A-Za-z_+-]*\d){3})[A-Za-z0-9_+-]{19,}[A-Za-z0-9_](?:[./=]+[\w+-]+)*=*"
)


def masked(text: str) -> str:
    """The text with a mask for each thing that looks like a customer's; unchanged where there is none."""
    text = _UUID.sub(MASK, _MAIL.sub(MASK, text))
    text = _ADDRESS.sub(lambda found: MASK if _is_address(found[0]) else found[0], text)
    for seen in (_DIALLED, _TOKEN, _NUMBER):
        text = seen.sub(MASK, text)
    return text


def _is_address(found: str) -> bool:
    try:
        ip_address(found)
    except ValueError:
        return False
    return any(one.isdigit() for one in found)
