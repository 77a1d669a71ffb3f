"""One cell of people in the light of the whole incident: what can be read, by whom, with what intent, what came back.

Pure. These are the questions that every reason for or against a high risk asks first. Nothing is taken as known that
nobody has learned; what is stated gives way to what other facts make worse.
"""

from collections.abc import Iterator, Mapping
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
#: A door that stood open to strangers; robots find such doors within hours.
_OPEN_DOOR = frozenset(("misconfiguration", "wrong-permissions", "unintended-publication", "vulnerability"))
_LONG_UNSEEN_DAYS = 30
#: From least to most: what is stated and what other facts imply are compared by this.
_DISCLOSURES = ("excluded", "possible", "likely", "confirmed")
#: Whoever has the data got them, whatever is said of their disclosure.
_HAS_THEM: Mapping[str | None, str] = {
    "one-bound": "somebody bound to secrecy has them",
    "known": "somebody known has them",
    "unknown": "strangers have them",
    "public": "they are public",
}


@dataclass(frozen=True)
class View:
    """One cell of people with the facts of the whole incident around it."""

    facts: Facts
    cell: Cell

    @cached_property
    def categories(self) -> frozenset[str]:
        return frozenset(self.cell.categories or ())

    @cached_property
    def groups(self) -> frozenset[str]:
        return frozenset(self.cell.group or ())

    @cached_property
    def misuse(self) -> tuple[str, ...]:
        """The known misuse that harms people, in order."""
        return tuple(sorted(BAD_MISUSE & set(self.cell.misuse or ())))

    @cached_property
    def nature(self) -> frozenset[str]:
        nature = self.facts.get("nature")
        return frozenset(str(each) for each in nature) if isinstance(nature, list) else frozenset()

    @cached_property
    def malicious(self) -> bool:
        """Known malice, or an act that nobody does by accident; theft counts."""
        intent = self.facts.get("intent")
        return intent == "malicious" or (intent != "accidental" and bool(_MALICIOUS & self.nature))

    @property
    def accidental(self) -> bool:
        return self.facts.get("intent") == "accidental"

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
        """As stated, or worse where other facts say so; None while nothing tells."""
        words = [word for word, _ in self._disclosures]
        return max(words, key=_DISCLOSURES.index, default=None)

    @cached_property
    def disclosure_in_words(self) -> str:
        """The disclosure, and, where it is not simply as stated, what makes it so."""
        said = self.disclosure
        if said is None:
            return "disclosure is not known"
        why = [reason for word, reason in self._disclosures if word == said and reason]
        if said == self.cell.disclosure or not why:
            return f"disclosure is {said}"
        return f"disclosure is {said}, since {' and '.join(why)}"

    @property
    def contradiction(self) -> str | None:
        """Where some facts exclude a disclosure, though others say that it happened."""
        against = [why for word, why in self._disclosures if word == "excluded"]
        if not against or self.disclosure == "excluded":
            return None
        but = " and ".join(why for word, why in self._disclosures if word == self.disclosure)
        return (
            f"{against[0] or 'disclosure is excluded'}, and yet {but}: disclosure counts as {self.disclosure}"
        )

    @cached_property
    def _disclosures(self) -> tuple[tuple[str, str], ...]:
        """Each word that the facts give for the disclosure, with the facts; for the stated one there are none."""
        return tuple(self._said_of_disclosure())

    def _said_of_disclosure(self) -> Iterator[tuple[str, str]]:
        cell = self.cell
        if cell.disclosure:
            yield cell.disclosure, ""
        elif cell.access in ("none", "attempted"):
            yield "excluded", f"access is {cell.access}"
        if cell.access in ("viewed", "acquired"):
            yield "confirmed", f"access is {cell.access}"
        if cell.recipients in _HAS_THEM:
            yield "confirmed", _HAS_THEM[cell.recipients]
        if self.misuse:
            yield "confirmed", f"misuse is {in_words(self.misuse)}"
        if "data-theft" in self.nature:
            yield "likely", "nature is data-theft"
        if cell.disclosure == "possible" and (hidden := self._hidden):
            if self.malicious:
                yield "likely", f"{hidden} hides what an attacker did"
            elif _OPEN_DOOR & self.nature:
                yield "likely", f"{hidden} hides who came through an open door"

    @cached_property
    def _hidden(self) -> str | None:
        """What keeps an intruder from being seen: logs with gaps, or a long time."""
        if (logs := self.facts.get("log_coverage")) in ("none", "partial"):
            return f"log_coverage {logs}"
        days = self.cell.unseen_days or 0
        return f"unseen_days {days}" if days > _LONG_UNSEEN_DAYS else None

    @property
    def disclosed(self) -> bool:
        return self.disclosure in ("confirmed", "likely")

    @property
    def within_reach(self) -> bool:
        """Disclosed, or an attacker could read it: then what nobody has excluded is enough."""
        if self.disclosure is None:
            return self.malicious and not self._untouched("confidentiality")
        return self.disclosed or (self.disclosure == "possible" and self.malicious)

    @property
    def in_a_thiefs_hands(self) -> bool:
        """Whether the medium itself was stolen, so that whoever has it has the data."""
        return bool(_STOLEN_MEDIUM & self.nature) and self.disclosure != "excluded"

    @cached_property
    def unread(self) -> str | None:
        """Why nobody can have read anything, where that is proven.

        Logs prove it. Of an accident it is proven too when it never touched confidentiality, as a power cut, or
        when the thing came back unread, as a sealed letter; unless logs were looked for and have gaps.
        """
        logs = self.facts.get("log_coverage")
        if self.disclosure != "excluded" or logs in ("partial", "none"):
            return None
        if logs == "complete":
            return "complete logs exclude disclosure"
        if self.accidental and self._untouched("confidentiality"):
            return "an accident in which nobody could read anything"
        if self.accidental and self.cell.access == "none" and self.cell.recipients == "none":
            return "it came back unread, and nobody has it"
        return None

    @cached_property
    def kept(self) -> bool:
        """An accident, and whoever has the data keeps them to themselves.

        The recipient is bound to secrecy and does not refuse deletion, or is at least known and has deleted them.
        """
        deleted = self.cell.deletion_confirmed
        bound = self.cell.recipients == "one-bound" and deleted is not False
        return self.accidental and (bound or (self.cell.recipients == "known" and deleted is True))

    @property
    def undone(self) -> bool:
        """Kept by somebody who is bound to it, and deleted."""
        return self.kept and self.cell.recipients == "one-bound" and self.cell.deletion_confirmed is True

    @cached_property
    def felt(self) -> bool:
        """Known: people were affected by what was lost or altered, or it cannot be put right."""
        cell = self.cell
        return (
            cell.loss == "permanent"
            or cell.alteration == "unrecoverable"
            or cell.service_impact not in (None, "none")
        )

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
