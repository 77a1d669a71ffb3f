"""Whether a letter may go to a person by e-mail, and why not: then that person is told by post, and is counted.

A mailbox whose key was taken is read by the thief: no letter goes there, whatever the law (so, among others, C.R.S.
6-1-716(2); Cal. Civ. Code 1798.82(j)(5) is recalled). Where a law takes e-mail for written only with consent or by
habit, silence is no consent.
"""

from collections.abc import Collection, Mapping

from tocsin.domain.addresses import is_plain
from tocsin.domain.asked import Asked
from tocsin.domain.contacts import Organisation
from tocsin.domain.scope.people import AffectedPerson

_YES, _NO = ("yes", "true", "1", "y"), ("no", "false", "0", "n")


def no_route(
    person: AffectedPerson,
    needs: Mapping[str, Asked],
    organisation: Organisation,
    openers: Collection[str],
) -> str | None:
    """Why this person cannot get the letter by mail, in words for the ledger, or None.

    `needs` is what the laws of this person want of e-mail; `openers` are the kinds of data that open the mailbox.
    """
    if not person.email:
        return "no e-mail address"
    if not _is_address(person.email):
        return "invalid e-mail address"
    if not set(openers).isdisjoint(person.kinds):
        return "by post: what opens the mailbox itself was taken"
    for need, asked in needs.items():
        if not _fulfilled(need, person, organisation):
            return f"by post: {_WHY[need]} ({asked.cite})"[:200]
    return None


def _is_address(said: str) -> bool:
    if is_plain(said):
        return True
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(said, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True


_WHY = {
    "consent": "no consent to e-mail is known",
    "usual-channel": "e-mail is not how we always write",
    "never": "the law takes no e-mail",
}


def _fulfilled(need: str, person: AffectedPerson, organisation: Organisation) -> bool:
    if need == "consent":
        return agreed(person, organisation) is True
    return need == "usual-channel" and organisation.email_is_usual is True


def agreed(person: AffectedPerson, organisation: Organisation) -> bool | None:
    """Whether a person agreed to e-mail: as the customer table says, else as the company says of all."""
    said = (person.email_agreed or "").strip().lower()
    return True if said in _YES else False if said in _NO else organisation.email_agreed
