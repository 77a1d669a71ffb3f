"""What people decided of an incident: the risk, and not to notify; who dissents, and what the facts no longer carry."""

from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.domain.catalog import Catalog
from tocsin.domain.decisions import RISK, Dissent
from tocsin.domain.grounds import Doubt, doubts
from tocsin.domain.incident import Incident


@dataclass(frozen=True)
class Decided:
    """One decision that stands: on the `risk`, on a duty, a rule or the whole `breach`. `because` is a commitment."""

    of: str
    #: The level of risk; None where groups of people were decided on one by one, and of what is not notified.
    level: str | None
    by: str
    at: datetime
    because: str
    advised_by: tuple[str, ...] = ()
    look_again: datetime | None = None
    #: A duty was found not to be owed at all.
    not_owed: bool = False
    dissents: tuple[Dissent, ...] = ()
    doubt: Doubt | None = None


def decided(incident: Incident, catalog: Catalog) -> tuple[Decided, ...]:
    """Every decision that stands, that on the risk first, then in the order in which they were taken."""
    doubted = {doubt.of: doubt for doubt in doubts(incident, catalog)}
    risk = incident.grounds.get(RISK)
    found = []
    if risk is not None and any(cell.risk for cell in incident.facts.cells_or_blank):
        level = incident.facts.get(RISK)
        found.append(Decided(RISK, str(level) if level else None, risk.by, risk.at, risk.because))
    found += [
        Decided(
            each.of,
            None,
            each.decided_by,
            each.at,
            each.because,
            each.advised_by,
            each.look_again,
            each.not_owed,
        )
        for each in sorted(incident.decisions.values(), key=lambda decision: decision.seq)
    ]
    return tuple(
        replace(each, dissents=_dissents(incident, each.of), doubt=doubted.get(each.of)) for each in found
    )


def _dissents(incident: Incident, of: str) -> tuple[Dissent, ...]:
    return tuple(each for each in incident.dissents if each.of == of)
