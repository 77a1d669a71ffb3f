"""Sealed files: what the engine keeps on disk is encrypted, through a file system that it reads and writes itself.

DuckDB's wheel can encrypt neither Parquet nor what it spills, and cannot read the Parquet that others encrypt. So a
file is sealed below it, block by block, in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizar, CRYPTO 2015,
as age uses it): AES-256-GCM, the nonce a counter and a mark of the last block, so that blocks can be neither swapped
nor cut off. Each file has a key of its own: HKDF-SHA256 (RFC 5869) over the caller's key, a fresh salt and the name of
the file. Blocks are read at any place, which is what Parquet needs.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from threading import get_ident
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fsspec import AbstractFileSystem  # type: ignore[import-untyped]

PROTOCOL = "sealed"
_MAGIC = b"tocsin sealed 1\n"
_SALT, _TAG, _COUNTER = 16, 16, 11
_BLOCK = 1 << 18
_HEAD = len(_MAGIC) + _SALT
#: Blocks that stay open, of 256 kB each: a reader goes through a few columns side by side.
_OPEN = 8


class Broken(OSError):
    """A sealed file that was cut off, changed, or sealed with another key: of no use, and safe to throw away."""


class SealedFiles(AbstractFileSystem):  # type: ignore[misc]
    """The files of one folder, as `sealed://NAME`; for the engine, which asks for no more than this."""

    protocol = PROTOCOL
    cachable = False

    def __init__(self, folder: Path, key: bytes) -> None:
        super().__init__()
        self._folder, self._key = folder, key

    def open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        """The file to read from any place, or to write from its beginning to its end."""
        return (_Writer if "w" in mode else _Reader)(self._at(path), self._key)

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Name, kind, and size of what was sealed, in bytes."""
        return {"name": path, "size": _plain_size(self._at(path)), "type": "file"}

    def exists(self, path: str, **_: Any) -> bool:
        """Whether the file is there; not, whether it is whole."""
        name = _name(path)
        return name != "" and (self._folder / name).is_file()

    isfile = exists

    def isdir(self, path: str) -> bool:
        """Never: all files lie side by side."""
        return False

    def glob(self, path: str, **_: Any) -> list[str]:
        """The one file: names here are digests, not patterns."""
        return [path]

    def modified(self, path: str) -> datetime:
        """When the file was last written."""
        return datetime.fromtimestamp(self._at(path).stat().st_mtime, UTC)

    def _at(self, path: str) -> Path:
        if name := _name(path):
            return self._folder / name
        raise FileNotFoundError(path)


def _name(path: str) -> str:
    """The name of a file of the folder; empty where the path leads anywhere else."""
    name = path.removeprefix(f"{PROTOCOL}://")
    return name if Path(name).name == name else ""


def whole(path: Path, key: bytes) -> bool:
    """Whether a sealed file is all there and opens with this key: its last block says so."""
    try:
        reader = _Reader(path, key)
    except OSError:
        return False
    try:
        reader.seek(max(0, reader.size - 1))
        reader.read(1)
    except Broken:
        return False
    finally:
        reader.close()
    return True


def _cipher(key: bytes, salt: bytes, name: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, f"sealed file {name}".encode()).derive(key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_COUNTER, "big") + bytes([last])


def _plain_size(path: Path) -> int:
    """Bytes that were sealed: each block is longer by its tag."""
    sealed = path.stat().st_size - _HEAD
    if sealed < _TAG:
        raise Broken(f"{path.name} was cut off")
    return sealed - _TAG * -(-sealed // (_BLOCK + _TAG))


class _Writer:
    """Seals what is written; without `close` the file has no last block, and is broken."""

    def __init__(self, path: Path, key: bytes) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file: BinaryIO = os.fdopen(descriptor, "wb")
        salt = os.urandom(_SALT)
        self._cipher = _cipher(key, salt, path.name)
        self._rest, self._number, self._written = bytearray(), 0, 0
        self._file.write(_MAGIC + salt)

    def write(self, content: bytes) -> int:
        """Take the bytes in; a block leaves when there is more than one."""
        self._rest += content
        self._written += len(content)
        # The last block is marked, so one stays here until it is known that another follows.
        while len(self._rest) > _BLOCK:
            self._seal(bytes(self._rest[:_BLOCK]), last=False)
            del self._rest[:_BLOCK]
        return len(content)

    def _seal(self, block: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last=last), block, None))
        self._number += 1

    def tell(self) -> int:
        """Bytes written so far."""
        return self._written

    def flush(self) -> None:
        """Nothing to do: blocks leave when they are full."""

    def close(self) -> None:
        """Seal the last block."""
        if not self._file.closed:
            self._seal(bytes(self._rest), last=True)
            self._file.close()

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        if failed is None:
            self.close()
        else:
            self._file.close()

    @property
    def closed(self) -> bool:
        """Whether the last block was sealed."""
        return self._file.closed


class _Reader:
    """Opens blocks where they are asked for. Threads of the engine share one reader, and each seeks for itself."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._file: BinaryIO = path.open("rb")
        head = self._file.read(_HEAD)
        if len(head) < _HEAD or not head.startswith(_MAGIC):
            raise Broken(f"{path.name} is no sealed file")
        self.name, self.size = path.name, _plain_size(path)
        self._last = max(0, self.size - 1) // _BLOCK
        self._cipher = _cipher(key, head[len(_MAGIC) :], path.name)
        self._places: dict[int, int] = {}
        self._opened: dict[int, bytes] = {}
        self._buffers: dict[int, bytearray] = {}

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        """Go there, in this thread."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self.size}[whence]
        self._places[get_ident()] = start + place
        return start + place

    def tell(self) -> int:
        """Where this thread is."""
        return self._places.get(get_ident(), 0)

    def read(self, length: int = -1) -> bytes:
        """So many bytes from where this thread is, or all of the rest. Raises Broken where a block is not as sealed."""
        place = self.tell()
        end = self.size if length < 0 else min(self.size, place + length)
        found = []
        while place < end:
            number, start = divmod(place, _BLOCK)
            part = self._block(number)[start : start + end - place]
            found.append(part)
            place += len(part)
        self._places[get_ident()] = place
        return b"".join(found)

    def _block(self, number: int) -> bytes:
        block = self._opened.get(number)
        if block is None:
            # One buffer for each thread: to make one for each block takes longer than to fill it.
            buffer = self._buffers.setdefault(get_ident(), bytearray(_BLOCK + _TAG))
            length = os.preadv(self._file.fileno(), [buffer], _HEAD + number * (_BLOCK + _TAG))
            sealed = memoryview(buffer)[:length]
            try:
                block = self._cipher.decrypt(_nonce(number, last=number == self._last), sealed, None)
            except (InvalidTag, ValueError):
                raise Broken(f"block {number} of {self.name} is not as it was sealed") from None
            # A new dict each time: other threads may be looking at the old one.
            kept = {} if len(self._opened) >= _OPEN else self._opened
            self._opened = kept | {number: block}
        return block

    def close(self) -> None:
        """Close the file and forget its blocks."""
        self._opened, self._buffers = {}, {}
        self._file.close()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._file.closed
