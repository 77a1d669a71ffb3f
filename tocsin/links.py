"""Signed links: what one person may do once, until a moment, by following a link in a mail.

A link is all that its holder needs, so it holds all that the door must believe: the offer, the person, its end and a
nonce, under HMAC-SHA256 (RFC 2104) with a key derived from the home's master key (HKDF, RFC 5869). A guess succeeds
once in 2^256 tries, so nobody counts wrong ones. No link stands in a log or in the timeline.
"""

import base64
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import Door
from tocsin.domain.offers import ABOUT_LETTERS, Offer, parsed

#: First byte of each token: a later release may sign otherwise, and still knows what older ones signed.
VERSION = b"\x01"
_MAC_BYTES, _NONCE_BYTES = 32, 12
#: No link of ours is longer; whatever is, is not read.
_LONGEST = 1000


class Unsigned(Refused):
    """What stands in the address was not signed here, or was changed since."""


@dataclass(frozen=True)
class Ticket:
    """What a link lets its person do: take up an offer, or without one open the page of an incident."""

    person: str
    incident: str
    offer: Offer | None
    expires: datetime
    nonce: str
    #: By which way it came to its person: in a mail, or printed at a shell.
    door: Door = "mail"


def link(app: App, person: str, what: Offer | str, expires: datetime, door: Door = "mail") -> str:
    """The address by which a person takes up an offer, or opens the incident with this key.

    Refused where the home has no console.
    """
    base = app.settings.console_url
    if base is None:
        raise Refused(
            'there is no console; set console_url = "https://..." in tocsin.toml, and run tocsin console'
        )
    nonce = base64.urlsafe_b64encode(app.entropy(_NONCE_BYTES)).decode()
    offer = what if isinstance(what, Offer) else None
    incident = what if isinstance(what, str) else what.incident
    token = signed(key_of(app), Ticket(person, incident, offer, expires, nonce, door))
    return f"{base.rstrip('/')}/o/{token}"


def expiry(app: App, offer: Offer | None, due: datetime | None) -> datetime:
    """Until when a link is good: a letter's until its duty is due, never less than any other's.

    What is due within the hour is still to be approved after it, late.
    """
    now, settings = app.now(), app.settings.links
    usual = now + timedelta(hours=settings.hours)
    if offer is None or offer.deed not in ABOUT_LETTERS:
        return usual
    return min(max(due or usual, usual), now + timedelta(hours=max(settings.approval_hours, settings.hours)))


def key_of(app: App) -> bytes:
    """The key under which this home signs its links."""
    return app.keyring.derived("links")


def signed(key: bytes, ticket: Ticket) -> str:
    """The ticket as the last part of an address: version, code and content, in letters that need no escape."""
    offer = ticket.offer.parts if ticket.offer else ("open", ticket.incident, "", "")
    values = [ticket.person, int(ticket.expires.timestamp()), ticket.nonce, ticket.door, *offer]
    content = json.dumps(values, separators=(",", ":"))
    body = VERSION + content.encode()
    return _written(hmac.digest(key, body, "sha256") + body)


def read(key: bytes, token: str) -> Ticket:
    """The ticket of a token. Raises Unsigned for any that was not written here, byte for byte."""
    whole = _bytes(token)
    code, body = whole[:_MAC_BYTES], whole[_MAC_BYTES:]
    if not hmac.compare_digest(code, hmac.digest(key, body, "sha256")) or not body.startswith(VERSION):
        raise Unsigned(
            "this link was not made here, or something was lost on its way; open the newest mail again"
        )
    person, expires, nonce, door, deed, incident, subject, stand = json.loads(body[len(VERSION) :])
    offer = None if deed == "open" else parsed(Offer(deed, incident, subject, stand).value)
    return Ticket(person, incident, offer, datetime.fromtimestamp(expires, UTC), nonce, door)


def _written(whole: bytes) -> str:
    return base64.urlsafe_b64encode(whole).decode().rstrip("=")


def _bytes(token: str) -> bytes:
    """What a token stands for; nothing where it is none. Two spellings of the same bytes are not two tokens."""
    if len(token) > _LONGEST or not token.isascii():
        return b""
    try:
        whole = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return b""
    return whole if _written(whole) == token else b""
