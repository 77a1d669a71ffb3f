"""Checklists: the steps of each type of incident, who does them, when they are due, and what blocks what.

A room of the heart: pure values, read from `incident_templates/types/` by the catalog. Due times of steps are
goals of the house, not law: the law's clocks stand in `regime`. What a step wants to keep may perish (backups
are purged, logs expire); that moment is a clock of its own, and the earlier of both counts.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from tocsin.domain.documents import Documents
from tocsin.domain.facts import Facts
from tocsin.domain.kinds import Status
from tocsin.domain.law.conditions import Condition, Verdict, evaluate
from tocsin.domain.records import Id, Record, Role, Span, StepId, Texts

if TYPE_CHECKING:
    from tocsin.domain.contacts import Organisation

Phase = Literal["declare", "contain", "scope", "assess", "notify", "eradicate", "recover", "review"]
#: The order in which phases are worked through; they may overlap in time.
PHASES: tuple[Phase, ...] = (
    "declare",
    "contain",
    "scope",
    "assess",
    "notify",
    "eradicate",
    "recover",
    "review",
)
#: The phase in which an incident of this status is; of any later one, the review.
_OF_STATUS: dict[Status, Phase] = {
    "triage": "declare",
    "declared": "declare",
    "containment": "contain",
    "eradication": "eradicate",
    "recovery": "recover",
}
#: While a gate of these is open, the incident is not stable, and there is nothing to review.
UNSTABLE: tuple[Phase, ...] = ("contain", "scope", "eradicate", "recover")
#: Where a step comes from: published playbooks, the company's own policy, or an inference of ours that no
#: practitioner has confirmed yet.
StepVerification = Literal["playbook", "policy", "practitioner-unconfirmed"]


class Due(Record):
    """So long after a named moment: `{from: declared_at, within: 15 min}`."""

    from_: str = Field(alias="from")
    within: Span

    def at(self, moments: Mapping[str, datetime]) -> datetime | None:
        """The due moment, or None while the moment it counts from is unknown."""
        start = moments.get(self.from_)
        return None if start is None else start + self.within


class Perishable(Due):
    """What a step wants to keep is gone so long after a named moment."""

    what: str


class Step(Record):
    """One line of a checklist."""

    id: StepId
    phase: Phase
    title: Texts
    text: Texts
    role: Role
    #: Its phase cannot end before it is done, or skipped with a reason.
    gate: bool = False
    due: Due | None = None
    perishes: Perishable | None = None
    depends_on: tuple[StepId, ...] = ()
    only_if: Condition | None = None
    #: What to keep as proof, in words; a step may be ticked without it unless `evidence_required`.
    evidence: str | None = None
    evidence_required: bool = False
    #: Something that people get wrong here, printed beside the step.
    warning: Texts | None = None
    source: str
    verification: StepVerification = "playbook"

    @model_validator(mode="after")
    def _says_which_evidence(self) -> "Step":
        if self.evidence_required and self.evidence is None:
            raise ValueError("evidence_required needs evidence: say what to keep")
        return self


class IncidentType(Record):
    """A kind of incident with its whole checklist, included fragments and all, in the order of work."""

    id: Id
    title: Texts
    summary: Texts
    #: Kinds of the data map that are usually at risk: said when an incident is declared.
    data_at_risk: tuple[Id, ...] = ()
    #: Values that usually fit: offered to a person as answers, never learned by the engine itself.
    default_facts: dict[str, Any] = Field(default_factory=dict)
    steps: tuple[Step, ...]

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases in which this type has steps, in order."""
        used = {step.phase for step in self.steps}
        return tuple(phase for phase in PHASES if phase in used)

    def step(self, wanted: str) -> Step | None:
        """The step with this id, or None."""
        return next((step for step in self.steps if step.id == wanted), None)


class Types(Documents[IncidentType]):
    """Incident types by their ids."""

    model = IncidentType


def phase_of(status: Status) -> Phase:
    """The phase that begins with this status."""
    return _OF_STATUS.get(status, "review")


def in_order_of_work(own: Iterable[Step], included: Iterable[Step]) -> tuple[Step, ...]:
    """Phase by phase; within a phase the type's own steps first, since they are the more exact."""
    return tuple(sorted((*own, *included), key=lambda step: PHASES.index(step.phase)))


def step_due_at(step: Step, moments: Mapping[str, datetime]) -> datetime | None:
    """When a step is due: its goal, or the moment at which what it keeps perishes, whichever comes first.

    None while neither can be told. `moments` maps names of moments to aware datetimes.
    """
    clocks = (each.at(moments) for each in (step.due, step.perishes) if each is not None)
    return min((at for at in clocks if at is not None), default=None)


def blocked_by(
    step: Step, done: Collection[str], applicable: Mapping[str, bool | None] | None = None
) -> tuple[str, ...]:
    """Ids of the steps that must come first and are neither done (or skipped) nor known not to apply.

    `applicable` maps step ids to the answers of `applicable()`; an id that it lacks counts as applying.
    """
    answers = applicable or {}
    return tuple(id_ for id_ in step.depends_on if id_ not in done and answers.get(id_) is not False)


def applicable(step: Step, facts: Facts, organisation: "Organisation") -> Verdict:
    """Whether a step applies: True, False, or None with the facts that would settle it."""
    if step.only_if is None:
        return Verdict(answer=True, because=(), needs=())
    return evaluate(step.only_if, facts, organisation)


def open_gates(
    steps: Iterable[Step], phase: Phase, done: Collection[str], applicable: Mapping[str, bool | None]
) -> tuple[str, ...]:
    """Ids of the gates that keep a phase from ending; one that perhaps applies keeps it too."""
    return tuple(
        step.id
        for step in steps
        if step.gate and step.phase == phase and step.id not in done and applicable.get(step.id) is not False
    )


def waits_for(
    step: Step, steps: Iterable[Step], done: Collection[str], applicable: Mapping[str, bool | None]
) -> tuple[str, ...]:
    """Ids of all that must come first: what the step names, and for a gate of the review a stable incident."""
    first = list(blocked_by(step, done, applicable))
    if step.gate and step.phase == "review":
        every = tuple(steps)
        for phase in UNSTABLE:
            first += open_gates(every, phase, done, applicable)
    return tuple(dict.fromkeys(first))
