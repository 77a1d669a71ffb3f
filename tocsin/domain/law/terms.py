"""The terms of a duty as a statute states them: its clock, its exceptions, its channel, who may hold it back.

Pure shapes, read as parts of a rule.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from tocsin.domain.answers import nearest
from tocsin.domain.law.clock import Roll, Within
from tocsin.domain.law.criteria import Condition
from tocsin.domain.matching import CellTest
from tocsin.domain.places import PLACES, REGIONS
from tocsin.domain.questions import FACTS
from tocsin.domain.records import Flag, Id, Line, Record, Texts, Whole

Recipient = Literal["authority", "individuals", "controller", "public", "media", "agencies", "police"]


class Exempt(Record):
    """An exception with its article. It lifts the duty only when it is known to apply.

    `when` speaks of the whole incident; `for` of people who are known to be so, such as those whose data were
    encrypted: they are left out of every condition and every number of the rule.
    """

    when: Condition | None = None
    spared: CellTest | None = Field(default=None, alias="for")
    cite: Line
    #: To whom the same must be said instead, such as the public where telling each person is out of proportion.
    instead: Recipient | None = None
    note: Line | None = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> "Exempt":
        if (self.when is None) == (self.spared is None):
            raise ValueError("an exception has either a condition (when) or people whom it spares (for)")
        if self.spared is not None and not self.spared.features:
            raise ValueError("an exception that spares everybody is no rule; say whom it spares (for)")
        if self.spared is not None and self.instead:
            raise ValueError("instead goes with a condition (when): who is spared (for) is told by nobody")
        return self


def _moments(raw: Any) -> Any:
    if isinstance(raw, dict) and set(raw) == {"earliest_of"}:
        raw = raw["earliest_of"]
    names = list(raw) if isinstance(raw, list | tuple) else [raw]
    for name in names:
        if not isinstance(name, str) or name not in FACTS or FACTS[name].type != "moment":
            near = nearest(str(name), [each for each, fact in FACTS.items() if fact.type == "moment"])
            raise ValueError(f"{name!r} is not a moment from which a clock can run{near}")
    return names


#: Facts that are moments. Of several the earliest known one counts.
Moments = Annotated[tuple[str, ...], BeforeValidator(_moments)]
#: A rule of the same regime, or of another as `regime/rule`.
RuleRef = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*(/[a-z][a-z0-9-]*)?$")]


def _has_a_number(within: Within) -> Within:
    if within.asap:
        raise ValueError("write a number: as soon as possible bounds nothing")
    return within


#: A period that ends at a moment, and is not only aimed at.
Limit = Annotated[Within, AfterValidator(_has_a_number)]


class Cap(Record):
    """At most so long from another moment; void for a clock that starts after it ran out.

    So counts Delegated Regulation (EU) 2025/301, Art. 5(1)(a).
    """

    start: Moments = Field(alias="from", min_length=1)
    within: Limit


class Clock(Record):
    """From which moment, and how long: a moment that is a fact, or the one at which another duty was discharged.

    With both, the other duty stands in until the moment is known: what is handled is not handled before its report.
    """

    start: Moments = Field(alias="from", default=())
    #: Duties whose discharge starts the clock, the first of them. Until then it runs from their own last moment.
    after: tuple[RuleRef, ...] = ()
    #: Counted from the end of the calendar year in which the moment lies.
    end_of: Literal["year"] | None = None
    within: Within
    cap: Cap | None = None
    roll: Roll | None = None

    @model_validator(mode="after")
    def _starts(self) -> "Clock":
        if not (self.start or self.after):
            raise ValueError("a clock runs from moments (from) or after another duty (after)")
        return self


class HarmTest(Record):
    """What a law asks of the harm, in its own terms, with its article. A person decides: yes is `met`, no is `not`."""

    question: Texts
    cite: Line


class Parts(Record):
    """Parts that must be said only where a condition is not known to fail."""

    when: Condition
    content: tuple[Id, ...] = Field(min_length=1)


Means = Literal[
    "post", "email", "telephone", "text-message", "in-app", "in-person", "web-form", "portal", "public-notice"
]


class Channel(Record):
    """How it must be told. `by` are the ways the law accepts, the best one first."""

    by: tuple[Means, ...] = Field(min_length=1)
    #: What e-mail needs before it counts: the person's consent, or that it is how we always write to that person.
    email_needs: Literal["consent", "usual-channel"] | None = None
    #: Never to a mailbox whose credentials were taken.
    never_to_taken_mailbox: Flag = False


class Hold(Record):
    """Who may have this notice held back, and how a request must look."""

    by: tuple[Literal["law-enforcement", "authority", "court", "attorney-general"], ...] = Field(min_length=1)
    written: Flag = True
    #: By word of mouth it delays at most so many days from the day on which it was said.
    spoken_days: Whole | None = Field(default=None, gt=0, le=365)
    #: After the hold was lifted (`hold_lifted_at`) there is at least so long, where the limit would pass before.
    then: Limit | None = None
    cite: Line

    @model_validator(mode="after")
    def _may_be_spoken(self) -> "Hold":
        if self.spoken_days is not None and self.written:
            raise ValueError("spoken_days bounds a request by word of mouth: it goes with written: false")
        return self


class Extension(Record):
    """More time, once, for a reason that a person files with the authority before the limit passes."""

    #: The moment of filing, a fact.
    filed: Moments = Field(min_length=1, max_length=1)
    #: How much more, counted from the limit.
    within: Limit
    cite: Line


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
