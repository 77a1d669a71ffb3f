"""One look at the bytes of a file as they go by: their hash, their number, and the longest line."""

import hashlib

#: Bytes that are looked at in one go.
CHUNK = 1 << 18


class Look:
    """What was seen of a file so far. `longest`, in bytes, is that of its longest line or a little more."""

    def __init__(self) -> None:
        self._seen, self._longest, self._since, self.size = hashlib.sha256(), 0, 0, 0

    def see(self, chunk: bytes) -> None:
        """The next bytes of the file. Lines within one chunk count as long as it."""
        self._seen.update(chunk)
        self.size += len(chunk)
        first = chunk.find(b"\n")
        if first >= 0:
            self._longest, self._since = max(self._longest, self._since + first, len(chunk)), 0
        self._since += len(chunk) - chunk.rfind(b"\n") - 1

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, in hex."""
        return self._seen.hexdigest()

    @property
    def longest(self) -> int:
        """Bytes of the longest line, or a little more."""
        return max(self._longest, self._since)
