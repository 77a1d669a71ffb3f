"""The drill's traffic: what customers ask for on usual days, and what the thief asks for in their names.

Addresses are of documentation ranges (RFC 5737, RFC 3849). Nothing here touches the disk.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

#: What the thief read, and the kinds of the data map that each request shows.
READ: Mapping[str, tuple[str, ...]] = {
    "/v1/account": ("account-info",),
    "/v1/keys": ("auth-tokens",),
    "/v1/billing/invoices/{}": ("billing-details", "payment-records"),
    "/v1/usage/daily": ("usage-analytics",),
    "/v1/support/tickets/{}": ("support-communications",),
}
_USUAL = (
    "/v1/account",
    "/v1/streams/{}",
    "/v1/streams",
    "/v1/usage/daily",
    "/v1/billing/invoices/{}",
    "/v1/keys",
)
_AGENTS = (
    "streamonapi-python/3.2",
    "streamonapi-js/5.1",
    "okhttp/4.12",
    "curl/8.9.1",
    "Mozilla/5.0 (X11; Linux x86_64)",
)
_THIEF = "python-requests/2.32"
#: The attacker's block, a single address, and a v6 block; and neighbours that lie just outside.
ATTACKERS = ("203.0.113.64/28", "198.51.100.23", "2001:db8:bad::/48")
_SEATS = (
    "203.0.113.64",
    "203.0.113.71",
    "203.0.113.79",
    "198.51.100.23",
    "::ffff:203.0.113.70",
    "2001:db8:bad::7",
    "2001:DB8:0BAD:1::9",
)
_NEIGHBOURS = (
    "203.0.113.63",
    "203.0.113.80",
    "203.0.113.6",
    "198.51.100.2",
    "198.51.100.230",
    "2001:db8:bae::7",
)
_DENIED = (401, 403, 429)


@dataclass(frozen=True)
class Customer:
    """One invented customer."""

    id: str
    name: str
    email: str
    locale: str
    country: str
    token: str
    home: str


@dataclass(frozen=True)
class Request:
    """One line of the log."""

    at: datetime
    who: Customer
    ip: str
    agent: str
    path: str
    status: int
    size: int

    def line(self) -> str:
        """The line as the API gateway writes it."""
        return json.dumps(
            {
                "time": self.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "account": self.who.id,
                "token": self.who.token,
                "client": {"ip": self.ip, "agent": self.agent},
                "request": {"method": "GET", "path": self.path},
                "status": self.status,
                "bytes": self.size,
            },
            separators=(",", ":"),
        )


def theft(
    random: Random, victims: Sequence[Customer], since: datetime, until: datetime
) -> tuple[list[Request], dict[str, frozenset[str]]]:
    """The thief's answered requests, and what they showed of whom."""
    requests, truth = [], {}
    for victim in victims:
        shown = random.sample(sorted(READ), random.randint(1, len(READ)))
        for path in shown:
            window = since, until
            requests += [_call(random, victim, path, window) for _ in range(random.randint(1, 4))]
        truth[victim.id] = frozenset(kind for path in shown for kind in READ[path])
    return requests, truth


def denials(random: Random, people: Sequence[Customer], since: datetime, until: datetime) -> list[Request]:
    """The thief's attempts that were turned away."""
    return [
        replace(
            _call(random, each, random.choice(sorted(READ)), (since, until)),
            status=random.choice(_DENIED),
            size=61,
        )
        for each in people
        for _ in range(random.randint(1, 3))
    ]


def _call(random: Random, victim: Customer, path: str, window: tuple[datetime, datetime]) -> Request:
    return Request(
        at=_between(random, *window),
        who=victim,
        ip=random.choice(_SEATS),
        agent=_THIEF,
        path=_numbered(random, path),
        status=200,
        size=random.randrange(200, 9_000),
    )


def _between(random: Random, start: datetime, end: datetime) -> datetime:
    return start + timedelta(microseconds=random.randrange(int((end - start) / timedelta(microseconds=1))))


def _numbered(random: Random, path: str) -> str:
    path = path.replace("{}", f"{random.randrange(10**6):06}")
    return path if random.random() < 0.7 else f"{path}?page={random.randrange(9)}"


def usual(
    random: Random,
    everybody: Sequence[Customer],
    stolen: frozenset[Customer],
    moments: tuple[datetime, datetime, datetime, datetime],
    count: int,
) -> Iterator[Request]:
    """Ordinary traffic, evenly over the whole time: no hour is silent. Owners of leaked tokens call until `since`."""
    start, end, since, until = moments
    step = (end - start) / count
    others = [each for each in everybody if each not in stolen]
    for number in range(count):
        at = start + (number + random.random()) * step
        who = random.choice(everybody if at < since else others)
        strange = since <= at < until and random.random() < 0.02
        yield Request(
            at=at,
            who=who,
            ip=random.choice(_NEIGHBOURS) if strange else who.home,
            agent=random.choice(_AGENTS),
            path=_numbered(random, random.choice(_USUAL)),
            status=200 if random.random() < 0.97 else random.choice((304, 404, 429, 500)),
            size=random.randrange(120, 20_000),
        )
