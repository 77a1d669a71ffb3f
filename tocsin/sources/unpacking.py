"""The bytes of a file as they were before they were packed: gzip (RFC 1952), Zstandard (RFC 8878), or as they are.

What is packed is told by its first bytes, whatever the file is called. A damaged archive gives what came before its
damage. Where bits are wrong, and none are missing, that may begin anywhere before it shows: zlib unpacks on, and only a
checksum at the end may tell (RFC 1952, 2.3.1). So such bytes are given, and called altered.

Memory is bounded: a block holds a megabyte at most, however much one byte of the archive unpacks to.
"""

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Literal

import pyarrow as pa  # type: ignore[import-untyped]
from isal import isal_zlib

from tocsin.sources.bounds import Bounds

Packing = Literal["none", "gzip", "zstd"]
#: Why the bytes of a file end before the file does.
Fault = Literal["damaged", "altered", "swollen"]

_BLOCK = 1 << 20
_CHUNK = 1 << 18
_CRUMB = 64
_BEGINS: dict[bytes, Packing] = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
#: A frame that decoders skip; archives that can be searched begin or end with one (RFC 8878, 3.1.2).
_SKIPPED = (b"\x2a\x4d\x18", range(0x50, 0x60))
#: What Zstandard's own words (`ZSTD_getErrorName`) say where bits are wrong.
_ALTERED = ("checksum", "corruption")
_SUFFIXES: dict[str, Packing] = {".gz": "gzip", ".zst": "zstd"}


def packing_of(path: Path) -> Packing:
    """How a file is packed; by its name only where it holds nothing, which is no archive. Raises OSError."""
    with path.open("rb") as stream:
        begin = stream.read(4)
    if not begin:
        return _SUFFIXES.get(path.suffix, "none")
    if begin[1:] == _SKIPPED[0] and begin[0] in _SKIPPED[1]:
        return "zstd"
    for mark, packing in _BEGINS.items():
        # Of an archive that was cut off at once, one byte may be all there is.
        if begin.startswith(mark) or (packing == "gzip" and begin == mark[:1]):
            return packing
    return "none"


class Content:
    """The unpacked bytes of the first `size` bytes of a file, block by block.

    Once they were read: `fault` says why they ended early, if they did; `sha256` is of the file as it is packed.
    """

    def __init__(self, path: Path, packing: Packing, bounds: Bounds, size: int | None = None) -> None:
        self.path, self.packing, self.bounds = path, packing, bounds
        self.size = path.stat().st_size if size is None else size
        self.fault: Fault | None = None
        self.sha256 = ""
        #: How many bytes of the file were read by now.
        self.read = 0

    def __iter__(self) -> Iterator[bytes]:
        left = self.bounds.allowed(self.size) if self.packing != "none" else self.size
        try:
            file = self.path.open("rb")
        except OSError:  # gone, since somebody saw it
            self.fault, self.sha256 = "damaged", hashlib.sha256().hexdigest()
            return
        with file:
            stream = _Hashed(file, self.size)
            for block in self._blocks(stream):
                self.read = stream.place
                yield block[:left]
                left -= len(block)
                if left < 0:
                    self.fault = "swollen"
                    break
            while stream.read(_BLOCK):
                pass
        self.sha256 = stream.seen.hexdigest()

    def _blocks(self, stream: "_Hashed") -> Iterator[bytes]:
        if self.packing == "none":
            yield from iter(lambda: stream.read(_BLOCK), b"")
        elif self.packing == "gzip":
            yield from self._gunzipped(stream)
        else:
            yield from self._unzstd(stream)

    def _gunzipped(self, stream: "_Hashed") -> Iterator[bytes]:
        """What each member holds. Zeros behind a member fill up a tape or a disk's block, as for gzip itself."""
        member, ended, began, given = isal_zlib.decompressobj(wbits=31), False, 0, 0
        while chunk := stream.read(_CHUNK):
            while chunk := chunk.lstrip(b"\0") if ended else chunk:
                if ended:
                    member, ended = isal_zlib.decompressobj(wbits=31), False
                    began, given = stream.place - len(chunk), 0
                try:
                    block = member.decompress(chunk, _BLOCK)
                except isal_zlib.IsalError:  # type: ignore[misc]  # its stubs take the class for one of it
                    # What gives nothing is no member, but junk behind one.
                    self.fault = "altered" if given else "damaged"
                    for block in filter(None, _up_to_the_damage(self.path, range(began, self.size), given)):
                        self.fault = "altered"
                        yield block
                    return
                yield block
                given += len(block)
                ended, chunk = member.eof, member.unconsumed_tail or member.unused_data
        while not ended and (block := member.decompress(b"", _BLOCK)):
            yield block
            ended = member.eof
        if not ended:
            self.fault = "damaged"

    def _unzstd(self, stream: "_Hashed") -> Iterator[bytes]:
        if not self.size:
            self.fault = "damaged"
            return
        try:
            with pa.CompressedInputStream(pa.PythonFile(stream, "r"), "zstd") as unpacked:
                yield from iter(lambda: unpacked.read(_CHUNK), b"")
        except (OSError, pa.ArrowException) as error:
            self.fault = "altered" if any(word in str(error) for word in _ALTERED) else "damaged"


class _Hashed:
    """The first bytes of an open file, hashed as they are read; what is added behind them is not seen."""

    closed = False

    def __init__(self, file: IO[bytes], size: int) -> None:
        self.file, self.left, self.seen = file, size, hashlib.sha256()
        self.place = 0

    def read(self, size: int) -> bytes:
        chunk = self.file.read(min(size, self.left))
        self.left -= len(chunk)
        self.place += len(chunk)
        self.seen.update(chunk)
        return chunk

    def close(self) -> None:
        """Whoever opened the file closes it."""

    def readable(self) -> bool:
        return True


def _up_to_the_damage(path: Path, packed: range, given: int) -> Iterator[bytes]:
    """What a damaged member holds behind the first `given` bytes; `packed` is where it lies in the file.

    The quick library keeps what it unpacked of a damaged chunk to itself. zlib does so too, but a state of it can be
    copied: so it is fed crumbs from the last sound state on, until it balks.
    """
    member = zlib.decompressobj(wbits=31)
    with path.open("rb") as file:
        file.seek(packed.start)
        left = len(packed)
        while chunk := file.read(min(_CHUNK, left)):
            left -= len(chunk)
            while chunk:
                before = member.copy()
                try:
                    block = member.decompress(chunk, _BLOCK)
                except zlib.error:
                    yield _crumbs(before, chunk)[given:]
                    return
                yield block[given:]
                given = max(0, given - len(block))
                chunk = member.unconsumed_tail


def _crumbs(member: Any, chunk: bytes, size: int = _CRUMB) -> bytes:
    """What a chunk gives before it is damaged, to the byte: behind a sound ending only its checksum may be wrong."""
    found = []
    for start in range(0, len(chunk), size):
        crumb = chunk[start : start + size]
        before = member.copy()
        try:
            found.append(member.decompress(crumb))
        except zlib.error:
            if size > 1:
                found.append(_crumbs(before, crumb, 1))
            break
    return b"".join(found)
