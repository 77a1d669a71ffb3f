"""One hash over many rows: the Merkle tree hash of RFC 9162, section 2.1.1, with SHA-256.

The timeline names one root for a whole sending: no letter can be changed, moved, added or lost without changing it.
"""

import hashlib
from collections.abc import Iterable

EMPTY = hashlib.sha256().hexdigest()


def root(leaves: Iterable[bytes]) -> str:
    """The tree hash of the leaves in this order, in hex. Of each its hash is kept in memory, no more."""
    hashes = [_leaf(leaf) for leaf in leaves]
    return _tree(hashes).hex() if hashes else EMPTY


def _leaf(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _tree(hashes: list[bytes]) -> bytes:
    # Level by level; an odd one moves up unchanged, which gives the same tree as the RFC's recursive split.
    while len(hashes) > 1:
        paired = [_node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        hashes = paired + hashes[len(hashes) - len(hashes) % 2 :]
    return hashes[0]
