"""Every law with its worked examples, to be asked about one of them, or about random incidents made of several."""

from collections.abc import Iterable
from random import Random

from tests.domain.law.steps import merged
from tests.domain.law.worked import Answers, Worked, judged, worked_examples
from tocsin.domain.catalog import Catalog
from tocsin.domain.law.regime import Regime


class Library:
    """The laws of a catalog. It has a short name in the reports of failed tests, since laws are long."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.laws = tuple(catalog.regimes.values())
        self.examples = worked_examples(catalog)
        self._of_one_law: dict[str, list[Worked]] = {}
        for worked in self.examples:
            self._of_one_law.setdefault(worked.code, []).append(worked)

    def law(self, worked: Worked) -> Regime:
        """The law that an example explains."""
        return self.catalog.regimes[worked.code]

    def ask(self, worked: Worked, laws: Iterable[Regime] | None = None) -> Answers:
        """What these laws say to an example, or only the one that it explains."""
        return judged(worked, laws if laws is not None else [self.law(worked)], self.catalog)

    def incident(self, seed: int) -> Worked:
        """A random incident, made of up to three examples, most of them of one law."""
        random = Random(seed)
        worked = random.choice(self.examples)
        for _ in range(random.randint(0, 2)):
            others = self._of_one_law[worked.code] if random.random() < 0.7 else self.examples
            worked = merged(worked, random.choice(others), random)
        return worked

    def __repr__(self) -> str:
        return f"the library of {len(self.laws)} laws"
