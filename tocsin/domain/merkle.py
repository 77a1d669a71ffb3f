"""One hash over many rows: the Merkle tree hash of RFC 9162, section 2.1.1, with SHA-256.

The timeline names one root for a whole sending, and any single letter can be proven against it without the others.
"""

import hashlib
from collections.abc import Sequence

EMPTY = hashlib.sha256().hexdigest()


def root(leaves: Sequence[bytes]) -> str:
    """The tree hash of the leaves in this order, in hex."""
    return _tree([_leaf(leaf) for leaf in leaves]).hex() if leaves else EMPTY


def proof(leaves: Sequence[bytes], index: int) -> list[str]:
    """The inclusion proof of one leaf (RFC 9162, 2.1.3.1): the sibling hashes from the leaf up, in hex."""
    return [step.hex() for step in _path([_leaf(leaf) for leaf in leaves], index)]


def proves(leaf: bytes, index: int, size: int, path: Sequence[str], root_hex: str) -> bool:
    """Whether `path` shows that `leaf` stands at `index` of the `size` leaves under this root (RFC 9162, 2.1.3.2)."""
    if index >= size:
        return False
    position, last, found = index, size - 1, _leaf(leaf)
    for step in path:
        if last == 0:
            return False
        if position % 2 or position == last:
            found = _node(bytes.fromhex(step), found)
            while position % 2 == 0 and position:
                position, last = position // 2, last // 2
        else:
            found = _node(found, bytes.fromhex(step))
        position, last = position // 2, last // 2
    return last == 0 and found.hex() == root_hex


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


def _path(hashes: list[bytes], index: int) -> list[bytes]:
    path = []
    while len(hashes) > 1:
        sibling = index ^ 1
        if sibling < len(hashes):
            path.append(hashes[sibling])
        paired = [_node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        hashes, index = paired + hashes[len(hashes) - len(hashes) % 2 :], index // 2
    return path
