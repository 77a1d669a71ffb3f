"""How sure a fitting request makes us: this rule, and no other, puts people into buckets.

1. Denied (4xx, unless its source declares other statuses): she was **attempted**; nothing was read.
2. It failed (5xx), or nobody knows how it ended: it **cannot be excluded**. 1xx to 3xx were answered.
3. It fits only if something holds that the row does not say (no moment that can be placed in time; no status, size,
   country or endpoint where the question asks about one): it **cannot be excluded**.
4. What fits names a person (a token, a session, an account): **confirmed**.
5. What fits names an address: **likely**, since others may share it.
6. Else (a user agent, an endpoint, a size, a country alone): it **cannot be excluded**.

Of a file in which bits are wrong, whatever a row says may be altered, how it ended too: it makes no more, and no less,
than **cannot be excluded**.

In a tree, what fits is every clause that the tree needed. Indicators without a tree are asked in the older way: 4 holds
where all kinds that were given fit the same request, and is **likely** where some do.
"""

from typing import Any

import ibis  # type: ignore[import-untyped]

from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.clauses import PERSONAL
from tocsin.domain.scope.question import Question
from tocsin.domain.scope.tree import Gate, Leaf

#: Weakest first: a level is a place in this tuple, so a person's bucket is the highest level of her requests.
LEVELS = (
    Bucket.EXCLUDED,
    Bucket.ATTEMPTED,
    Bucket.CANNOT_EXCLUDE,
    Bucket.LISTED,
    Bucket.LIKELY,
    Bucket.CONFIRMED,
)
LEVEL = {bucket: level for level, bucket in enumerate(LEVELS)}


def satisfied(node: Leaf | Gate, marks: Any) -> Any:
    """Whether the clauses that fit a row are enough for the tree."""
    if isinstance(node, Leaf):
        return (marks & node.bit) != 0
    bits = sum(part.bit for part in node.parts if isinstance(part, Leaf))
    here = (marks & bits) == bits if node.every else (marks & bits) != 0
    deeper = [satisfied(part, marks) for part in node.parts if isinstance(part, Gate)]
    if not bits:
        return (ibis.and_ if node.every else ibis.or_)(*deeper)
    return (ibis.and_ if node.every else ibis.or_)(here, *deeper)


def level(rows: Any, question: Question) -> Any:
    """The level of each request: `marks` are the bits of what fits, `sure` of what fits beyond doubt."""
    denied = rows.denied
    answered = rows.status.between(100, 399).fill_null(False)
    names = _by_all(rows.sure, question) if question.where is None else _strongest(question.tree(), rows.sure)
    return ibis.cases(
        (rows.altered, LEVEL[Bucket.CANNOT_EXCLUDE]),
        (denied, LEVEL[Bucket.ATTEMPTED]),
        (~answered, LEVEL[Bucket.CANNOT_EXCLUDE]),
        else_=ibis.greatest(names, LEVEL[Bucket.CANNOT_EXCLUDE]),
    )


def _strongest(node: Leaf | Gate, sure: Any) -> Any:
    """The level that a satisfied tree gives an answered request; 0 where it is not satisfied beyond doubt."""
    if isinstance(node, Leaf):
        return ibis.ifelse((sure & node.bit) != 0, LEVEL[_names(node)], 0)
    parts = [_strongest(part, sure) for part in node.parts]
    strongest = ibis.greatest(*parts)
    return ibis.ifelse(satisfied(node, sure), strongest, 0) if node.every else strongest


def _names(leaf: Leaf) -> Bucket:
    """The bucket of who was touched by an answered request that fits a clause."""
    given = leaf.clause.given()
    if any(kind in PERSONAL for kind in given):
        return Bucket.CONFIRMED
    return Bucket.LIKELY if "ips" in given else Bucket.CANNOT_EXCLUDE


def _by_all(sure: Any, question: Question) -> Any:
    """The level where indicators stand without a tree: the more of them fit, the surer."""
    leaves = question.leaves()
    every = sure == sum(leaf.bit for leaf in leaves)
    personal = sum(leaf.bit for leaf in leaves if _names(leaf) is Bucket.CONFIRMED)
    telling = sum(leaf.bit for leaf in leaves if _names(leaf) is not Bucket.CANNOT_EXCLUDE)
    return ibis.cases(
        (every & ((sure & personal) != 0), LEVEL[Bucket.CONFIRMED]),
        ((sure & telling) != 0, LEVEL[Bucket.LIKELY]),
        else_=LEVEL[Bucket.CANNOT_EXCLUDE],
    )
