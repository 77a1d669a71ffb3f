"""What is asked of the logs: indicators, a window, and lists of people. Secret, so it is stored only encrypted."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Self

from pydantic import AwareDatetime, Field, ValidationError, field_validator, model_validator

from tocsin.domain.errors import Refused
from tocsin.domain.moments import iso, parse_moment
from tocsin.domain.records import Record
from tocsin.domain.timeline import canonical


class Listed(Record):
    """Somebody whom a colleague names: a customer's id or e-mail address, and the kinds concerned, if known."""

    who: str = Field(min_length=1)
    kinds: tuple[str, ...] = ()


class Question(Record):
    """Who was touched by any of these indicators between `since` (included) and `until` (not included)?

    Order and repetition do not matter: the same question always has the same digest.
    """

    tokens: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    #: Addresses and CIDR blocks, v4 and v6; a v4-mapped one becomes the v4 one.
    ips: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    #: Names of the log sources to read; none means all.
    sources: tuple[str, ...] = ()
    people: tuple[Listed, ...] = ()

    @field_validator("tokens", "sessions", "accounts", "agents", "sources", mode="after")
    @classmethod
    def _once_each(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted({value.strip() for value in values} - {""}))

    @field_validator("ips", mode="after")
    @classmethod
    def _as_networks(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        networks = set()
        for number, value in enumerate(values, 1):
            try:
                networks.add(str(network(value)))
            except ValueError:
                # The address itself may be a person's: name its place, not its text.
                raise ValueError(f"ip {number} of {len(values)} is no address and no CIDR block") from None
        return tuple(sorted(networks))

    @field_validator("since", "until", mode="after")
    @classmethod
    def _in_a_year_that_is_meant(cls, edge: datetime | None) -> datetime | None:
        return edge and parse_moment(edge.isoformat())

    @field_validator("people", mode="after")
    @classmethod
    def _listed_once(cls, values: tuple[Listed, ...]) -> tuple[Listed, ...]:
        kinds: dict[str, set[str]] = {}
        for listed in values:
            kinds.setdefault(listed.who.strip(), set()).update(listed.kinds)
        return tuple(Listed(who=who, kinds=tuple(sorted(kinds[who]))) for who in sorted(kinds) if who)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.since and self.until and self.since >= self.until:
            raise ValueError("the window is empty: `from` must be before `to`")
        if not (self.given() or self.people):
            raise ValueError("ask about at least one token, session, account, ip, agent, or a list of people")
        return self

    def given(self) -> tuple[str, ...]:
        """The kinds of indicator that are asked about."""
        return tuple(kind for kind in INDICATORS if getattr(self, kind))

    def canonical(self) -> bytes:
        """The question as canonical JSON."""
        raw = self.model_dump(mode="json", exclude_defaults=True)
        for edge in ("since", "until"):
            if (moment := getattr(self, edge)) is not None:
                raw[edge] = iso(moment)
        return canonical(raw)

    @property
    def sha256(self) -> str:
        """Digest of the canonical JSON. It stays with the encrypted question; outside stands only a keyed one."""
        return hashlib.sha256(self.canonical()).hexdigest()


INDICATORS = ("tokens", "sessions", "accounts", "ips", "agents")


def network(text: str) -> IPv4Network | IPv6Network:
    """An address or CIDR block; host bits are dropped, `::ffff:a.b.c.d` is its v4 self (RFC 4291, 2.5.5.2)."""
    found = ip_network(text.strip(), strict=False)
    mapped = found.network_address.ipv4_mapped if isinstance(found, IPv6Network) else None
    if mapped is None or found.prefixlen < 96:
        return found
    return IPv4Network((mapped, found.prefixlen - 96))


def read_question(raw: Mapping[str, Any]) -> Question:
    """A question from plain values; Refused with one line that shows no indicator."""
    try:
        return Question.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "question"
        raise Refused(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None
