"""One hash over many rows: the Merkle tree hash of RFC 9162, section 2.1.1, with SHA-256.

The timeline names one root for a whole sending: no letter can be changed, moved, added or lost without changing it.
"""

import hashlib
from collections.abc import Iterable

EMPTY = hashlib.sha256().hexdigest()


def root(leaves: Iterable[bytes]) -> str:
    """The tree hash of the leaves in this order, in hex. However many there are, a few hashes are kept in memory."""
    # Whole trees from left to right, each smaller than the one before: (leaves, hash).
    trees: list[tuple[int, bytes]] = []
    for leaf in leaves:
        size, node = 1, _leaf(leaf)
        while trees and trees[-1][0] == size:
            node = _node(trees.pop()[1], node)
            size *= 2
        trees.append((size, node))
    if not trees:
        return EMPTY
    # What is left over hangs below the last whole tree, as the RFC splits it.
    _, right = trees.pop()
    while trees:
        right = _node(trees.pop()[1], right)
    return right.hex()


def _leaf(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
