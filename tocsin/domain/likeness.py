"""What values look like, in words that show none of them: for a look at logs and customers that nobody may read.

Pure. A moment alone may be shown as it stands, once it was understood as one and holds nothing that looks like a
customer's; of everything else only what kind of thing it is, and how long.
"""

import re
from collections import Counter
from collections.abc import Iterable
from ipaddress import ip_address

from tocsin.domain.masking import masked

_SHOWN = 40
_TEXT = "text"
#: What a value may be, one and several of it, and how to tell; the first that fits counts.
_KINDS = (
    ("path", "paths", re.compile(r"/\S*")),
    ("web address", "web addresses", re.compile(r"https?://\S+")),
    ("e-mail address", "e-mail addresses", re.compile(r'(?:"(?:[^"\\\r\n]|\\.)+"|[^\s@]+)@[^\s@]+\.[^\s@]+')),
    ("moment", "moments", re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*|\[?\d\d/\w{3}/\d{4}:\d\d:\d\d.*")),
    ("day", "days", re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}[/.]\d{1,2}[/.]\d{4}")),
    ("whole number", "whole numbers", re.compile(r"[+-]?\d+")),
    ("number", "numbers", re.compile(r"[+-]?\d+[.,]\d+")),
    ("yes or no", "yes or no", re.compile(r"(?i:true|false|yes|no)")),
    ("HTTP method", "HTTP methods", re.compile(r"GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS")),
    ("code of two letters", "codes of two letters", re.compile(r"[A-Za-z]{2}")),
)
_SEVERAL = {one: several for one, several, _ in _KINDS}


def likeness(values: Iterable[object]) -> str:
    """What these values are, most of them first: `8 e-mail addresses, 1 text of 4 characters`."""
    texts = [str(value).strip() for value in values]
    kinds = Counter(_kind(text) for text in texts)
    lengths = [len(text) for text in texts if _kind(text) == _TEXT]
    return ", ".join(_words(kind, number, lengths) for kind, number in kinds.most_common())


def _words(kind: str, number: int, lengths: list[int]) -> str:
    said = kind if number == 1 else _SEVERAL.get(kind, f"{kind}{'es' if kind.endswith('s') else 's'}")
    if kind != _TEXT:
        return f"{number} {said}"
    shortest, longest = min(lengths), max(lengths)
    span = f"{shortest} to {longest}" if shortest < longest else f"{longest}"
    return f"{number} {said} of {span} character{'s' * (longest != 1)}"


def _kind(text: str) -> str:
    try:
        return f"IPv{ip_address(text).version} address"
    except ValueError:
        return next((kind for kind, _, pattern in _KINDS if pattern.fullmatch(text)), _TEXT)


def is_kind(value: object, *kinds: str) -> bool:
    """Whether a value looks like one of these kinds, in the words of `likeness`."""
    return _kind(str(value).strip()) in kinds


def shape(text: object) -> str:
    """How a value is written, `9999-99-99aaa`: a 9 for each digit, an `a` for each letter; cut where it is long."""
    written = "".join(map(_sign, str(text)))
    return written if len(written) <= _SHOWN else f"{written[:_SHOWN]}..."


def _sign(character: str) -> str:
    if character.isnumeric():
        return "9"
    return character if character.isascii() and not character.isalpha() else "a"


def as_written(text: object) -> str:
    """A moment that was understood, as it is written; its shape where it might be a customer's number all the same."""
    said = str(text).strip()
    return said if len(said) <= _SHOWN and masked(said) == said else shape(said)
