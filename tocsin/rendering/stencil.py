"""A text whose base64 is made once, but for the few places where a reader's own words go: RFC 2045, section 6.8.

Base64 takes three bytes at a time, and a line may end after any four of its characters. So what stands between two gaps
is encoded ahead in three ways, by how many of its first bytes fill up the reader's own words before it; those alone are
encoded for each letter. Nothing is believed: whatever is encoded is decoded again and compared.
"""

import binascii
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from tocsin.domain.errors import Refused

_WIDTH = 76
#: Consonants and vowels of Korean that become one syllable.
_JAMO = ("\u1100", "\u11ff")


class _Piece(NamedTuple):
    """What stands between two gaps: its first bytes, the lines of what is encoded ahead, and what is left over."""

    head: bytes
    lines: str
    rest: bytes


class Stencil:
    """The pieces around the gaps of one text, one more than there are gaps. Line ends of any kind.

    Raises Refused for what no mail may hold.
    """

    def __init__(self, pieces: Sequence[str]) -> None:
        self.pieces = tuple(pieces)
        made = [canonical(piece) for piece in pieces]
        #: Whether each piece can be encoded without regard to what stands beside it.
        self._apart = "".join(made) == canonical("".join(pieces)) and not any(map(_may_join, made[1:]))
        self._made = [one.encode() for one in made]
        self._ahead: dict[tuple[int, int], _Piece] = {}

    def text(self, own: Sequence[str]) -> str:
        """The whole text in plain words, NFC, with the line ends of mail."""
        return canonical("".join(_woven(self.pieces, own)))

    def encoded(self, own: Sequence[str]) -> str:
        """The whole text as lines of base64; `own` fills the gaps in their order."""
        if len(own) != len(self.pieces) - 1:
            raise ValueError(f"{len(own)} words for {len(self.pieces) - 1} gaps")
        if not self._apart or any(map(_stirs, own)):
            return Stencil((self.text(own),)).encoded(())
        _, first, left = self._piece(0, 0)
        lines = [first]
        for number, words in enumerate(own, 1):
            left += unicodedata.normalize("NFC", words).encode()
            head, ahead, rest = self._piece(number, -len(left) % 3)
            left += head
            if len(left) % 3 == 0:
                lines += _proven(left), ahead
                left = rest
        lines.append(_proven(left))
        return "".join(lines)

    def _piece(self, number: int, taken: int) -> _Piece:
        """A piece whose first bytes fill up what stands before it."""
        found = self._ahead.get((number, taken))
        if found is None:
            content = self._made[number]
            whole = max(0, len(content) - taken) // 3 * 3
            lines = _proven(content[taken : taken + whole])
            found = self._ahead[number, taken] = _Piece(content[:taken], lines, content[taken + whole :])
        return found


class Body(NamedTuple):
    """One body of a letter: the stencil that many share, and its reader's own words."""

    stencil: Stencil
    own: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """As it was written."""
        return "".join(_woven(self.stencil.pieces, self.own))


def canonical(text: str) -> str:
    """NFC, and CRLF line ends, as base64 demands of text: RFC 2045, section 6.8."""
    if "\x00" in text or not _encodes(text):
        raise Refused("a letter's text holds a NUL or half a character; correct it where it was entered")
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\n", "\r\n")


def wrapped(content: bytes) -> str:
    """Lines of base64, each with its end."""
    flat = binascii.b2a_base64(content, newline=False).decode("ascii")
    return "".join([f"{flat[start : start + _WIDTH]}\r\n" for start in range(0, len(flat), _WIDTH)])


def _woven(pieces: Sequence[str], own: Sequence[str]) -> list[str]:
    woven = [pieces[0]]
    for words, piece in zip(own, pieces[1:], strict=True):
        woven += words, piece
    return woven


def _proven(content: bytes) -> str:
    lines = wrapped(content)
    if binascii.a2b_base64(lines) != content:
        raise Refused("the text of a letter does not survive its encoding; nothing was made")
    return lines


def _stirs(own: str) -> bool:
    """Whether a reader's words may change what stands beside them, or hold what no line may."""
    # What is printable is no line end, and no half of a character.
    return (not own.isprintable() and _breaks(own)) or _may_join(own)


def _breaks(own: str) -> bool:
    return any(sign in own for sign in "\x00\r\n") or not _encodes(own)


def _may_join(text: str) -> bool:
    """Whether the first character may become one with whatever stands before it (UAX #15)."""
    first = text[:1]
    if first < "\u0300":
        return False
    return first > "\uffff" or _JAMO[0] <= first <= _JAMO[1] or unicodedata.category(first)[0] == "M"


def _encodes(text: str) -> bool:
    """Whether no half of a character stands alone in it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
