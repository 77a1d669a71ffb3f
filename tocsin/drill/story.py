"""The story of the drill, played by people who only use what people may do: actions. The engine does the rest.

A declaration at 02:40, nobody answers, somebody else does; containment; who was affected; the law; the letter,
approved, corrected, approved again and sent; the reports; hardening; the closed and verified file.
Long, because a story is read from its beginning to its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from tocsin import actions
from tocsin.actions.declaring import Declaration
from tocsin.domain.checklist import Step, applicable, blocked_by
from tocsin.domain.errors import TocsinError
from tocsin.domain.incident import Incident
from tocsin.domain.notice import CUSTOMERS, individuals_duties
from tocsin.domain.plan import facts_of
from tocsin.domain.scope import AffectedPerson, pseudonym
from tocsin.drill import script
from tocsin.drill.stage import BEGINNING, Stage, actor, until
from tocsin.drill.telling import Say, Teller
from tocsin.engine.letters import readers
from tocsin.evidence.verify import verify
from tocsin.sinks.mail import Fault
from tocsin.storage import ledger


class DrillFailed(TocsinError):
    """The drill did not go as the engine promises; the line says where."""


@dataclass(frozen=True)
class Outcome:
    """What a drill came to: compared between two drills by a test."""

    key: str
    head: tuple[int, str]
    duties: Mapping[str, str]
    counts: Mapping[str, int]
    affected: int
    recall: float
    precision: float
    papers: tuple[Path, ...]


class Story:
    """One drill, scene by scene. Each scene leaves the stage at rest."""

    def __init__(self, stage: Stage, say: Say, type_id: str = "credential-leak") -> None:
        self.stage, self.tell, self.type_id = stage, Teller(stage, say), type_id
        self.app = stage.app
        self.key = ""
        self.papers: list[Path] = []
        self.recall = self.precision = 0.0

    def play(self) -> Outcome:
        """The whole story. Raises DrillFailed where the engine did not keep a promise."""
        self._declare()
        self._answer()
        self._contain()
        self._scope()
        self._learn()
        self._write()
        self._send()
        self._report()
        self._harden()
        return self._close()

    @property
    def incident(self) -> Incident:
        """The incident as the database has it now."""
        return self.app.incident(self.key)

    def _as(self, person: str) -> Any:
        return actor(self.stage, person)

    def _at(self, after: timedelta) -> None:
        until(self.stage, BEGINNING + after)

    def _must(self, holds: bool, what: str) -> None:
        if not holds:
            raise DrillFailed(f"at {self.app.now():%Y-%m-%d %H:%M}Z: {what}")

    # --- scenes

    def _declare(self) -> None:
        what = Declaration(
            script.TITLE, type=self.type_id, detected_at=BEGINNING - timedelta(minutes=9), drill=True
        )
        self.key = actions.declare(self.app, self._as("dung"), what).incident.key
        self.stage.settle()
        self.tell.scene(f"dung declares {self.key} {self.incident.code_name}")
        self.tell.pages(self.incident)
        self.tell.duties(self.incident)
        self._must(
            all(page.reached for page in self.incident.pages), "somebody who had to be called was not reached"
        )

    def _answer(self) -> None:
        self._at(script.ACK)
        called = [page.person for page in self.incident.pages if page.role == "incident-commander"]
        self._must(len(called) > 1, "nobody answered, and nobody else was called")
        self.tell.scene(f"{called[0]} has not answered; {called[-1]} was called and answers")
        actions.ack(self.app, self._as(called[-1]), self.key)
        self._at(script.DPO_ACK)
        actions.ack(self.app, self._as("an"), self.key)
        self.stage.settle()
        self.tell.pages(self.incident)
        self.tell.line("roles: " + ", ".join(f"{role} {who}" for role, who in self.incident.roles.items()))
        self.tell.line(f"status: {self.incident.status}")

    def _contain(self) -> None:
        self._at(script.CONTAIN)
        self.tell.scene("containment, with evidence")
        self._do("declare", "contain")
        contained = {"contained_at": self.app.now()}
        actions.learn(self.app, self._as("dung"), self.key, contained, source="gateway change log")
        self.stage.settle()
        self.tell.line(
            f"steps done: {len(self.incident.steps)}; evidence in the vault: {len(self.incident.evidence)}"
        )

    def _scope(self) -> None:
        self._at(script.SCOPE)
        world = self.stage.world
        _, result = actions.scope(self.app, self._as("giang"), self.key, world.question())
        self.stage.settle()
        scope = self.incident.scope
        assert scope is not None
        self.tell.scene(
            f"scope: {sum(i.rows for i in result.inputs):,} rows read, {scope.total} people affected"
        )
        places = ", ".join(f"{place} {n}" for place, n in sorted(scope.by_place.items()))
        self.tell.line(f"places: {places}")
        self.tell.line("kinds: " + ", ".join(f"{kind} {n}" for kind, n in sorted(scope.by_kind.items())))
        self.tell.line(
            "buckets: " + ", ".join(f"{bucket} {n}" for bucket, n in sorted(scope.buckets.items()))
        )
        self.tell.line(f"gaps: {len(scope.gaps)}")
        self._measure()
        self._do("scope")

    def _measure(self) -> None:
        """The drill knows the truth: who was found, and who should have been."""
        found = {person.id: set(person.kinds) for person in self._told()}
        true = {who: set(kinds) for who, kinds in self.stage.world.true_kinds.items()}
        hit = sum(found.get(who) == kinds for who, kinds in true.items())
        self.recall, self.precision = hit / len(true), hit / max(len(found), 1)
        self.tell.line(
            f"against the truth: recall {self.recall:.3f}, precision {self.precision:.3f} ({hit} people)"
        )
        self._must(self.recall == self.precision == 1.0, "the scope is not the true set")

    def _learn(self) -> None:
        self._at(script.LEARN)
        actions.learn(self.app, self._as("giang"), self.key, script.FACTS, source="incident log")
        actions.assess(self.app, self._as("an"), self.key, "high", because=script.RISK)
        self.stage.settle()
        self.tell.scene("facts are learned; the law answers")
        self.tell.duties(self.incident)
        before = {key: duty.due_at for key, duty in self.incident.duties.items()}
        self._at(script.CORRECT)
        actions.learn(self.app, self._as("an"), self.key, script.CORRECTED, source="pager log, read again")
        self.stage.settle()
        self.tell.scene("a fact is corrected: aware nine minutes earlier")
        moved = {key for key, duty in self.incident.duties.items() if duty.due_at != before.get(key)}
        for key in sorted(moved):
            now = self.incident.duties[key].due_at
            self.tell.line(f"{key}: {self.tell.when(before[key])} -> {self.tell.when(now)}")
        self._must(bool(moved), "a corrected fact moved no deadline")

    def _write(self) -> None:
        self._at(script.LETTER)
        actions.learn(self.app, self._as("hoa"), self.key, script.TEXTS, source="drafted with the DPO")
        self.stage.settle()
        self._approve("an", "bao")
        self.tell.scene("the letter: drafted, approved by two, corrected, approved again")
        first = self.incident.notices[CUSTOMERS]
        self.tell.line(self._notice())
        until(self.stage, BEGINNING + script.SECOND_LETTER)
        corrected = {"measures_taken": dict(script.CORRECTED_MEASURES)}
        actions.learn(
            self.app, self._as("hoa"), self.key, corrected, source="change log: the hour was missing"
        )
        self.stage.settle()
        second = self.incident.notices[CUSTOMERS]
        self._must(
            second.digest != first.digest and not second.approvals, "a corrected letter kept its approval"
        )
        self.tell.line(self._notice())
        self._approve("bao", "an")
        self.tell.line(self._notice())

    def _notice(self) -> str:
        state = self.incident.notices[CUSTOMERS]
        by = " and ".join(approval.person for approval in state.approvals) or "nobody"
        return f"draft {state.edition}, digest {state.digest[:12]}, {state.variants} variants: {state.mark} by {by}"

    def _approve(self, *people: str) -> None:
        for person in people:
            digest = self.incident.notices[CUSTOMERS].digest
            actions.approve(self.app, self._as(person), self.key, CUSTOMERS, digest=digest)
            self.stage.settle()

    def _send(self) -> None:
        refused, doubtful = self._two_addresses()
        self.stage.mail.misbehave(
            Fault(at="rcpt", reply="550 5.1.1 no such mailbox", recipient=refused),
            Fault(at="dot", do="drop", recipient=doubtful, times=2),
        )
        actions.release(self.app, self._as("bao"), self.key, CUSTOMERS)
        self._until_sent()
        self.tell.scene("released by bao; the ledger hands the letters over")
        self.tell.counts(self.incident)
        self.tell.mailbox()
        for duty in individuals_duties(self.incident, "met"):
            self.tell.line(f"{duty.opened.key}: met {self.tell.when(duty.met_at)}")
        for row in self._unreached():
            actions.exclude(
                self.app,
                self._as("an"),
                self.key,
                CUSTOMERS,
                row,
                because="told by telephone by the help desk",
            )
        self.stage.settle()
        self.tell.counts(self.incident)

    def _until_sent(self) -> None:
        for _ in range(20):
            self.stage.settle()
            state = self.incident.notices[CUSTOMERS]
            if state.mark == "sent":
                return
            until(self.stage, (state.resume_at or self.app.now()) + timedelta(minutes=1))
        raise DrillFailed(f"the sending does not end: {self.incident.notices[CUSTOMERS].counts}")

    def _two_addresses(self) -> tuple[str, str]:
        people = self._told()
        return people[3].email or "", people[7].email or ""

    def _told(self) -> list[AffectedPerson]:
        """Everybody who is owed a letter, as the scope found them."""
        return [person for _, person in readers(self.app, self.incident)]

    def _unreached(self) -> list[str]:
        """Ids of people whose letter was refused: somebody has to tell them otherwise."""
        key = self.app.people_key(self.key)
        with self.app.database.read() as connection:
            rows = {
                row.person for row in ledger.rows_of(connection, self.key, CUSTOMERS, states=("refused",))
            }
        return [who for who in self.stage.world.countries if pseudonym(key, who) in rows]

    def _report(self) -> None:
        self._at(script.PAPERS)
        self.tell.scene("the reports are made and filed")
        folder = self.stage.out / "papers"
        folder.mkdir(exist_ok=True)
        for number, duty in enumerate(self._reports(), 1):
            paper = actions.make_report(self.app, self._as("an"), self.key, duty)
            path = folder / f"{duty.replace('/', '-')}.pdf"
            path.write_bytes(paper.content)
            self.papers.append(path)
            self.tell.file(path)
            receipt = folder / f"receipt-{number}.txt"
            receipt.write_text(f"DRILL receipt {number} for {duty}\n", encoding="utf-8")
            actions.filed(
                self.app, self._as("an"), self.key, duty, reference=f"DRILL-{number:04d}", receipt=receipt
            )
            self.stage.settle()
        for duty in [d.opened.key for d in self.incident.duties.values() if d.mark == "open"]:
            actions.release_duty(
                self.app, self._as("chi"), self.key, duty, because="not owed, says counsel (drill)"
            )
        self.stage.settle()
        self.tell.duties(self.incident)

    def _reports(self) -> list[str]:
        return sorted(
            duty.opened.key
            for duty in self.incident.duties.values()
            if duty.mark == "open" and duty.opened.recipient == "authority"
        )

    def _harden(self) -> None:
        self._at(script.HARDEN)
        self.tell.scene("eradication, recovery, hardening")
        self._do("assess", "notify", "eradicate", "recover", "review")
        self.tell.line(f"steps done: {len(self.incident.steps)}; status: {self.incident.status}")

    def _close(self) -> Outcome:
        self._at(script.CLOSE)
        actions.close(
            self.app, self._as("an"), self.key, because="every duty met; one letter in doubt was sent twice"
        )
        self.stage.settle()
        incident = self.incident
        self.tell.scene(f"closed: {incident.status}")
        self.tell.messages(incident)
        proof = verify(self.app, self.key)
        self._must(proof.fault is None, f"verify: {proof.fault}")
        self.tell.line(f"verified: {proof.entries} entries, head {proof.head[:16]}")
        with self.app.database.read() as connection:
            counts = ledger.counts(connection, self.key, CUSTOMERS)
        return Outcome(
            key=self.key,
            head=(incident.head_seq, incident.head_hash),
            duties={key: duty.mark for key, duty in incident.duties.items()},
            counts=counts,
            affected=incident.scope.total if incident.scope else 0,
            recall=self.recall,
            precision=self.precision,
            papers=tuple(self.papers),
        )

    # --- the checklist

    def _do(self, *phases: str) -> None:
        """Do every open step of these phases, in an order in which none waits for another."""
        for _ in range(5):
            for step in [step for step in self._steps() if step.phase in phases]:
                if step.id not in self.incident.steps and not self._blocked(step):
                    self._do_step(step)
        self.stage.settle()

    def _do_step(self, step: Step) -> None:
        facts = facts_of(self.incident, self.app.catalog_of(self.incident))
        organisation = self.app.catalog.contacts.organisation
        if applicable(step, facts, organisation).answer is False:
            return
        evidence = [self._evidence(step)] if step.evidence_required else []
        holder = self.incident.roles.get(step.role) or next(
            person.id for person in self.app.catalog.contacts.with_role(step.role)
        )
        actions.done(
            self.app,
            self._as(holder),
            self.key,
            step.id,
            evidence=evidence,
            note=f"drill: {step.title['en']}",
        )

    def _evidence(self, step: Step) -> Path:
        path = self.stage.out / "evidence" / f"step-{step.id}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"DRILL evidence for step {step.id}: {step.evidence}\n", encoding="utf-8")
        return path

    def _steps(self) -> tuple[Step, ...]:
        return self.app.catalog_of(self.incident).type(self.incident.type).steps

    def _blocked(self, step: Step) -> bool:
        facts = facts_of(self.incident, self.app.catalog_of(self.incident))
        organisation = self.app.catalog.contacts.organisation
        answers = {each.id: applicable(each, facts, organisation).answer for each in self._steps()}
        return bool(blocked_by(step, self.incident.steps, answers))
