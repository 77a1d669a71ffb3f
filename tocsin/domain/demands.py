"""What the laws ask of a letter to people whom they treat alike: what it must say, must not say, and waits for.

Pure. Who is under a duty follows from its rule, cell by cell. Where the place of people is unknown, every law may
bind: what those laws want said is said as far as anybody can, and what must come first is waited for; but nothing is
kept from such people, since to leave out what happened would break more laws than it keeps. What the law of the place
where people surely live forbids is kept from them also while that law cannot be told yet: a word cannot be taken back.
So it is where a person decided not to notify under that law: it asks for no word then, and limits every other letter.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tocsin.domain.asked import Asked
from tocsin.domain.catalog import Catalog
from tocsin.domain.cells import Cell
from tocsin.domain.facts import Facts
from tocsin.domain.incident import DutyState, Incident
from tocsin.domain.kinds import ScopeMeasured
from tocsin.domain.law.circumstances import content_of
from tocsin.domain.law.conditions import evaluate
from tocsin.domain.law.holds import Held, held
from tocsin.domain.law.reach import of_whom, reached
from tocsin.domain.law.rules import Regime, Rule
from tocsin.domain.places import UNKNOWN_PLACE, lies_in
from tocsin.domain.silencing import Silencing, lies_within, silencing

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
    #: Laws under which nobody is notified, as a person decided, and which limit this letter all the same.
    not_notified: tuple[Asked, ...]
    #: Whether one of the duties is surely owed, and none that counsel has yet to confirm.
    surely_owed: bool

    @property
    def somewhere(self) -> bool:
        """Whether it is known where these people live."""
        return self.readers.place != UNKNOWN_PLACE


def telling_duties(incident: Incident) -> list[DutyState]:
    """Duties to tell people that bind a letter: open, met, or not notified. Only what was found not owed binds none."""
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
    perhaps = silencing(incident, catalog, facts)
    found = []
    everybody = readers_of(incident.scope)
    for key, people in incident.upheld.items():
        readers = Readers(*key.split("/"))
        everybody[readers] = everybody.get(readers, 0) + people
    for readers, people in sorted(everybody.items()):
        own = sum(1 << number for number, cell in enumerate(cells) if _are(readers, cell))
        binding = [duty for duty in duties if duty.binds(readers, own)]
        silenced = [each for each in perhaps if each.binds(readers.place, own)]
        found.append(_demand(readers, people, binding, silenced))
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

    @property
    def notified(self) -> bool:
        """Whether its people are told under it: no letter meets a duty of which a person decided otherwise."""
        return self.state.mark != "not-notified"

    @property
    def asked(self) -> Asked:
        """The law, the article and the duty."""
        opened = self.state.opened
        return Asked(opened.regime, opened.cite, opened.key, sure=not self.state.candidate)

    @property
    def email_needs(self) -> str | None:
        """What e-mail needs before this law takes it for a letter."""
        channel = self.rule.channel if self.rule else None
        if channel is None:
            return None
        return channel.email_needs if "email" in channel.by else "never"

    def limits(self, place: str) -> bool:
        """Whether a letter to this place is bound by it beside what must stand in it."""
        if self.rule is None:
            return False
        here = self.knows(place) and (self.rule.must_not_contain or self.email_needs)
        return bool(self.rule.send_after or self.held or here)

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


def cells_of(readers: Readers, facts: Facts) -> tuple[Cell, ...]:
    """The cells in which these people may be."""
    return tuple(cell for cell in facts.cells_or_blank if _are(readers, cell))


def _are(readers: Readers, cell: Cell) -> bool:
    """Whether these people may be in this cell: a field that it leaves open fits everybody."""
    return (
        cell.place in (None, readers.place)
        and cell.role in (None, readers.role)
        and (cell.group is None or readers.group in cell.group)
    )


def _demand(readers: Readers, people: int, binding: Sequence[_Owed], silenced: Iterable[Silencing]) -> Demand:
    must: dict[str, Asked] = {}
    must_not: dict[str, Asked] = {}
    after: dict[str, Asked] = {}
    email: dict[str, Asked] = {}
    holds: list[Held] = []
    # What is surely owed asks first: a part that a candidate wants too is no doubtful one.
    binding = sorted(binding, key=lambda duty: duty.state.candidate)
    told = [duty for duty in binding if duty.notified]
    for duty in binding:
        asked = duty.asked
        for part in duty.content if duty.notified else ():
            must.setdefault(part, asked)
        if duty.rule is None or duty.regime is None:
            continue
        if duty.held and duty.state.mark != "met":
            holds.append(duty.held)
        for ref in duty.rule.send_after:
            after.setdefault(duty.regime.full(ref), asked)
        if duty.knows(readers.place):
            if need := duty.email_needs:
                email.setdefault(need, asked)
            for part in duty.rule.must_not_contain:
                must_not.setdefault(part, asked)
    for each in silenced:
        for part in each.rule.must_not_contain:
            must_not.setdefault(part, each.asked)
    return Demand(
        readers,
        people,
        duties=tuple(duty.asked.duty for duty in told),
        must_say=must,
        must_not_say=must_not,
        send_after=after,
        email_needs=email,
        held=tuple(holds),
        not_notified=tuple(
            duty.asked for duty in binding if not duty.notified and duty.limits(readers.place)
        ),
        surely_owed=any(not duty.state.candidate for duty in told),
    )
