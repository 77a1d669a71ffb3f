"""Regimes and their rules as a statute states them: read from `regimes/<code>/regime.yaml`, one folder per
law.

Pure. A number of the law always stands beside its article, its source and how sure we are of it. What the
rules give for an incident stands in `regime`.
"""

from datetime import date
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from tocsin.domain.clock import Within
from tocsin.domain.contacts import Competence
from tocsin.domain.criteria import Condition
from tocsin.domain.matching import CellTest
from tocsin.domain.places import PLACES, REGIONS
from tocsin.domain.questions import FACTS
from tocsin.domain.records import Id, Language, Record, Texts, Verification, Zone

Recipient = Literal["authority", "individuals", "controller", "public", "media", "agencies", "police"]
Stage = Literal[
    "early-warning", "initial", "notification", "intermediate", "follow-up", "final", "withdrawal"
]


class Source(Record):
    """Where a text was read: what it is, its address, and how sure we are of what we took from it."""

    title: str
    url: str
    verification: Verification
    note: str | None = None


class Exempt(Record):
    """An exception with its article. It lifts the duty only when it is known to apply."""

    when: Condition
    cite: str
    #: To whom the same must be said instead, such as the public where telling each person is out of proportion.
    instead: Recipient | None = None
    note: str | None = None


class Clock(Record):
    """From which moment, and how long. Of several moments the earliest known one counts."""

    start: tuple[str, ...] = Field(alias="from", min_length=1)
    within: Within

    @field_validator("start", mode="before")
    @classmethod
    def _moments_exist(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and set(raw) == {"earliest_of"}:
            raw = raw["earliest_of"]
        names = [raw] if isinstance(raw, str) else list(raw)
        for name in names:
            if name not in FACTS or FACTS[name].type != "moment":
                raise ValueError(f"{name!r} is not a moment from which a clock can run")
        return names


class PerPlace(Record):
    """One duty for each place of affected people, unless the company has one authority that speaks for
    all."""

    place_in: str
    #: The feature of the organisation that names the place of that one authority.
    unless: Literal["eu_main_establishment"] | None = None

    @field_validator("place_in")
    @classmethod
    def _place_exists(cls, place: str) -> str:
        if place not in PLACES and place not in REGIONS:
            raise ValueError(f"{place!r} is no place; write ISO 3166 or {', '.join(REGIONS)}")
        return place


class Rule(Record):
    """One duty of one article: to whom, when, from which moment, by when, with what content."""

    id: Id
    recipient: Recipient
    #: In whose role the duty is owed: as a controller of the data, or as somebody's processor.
    role: Literal["controller", "processor"] = "controller"
    stage: Stage = "notification"
    #: The place of the authority, where the law names one.
    place: str | None = None
    #: Which of a place's authorities it is.
    competence: Competence = "data-protection"
    per: PerPlace | None = None
    #: Only these people count: every condition of the rule looks at no others.
    among: CellTest = CellTest()
    when: Condition | None = None
    #: What an unanswered question means: `undecided`, or the duty stands until it is answered.
    while_unknown: Literal["undecided", "owed"] = "undecided"
    exceptions: tuple[Exempt, ...] = ()
    clock: Clock
    content: tuple[Id, ...] = ()
    reasons_when_late: bool = False
    phased: bool | None = None
    language: Language | None = None
    cite: str
    #: The same in other languages, as papers in them cite it: language to words.
    cited: dict[Language, str] = Field(default_factory=dict)
    #: Of this rule, where it is less sure than its regime.
    verification: Verification | None = None
    #: Why counsel must confirm the duty: it runs and pages as a candidate until then.
    doubt: str | None = None
    source: str | None = None
    note: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None

    @field_validator("place")
    @classmethod
    def _place_exists(cls, place: str | None) -> str | None:
        if place is not None and place not in PLACES:
            raise ValueError(f"{place!r} is no place; write ISO 3166 like VN or DE-BY")
        return place

    @model_validator(mode="after")
    def _is_whole(self) -> "Rule":
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValueError(f"rule {self.id}: valid_until lies before valid_from")
        if self.per and self.place:
            raise ValueError(f"rule {self.id}: write per or place, not both")
        return self


class Regime(Record):
    """One body of law: who is bound, and its rules. `zone` is where its days are counted."""

    id: Id
    name: Texts
    jurisdiction: str
    status: Literal["in-force", "not-in-force", "off"]
    zone: Zone = "UTC"
    verification: Verification
    sources: tuple[Source, ...] = Field(min_length=1)
    applies: Condition | None = None
    rules: tuple[Rule, ...] = Field(min_length=1)
    valid_from: date | None = None
    valid_until: date | None = None
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _rules_have_their_own_names(self) -> "Regime":
        ids = [rule.id for rule in self.rules]
        for name in ids:
            if ids.count(name) > 1:
                raise ValueError(f"regime {self.id} has two rules {name!r}")
        return self

    def rule(self, wanted: str) -> Rule | None:
        """The rule with this id, or None."""
        return next((rule for rule in self.rules if rule.id == wanted), None)
