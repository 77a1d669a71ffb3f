"""Laws that would forbid a letter to say something, and of which it cannot be told yet whether they bind.

Pure. What was said cannot be taken back: what such a law forbids is kept from the people who surely live where it
applies, in the first letter as in the last.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.domain.asked import Asked
from tocsin.domain.catalog import Catalog
from tocsin.domain.facts import Facts
from tocsin.domain.incident import Incident
from tocsin.domain.law.reach import reached
from tocsin.domain.law.rules import Regime, Rule
from tocsin.domain.owing import assessment
from tocsin.domain.places import PLACES, REGIONS, UNKNOWN_PLACE, lies_in


@dataclass(frozen=True)
class Silencing:
    """A rule that would forbid something; `whom` are the cells of people who may be under it, as bits."""

    regime: Regime
    rule: Rule
    whom: int

    @property
    def asked(self) -> Asked:
        """The law and the article, as one that may bind."""
        return Asked(self.regime.id, self.rule.cite, self.regime.full(self.rule.id), sure=False)

    def binds(self, place: str, own: int) -> bool:
        """Whether it may bind people of this place, who are in the cells `own`."""
        here = place != UNKNOWN_PLACE and lies_within(place, self.regime) is True
        return here and not (own and self.whom and not own & self.whom)


def silencing(incident: Incident, catalog: Catalog, facts: Facts) -> list[Silencing]:
    """Every such rule. One under which a duty was opened is no open question: that duty binds, until it is released."""
    settled = {(duty.opened.regime, duty.opened.rule) for duty in incident.duties.values()}
    return [
        Silencing(regime, rule, reached(regime, rule, facts, catalog.contacts.organisation))
        for regime, rule in _undecided(incident, catalog)
        if rule.must_not_contain and rule.recipient == "individuals" and (regime.id, rule.id) not in settled
    ]


def _undecided(incident: Incident, catalog: Catalog) -> Iterable[tuple[Regime, Rule]]:
    for each in assessment(incident, catalog).undecided:
        regime = catalog.regimes[each.regime]
        if rule := regime.rule(each.rule):
            yield regime, rule


def lies_within(place: str, regime: Regime) -> bool | None:
    """Whether a place lies where a law applies; None where only parts of it may. A law of the world is everywhere."""
    where = regime.jurisdiction
    return lies_in(place, (where,)) if where in PLACES or where in REGIONS else True
