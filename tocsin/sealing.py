"""Sealing: what singles out a person is encrypted with its incident's key, and goes when that key goes.

AES-256-GCM (NIST SP 800-38D), a fresh 96-bit nonce each time. Two keys an incident, each wrapped by the master key:
`people` for affected people, letters and the vault, destroyed by `erase`; `record` for titles, notes and pages.
Pseudonyms of people are HMAC-SHA256 under the people key (`domain/scope/people.py`), so that nobody can guess them.
"""

import base64
import hashlib
import hmac
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tocsin.domain.errors import Refused

KEY_BYTES = 32
SALT_BYTES = 16
_NONCE_BYTES = 12


def seal(key: bytes, plain: bytes, context: str) -> bytes:
    """Encrypt; `context` (which row this is) must be given again to open, so that rows cannot be swapped."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def unseal(key: bytes, sealed: bytes, context: str) -> bytes:
    """Decrypt. Raises Refused when the key or the row is not the one it was sealed for, or it was changed."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError):  # ValueError: too few bytes to hold a nonce or a tag
        raise Refused(f"{context} cannot be opened: another key, or changed bytes; see RUNBOOK 12") from None


def keyed_digest(key: bytes, content: bytes) -> str:
    """A keyed hash of content, for the chain: proves the bytes to who holds the key, tells nothing to who does not."""
    return hmac.digest(key, b"content\0" + content, "sha256").hex()


def commitment(salt: bytes, text: str) -> str:
    """The words' commitment for the chain: `words:` + SHA-256(salt, text). The salt comes from nothing that stays."""
    return "words:" + hashlib.sha256(salt + text.encode()).hexdigest()


def commits_to(words: str, salt: bytes, text: str) -> bool:
    """Whether this is the text that the chain speaks of."""
    return words == commitment(salt, text)


def derived(key: bytes, purpose: str) -> bytes:
    """A key for another purpose, from which nobody finds this one: HKDF-SHA256, RFC 5869."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"tocsin/{purpose}".encode()).derive(key)


@dataclass(frozen=True)
class Keyring:
    """The master key, and what it can do: wrap the keys of incidents."""

    master: bytes

    @classmethod
    def open(cls, path: Path, *, entropy: Callable[[int], bytes] = os.urandom) -> "Keyring":
        """The master key of a home, made on first use with permissions for its owner alone."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            fresh = Path(name)
            with os.fdopen(descriptor, "wb") as file:
                file.write(base64.b64encode(entropy(KEY_BYTES)) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            # A link, not a rename: of two first starts one wins, and both then read the same key.
            try:
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        try:
            master = base64.b64decode(path.read_bytes(), validate=False)
        except ValueError:
            master = b""
        if len(master) != KEY_BYTES:
            raise Refused(
                f"{path} is not a master key (base64 of {KEY_BYTES} bytes); restore it from its own backup"
            )
        return cls(master)

    def derived(self, purpose: str) -> bytes:
        """A key for another purpose, from which nobody finds the master key."""
        return derived(self.master, purpose)

    def wrap(self, key: bytes, incident: str, purpose: str) -> bytes:
        """An incident's key, fit for the database."""
        return seal(self.master, key, f"key/{incident}/{purpose}")

    def unwrap(self, wrapped: bytes, incident: str, purpose: str) -> bytes:
        """The key again."""
        return unseal(self.master, wrapped, f"key/{incident}/{purpose}")
