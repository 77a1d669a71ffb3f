"""The checklist as the people of the drill work it off: each step by its holder, with the evidence it wants."""

from pathlib import Path

from tocsin import actions
from tocsin.domain.checklist import Step, applicable, blocked_by
from tocsin.domain.incident import Incident
from tocsin.domain.plan import facts_of
from tocsin.drill.stage import Stage, actor


class Checklist:
    """The steps of one incident."""

    def __init__(self, stage: Stage, key: str) -> None:
        self._stage, self._key = stage, key
        self._app = stage.app

    @property
    def _incident(self) -> Incident:
        return self._app.incident(self._key)

    def do(self, *phases: str) -> None:
        """Do every open step of these phases that applies, in an order in which none waits for another."""
        for _ in range(5):
            for step in self.steps(*phases):
                if step.id not in self._incident.steps and not self._blocked(step):
                    self._do_step(step)
        self._stage.settle()

    def steps(self, *phases: str) -> list[Step]:
        """The steps of these phases, in the order of the checklist."""
        steps = self._app.catalog_of(self._incident).type(self._incident.type).steps
        return [step for step in steps if not phases or step.phase in phases]

    def applies(self, step: Step) -> bool | None:
        """Whether a step applies on what is known; None where nobody can say."""
        facts = facts_of(self._incident, self._app.catalog_of(self._incident))
        return applicable(step, facts, self._app.catalog.contacts.organisation).answer

    def _do_step(self, step: Step) -> None:
        if self.applies(step) is False:
            return
        evidence = [self._evidence(step)] if step.evidence_required else []
        holder = self._incident.roles.get(step.role) or next(
            person.id for person in self._app.catalog.contacts.with_role(step.role)
        )
        actions.done(
            self._app,
            actor(self._stage, holder),
            self._key,
            step.id,
            evidence=evidence,
            note=f"drill: {step.title['en']}",
        )

    def _evidence(self, step: Step) -> Path:
        path = self._stage.out / "evidence" / f"step-{step.id}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"DRILL evidence for step {step.id}: {step.evidence}\n", encoding="utf-8")
        return path

    def _blocked(self, step: Step) -> bool:
        facts = facts_of(self._incident, self._app.catalog_of(self._incident))
        organisation = self._app.catalog.contacts.organisation
        answers = {each.id: applicable(each, facts, organisation).answer for each in self.steps()}
        return bool(blocked_by(step, self._incident.steps, answers))
