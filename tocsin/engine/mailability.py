"""Whether a letter may go to a person by e-mail, and why not: then she is told in another way, and is counted.

A mailbox whose key was taken is read by the thief: no letter goes there, whatever the law (so, among others, C.R.S.
6-1-716(2); Cal. Civ. Code 1798.82(j)(5) is recalled). Where a law takes e-mail for written only with consent or by
habit, silence is no consent.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tocsin.domain.addresses import written
from tocsin.domain.asked import Asked
from tocsin.domain.catalog import Catalog
from tocsin.domain.contacts import Organisation
from tocsin.domain.scope.people import AffectedPerson
from tocsin.domain.scope.routes import Route, route_of
from tocsin.domain.scope.tally import Tally

_YES, _NO = ("yes", "true", "1", "y"), ("no", "false", "0", "n")


def route(person: AffectedPerson, openers: Collection[str], day: date) -> Route:
    """How a person is told on a day, before a law has its say. `openers` are the kinds of data that open a mailbox."""
    return route_of(person, openers, day, is_address)


def tally_of(catalog: Catalog, now: datetime) -> Tally:
    """An empty count of routes, by the company's own day."""
    zone = ZoneInfo(catalog.contacts.organisation.zone)
    return Tally(catalog.data_map.openers, now.astimezone(zone).date(), is_address)


def no_route(
    person: AffectedPerson, way: Route, needs: Mapping[str, Asked], organisation: Organisation
) -> str | None:
    """Why this person, whose route is `way`, cannot get the letter by mail, in words for the ledger, or None.

    `needs` is what the laws of this person want of e-mail.
    """
    if way.address is None:
        return way.words
    for need, asked in needs.items():
        if not _fulfilled(need, person, organisation):
            return f"by post: {_WHY[need]} ({asked.cite})"[:200]
    return None


def is_address(said: str) -> bool:
    """Whether mail can be sent to this; nothing is looked up."""
    try:
        # As the channel reads it, so that nobody counts as reachable who will be refused.
        written(said)
    except ValueError:
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
