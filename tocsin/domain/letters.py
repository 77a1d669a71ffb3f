"""One letter for each set of people whose laws agree: as few as possible, each with the reason why it is one.

Pure. A person under three laws gets one letter that says what all three want. A letter of its own is for people of
whom a law forbids what the common letter says, wants something told before, or asks for a part that nobody has
written yet: they would else hold up everybody. Parts that laws add differ from reader to reader inside one letter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from tocsin.domain.catalog import Catalog
from tocsin.domain.demands import Asked, Demand, Lack, Readers, Wait, demands
from tocsin.domain.facts import Facts
from tocsin.domain.holds import Held
from tocsin.domain.incident import Incident
from tocsin.domain.owing import facts_of
from tocsin.domain.parts import LetterParts
from tocsin.domain.timeline import digest

#: The letter to everybody whom no law sets apart.
CUSTOMERS = "customers"
#: Those whose place nobody knows, where they are set apart.
UNPLACED = f"{CUSTOMERS}-unknown-place"
#: What a law wants of e-mail, in words.
_EMAIL = {
    "consent": "who has not agreed to e-mail is told by post",
    "usual-channel": "by e-mail only where that is how we always write, else by post",
    "never": "by post, and not by e-mail",
}
#: Marks of a letter under which its readers stay its readers, whatever is learned.
_GONE = ("released", "sending", "paused", "sent")


class Owed(NamedTuple):
    """What some readers are owed: the duties that bind, the texts that are added, the sections that must not stand."""

    duties: tuple[str, ...]
    added: tuple[str, ...]
    left_out: tuple[str, ...]
    #: What e-mail needs before their laws take it for a letter, each with the law.
    email_needs: Mapping[str, Asked]


@dataclass(frozen=True)
class LetterPlan:
    """One letter: to whom, what it leaves out, what it lacks and waits for, and why it is one."""

    id: str
    readers: Mapping[Readers, Owed]
    people: int
    #: Sections that do not stand in it.
    left_out: tuple[str, ...] = ()
    lacks: tuple[Lack, ...] = ()
    waits: tuple[Wait, ...] = ()
    #: Duties to its readers that an authority's request holds back.
    held: tuple[Held, ...] = ()
    because: tuple[str, ...] = ()
    #: When the first of its open duties is due, by law or by our own aim.
    due_at: datetime | None = None

    @property
    def duties(self) -> tuple[str, ...]:
        """Keys of the duties that it discharges, alone or with other letters."""
        return tuple(dict.fromkeys(key for owed in self.readers.values() for key in owed.duties))

    @property
    def added(self) -> dict[str, tuple[str, ...]]:
        """For each kind of readers, by key, the names of the texts that stand in theirs besides."""
        return {readers.key: owed.added for readers, owed in self.readers.items()}


def letters_of(incident: Incident, catalog: Catalog) -> tuple[LetterPlan, ...]:
    """The letters that people are owed, the common one first; none before anybody was found and is owed one."""
    facts = facts_of(incident, catalog)
    asked = [_answered(each, catalog.letter, facts, incident) for each in demands(incident, catalog, facts)]
    if not any(answer.demand.duties for answer in asked):
        return ()
    sets = _in_sets(asked, incident)
    return tuple(
        _plan(letter, sets[letter], incident)
        for letter in sorted(sets, key=lambda letter: (letter != CUSTOMERS, letter))
    )


@dataclass(frozen=True)
class _Answered:
    """What some readers are owed beside what the letter can say to them."""

    demand: Demand
    left_out: tuple[str, ...]
    added: tuple[str, ...]
    lacks: tuple[Lack, ...]
    waits: tuple[Wait, ...]
    because: tuple[str, ...]

    @property
    def owed(self) -> Owed:
        """What these readers are owed, in short."""
        return Owed(self.demand.duties, self.added, self.left_out, self.demand.email_needs)

    @property
    def apart(self) -> tuple[object, ...]:
        """What keeps these readers out of another's letter, as far as it is so now."""
        held = tuple(each.duty for each in self.demand.held)
        return (
            self.left_out,
            tuple(wait.duty for wait in self.waits),
            tuple(lack.part for lack in self.lacks),
            held,
        )

    @property
    def laws(self) -> set[str]:
        """The laws that set them apart."""
        forbidding = self.demand.must_not_say.values() if self.left_out else ()
        found = (*forbidding, *(wait.asked for wait in self.waits), *(lack.asked for lack in self.lacks))
        return {asked.law for asked in found} | {held.duty.partition("/")[0] for held in self.demand.held}


def _answered(demand: Demand, parts: LetterParts, facts: Facts, incident: Incident) -> _Answered:
    forbidden = demand.must_not_say
    left_out = parts.forbidden(forbidden)
    added: dict[str, None] = {}
    lacks = [Lack(part, asked, forbidden=True) for part, asked in forbidden.items() if parts.keeps(part)]
    why: dict[tuple[str, str], list[str]] = {}
    for part, asked in forbidden.items():
        why.setdefault((f"{asked} forbids", ""), []).append(part)
    for part, asked in demand.must_say.items():
        section, addition = parts.section(part), parts.addition(part, facts)
        if part in forbidden or section in left_out or (addition and parts.tells(addition, forbidden)):
            why.setdefault((f"{asked} asks for", ": what another law forbids stays out"), []).append(part)
        elif section and not parts.missing(section, facts):
            continue
        elif addition:
            added[addition] = None
        elif demand.somewhere:
            lacks.append(Lack(part, asked, parts.wanted(part, facts)))
            why.setdefault((f"{asked} asks for", ", which nobody has written yet"), []).append(part)
        else:
            why.setdefault((f"{asked} may ask for", ": nobody knows where these people live"), []).append(
                part
            )
    waits = _waits(demand, incident)
    because = [f"{law} {', '.join(named)}{end}" for (law, end), named in why.items()]
    because += [f"{wait.asked}: {wait.duty} comes first" for wait in waits]
    because += [f"{held.duty} is {held.words}" for held in demand.held]
    because += [f"{asked}: {_EMAIL[need]}" for need, asked in demand.email_needs.items()]
    return _Answered(demand, left_out, tuple(added), tuple(lacks), waits, tuple(because))


def _waits(demand: Demand, incident: Incident) -> tuple[Wait, ...]:
    """The open duties that must be discharged first. One that was never opened is not owed, and holds up nobody."""
    return tuple(
        Wait(duty.opened.key, asked)
        for ref, asked in demand.send_after.items()
        for duty in incident.duties.values()
        if duty.mark == "open" and f"{duty.opened.regime}/{duty.opened.rule}" == ref
    )


def _in_sets(asked: Iterable[_Answered], incident: Incident) -> dict[str, list[_Answered]]:
    """The readers of each letter, by its id."""
    sets: dict[str, list[_Answered]] = {}
    alike: dict[tuple[object, ...], list[_Answered]] = {}
    for answer in asked:
        if home := _home(answer, incident):
            sets.setdefault(home, []).append(answer)
        else:
            alike.setdefault(answer.apart, []).append(answer)
    common = _common(alike, incident)
    for apart, answers in alike.items():
        sets.setdefault(CUSTOMERS if apart == common else _named(answers), []).extend(answers)
    return sets


def _home(answer: _Answered, incident: Incident) -> str | None:
    """The letter in which these readers stay: one that left for them, or one of their own that leaves out the same.

    So nobody gets two letters because something was learned meanwhile, and no letter changes its name.
    """
    key = answer.demand.readers.key
    for notice in incident.notices.values():
        own = notice.id != CUSTOMERS and notice.left_out == answer.left_out
        if key in notice.added and (own or notice.mark in _GONE):
            return notice.id
    return None


def _common(alike: Mapping[tuple[object, ...], list[_Answered]], incident: Incident) -> tuple[object, ...]:
    """What sets nobody apart; where all are set apart, what holds for most of them."""
    nothing: tuple[object, ...] = ((), (), (), ())
    if nothing in alike or not alike or CUSTOMERS in incident.notices:
        return nothing
    return max(alike, key=lambda apart: (sum(each.demand.people for each in alike[apart]), str(apart)))


def _named(answers: list[_Answered]) -> str:
    """`customers-us-ma`, after the laws that set its readers apart."""
    if not any(answer.demand.somewhere for answer in answers):
        return UNPLACED
    laws = sorted({law for answer in answers for law in answer.laws})
    return "-".join(
        [CUSTOMERS, *laws] if len(laws) < 3 else [CUSTOMERS, laws[0], f"and-{len(laws) - 1}-more"]
    )


def _plan(letter: str, answers: list[_Answered], incident: Incident) -> LetterPlan:
    owed = {
        each.demand.readers: Owed(each.demand.duties, each.added, each.left_out, each.demand.email_needs)
        for each in answers
    }
    duties = [
        incident.duties[key] for key in dict.fromkeys(key for each in owed.values() for key in each.duties)
    ]
    # What left for some of them is what it was, whatever their laws say now.
    before = incident.notices.get(letter)
    gone = before is not None and before.mark in _GONE
    return LetterPlan(
        letter,
        MappingProxyType(owed),
        sum(each.demand.people for each in answers),
        before.left_out if before and gone else answers[0].left_out,
        tuple({(lack.part, lack.asked): lack for each in answers for lack in each.lacks}.values()),
        tuple(dict.fromkeys(wait for each in answers for wait in each.waits)),
        tuple(dict.fromkeys(held for each in answers for held in each.demand.held)),
        tuple(dict.fromkeys(line for each in answers for line in each.because)),
        min((duty.soonest for duty in duties if duty.mark == "open" and duty.soonest), default=None),
    )


def recipients_digest(letters: Iterable[LetterPlan], notice: str, everybody: str) -> str:
    """Whom a letter goes to, as an approval binds it: all of the set with this digest, or some of them."""
    others = sorted(readers.key for each in letters if each.id != notice for readers in each.readers)
    own = sorted(readers.key for each in letters if each.id == notice for readers in each.readers)
    if notice.startswith(f"{CUSTOMERS}-"):
        return digest({"of": everybody, "only": own})
    return digest({"of": everybody, "without": others}) if notice == CUSTOMERS and others else everybody
