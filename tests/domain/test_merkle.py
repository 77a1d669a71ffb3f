"""The Merkle root of RFC 9162: the same tree as its recursive definition, which any change of a leaf changes."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.merkle import EMPTY, root

LEAVES = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


def as_the_rfc_says(leaves: list[bytes]) -> bytes:
    """Section 2.1.1, word for word: split at the largest power of two smaller than n."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = as_the_rfc_says(leaves[:split]), as_the_rfc_says(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


@given(LEAVES)
def test_the_root_is_that_of_the_recursive_definition(leaves):
    assert root(leaves) == as_the_rfc_says(leaves).hex()


def test_no_leaves_have_the_hash_of_nothing():
    assert root([]) == EMPTY == hashlib.sha256(b"").hexdigest()


@given(LEAVES, st.data())
def test_a_changed_moved_or_added_leaf_changes_the_root(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    changed = [*leaves]
    changed[index] += b"x"
    assert root(changed) != root(leaves)
    assert root([*leaves, b""]) != root(leaves)


def test_a_node_cannot_be_passed_off_as_a_leaf():
    leaves = [b"a", b"b"]
    node = b"".join(hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves)
    assert root([node]) != root(leaves)
