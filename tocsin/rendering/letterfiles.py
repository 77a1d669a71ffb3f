"""The files of one notice: for each audience and language a subject, a text and a page.

`customer.en.txt.j2` speaks to customers, `customer-guardian.en.txt.j2` to the guardians of children (see
`domain/audience.py`). An incident keeps the files of its day: whoever has none among them is spoken to as a customer,
and a letter that would then speak to a child does not leave (`engine/drafting.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tocsin.domain.audience import AUDIENCES, Audience, stem
from tocsin.domain.languages import ENGLISH

PARTS = ("subject", "txt", "html")


@dataclass(frozen=True)
class LetterFiles:
    """Those of a notice in a folder `notices/`."""

    folder: Path
    notice: str

    @cached_property
    def stems(self) -> Mapping[str, tuple[str, ...]]:
        """How names of files begin, each with its languages; what has no English files speaks to nobody."""
        found = {
            name: tuple(sorted(path.name.split(".")[1] for path in self.folder.glob(f"{name}.*.txt.j2")))
            for name in dict.fromkeys(stem(self.notice, each) for each in AUDIENCES)
        }
        return {name: locales for name, locales in found.items() if ENGLISH in locales}

    @property
    def locales(self) -> tuple[str, ...]:
        """Every language that any of them is in."""
        return tuple(sorted({locale for each in self.stems.values() for locale in each}))

    @property
    def names(self) -> list[str]:
        """Their names."""
        return [
            f"{name}.{locale}.{part}.j2"
            for name, locales in self.stems.items()
            for locale in locales
            for part in PARTS
        ]

    def heard_by(self, audience: Audience) -> Audience:
        """The audience that is spoken to in this one's place: itself, where there are words for it."""
        return audience if self.speaks_to(audience) else "customer"

    def speaks_to(self, audience: Audience) -> bool:
        """Whether there are words for it."""
        return stem(self.notice, audience) in self.stems

    def name(self, audience: Audience, locale: str, part: str) -> str:
        """The name of one file."""
        return f"{stem(self.notice, audience)}.{locale}.{part}.j2"

    def english(self, name: str) -> list[Path]:
        """The English files of one stem."""
        return [self.folder / f"{name}.{ENGLISH}.{part}.j2" for part in PARTS]
