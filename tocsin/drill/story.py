"""The story of the drill, played by people who only use what people may do: actions. The engine does the rest.

A declaration at 02:40, nobody answers, somebody else does; containment; who was affected; the law; the letter,
approved, corrected, approved again and sent; the reports; hardening; the closed and verified file.
Long, because a story is read from its beginning to its end.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from tocsin import actions
from tocsin.actions.declaring import Declaration
from tocsin.domain.errors import TocsinError
from tocsin.domain.incident import Incident
from tocsin.domain.letters import letters_of
from tocsin.domain.notice import CUSTOMERS, letter_states
from tocsin.domain.scope.people import AffectedPerson, pseudonym
from tocsin.drill import script
from tocsin.drill.checklist import Checklist
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
        self.updates = list(script.UPDATES)
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
        """Let time pass, and the commander keep the rhythm of updates meanwhile."""
        while self.updates and self.updates[0][0] < after:
            at, said = self.updates.pop(0)
            until(self.stage, BEGINNING + at)
            self._update(said)
        until(self.stage, BEGINNING + after)

    def _update(self, said: tuple[str, str, str] | str) -> None:
        commander = self._as(self.incident.roles["incident-commander"])
        if isinstance(said, str):
            actions.skip_update(self.app, commander, self.key, because=said)
        else:
            actions.update(self.app, commander, self.key, *said)
        self.stage.settle()
        self.tell.scene(
            "no update this time" if isinstance(said, str) else "the stakeholders hear how it stands"
        )
        self.tell.news(self.incident)

    def _must(self, holds: bool, what: str) -> None:
        if not holds:
            raise DrillFailed(f"at {self.app.now():%Y-%m-%d %H:%M}Z: {what}")

    # --- scenes

    def _declare(self) -> None:
        what = Declaration(
            script.TITLE, type=self.type_id, detected_at=BEGINNING - timedelta(minutes=9), drill=True
        )
        self.key = actions.declare(self.app, self._as("dung"), what).incident.key
        self.checklist = Checklist(self.stage, self.key)
        self.stage.settle()
        incident = self.incident
        self.tell.scene(f"{incident.declared_by} declared {self.key} {incident.code_name}")
        self.tell.news(incident)
        self.tell.duties(incident)
        self._must(
            all(page.reached for page in incident.pages), "somebody who had to be called was not reached"
        )

    def _answer(self) -> None:
        self._at(script.ACK)
        called = [page.person for page in self.incident.pages if page.role == "incident-commander"]
        self._must(len(called) > 1, "nobody answered, and nobody else was called")
        actions.ack(self.app, self._as(called[-1]), self.key)
        self.stage.settle()
        self.tell.scene(f"{called[0]} had not answered; {called[-1]} was called and did")
        self.tell.news(self.incident)
        self._at(script.DPO_ACK)
        actions.ack(self.app, self._as("an"), self.key)
        self.stage.settle()
        roles = ", ".join(f"{role} {who}" for role, who in self.incident.roles.items())
        self.tell.scene(f"roles: {roles}; status: {self.incident.status}")
        self.tell.news(self.incident)

    def _contain(self) -> None:
        self._at(script.CONTAIN)
        self.checklist.do("declare", "contain")
        contained = {"contained_at": self.app.now()}
        actions.learn(self.app, self._as("dung"), self.key, contained, source="gateway change log")
        self.stage.settle()
        incident = self.incident
        self.tell.scene(
            f"contained {self.tell.when(incident.facts.moment('contained_at'))}; status: {incident.status}"
        )
        self.tell.news(incident)
        self.tell.steps(incident, self.checklist, "declare", "contain")
        self.tell.line(f"evidence in the vault: {len(incident.evidence)}")

    def _scope(self) -> None:
        self._at(script.SCOPE)
        world = self.stage.world
        actions.scope(self.app, self._as("giang"), self.key, world.question())
        self.stage.settle()
        scope = self.incident.scope
        assert scope is not None
        self.tell.scene(
            f"scope: {sum(i['rows'] for i in scope.inputs):,} rows read, {scope.total} people affected"
        )
        places = ", ".join(f"{place} {n}" for place, n in sorted(scope.by_place.items()))
        self.tell.line(f"places: {places}")
        self.tell.line("kinds: " + ", ".join(f"{kind} {n}" for kind, n in sorted(scope.by_kind.items())))
        self.tell.line(
            "buckets: " + ", ".join(f"{bucket} {n}" for bucket, n in sorted(scope.buckets.items()))
        )
        self.tell.line(f"gaps: {len(scope.gaps)}")
        self._measure()
        self.checklist.do("scope")
        self.tell.news(self.incident)
        self.tell.steps(self.incident, self.checklist, "scope")

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
        self.tell.news(self.incident)
        self.tell.duties(self.incident)
        before = {key: duty.soonest for key, duty in self.incident.duties.items()}
        self._at(script.CORRECT)
        actions.learn(self.app, self._as("an"), self.key, script.CORRECTED, source="pager log, read again")
        self.stage.settle()
        moved = {key: d.soonest for key, d in self.incident.duties.items() if d.soonest != before.get(key)}
        self.tell.scene(
            f"a fact is corrected: aware {self.tell.when(self.incident.facts.moment('aware_at'))}"
        )
        self.tell.news(self.incident)
        for key, now in sorted(moved.items()):
            self.tell.line(f"{key}: due {self.tell.when(before.get(key))} -> {self.tell.when(now)}")
        self._must(bool(moved), "a corrected fact moved no deadline")

    def _write(self) -> None:
        self._at(script.LETTER)
        actions.learn(self.app, self._as("hoa"), self.key, script.TEXTS, source="drafted with the DPO")
        self.stage.settle()
        self._approve("an", "bao")
        first = self.incident.notices[CUSTOMERS]
        self.tell.scene(f"the letter is {first.mark}")
        self.tell.news(self.incident)
        self._at(script.SECOND_LETTER)
        corrected = {"measures_taken": dict(script.CORRECTED_MEASURES)}
        actions.learn(
            self.app, self._as("hoa"), self.key, corrected, source="change log: the hour was missing"
        )
        self.stage.settle()
        second = self.incident.notices[CUSTOMERS]
        self._must(
            second.digest != first.digest and not second.approvals, "a corrected letter kept its approval"
        )
        self.tell.scene(f"the letter is corrected: {second.mark}")
        self.tell.news(self.incident)
        self._approve("bao", "an")
        self.tell.news(self.incident)

    def _approve(self, *people: str) -> None:
        for notice in [each.id for each in letter_states(self.incident)]:
            for person in people:
                digest = self.incident.notices[notice].digest
                actions.approve(self.app, self._as(person), self.key, notice, digest=digest)
                self.stage.settle()

    def _send(self) -> None:
        self._file(self._before_letters())
        refused, doubtful = self._two_addresses()
        self.stage.mail.misbehave(
            Fault(at="rcpt", reply="550 5.1.1 no such mailbox", recipient=refused),
            Fault(at="dot", do="drop", recipient=doubtful, times=2),
        )
        self._release()
        self.tell.scene(f"the letters are {self.incident.notices[CUSTOMERS].mark}")
        self.tell.news(self.incident)
        self.tell.counts(self.incident)
        self.tell.mailbox()
        for notice, who in self._unreached():
            actions.exclude(
                self.app,
                self._as("an"),
                self.key,
                notice,
                who,
                because="told by telephone by the help desk",
            )
        self.stage.settle()
        self.tell.news(self.incident)
        self.tell.counts(self.incident)

    def _release(self) -> None:
        """Let every approved letter leave that need not wait for what a law lets come first."""
        for letter in letters_of(self.incident, self.app.catalog_of(self.incident)):
            state = self.incident.notices.get(letter.id)
            if state is not None and state.mark == "approved" and not letter.waits:
                actions.release(self.app, self._as("bao"), self.key, letter.id)
                self._until_sent(letter.id)

    def _until_sent(self, notice: str) -> None:
        for _ in range(20):
            self.stage.settle()
            state = self.incident.notices[notice]
            if state.mark == "sent":
                return
            until(self.stage, (state.resume_at or self.app.now()) + timedelta(minutes=1))
        raise DrillFailed(f"the sending of {notice} does not end: {self.incident.notices[notice].counts}")

    def _two_addresses(self) -> tuple[str, str]:
        people = self._told()
        return people[3].email or "", people[7].email or ""

    def _told(self) -> list[AffectedPerson]:
        """Everybody who is owed a letter, as the scope found them."""
        return [person for _, person in readers(self.app, self.incident)]

    def _unreached(self) -> list[tuple[str, str]]:
        """(notice, id) of people whose letter was refused: somebody has to tell them otherwise."""
        key = self.app.people_key(self.key)
        found: dict[str, str] = {}
        with self.app.database.read() as connection:
            for letter in letter_states(self.incident):
                rows = ledger.rows_of(connection, self.key, letter.id, states=("refused",))
                found |= {row.person: letter.id for row in rows}
        hidden = ((who, pseudonym(key, who)) for who in self.stage.world.countries)
        return [(found[person], who) for who, person in hidden if person in found]

    def _report(self) -> None:
        self._at(script.PAPERS)
        self._file(self._reports())
        for duty in [d.opened.key for d in self.incident.duties.values() if d.mark == "open"]:
            actions.release_duty(
                self.app, self._as("chi"), self.key, duty, because="not owed, says counsel (drill)"
            )
        self.stage.settle()
        self.tell.scene("the reports are made and filed")
        for path in self.papers:
            self.tell.file(path)
        self.tell.news(self.incident)
        self.tell.marks(self.incident)

    def _file(self, duties: list[str]) -> None:
        """Each with its form, where we know one, and under the number that the authority gave."""
        folder = self.stage.out / "papers"
        folder.mkdir(exist_ok=True)
        filed = sum(duty.reference is not None for duty in self.incident.duties.values())
        for number, duty in enumerate(duties, filed + 1):
            if self._has_form(duty):
                _, paper = actions.make_report(self.app, self._as("an"), self.key, duty)
                path = folder / f"{duty.replace('/', '-')}.pdf"
                path.write_bytes(paper.content)
                self.papers.append(path)
            receipt = folder / f"receipt-{number}.txt"
            receipt.write_text(f"DRILL receipt {number} for {duty}\n", encoding="utf-8")
            actions.filed(
                self.app, self._as("an"), self.key, duty, reference=f"DRILL-{number:04d}", receipt=receipt
            )
            self.stage.settle()

    def _has_form(self, duty: str) -> bool:
        """Whether its authority wants a form that we can fill; others are written to on their own portals."""
        law = self.incident.duties[duty].opened.regime
        return f"regimes/{law}/authority.yaml" in self.app.catalog_of(self.incident).files

    def _before_letters(self) -> list[str]:
        """The authorities that the law wants told before the people, or not after them."""
        catalog, open_ = self.app.catalog_of(self.incident), self._reports()
        first = set()
        for duty in self.incident.duties.values():
            rule = catalog.regime(duty.opened.regime).rule(duty.opened.rule)
            wanted = (duty.opened.rule,) if rule and rule.not_after else rule.send_after if rule else ()
            first |= {f"{duty.opened.regime}/{each}/" for each in wanted}
        return [key for key in open_ if key.startswith(tuple(first))]

    def _reports(self) -> list[str]:
        return sorted(
            duty.opened.key
            for duty in self.incident.duties.values()
            if duty.mark == "open" and duty.opened.recipient == "authority"
        )

    def _harden(self) -> None:
        self._at(script.HARDEN)
        phases = ("assess", "notify", "eradicate", "recover", "review")
        self.checklist.do(*phases)
        self.tell.scene(f"eradication, recovery, hardening; status: {self.incident.status}")
        self.tell.news(self.incident)
        self.tell.steps(self.incident, self.checklist, *phases[:2])
        for phase in phases[2:]:
            self.tell.steps(self.incident, self.checklist, phase, titles=True)

    def _close(self) -> Outcome:
        self._at(script.CLOSE)
        actions.close(
            self.app, self._as("an"), self.key, because="every duty met; one letter in doubt was sent twice"
        )
        self.stage.settle()
        incident = self.incident
        self.tell.scene(f"closed: {incident.status}")
        self.tell.news(incident)
        self.tell.messages(incident)
        proof = verify(self.app, self.key)
        self._must(proof.fault is None, f"verify: {proof.fault}")
        self.tell.line(f"verified: {proof.entries} entries, head {proof.head[:16]}")
        counts = Counter[str]()
        with self.app.database.read() as connection:
            for letter in letter_states(incident):
                counts.update(ledger.counts(connection, self.key, letter.id))
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
