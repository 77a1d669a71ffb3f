"""Clauses: indicators that must fit one request together, in a window and in logs of their own."""

from collections.abc import Callable
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    Field,
    field_validator,
    model_validator,
)

from tocsin.domain.moments import iso
from tocsin.domain.records import Flag, Moment, Record
from tocsin.domain.scope import values

#: What an indicator may be compared with, in the order in which people name it.
KINDS = ("tokens", "sessions", "accounts", "ips", "agents", "endpoints", "statuses", "bytes", "countries")
#: These name one person; an address or a user agent may be shared.
PERSONAL = ("tokens", "sessions", "accounts")
#: Patterns become one expression of the engine, which has to stay of a size that every engine takes.
MOST_PATTERNS = 1000


def _one_or_many(raw: Any) -> Any:
    """A single code or size needs no brackets, and a number no quotes."""
    many = raw if isinstance(raw, list | tuple) else (raw,)
    whole = [str(each) if isinstance(each, int) and not isinstance(each, bool) else each for each in many]
    return tuple(whole)


_Texts = tuple[str, ...]
_Numbers = Annotated[_Texts, BeforeValidator(_one_or_many)]


def as_networks(given: _Texts) -> _Texts:
    """Addresses and blocks in their shortest form."""
    return values.each_kept(given, lambda text: str(values.network(text)), "is no address and no CIDR block")


def _not_too_many(given: _Texts) -> _Texts:
    if sum("*" in text for text in given) > MOST_PATTERNS:
        raise ValueError(f"has more than {MOST_PATTERNS} values with *; write fewer and wider ones")
    return given


class Own(Record):
    """How requests are known to be the owner's own: her address and her user agent, both where both are given."""

    ips: _Texts = ()
    agents: _Texts = ()

    _blocks = field_validator("ips")(as_networks)
    _agents = field_validator("agents")(lambda given: _not_too_many(values.once_each(given)))

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.ips or self.agents):
            raise ValueError("say by which ips or agents the owner's own requests are known")
        return self


class Clause(Record):
    """Indicators that fit one request together: of each kind that is given, any value."""

    #: What a person calls it, where an answer says why somebody is affected.
    name: str | None = Field(default=None, max_length=60)
    tokens: _Texts = ()
    sessions: _Texts = ()
    accounts: _Texts = ()
    #: Addresses and CIDR blocks, v4 and v6; a v4-mapped one becomes the v4 one.
    ips: _Texts = ()
    #: Whole texts, or patterns in which `*` stands for any characters.
    agents: _Texts = ()
    #: `GET /v1/account*`: a method, if any, and the path that a server sees, without a query.
    endpoints: _Texts = ()
    statuses: _Numbers = ()
    bytes: _Numbers = ()
    #: ISO 3166-1 alpha-2, of the client as the log names it.
    countries: _Texts = ()
    since: Moment | None = None
    until: Moment | None = None
    #: Names of the log sources that are asked; none means all that the question reads.
    sources: _Texts = ()
    own: Own | None = None
    #: Whether the owner's own requests count too, since whoever holds her session may pass for her anywhere.
    impersonation: Flag | None = None

    _plain = field_validator("tokens", "sessions", "accounts", "sources")(values.once_each)
    _blocks = field_validator("ips")(as_networks)
    _agents = field_validator("agents")(lambda given: _not_too_many(values.once_each(given)))

    @field_validator("name")
    @classmethod
    def _named(cls, name: str | None) -> str | None:
        if name is None:
            return None
        if fault := values.unfit(name):
            raise ValueError(fault)
        if not name.strip():
            raise ValueError("is empty; write it, or leave the key out")
        return name.strip()

    @field_validator("endpoints")
    @classmethod
    def _paths(cls, given: _Texts) -> _Texts:
        wrong = "is no endpoint; write one like GET /v1/account*, without ?, // or .."
        return _not_too_many(values.each_kept(given, values.endpoint, wrong))

    @field_validator("statuses")
    @classmethod
    def _codes(cls, given: _Texts) -> _Texts:
        return _ranges(given, values.codes, "is no status; write one like 304, 200-299 or 2xx")

    @field_validator("bytes")
    @classmethod
    def _sizes(cls, given: _Texts) -> _Texts:
        return _ranges(given, values.sizes, "is no size; write one like >= 1MB, < 500 or 10kB-2MB")

    @field_validator("countries")
    @classmethod
    def _codes_of_countries(cls, given: _Texts) -> _Texts:
        return values.each_kept(given, values.country, "is no country; write its two letters, like VN")

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.since and self.until and self.since >= self.until:
            raise ValueError("the window is empty: `since` must be before `until`")
        if not self.given():
            raise ValueError(f"asks nothing; give at least one of {', '.join(KINDS)}")
        if self.own is not None and not (self.tokens or self.sessions):
            raise ValueError(
                "own belongs to tokens or sessions: it says which of their requests are the owner's"
            )
        if self.own is None and self.impersonation is False:
            raise ValueError("say which requests are the owner's own, like own: {ips: [192.0.2.0/24]}")
        return self

    def given(self) -> _Texts:
        """The kinds of indicator that are asked about."""
        return tuple(kind for kind in KINDS if getattr(self, kind))

    @property
    def sets_aside(self) -> Own | None:
        """How the requests that do not count are known: the owner's own, unless the clause says that they count."""
        return None if self.impersonation else self.own


def _ranges(given: _Texts, read: Callable[[str], values.Range], wrong: str) -> _Texts:
    values.each_kept(given, lambda text: str(read(text)), wrong)
    return tuple(values.in_words(each) for each in values.ranges(given, read))


def with_moments(asked: Any) -> dict[str, str]:
    """The edges of a window as they are kept."""
    edges = {edge: getattr(asked, edge) for edge in ("since", "until")}
    return {edge: iso(moment) for edge, moment in edges.items() if moment is not None}
