"""What the law answers: duties, what cannot be told yet, what is not owed, and what to ask next.

Pure values. A duty's key is `regime/rule/authority-or-recipient/role`. The third part is the place of the
authority in small letters (`eu-gdpr/authority/de-by/controller`, `vn-pdpl/authority/vn/controller`), so that
it stays when the address book changes; of a processor's duty the code of a controller who is named; and else the
recipient:
`policy-promise/customers/individuals/controller` is the letter to every customer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from functools import cached_property
from typing import Any

from tocsin.domain.asking import HarmQuestion, NextQuestion, questions
from tocsin.domain.law.rules import Rule, Stage
from tocsin.domain.law.running import Run
from tocsin.domain.law.terms import Recipient
from tocsin.domain.moments import iso
from tocsin.domain.records import Verification


def key_of(name: str, whom: str, role: str) -> str:
    """`regime/rule/whom/role`."""
    return f"{name}/{whom.lower()}/{role}"


@dataclass(frozen=True)
class Duty:
    """What is owed to whom, by when, and why.

    Where the law says `as soon as possible` there is only `target_at`.
    """

    key: str
    regime: str
    rule: str
    cite: str
    recipient: Recipient
    authority: str | None
    place: str | None
    role: str
    stage: Stage
    clock_from: str
    clock_start: datetime | None
    due_at: datetime | None
    target_at: datetime | None
    within: str
    #: One line: how the due moment came about.
    explained: str
    #: The clock runs from a stand-in moment, or the duty stands only until a fact is known.
    assumed: bool
    because: tuple[str, ...]
    #: Facts that would end the assumption.
    needs: tuple[str, ...]
    verification: Verification
    #: Counsel must confirm or lift it; until then it runs and pages.
    candidate: bool
    content: tuple[str, ...]
    language: str | None
    reasons_when_late: bool
    phased: bool | None

    @property
    def name(self) -> str:
        """`regime/rule`."""
        return f"{self.regime}/{self.rule}"

    @property
    def soonest(self) -> datetime | None:
        """The moment to work towards: the due moment, else our own target."""
        return self.due_at or self.target_at


@dataclass(frozen=True)
class _Unowed:
    """A duty that does not stand, or not yet: its rule and article, and to whom and as whom it would be owed."""

    regime: str
    of: Rule
    #: The place of the authority, the code of the controller, or the recipient.
    whom: str

    @property
    def rule(self) -> str:
        """The name of the rule within its law."""
        return self.of.id

    @property
    def cite(self) -> str:
        """The article."""
        return self.of.cite

    @property
    def name(self) -> str:
        """`regime/rule`."""
        return f"{self.regime}/{self.rule}"

    @property
    def key(self) -> str:
        """The key that its duty would have."""
        return key_of(self.name, self.whom, self.of.role)

    def as_json(self) -> dict[str, Any]:
        """The matter as plain values; a moment stays one."""
        return {"regime": self.regime, "rule": self.rule, "key": self.key, "cite": self.cite}


@dataclass(frozen=True)
class Undecided(_Unowed):
    """A duty that cannot be told yet, and the facts it waits for."""

    needs: tuple[str, ...]
    because: Sequence[str] = ()
    #: What its law asks of the harm, where that is among the facts it waits for.
    harm_tests: tuple[HarmQuestion, ...] = ()
    #: In which its law compares the amounts among them.
    currencies: tuple[str, ...] = ()
    #: Asks its clock, which is worth the trouble only where somebody reads the answer.
    clock: Callable[[], Run] | None = field(default=None, repr=False, compare=False)

    @property
    def soonest(self) -> datetime | None:
        """The moment to work towards, should it be owed."""
        return self.clock().soonest if self.clock else None

    def as_json(self) -> dict[str, Any]:
        """The matter as plain values; the moment stays one."""
        return super().as_json() | {
            "needs": [*self.needs],
            "because": [*self.because],
            "harm_tests": [asdict(test) for test in self.harm_tests],
            "would_be_due_at": self.soonest,
        }


@dataclass(frozen=True)
class NotOwed(_Unowed):
    """A duty that does not exist under these facts, and why."""

    because: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """The matter as plain values."""
        return super().as_json() | {"because": [*self.because]}


@dataclass(frozen=True)
class Assessment:
    """What the law says to these facts. Duties stand soonest first.

    All else in the order of regimes and rules.
    """

    duties: tuple[Duty, ...]
    undecided: tuple[Undecided, ...]
    not_owed: tuple[NotOwed, ...]
    #: Questions that these facts make plainer than the fact's own words do, by the fact.
    plainer: Mapping[str, str] = field(default_factory=dict)
    #: Keys of the duties that are owed only as long as the place of some people is unknown.
    on_a_place: frozenset[str] = frozenset()

    @cached_property
    def questions(self) -> tuple[NextQuestion, ...]:
        """What to ask so that everything can be told and nothing is assumed, the fact that settles most first."""
        return questions((*self.undecided, *self.duties), self.plainer)

    @property
    def next_question(self) -> NextQuestion | None:
        """What to ask first."""
        return self.questions[0] if self.questions else None

    def as_json(self) -> dict[str, Any]:
        """The assessment as one JSON document; moments as ISO 8601 in UTC."""
        return {
            "duties": [_plain(duty) for duty in self.duties],
            "undecided": [
                {name: _json(value) for name, value in each.as_json().items()} for each in self.undecided
            ],
            "not_owed": [each.as_json() for each in self.not_owed],
            "next_question": _plain(self.next_question) if self.next_question else None,
        }


def _plain(finding: Any) -> dict[str, Any]:
    return {each.name: _json(getattr(finding, each.name)) for each in fields(finding)}


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, HarmQuestion):
        return asdict(value)
    return [_json(each) for each in value] if isinstance(value, tuple) else value
