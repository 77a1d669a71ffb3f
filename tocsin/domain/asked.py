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
    """A duty that must be discharged before a letter may leave, and the law that says so."""

    duty: str
    asked: Asked
    #: A person decided not to notify under it. That changes no order: only counsel's reading of the law does.
    decided: bool = False

    @property
    def comes(self) -> str:
        """`comes`, or `may have to come` where nobody is sure that the law binds which says so."""
        return "comes" if self.asked.sure else "may have to come"

    def words(self, incident: str) -> str:
        """One line: what comes first, by which article, how it is done, and what counsel can say of a doubt."""
        line = f"{self.duty} {self.comes} first, says {self.asked}{self._way(incident)}"
        if self.asked.sure:
            return line
        return (
            f"{line}. Does that law bind? An order once broken cannot be mended, so the letter waits; counsel "
            f"says: tocsin duties {incident} --release {self.asked.duty} --because ..., or --confirm"
        )

    @property
    def command(self) -> str:
        """The verb that gets it out of the way, without the incident."""
        return f"not-notify {self.duty} --take-back" if self.decided else f"filed {self.duty}"

    def _way(self, incident: str) -> str:
        if not self.decided:
            return f": tocsin filed {incident} {self.duty} --reference NO"
        return (
            "; it was decided not to notify it, which changes no order: "
            f"tocsin not-notify {incident} {self.duty} --take-back --because ..., "
            f"or counsel finds it not owed: tocsin duties {incident} --release {self.duty} --because ..."
        )
