"""Regimes and their rules as a statute states them: read from `regimes/<code>/regime.yaml`, one folder per
law.

Pure. A number of the law always stands beside its article, its source and how sure we are of it. What the
rules give for an incident stands in `regime`.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from tocsin.domain.answers import nearest
from tocsin.domain.contacts import Competence
from tocsin.domain.law.circles import in_a_circle
from tocsin.domain.law.criteria import Condition
from tocsin.domain.law.terms import (
    Channel,
    Clock,
    Exempt,
    Extension,
    HarmTest,
    Hold,
    Parts,
    PerPlace,
    Recipient,
    RuleRef,
)
from tocsin.domain.matching import CellTest, known_places
from tocsin.domain.places import PLACES
from tocsin.domain.records import (
    Address,
    Day,
    Flag,
    Id,
    Jurisdiction,
    Language,
    Line,
    Record,
    Texts,
    Verification,
    Zone,
)

Stage = Literal[
    "early-warning", "initial", "notification", "intermediate", "follow-up", "final", "withdrawal"
]


class Source(Record):
    """Where a text was read: what it is, its address, and how sure we are of what we took from it."""

    title: Line
    url: Address
    verification: Verification
    note: Line | None = None


def _after_its_first(last: date | None, info: ValidationInfo) -> date | None:
    """The last day of something's life, which cannot lie before its first."""
    first = info.data.get("valid_from")
    if first and last and last < first:
        raise ValueError(f"it ends on {last}, before it begins on {first} (valid_from); correct one of them")
    return last


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
    #: Further parts, each under a condition, such as monitoring of credit where a social security number was hit.
    content_where: tuple[Parts, ...] = ()
    #: What the notice must not say: its people get a letter without it, whatever another law or promise asks for.
    must_not_contain: tuple[Id, ...] = ()
    channel: Channel | None = None
    #: How many different people must approve the letter to its people; the organisation may ask for more.
    approvals: Annotated[int, Field(ge=1)] | None = None
    #: What must have been told before this may be told.
    send_after: tuple[RuleRef, ...] = ()
    #: This is due at the latest when these are told.
    not_after: tuple[RuleRef, ...] = ()
    #: Where a request of theirs delays it; nothing else does.
    hold: Hold | None = None
    extension: Extension | None = None
    reasons_when_late: Flag = False
    phased: Flag | None = None
    language: Language | None = None
    #: Its own question of harm (`of: law/rule`), where that is another than its law's.
    harm_test: HarmTest | None = None
    cite: Line
    #: The same in other languages, as papers in them cite it: language to words.
    cited: dict[Language, Line] = Field(default_factory=dict)
    #: Of this rule, where it is less sure than its regime.
    verification: Verification | None = None
    #: Why counsel must confirm the duty: it runs and pages as a candidate until then.
    doubt: Line | None = None
    #: Doubtful only where this is known to hold; always, if left out.
    doubt_when: Condition | None = None
    source: Address | None = None
    note: Line | None = None
    valid_from: Day | None = None
    valid_until: Day | None = None

    _ends_after_it_begins = field_validator("valid_until")(_after_its_first)

    @field_validator("place")
    @classmethod
    def _place_exists(cls, place: str | None) -> str | None:
        if place is not None and place not in PLACES:
            raise ValueError(f"{place!r} is no place; write ISO 3166 like VN or DE-BY")
        return place

    @model_validator(mode="after")
    def _is_whole(self) -> "Rule":
        if self.per and self.place:
            raise ValueError(f"rule {self.id}: write per or place, not both")
        if self.doubt_when is not None and self.doubt is None:
            raise ValueError(
                f"rule {self.id}: doubt_when says when there is a doubt; write the doubt itself too"
            )
        parts = {*self.content, *(each for part in self.content_where for each in part.content)}
        if said := parts & set(self.must_not_contain):
            raise ValueError(f"rule {self.id}: {', '.join(sorted(said))} both must and must not be said")
        return self

    @property
    def spares(self) -> tuple[CellTest, ...]:
        """Whom the exceptions leave out."""
        return tuple(exempt.spared for exempt in self.exceptions if exempt.spared is not None)

    @property
    def follows(self) -> tuple[str, ...]:
        """The rules that this one's moment hangs on."""
        return (*self.clock.after, *self.not_after)


class Regime(Record):
    """One body of law: who is bound, and its rules. `zone` is where its days are counted."""

    id: Id
    name: Texts
    jurisdiction: Jurisdiction
    status: Literal["in-force", "not-in-force", "off"]
    #: Why a law that is known here opens no duty: not yet law, guidance only, or met by another.
    why_off: Line | None = None
    zone: Zone = "UTC"
    verification: Verification
    sources: tuple[Source, ...] = Field(min_length=1)
    applies: Condition | None = None
    #: What it asks of the harm; needed where a condition looks at `harm_tests` of this law.
    harm_test: HarmTest | None = None
    #: Of whom it speaks: of the people who live there, or of all, where the company is established there.
    answers_for: str | None = None
    rules: tuple[Rule, ...] = Field(min_length=1)
    valid_from: Day | None = None
    valid_until: Day | None = None
    notes: tuple[Line, ...] = ()
    #: What only its rules want said: the word to what it means. Words of several laws stand in `regimes/parts.yaml`.
    parts: dict[Id, Line] = Field(default_factory=dict)

    _ends_after_it_begins = field_validator("valid_until")(_after_its_first)

    @property
    def binding(self) -> bool:
        """Whether it binds at all: now, or from a day that is known."""
        return self.status == "in-force" or (self.status == "not-in-force" and self.valid_from is not None)

    @field_validator("answers_for")
    @classmethod
    def _place_exists(cls, place: str | None) -> str | None:
        return place if place is None else known_places((place,))[0]

    @model_validator(mode="after")
    def _is_whole(self) -> "Regime":
        ids = [rule.id for rule in self.rules]
        for name in ids:
            if ids.count(name) > 1:
                raise ValueError(f"rule {name}: the regime has two of this name; give each its own")
        if (self.status == "in-force") is (self.why_off is not None):
            raise ValueError(f"regime {self.id}: why_off says why a regime is not in force, and only then")
        for rule in self.rules:
            for ref in map(self.full, (*rule.follows, *rule.send_after)):
                law, _, name = ref.partition("/")
                if law == self.id and name not in ids:
                    raise ValueError(f"rule {rule.id}: the regime has no rule {name!r}{nearest(name, ids)}")
            if self.valid_until and rule.valid_from and self.valid_until < rule.valid_from:
                raise ValueError(
                    f"rule {rule.id}: it begins on {rule.valid_from}, and its law ends on {self.valid_until}"
                )
        if circle := in_a_circle([self]):
            raise ValueError(circle)
        return self

    def full(self, ref: str) -> str:
        """A rule as `regime/rule`: of this regime unless it names another."""
        return ref if "/" in ref else f"{self.id}/{ref}"

    def rule(self, wanted: str) -> Rule | None:
        """The rule with this id, or None."""
        return next((rule for rule in self.rules if rule.id == wanted), None)
