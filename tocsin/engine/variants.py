"""The readers of a notice, by the distinct letters that they get, with one of each who stands for the others."""

from collections import Counter
from dataclasses import dataclass, field, replace

from tocsin.domain.demands import Readers
from tocsin.domain.scope.people import AffectedPerson
from tocsin.engine.writing import Writing, readers_of
from tocsin.rendering.letter import Cut, Letter, Variant, addressed

#: What readers with words of their own are called among the groups.
_GROUPS = {
    "guardian": "guardians",
    "employee": "employees",
    "business": "business customers",
    "controller": "controllers",
}


@dataclass(frozen=True)
class Sample:
    """The letter as one of its readers gets it, who that is, and the same letter to an invented one, `addressed` so."""

    hidden: str
    person: AffectedPerson
    cut: Cut
    shown: Cut
    addressed: str


#: The reader of every letter that is shown: whoever reads a letter before it leaves need not learn of whom it speaks.
INVENTED, INVENTED_MAIL = "Alex Example", "alex.example@example.com"


@dataclass
class Found:
    """The readers of a notice, by the distinct letters that they get."""

    write: Writing
    counts: Counter[Variant] = field(default_factory=Counter)
    by_law: Counter[Readers] = field(default_factory=Counter)
    samples: dict[Variant, Sample] = field(default_factory=dict)
    groups: dict[Variant, Counter[str]] = field(default_factory=dict)
    #: Who does not get theirs in the language that they read, by that one and what lacks in it.
    instead: Counter[tuple[str, tuple[str, ...]]] = field(default_factory=Counter)

    def look(self, hidden: str, person: AffectedPerson) -> None:
        """One more reader."""
        letters = self.write.letters
        reader, locale = self.write.reader(person), self.write.locale(person)
        variant, spoken = letters.variant_of(reader, locale), letters.spoken(reader, locale)
        self.counts[variant] += 1
        self.by_law[readers_of(person)] += 1
        group = _GROUPS.get(variant.audience) or readers_of(person).group
        self.groups.setdefault(variant, Counter())[group] += 1
        if variant not in self.samples:
            invented = replace(reader, name=INVENTED if variant.named else None)
            cuts = letters.cut(reader, locale), letters.cut(invented, locale)
            self.samples[variant] = Sample(hidden, person, *cuts, addressed(invented))
        if spoken.asked:
            self.instead[spoken.asked.partition("-")[0], spoken.lacking] += 1

    @property
    def written(self) -> dict[Variant, Letter]:
        """Each distinct letter, as one of its readers gets it."""
        return {variant: sample.cut.letter for variant, sample in self.samples.items()}

    @property
    def locales(self) -> dict[str, int]:
        """How many get theirs in which language."""
        found: Counter[str] = Counter()
        for variant, count in self.counts.items():
            found[variant.locale] += count
        return dict(found)
