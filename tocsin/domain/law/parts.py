"""What a letter to people can say, part by part, in the words that laws use for the parts they ask for.

Pure shapes, read from `incident_templates/notices/letter.yaml` and `incident_templates/notices/added/`. A part that
neither a section nor an added text says is said by a person: the fact `letter_parts` holds such words.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator, model_validator

from tocsin.domain.answers import nearest
from tocsin.domain.facts import FACTS, Facts
from tocsin.domain.records import Id, Record, Texts, Verification

#: The fact that holds words which a person wrote for a part.
WRITTEN = "letter_parts"
#: Where the words of a fact stand in an added text.
FACT = "{fact}"


def _facts_exist(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in FACTS:
            raise ValueError(f"there is no fact {name!r}{nearest(name, FACTS)}")
    return names


class Section(Record):
    """One section of the letter that everybody gets, and the parts it says once its facts are known."""

    says: tuple[Id, ...] = Field(min_length=1)
    facts: tuple[str, ...] = ()
    #: Parts that its words may well give away, though no law would take them for said.
    gives_away: tuple[Id, ...] = ()
    #: Whether the templates can do without it.
    may_be_left_out: bool = False
    #: The section in which it stands, and with which it is left out.
    within: Id | None = None

    _known = field_validator("facts")(_facts_exist)


class Added(Record):
    """A text that only those get whose law asks for one of its parts. `text` has paragraphs, apart by blank lines."""

    says: tuple[Id, ...] = Field(min_length=1)
    title: Texts
    #: Where `{fact}` stands in it, the words or the number of `fact` are said; without that fact there is no such text.
    text: Texts
    fact: str | None = None
    gives_away: tuple[Id, ...] = ()
    #: It would be untrue once one of these is known.
    untrue_with: tuple[str, ...] = ()
    #: Only where one of these laws asks for it, such as the address of its own agency; else of whichever law.
    laws: tuple[Id, ...] = ()
    verification: Verification
    source: str

    _known = field_validator("untrue_with")(_facts_exist)

    @model_validator(mode="after")
    def _names_its_fact(self) -> "Added":
        if self.fact is not None:
            _facts_exist((self.fact,))
        for language, words in self.text.items():
            if (FACT in words) is (self.fact is None):
                raise ValueError(
                    f"text.{language}: write {FACT} where the words of `fact` stand, and only with one"
                )
        return self

    def missing(self, facts: Facts) -> tuple[str, ...]:
        """The fact without which there is no such text."""
        return facts.missing((self.fact,)) if self.fact else ()


class LetterParts(Record):
    """Everything that the letter can say, by the names of its sections and of the texts that may be added."""

    sections: dict[Id, Section]
    added: dict[Id, Added] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _stand_in_each_other(self) -> "LetterParts":
        for name, section in self.sections.items():
            if section.within and section.within not in self.sections:
                raise ValueError(
                    f"section {name} stands within {section.within!r}, which is no section"
                    f"{nearest(section.within, self.sections)}"
                )
        return self

    def forbidden(self, parts: Mapping[str, Any]) -> tuple[str, ...]:
        """The sections that say or give away one of these parts, and those within them, by name."""
        saying = {
            name
            for name, each in self.sections.items()
            if not parts.keys().isdisjoint((*each.says, *each.gives_away))
        }
        return tuple(
            sorted(n for n, each in self.sections.items() if not saying.isdisjoint({n, each.within}))
        )

    def keeps(self, part: str) -> bool:
        """Whether the templates cannot do without a section that says this part."""
        sections = [self.sections[name] for name in self.forbidden({part: None})]
        return any(not (each.may_be_left_out or each.within) for each in sections)

    def section(self, part: str) -> str | None:
        """The section that says this part, or None."""
        return next((name for name, each in self.sections.items() if part in each.says), None)

    def missing(self, section: str, facts: Facts) -> tuple[str, ...]:
        """The facts without which a section has nothing to say."""
        return facts.missing(self.sections[section].facts)

    def addition(self, part: str, law: str, facts: Facts) -> str | None:
        """The text that may be added to say this part to readers of this law: a person's own words win.

        None where there is none.
        """
        if part in written(facts):
            return part
        for name, each in self._saying(part, law).items():
            if not any(facts.known(fact) for fact in each.untrue_with) and not each.missing(facts):
                return name
        return None

    def _saying(self, part: str, law: str) -> dict[str, Added]:
        return {
            name: each
            for name, each in self.added.items()
            if part in each.says and (not each.laws or law in each.laws)
        }

    def tells(self, addition: str, forbidden: Mapping[str, Any]) -> bool:
        """Whether an added text of the packs says or gives away a forbidden part."""
        added = self.added.get(addition)
        return added is not None and not forbidden.keys().isdisjoint((*added.says, *added.gives_away))

    def wanted(self, part: str, law: str, facts: Facts) -> tuple[str, ...]:
        """The facts that would let the letter say this part: of its section, else of a text that may be added."""
        if section := self.section(part):
            return self.missing(section, facts)
        return next((each.missing(facts) for each in self._saying(part, law).values()), ())


def written(facts: Facts) -> Mapping[str, Mapping[str, str]]:
    """What people wrote for single parts: part -> language -> words."""
    value: Any = facts.get(WRITTEN)
    return value if isinstance(value, Mapping) else {}
