"""How sure we are that a person's data were read."""

from enum import StrEnum


class Bucket(StrEnum):
    """How sure we are that a person's data were read. The first four are told."""

    #: Read, and what fits names a person: a token, a session or an account (`scoping.levels` has the rule).
    CONFIRMED = "confirmed"
    #: Read, and it fits by an address, which others may share; or, asked without a tree, by some indicators only.
    LIKELY = "likely"
    #: On a list that somebody gave. No log says whether her data were read (decision 10).
    LISTED = "listed"
    #: Only what many share fits, or nobody knows how the request ended, or the logs have gaps.
    CANNOT_EXCLUDE = "cannot-exclude"
    #: Every request was denied (4xx).
    ATTEMPTED = "attempted"
    #: An indicator points at this person, and complete logs show no request of hers that fits.
    EXCLUDED = "excluded"


TOLD = (Bucket.CONFIRMED, Bucket.LIKELY, Bucket.LISTED, Bucket.CANNOT_EXCLUDE)
