"""What the laws ask of a letter to people whom they treat alike: what it must say, must not say, and waits for.

Pure. Who is under a duty follows from its rule, cell by cell. Where the place of people is unknown, every law may
bind: what those laws want said is said as far as anybody can, and what must come first is waited for; but nothing is
kept from such people, since to leave out what happened would break more laws than it keeps.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tocsin.domain.catalog import Catalog
from tocsin.domain.cells import Cell
from tocsin.domain.circumstances import content_of
from tocsin.domain.conditions import evaluate
from tocsin.domain.facts import FACTS, Facts
from tocsin.domain.holds import Held, held
from tocsin.domain.incident import DutyState, Incident
from tocsin.domain.kinds import ScopeMeasured
from tocsin.domain.places import PLACES, REGIONS, UNKNOWN_PLACE, lies_in
from tocsin.domain.reach import of_whom, reached
from tocsin.domain.rules import Regime, Rule

#: Where nobody said as what we hold the data, or who the people are.
_ROLE, _GROUP = "controller", "customers"


class Readers(NamedTuple):
    """People whom the laws treat alike: where they live, as what we hold their data, who they are to us."""

    place: str
    role: str
    group: str

    @property
    def key(self) -> str:
        """How entries and the ledger name them: `US-MA/controller/customers`."""
        return "/".join(self)


class Asked(NamedTuple):
    """One law that asks for something, with its article and the duty: `us-ma`, `Mass. G.L. c. 93H, s. 3(b)`."""

    law: str
    cite: str
    duty: str

    def __str__(self) -> str:
        return f"{self.cite} ({self.law})"


class Lack(NamedTuple):
    """A part that a law asks for and the letter does not say; the facts that would let it, where some would.

    Or the other way round: a part that the law forbids, and that the templates cannot do without.
    """

    part: str
    asked: Asked
    facts: tuple[str, ...] = ()
    forbidden: bool = False

    def words(self, incident: str, letter: str) -> str:
        """One line: what is wrong, which article says so, and the ways out."""
        if self.forbidden:
            return (
                f"{letter} says {self.part}, which {self.asked} forbids, and its templates cannot leave that out: "
                f"change notices/letter.yaml and the templates, or counsel releases {self.asked.duty}"
            )
        learn = (
            " ".join(map(way_to_say, self.facts))
            if self.facts
            else f"'letter_parts={{{self.part}: {{en: ..., vi: ...}}}}'"
        )
        return (
            f"{letter} does not say {self.part}, which {self.asked} asks for: tocsin learn {incident} {learn}, "
            f"or counsel releases {self.asked.duty}"
        )


def way_to_say(fact: str) -> str:
    """How `tocsin learn` is told a fact that the letter prints: words, in each of its languages."""
    return f"'{fact}={{en: ..., vi: ...}}'" if FACTS[fact].type == "text" else f"{fact}=..."


class Wait(NamedTuple):
    """An open duty that must be discharged before a letter may leave, and the law that says so."""

    duty: str
    asked: Asked

    def words(self, incident: str) -> str:
        """One line: what comes first, by which article, and how it is done."""
        return (
            f"{self.duty} comes first, says {self.asked}: tocsin filed {incident} {self.duty} --reference NO"
        )


@dataclass(frozen=True)
class Demand:
    """What all laws together ask of the letter to these readers, each part with the law that asks first."""

    readers: Readers
    people: int
    #: Keys of the duties that this letter discharges, among others.
    duties: tuple[str, ...]
    must_say: Mapping[str, Asked]
    must_not_say: Mapping[str, Asked]
    #: `regime/rule` that must be told before.
    send_after: Mapping[str, Asked]
    #: What e-mail needs before these laws take it for a letter: `consent`, `usual-channel`, or `never`.
    email_needs: Mapping[str, Asked]
    #: Duties that an authority's request holds back.
    held: tuple[Held, ...]

    @property
    def somewhere(self) -> bool:
        """Whether it is known where these people live."""
        return self.readers.place != UNKNOWN_PLACE


def telling_duties(incident: Incident) -> list[DutyState]:
    """Duties to tell people that are owed: open, or met by a letter already. One that was let go asks for nothing."""
    return [
        duty
        for duty in incident.duties.values()
        if duty.opened.recipient == "individuals" and duty.mark != "released"
    ]


def demands(incident: Incident, catalog: Catalog, facts: Facts) -> tuple[Demand, ...]:
    """What is asked for all who were found, in the order of their places. `facts` know the categories of kinds."""
    if incident.scope is None:
        return ()
    duties = [
        _Owed(duty, catalog.regimes.get(duty.opened.regime), facts, catalog)
        for duty in telling_duties(incident)
    ]
    cells = facts.cells_or_blank
    found = []
    for readers, people in sorted(readers_of(incident.scope).items()):
        own = sum(1 << number for number, cell in enumerate(cells) if _are(readers, cell))
        found.append(_demand(readers, people, [duty for duty in duties if duty.binds(readers, own)]))
    return tuple(found)


def readers_of(scope: ScopeMeasured) -> dict[Readers, int]:
    """How many people there are of each kind of readers. Who was not counted is behind our customers, and not ours."""
    found: dict[Readers, int] = {}
    for cell in scope.cells:
        if count := cell.get("count"):
            readers = as_readers(cell.get("place"), cell.get("role"), (cell.get("group") or (None,))[0])
            found[readers] = found.get(readers, 0) + count
    return found or {as_readers(place, None, None): count for place, count in scope.by_place.items() if count}


def as_readers(place: str | None, role: str | None, group: str | None) -> Readers:
    """The readers that a person belongs to."""
    return Readers(place or UNKNOWN_PLACE, role or _ROLE, group or _GROUP)


class _Owed:
    """A duty to tell people, its rule, and the cells of people who may be under it."""

    def __init__(self, state: DutyState, regime: Regime | None, facts: Facts, catalog: Catalog) -> None:
        self.state, self.regime = state, regime
        self.rule: Rule | None = regime.rule(state.opened.rule) if regime else None
        self.content = state.opened.content
        rule = self.rule
        if regime and rule:
            whom = {"among": of_whom(regime, rule, catalog.contacts.organisation), "spared": rule.spares}
            self.content = content_of(
                rule, lambda when: evaluate(when, facts, catalog.contacts.organisation, **whom).answer
            )
        self.held = held(state.opened.key, self.rule, facts)
        organisation = catalog.contacts.organisation
        self._reached = reached(regime, self.rule, facts, organisation) if regime and self.rule else 0

    def binds(self, readers: Readers, own: int) -> bool:
        """Whether these people, who are in the cells `own`, may be under it.

        Where the facts name nobody any more, those of its jurisdiction are.
        """
        place = self.state.opened.place
        if place and lies_in(readers.place, (place,)) is False:
            return False
        if self._reached and own:
            return bool(self._reached & own)
        return self.regime is None or lies_within(readers.place, self.regime) is not False

    def knows(self, place: str) -> bool:
        """Whether people of this place surely live where the law applies: `US` may lie in Massachusetts or not."""
        return place != UNKNOWN_PLACE and (self.regime is None or lies_within(place, self.regime) is not None)


def lies_within(place: str, regime: Regime) -> bool | None:
    """Whether a place lies where a law applies; None where only parts of it may. A law of the world is everywhere."""
    where = regime.jurisdiction
    return lies_in(place, (where,)) if where in PLACES or where in REGIONS else True


def _are(readers: Readers, cell: Cell) -> bool:
    """Whether these people may be in this cell: a field that it leaves open fits everybody."""
    return (
        cell.place in (None, readers.place)
        and cell.role in (None, readers.role)
        and (cell.group is None or readers.group in cell.group)
    )


def _demand(readers: Readers, people: int, duties: Iterable[_Owed]) -> Demand:
    must: dict[str, Asked] = {}
    must_not: dict[str, Asked] = {}
    after: dict[str, Asked] = {}
    email: dict[str, Asked] = {}
    holds: list[Held] = []
    keys = []
    for duty in duties:
        opened = duty.state.opened
        asked = Asked(opened.regime, opened.cite, opened.key)
        keys.append(opened.key)
        for part in duty.content:
            must.setdefault(part, asked)
        if duty.rule is None or duty.regime is None:
            continue
        if duty.held and duty.state.mark == "open":
            holds.append(duty.held)
        for ref in duty.rule.send_after:
            after.setdefault(duty.regime.full(ref), asked)
        if duty.knows(readers.place):
            if channel := duty.rule.channel:
                need = channel.email_needs if "email" in channel.by else "never"
                email |= {} if need is None or need in email else {need: asked}
            for part in duty.rule.must_not_contain:
                must_not.setdefault(part, asked)
    return Demand(readers, people, tuple(keys), must, must_not, after, email, tuple(holds))
