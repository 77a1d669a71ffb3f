"""What is asked of the logs: indicators, windows, and lists of people. Secret, so it is stored only encrypted."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from tocsin.domain.canonical import canonical
from tocsin.domain.errors import Refused
from tocsin.domain.records import Moment, Record
from tocsin.domain.scope.clauses import KINDS, Clause, as_networks, with_moments
from tocsin.domain.scope.exposed import Exposed
from tocsin.domain.scope.tree import (
    MOST,
    Gate,
    Leaf,
    Part,
    clauses_of,
    gated,
    in_order,
    moments_of,
    plain,
    refuse_depth,
)
from tocsin.domain.scope.values import BLANKS, once_each, unfit
from tocsin.domain.scope.windows import Window, common, is_empty, joined

#: The kinds that may be asked about without a tree: any of them fits, and all of them fit better.
INDICATORS = ("tokens", "sessions", "accounts", "ips", "agents")


class Listed(Record):
    """Somebody whom a colleague names: a customer's id or e-mail address, and the kinds concerned, if known."""

    who: str = Field(min_length=1)
    kinds: tuple[str, ...] = ()

    @field_validator("who", "kinds")
    @classmethod
    def _can_be_kept(cls, given: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for text in (given,) if isinstance(given, str) else given:
            if fault := unfit(text):
                raise ValueError(fault)
        return given


class Question(Record):
    """Who was touched by these indicators between `since` (included) and `until` (not included)?

    Either indicators stand here themselves, and any of them fits; or `where` says how they belong together. Order and
    repetition do not matter: the same question always has the same digest.
    """

    tokens: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    #: Addresses and CIDR blocks, v4 and v6; a v4-mapped one becomes the v4 one.
    ips: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    where: Part | None = None
    since: Moment | None = None
    until: Moment | None = None
    #: Names of the log sources to read; none means all.
    sources: tuple[str, ...] = ()
    people: tuple[Listed, ...] = ()
    #: Tables that lay open, of which no log tells who read them.
    exposed: Exposed | None = None

    _plain = field_validator("tokens", "sessions", "accounts", "agents", "sources")(once_each)
    _blocks = field_validator("ips")(as_networks)

    @model_validator(mode="before")
    @classmethod
    def _not_alone(cls, raw: Any) -> Any:
        given = raw if isinstance(raw, Mapping) else {}
        if alone := next((kind for kind in KINDS if kind in given and kind not in INDICATORS), None):
            raise ValueError(f"{alone} stand alone; make them a clause of `where`")
        return raw

    @field_validator("where", mode="before")
    @classmethod
    def _not_too_deep(cls, raw: Any) -> Any:
        refuse_depth(raw)
        return raw

    @field_validator("where")
    @classmethod
    def _in_order(cls, where: Any) -> Any:
        bits = sum(1 for _ in clauses_of(where)) if where is not None else 0
        if bits > MOST:
            raise ValueError(
                f"has {bits} clauses, and {MOST} are the most; put values of one kind into one clause, or into a file"
            )
        return where and in_order(where)

    @field_validator("people")
    @classmethod
    def _listed_once(cls, values: tuple[Listed, ...]) -> tuple[Listed, ...]:
        kinds: dict[str, set[str]] = {}
        for listed in values:
            kinds.setdefault(listed.who.strip(BLANKS), set()).update(listed.kinds)
        return tuple(Listed(who=who, kinds=tuple(sorted(kinds[who]))) for who in sorted(kinds) if who)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if is_empty((self.since, self.until)):
            raise ValueError("the window is empty: `from` must be before `to`")
        if not (self.given() or self.people or self.exposed):
            raise ValueError(
                "ask about at least one token, session, account, ip, agent, a list of people, or an exposed table"
            )
        if self.where is not None and (flat := [kind for kind in INDICATORS if getattr(self, kind)]):
            raise ValueError(f"{flat[0]} stand beside `where`; make them a clause of it")
        if any(is_empty(leaf.window) for leaf in self.leaves()):
            raise ValueError("the window of a clause lies outside the question's")
        moments_of(self.tree())
        if self.sources and any(not set(clause.sources) <= set(self.sources) for clause in self._clauses()):
            raise ValueError("a clause is put to a source that the question does not read; name it in both")
        return self

    def given(self) -> tuple[str, ...]:
        """The kinds of indicator that are asked about."""
        asked = {kind for clause in self._clauses() for kind in clause.given()}
        return tuple(kind for kind in KINDS if kind in asked)

    def values_of(self, kind: str) -> frozenset[str]:
        """Every value of a kind, of whatever clause."""
        return frozenset(value for clause in self._clauses() for value in getattr(clause, kind))

    def named_sources(self) -> tuple[str, ...]:
        """Every log source that the question or a clause of it names, once, in order."""
        return tuple(sorted({*self.sources, *self.values_of("sources")}))

    @property
    def spans(self) -> tuple[Window, ...]:
        """When the logs are asked about anything, whatever the source; none where no log is asked."""
        return joined(leaf.window for leaf in self.leaves())

    def windows(self, source: str) -> tuple[Window, ...]:
        """When a source is asked about anything: windows in order, those that touch or overlap as one."""
        return joined(leaf.window for leaf in self.leaves_for(source))

    def _clauses(self) -> Iterator[Clause]:
        if self.where is not None:
            yield from clauses_of(self.where)
            return
        for kind in INDICATORS:
            if values := getattr(self, kind):
                yield Clause.model_construct(**{kind: values})

    def leaves(self) -> tuple[Leaf, ...]:
        """The clauses with their bits, in the question's order; without a tree there is one for each kind."""
        return tuple(
            Leaf(1 << place, clause.model_copy(update=self._window_of(clause)))
            for place, clause in enumerate(self._clauses())
        )

    def leaves_for(self, source: str) -> tuple[Leaf, ...]:
        """The clauses that are put to a source."""
        return tuple(leaf for leaf in self.leaves() if source in (leaf.clause.sources or (source,)))

    def tree(self) -> Leaf | Gate:
        """How the leaves belong together."""
        leaves = iter(self.leaves())
        if self.where is None:
            return Gate(every=False, parts=tuple(leaves))
        return gated(self.where, leaves)

    def _window_of(self, clause: Clause) -> dict[str, datetime | None]:
        """The part of a clause's window that lies in the question's."""
        since, until = common((self.since, self.until), (clause.since, clause.until))
        return {"since": since, "until": until}

    def canonical(self) -> bytes:
        """The question as canonical JSON, in which an @ that begins a value is escaped.

        So what somebody writes never looks the same while it names a file: `"@leaked.txt"`.
        """
        raw = self.model_dump(mode="json", exclude_defaults=True, exclude={"where"}) | with_moments(self)
        if self.where is not None:
            raw["where"] = plain(self.where)
        return canonical(raw).replace(b'"@', b'"\\u0040')

    @property
    def sha256(self) -> str:
        """Digest of the canonical JSON. It stays with the encrypted question; outside stands only a keyed one."""
        return hashlib.sha256(self.canonical()).hexdigest()


def read_question(raw: Mapping[str, Any]) -> Question:
    """A question from plain values; Refused with one line that shows no indicator."""
    try:
        return Question.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "question"
        raise Refused(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None
