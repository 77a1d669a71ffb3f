"""One letter for each set of people whose laws agree: as few as possible, each with the reason why it is one.

Pure. A person under three laws gets one letter that says what all three want. A letter of its own is for people of
whom a law forbids what the common letter says, wants something told before, or asks for a part that nobody has
written yet: they would else hold up everybody. Parts that laws add differ from reader to reader inside one letter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from types import MappingProxyType

from tocsin.domain.asked import Lack, Wait
from tocsin.domain.canonical import digest
from tocsin.domain.catalog import Catalog
from tocsin.domain.demands import Readers
from tocsin.domain.incident import Incident
from tocsin.domain.law.holds import Held
from tocsin.domain.replies import Owed, Reply, replies

#: The letter to everybody whom no law sets apart.
CUSTOMERS = "customers"
#: Those whose place nobody knows, where they are set apart.
UNPLACED = f"{CUSTOMERS}-unknown-place"
#: Marks of a letter under which its readers stay its readers, whatever is learned.
_GONE = ("released", "sending", "paused", "sent")


@dataclass(frozen=True)
class LetterPlan:
    """One letter: to whom, what it leaves out, what it lacks and waits for, and why it is one."""

    id: str
    readers: Mapping[Readers, Owed]
    people: int
    #: Sections that do not stand in it.
    left_out: tuple[str, ...] = ()
    lacks: tuple[Lack, ...] = ()
    #: Parts that only a candidate asks for, and that it goes without: it is surely owed by another law.
    without: tuple[Lack, ...] = ()
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
    """The letters that people are owed, the common one first; none before anybody was found and is owed one.

    Where nobody is notified, as a person decided, the laws still limit a letter that somebody drafts.
    """
    asked = replies(incident, catalog)
    if not any(answer.demand.duties or answer.demand.not_notified for answer in asked):
        return ()
    sets = _in_sets(asked, incident)
    return tuple(
        _plan(letter, sets[letter], incident)
        for letter in sorted(sets, key=lambda letter: (letter != CUSTOMERS, letter))
    )


def _in_sets(asked: Iterable[Reply], incident: Incident) -> dict[str, list[Reply]]:
    """The readers of each letter, by its id."""
    sets: dict[str, list[Reply]] = {}
    alike: dict[tuple[object, ...], list[Reply]] = {}
    for answer in asked:
        if home := _home(answer, incident):
            sets.setdefault(home, []).append(answer)
        else:
            alike.setdefault(answer.apart, []).append(answer)
    common = _common(alike, incident)
    for apart, answers in alike.items():
        letter = CUSTOMERS if apart == common else _free(_named(answers), answers, sets)
        sets.setdefault(letter, []).extend(answers)
    return sets


def _free(name: str, answers: list[Reply], sets: Mapping[str, list[Reply]]) -> str:
    """This name, or with a number where it is that of a letter which leaves out something else.

    Other laws may give the same name, for a name holds two at most; in one letter one of them would be broken.
    """
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(
        one for one in names if all(each.left_out == answers[0].left_out for each in sets.get(one, ()))
    )


def _home(answer: Reply, incident: Incident) -> str | None:
    """The letter in which these readers stay: one that left for them, or one of their own that leaves out the same.

    So nobody gets two letters because something was learned meanwhile, and no letter changes its name.
    """
    key = answer.demand.readers.key
    for notice in incident.notices.values():
        own = notice.id != CUSTOMERS and notice.left_out == answer.left_out
        if key in notice.added and (own or notice.mark in _GONE):
            return notice.id
    return None


def _common(alike: Mapping[tuple[object, ...], list[Reply]], incident: Incident) -> tuple[object, ...]:
    """What sets nobody apart; where all are set apart, what holds for most of them."""
    nothing: tuple[object, ...] = ((), (), (), ())
    if nothing in alike or not alike or CUSTOMERS in incident.notices:
        return nothing
    return max(alike, key=lambda apart: (sum(each.demand.people for each in alike[apart]), str(apart)))


def _named(answers: list[Reply]) -> str:
    """`customers-us-ma`, after the laws that set its readers apart."""
    if not any(answer.demand.somewhere for answer in answers):
        return UNPLACED
    laws = sorted({law for answer in answers for law in answer.laws})
    return "-".join(
        [CUSTOMERS, *laws] if len(laws) < 3 else [CUSTOMERS, laws[0], f"and-{len(laws) - 1}-more"]
    )


def _plan(letter: str, answers: list[Reply], incident: Incident) -> LetterPlan:
    owed = {each.demand.readers: each.owed for each in answers}
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
        _once(each.lacks for each in answers),
        _once(each.without for each in answers),
        tuple(dict.fromkeys(wait for each in answers for wait in each.waits)),
        tuple(dict.fromkeys(held for each in answers for held in each.demand.held)),
        tuple(dict.fromkeys(line for each in answers for line in each.because)),
        min((duty.soonest for duty in duties if duty.mark == "open" and duty.soonest), default=None),
    )


def _once(lacks: Iterable[tuple[Lack, ...]]) -> tuple[Lack, ...]:
    return tuple({(lack.part, lack.asked): lack for each in lacks for lack in each}.values())


def recipients_digest(letters: Iterable[LetterPlan], notice: str, everybody: str) -> str:
    """Whom a letter goes to, as an approval binds it: all of the set with this digest, or some of them."""
    others = sorted(readers.key for each in letters if each.id != notice for readers in each.readers)
    own = sorted(readers.key for each in letters if each.id == notice for readers in each.readers)
    if notice.startswith(f"{CUSTOMERS}-"):
        return digest({"of": everybody, "only": own})
    return digest({"of": everybody, "without": others}) if notice == CUSTOMERS and others else everybody
