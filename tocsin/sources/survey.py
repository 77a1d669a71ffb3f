"""A first look at a file, in one reading: its fingerprint, and whether the engine can be trusted with its lines.

The engine is quick and not always honest: it lets a long line go without a word, does not check the CRC-32 of a gzip
member (RFC 1952, 2.3.1) and takes a byte order mark for a letter. What it may stumble over shows here beforehand; how
many lines there are says afterwards whether it has lost any.
"""

import codecs
from dataclasses import dataclass
from pathlib import Path

from tocsin.domain.errors import Refused
from tocsin.sources.bounds import Bounds
from tocsin.sources.prints import sha256_of
from tocsin.sources.unpacking import Content, Fault, Packing, packing_of

#: Bytes. Measured with DuckDB 2.0: where it reads one file in several pieces at once, a line of more than its buffer
#: (32 MB) is neither read nor rejected, it is gone. Of this length every setting of it takes a line.
SURE = 1 << 20


@dataclass(frozen=True)
class Survey:
    """What a file is made of. `lines` counts ends of lines, and a last line that has none."""

    sha256: str
    size: int
    packing: Packing
    lines: int
    longest: int
    fault: Fault | None = None
    #: UTF-16, a byte order mark behind the beginning, or CR alone as an end of lines.
    odd: bool = False

    @property
    def doubtful(self) -> bool:
        """Whether the engine may lose lines of it without saying so."""
        return self.fault is not None or self.odd or self.longest > SURE


def surveyed(path: Path, bounds: Bounds, *, of_lines: bool) -> Survey:
    """Read a file once, for what is not `of_lines` as it is packed. Refused when it cannot be read.

    Lines within one block count as long as the block.
    """
    try:
        packing = packing_of(path)
        if not of_lines:
            return _passed_over(path, packing)
        content = Content(path, packing, bounds)
        lines, longest, odd = _measured(content)
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror}); check its permissions") from None
    return Survey(content.sha256, content.size, packing, lines, longest, content.fault, odd)


def _passed_over(path: Path, packing: Packing) -> Survey:
    size = path.stat().st_size
    with path.open("rb") as file:
        return Survey(sha256_of(file, size), size, packing, 0, 0)


def _measured(content: Content) -> tuple[int, int, bool]:
    lines = longest = since = 0
    odd, last = False, b""
    for block in filter(None, content):
        odd = odd or _is_odd(last, block)
        lines += block.count(b"\n")
        first = block.find(b"\n")
        if first >= 0:
            longest, since = max(longest, since + first, len(block)), 0
        since += len(block) - block.rfind(b"\n") - 1
        last = block[-3:] if len(block) > 2 else (last + block)[-3:]
    return lines + bool(since), max(longest, since), odd or last.endswith(b"\r")


def _is_odd(last: bytes, block: bytes) -> bool:
    """Whether a block, behind the `last` bytes before it, holds what the engine reads wrongly."""
    if not last:
        if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return True
        block = block.removeprefix(codecs.BOM_UTF8)
    seam = last + block[:3]
    if codecs.BOM_UTF8 in seam or (not block.isascii() and codecs.BOM_UTF8 in block):
        return True
    if last.endswith(b"\r") and not block.startswith(b"\n"):
        return True
    return b"\r" in block and block.count(b"\r") > block.count(b"\r\n") + block.endswith(b"\r")
