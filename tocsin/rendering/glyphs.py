"""Which characters our papers can show, and what stands in for the others.

A PDF/UA file may not hold a glyph its fonts lack, and a report to an authority may not fail over a name. The papers
use the fonts inside Typst only, so that the same paper is set everywhere; a test renders every character listed here
in every style the papers use.
"""

import unicodedata
from collections.abc import Mapping
from typing import Any

#: Latin with all of Vietnamese, combining marks, Greek, Cyrillic, punctuation, currencies, arrows, mathematics, shapes.
COVERED = (
    (0x20, 0x7E),
    (0xA0, 0x2FF),
    (0x300, 0x36F),
    (0x370, 0x4FF),
    (0x1E00, 0x1EFF),
    (0x2010, 0x2027),
    (0x202F, 0x203F),
    (0x20A0, 0x20C0),
    (0x2116, 0x2116),
    (0x2190, 0x22FF),
    (0x2500, 0x25FF),
)

#: For the second try only: what no release of the fonts will ever lose.
PLAIN = ((0x20, 0x7E), (0xA0, 0x17F), (0x1A0, 0x1B0), (0x1EA0, 0x1EF9))

#: Unassigned, control, format (direction overrides would let a name rewrite its line), private use, surrogates.
UNFIT = frozenset({"Cn", "Cc", "Cf", "Co", "Cs"})

Ranges = tuple[tuple[int, int], ...]


def is_shown(character: str, ranges: Ranges = COVERED) -> bool:
    """Whether the papers' own fonts hold this character, and it is one that a reader can see."""
    if character == "\n":
        return True
    code = ord(character)
    return unicodedata.category(character) not in UNFIT and any(low <= code <= high for low, high in ranges)


def stand_in(character: str) -> str:
    """What is printed instead: the character's number, plainly not part of the name."""
    return f"[U+{ord(character):04X}]"


def printable(value: Any, ranges: Ranges = COVERED) -> tuple[Any, list[str]]:
    """The same JSON value with every text in NFC and unshowable characters replaced, and which those were."""
    replaced: set[str] = set()
    shown = _replace(value, ranges, replaced)
    return shown, sorted(replaced)


def _replace(value: Any, ranges: Ranges, replaced: set[str]) -> Any:
    if isinstance(value, str):
        return _replace_text(value, ranges, replaced)
    if isinstance(value, Mapping):
        return {key: _replace(item, ranges, replaced) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_replace(item, ranges, replaced) for item in value]
    return value


def _replace_text(text: str, ranges: Ranges, replaced: set[str]) -> str:
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " "))
    if text.isascii() and text.isprintable():
        return text
    lost = {character for character in text if not is_shown(character, ranges)}
    if not lost:
        return text
    replaced |= lost
    return "".join(stand_in(character) if character in lost else character for character in text)
