"""In which language a reader gets the letter: their own, if all that it says exists in it, and else in English.

A letter that was half in one language and half in another would say less to its reader than the English one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tocsin.domain.languages import ENGLISH, language_tag, shorter
from tocsin.rendering.letterfacts import LetterFacts
from tocsin.rendering.written import said_in

#: What a correction and a follow-up say.
FURTHER = ("letter_correction", "letter_addition")
TEXTS = ("what_happened", "consequences", "measures_taken", "measures_planned", "advice", *FURTHER)
#: A customer letter without these would not be one; the holding letter says that they are being established.
REQUIRED = ("what_happened", "measures_taken", *FURTHER)
#: A text to the fact that it is, where that has another name.
FACT_OF = {"advice": "advice_to_people"}
#: Stands among what is lacking where there are no templates.
TEMPLATES = "templates"


@dataclass(frozen=True, slots=True)
class Spoken:
    """The language of a reader's letter. Where it is not theirs, `asked` is theirs, and `lacking` what keeps it."""

    locale: str
    asked: str = ""
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True)
class Languages:
    """The languages that one notice has templates in, and which of its texts these print."""

    locales: tuple[str, ...]
    facts: LetterFacts
    printed: tuple[str, ...]
    _known: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = field(default_factory=dict, repr=False)

    def of_reader(self, written: str, added: tuple[str, ...] = ()) -> Spoken:
        """The language of the letter to a reader whose account says `written`, with these added texts.

        Whoever's account names no language gets the English letter, and nothing is said of theirs.
        """
        tag = language_tag(written)
        locale = next((self._ours[each] for each in shorter(tag) if each in self._ours), None)
        if not tag or tag.partition("-")[0] == ENGLISH:
            return Spoken(locale or ENGLISH)
        if locale is None:
            return Spoken(ENGLISH, tag, (TEMPLATES,))
        lacking = self._lacking(locale, added)
        return Spoken(ENGLISH, tag, lacking) if lacking else Spoken(locale)

    def unsaid(self) -> dict[str, list[str]]:
        """What keeps every letter, by fact: texts that it must not be without, or says elsewhere, not in English."""
        return {FACT_OF.get(name, name): [ENGLISH] for name in self.printed if self.lacks_english(name)}

    def lacks_english(self, name: str) -> bool:
        """Whether a text must still be said in English, which stands beside every other language."""
        texts = getattr(self.facts, name)
        return not said_in(texts, ENGLISH) and (name in REQUIRED or any(map(str.strip, texts.values())))

    @cached_property
    def _ours(self) -> dict[str, str]:
        return {one.lower(): one for one in self.locales}

    def _lacking(self, locale: str, added: tuple[str, ...]) -> tuple[str, ...]:
        if (locale, added) not in self._known:
            texts = {FACT_OF.get(name, name): getattr(self.facts, name) for name in self.printed}
            texts |= {name: self.facts.additions[name][1] for name in added}
            self._known[locale, added] = tuple(
                name
                for name, each in texts.items()
                if any(map(str.strip, each.values())) and not said_in(each, locale)
            )
        return self._known[locale, added]


def printed_texts(templates: Iterable[Path]) -> tuple[str, ...]:
    """Those of the texts that these templates print."""
    words = "\n".join(path.read_text(encoding="utf-8") for path in templates)
    return tuple(name for name in TEXTS if name in words)
