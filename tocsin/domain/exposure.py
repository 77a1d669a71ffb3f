"""One cell of people in the light of the whole incident: what can be read, by whom, with what intent, what came back.

Pure. These are the questions that every reason for or against a high risk asks first. Nothing is taken as known that
nobody has learned; what is stated gives way to what other facts make worse.
"""

from dataclasses import dataclass
from functools import cached_property

from tocsin.domain.cells import Cell
from tocsin.domain.facts import Facts
from tocsin.domain.matching import in_words
from tocsin.domain.questions import CELL_FIELDS
from tocsin.domain.severity import Severity, severity

BAD_MISUSE = frozenset(("impersonation", "fraud", "extortion", "publication"))
_STOLEN_MEDIUM = frozenset(("device-stolen", "paper-stolen"))
_MALICIOUS = _STOLEN_MEDIUM | {"ransomware", "hacking", "phishing", "injection", "data-theft"}
_LONG_UNSEEN_DAYS = 30
#: From least to most: what is stated and what other facts imply are compared by this.
_DISCLOSURES = ("excluded", "possible", "likely", "confirmed")


@dataclass(frozen=True)
class View:
    """One cell of people with the facts of the whole incident around it."""

    facts: Facts
    cell: Cell

    @cached_property
    def categories(self) -> frozenset[str]:
        return frozenset(self.cell.categories or ())

    @cached_property
    def nature(self) -> frozenset[str]:
        nature = self.facts.get("nature")
        return frozenset(str(each) for each in nature) if isinstance(nature, list) else frozenset()

    @cached_property
    def malicious(self) -> bool:
        """Known malice, or an act that nobody does by accident; theft counts."""
        intent = self.facts.get("intent")
        return intent == "malicious" or (intent != "accidental" and bool(_MALICIOUS & self.nature))

    @cached_property
    def unreadable(self) -> bool:
        """Protected against this very access, with proof."""
        return self.cell.protection == "intact" and bool(self.cell.protection_evidence)

    @cached_property
    def readable(self) -> bool:
        """Data can be read, and tied to a person, unless the contrary is known."""
        return not self.unreadable and self.cell.pseudonymous is not True

    @cached_property
    def disclosure(self) -> str | None:
        """As stated, or worse where other facts say so.

        A hidden or long-unseen attacker makes the possible likely.
        """
        implied = [word for word in (self.cell.disclosure,) if word]
        has_data = self.cell.recipients in ("one-bound", "known", "unknown", "public")
        if self.cell.access in ("viewed", "acquired") or has_data or BAD_MISUSE & set(self.cell.misuse or ()):
            implied.append("confirmed")
        if "data-theft" in self.nature or ("possible" in implied and self.malicious and self._hidden):
            implied.append("likely")
        return max(implied, key=_DISCLOSURES.index, default=None)

    @cached_property
    def _hidden(self) -> bool:
        gaps = self.facts.get("log_coverage") in ("none", "partial")
        return gaps or (self.cell.unseen_days or 0) > _LONG_UNSEEN_DAYS

    @property
    def disclosed(self) -> bool:
        return self.disclosure in ("confirmed", "likely")

    @property
    def in_a_thiefs_hands(self) -> bool:
        """Whether the medium itself was stolen, so that whoever has it has the data."""
        return bool(_STOLEN_MEDIUM & self.nature) and self.disclosure != "excluded"

    @cached_property
    def available(self) -> bool:
        """Known: data were not lost, or came back without any effect on people."""
        loss, impact = self.cell.loss, self.cell.service_impact
        if loss == "permanent" or impact not in (None, "none"):
            return False
        if loss in ("temporary", "effort"):
            return impact == "none"
        return loss == "none" or self._untouched("availability")

    @cached_property
    def intact(self) -> bool:
        """Known: data were not altered, or were put right before anybody used them."""
        if self.cell.alteration is None:
            return self._untouched("integrity")
        return self.cell.alteration in ("none", "recovered")

    def _untouched(self, what: str) -> bool:
        breach_of = self.facts.get("breach_of")
        return isinstance(breach_of, list) and what not in breach_of

    @cached_property
    def severity(self) -> Severity | None:
        return severity(self.cell, self.disclosure, self.malicious)

    @property
    def inputs(self) -> tuple[tuple[str, str], ...]:
        """Every known fact that was weighed, in words."""
        weighed = [(CELL_FIELDS[name].name, value) for name, value in self.cell.canonical().items()]
        weighed += [
            (name, self.facts.get(name))
            for name in ("breach_of", "nature", "actor", "intent", "log_coverage")
        ]
        return tuple((name, in_words(value)) for name, value in weighed if value is not None)
