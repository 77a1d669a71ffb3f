"""How sure we are that a person's data were read."""

from enum import StrEnum


class Bucket(StrEnum):
    """How sure we are that a person's data were read. The first four are told."""

    #: Read, and every kind of indicator asked about fits.
    CONFIRMED = "confirmed"
    #: Read, and one of them fits: a leaked token from elsewhere, or an attacker's address with another token.
    LIKELY = "likely"
    #: On a list that somebody gave. No log says whether her data were read (decision 10).
    LISTED = "listed"
    #: Only a user agent fits, or nobody knows how the request ended, or the logs have gaps.
    CANNOT_EXCLUDE = "cannot-exclude"
    #: Every request was denied (4xx).
    ATTEMPTED = "attempted"
    #: An indicator points at this person, and complete logs show no request in the window.
    EXCLUDED = "excluded"


TOLD = (Bucket.CONFIRMED, Bucket.LIKELY, Bucket.LISTED, Bucket.CANNOT_EXCLUDE)
