"""What one law asks of a letter, what the letter lacks of it, what it waits for: each in a line with the way out."""

from typing import NamedTuple

from tocsin.domain.facts import FACTS


class Asked(NamedTuple):
    """One law that asks for something, with its article and the duty: `us-ma`, `Mass. G.L. c. 93H, s. 3(b)`."""

    law: str
    cite: str
    duty: str
    #: Whether it surely asks: not a candidate that counsel has yet to confirm, nor a rule that cannot be told yet.
    sure: bool = True

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
        if not self.asked.sure:
            return self._doubt(incident, letter)
        if self.forbidden:
            return (
                f"{letter} says {self.part}, which {self.asked} forbids, and its templates cannot leave that out: "
                f"change notices/letter.yaml and the templates, or counsel releases {self.asked.duty}"
            )
        return (
            f"{letter} does not say {self.part}, which {self.asked} asks for: "
            f"tocsin learn {incident} {self.way_out}, or counsel releases {self.asked.duty}"
        )

    @property
    def way_out(self) -> str:
        """How `tocsin learn` is told what the part needs."""
        if self.facts:
            return " ".join(map(way_to_say, self.facts))
        return f"'letter_parts={{{self.part}: {{en: ..., vi: ...}}}}'"

    def _doubt(self, incident: str, letter: str) -> str:
        return (
            f"{letter} goes without {self.part}, which {self.asked} may ask for. Does that law bind? Counsel says: "
            f"tocsin duties {incident} --release {self.asked.duty} --because ..., or --confirm; "
            f"the part comes with tocsin learn {incident} {self.way_out}"
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
