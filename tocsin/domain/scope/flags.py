"""Flags: what a customer source says of a person besides her data, and that decides how she is told.

Pure words. A company calls them as it likes; `flags` of a source in `sources.yaml` says which of its words mean which.
"""

from typing import Literal, get_args

Flag = Literal[
    #: Works for us, or did.
    "employee",
    #: Somebody whom the investigation looks at. Not to be warned by a letter of ours without a decision.
    "suspect",
    #: An account that the attacker opened or runs.
    "attacker",
    "deceased",
    #: Under age, where no birth date says so.
    "minor",
    "closed",
    "deleted",
    #: Wants no advertising. A notice of a breach is none.
    "unsubscribed",
    #: Mail to her came back before.
    "bounced",
    #: Others read her mailbox too.
    "shared-mailbox",
    #: Has no account: somebody else wrote of her, in a ticket for example.
    "named-only",
]
FLAGS: tuple[Flag, ...] = get_args(Flag)
#: What stands for the whole person only if all her accounts say so.
OF_ACCOUNTS: frozenset[Flag] = frozenset({"closed", "deleted"})
#: What Tocsin finds, and no source says: that nobody knows whether she is one with somebody else.
UNCERTAIN = "uncertain-merge"
#: What Tocsin finds too: that rows with one id speak of different people.
SHARED_ID = "shared-id"
