"""One hash over many rows: the Merkle tree hash of RFC 9162, section 2.1.1, with SHA-256.

The timeline names one root for a whole sending: no letter can be changed, moved, added or lost without changing it.
"""

import hashlib
from collections.abc import Iterable

EMPTY = hashlib.sha256().hexdigest()


def root(leaves: Iterable[bytes]) -> str:
    """The tree hash of the leaves in this order, in hex. However many there are, a few hashes are kept in memory."""
    sha256 = hashlib.sha256
    # The hashes of whole trees from left to right, each of fewer leaves than the one before: one for every bit of the
    # count. Written out, since a sending may have a million leaves.
    trees: list[bytes] = []
    for left, leaf in enumerate(leaves, 1):
        node = sha256(b"\x00" + leaf).digest()
        while not left & 1:
            node, left = sha256(b"\x01" + trees.pop() + node).digest(), left >> 1
        trees.append(node)
    if not trees:
        return EMPTY
    # What is left over hangs below the last whole tree, as the RFC splits it.
    right = trees.pop()
    while trees:
        right = sha256(b"\x01" + trees.pop() + right).digest()
    return right.hex()
