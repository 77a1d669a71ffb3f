"""The letter a customer gets: one approved text, a few facts of each reader.

Each distinct combination (to whom it speaks, language, kinds, certainty, which dates are known, name or not, what a law
adds or forbids) is rendered once, with marks where the reader's own name and dates go; a letter is then a join of
strings. What a reader is called is data: it is cleaned, escaped for HTML, and never compiled. A letter in another
language than English has the English text of the same combination below it. Sources: GDPR Art. 34(2), Decree
356/2025/NĐ-CP Art. 29(2).
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from markupsafe import Markup

from tocsin.domain.audience import Audience, stem
from tocsin.domain.certainty import Certainty
from tocsin.domain.errors import Refused
from tocsin.domain.languages import ENGLISH, direction
from tocsin.rendering.letterdigest import letters_digest
from tocsin.rendering.letterfacts import LetterFacts, Variant, data_of
from tocsin.rendering.letterfiles import LetterFiles
from tocsin.rendering.letterwords import instead_of, letter_words, lines_instead
from tocsin.rendering.spoken import FACT_OF, TEXTS, Languages, Spoken, printed_texts
from tocsin.rendering.text import check, load, render
from tocsin.rendering.words import fill
from tocsin.rendering.written import (
    SLOTS,
    Cut,
    Letter,
    Reader,
    Written,
    additions,
    addressed,
    clean_name,
    days_known,
    reader_name,
    said_in,
    tidy,
    what_is_shared,
    without_slots,
)

__all__ = ["Cut", "Letter", "LetterFacts", "Letters", "Reader", "Variant", "addressed", "clean_name"]

#: What all letters stand in, as text and as a page.
FRAMES = ("frame.txt.j2", "frame.html.j2")
#: What a frame may print besides what the letter does.
FRAMED = frozenset({"letter", "instead", "english", "heading", "english_heading", "below", "direction"})


class Letters:
    """One notice (`customer` or `holding`) of one incident, ready to be written to anybody.

    `templates` is the folder that holds `notices/`. Templates are checked here: BadFile for a misspelt variable;
    Refused for a text that is missing in English.
    """

    def __init__(self, notice: str, templates: Path, facts: LetterFacts) -> None:
        self.notice, self.facts = notice, facts
        self.templates, self._folder = templates, templates / "notices"
        self._files = LetterFiles(self._folder, notice)
        if notice not in self._files.stems:
            raise Refused(f"{self._folder}: there is no notice {notice!r}; add {notice}.en.txt.j2")
        self.locales = self._files.stems[notice]
        for name in self._files.names:
            check(self._folder / name, self.variables)
        for name in FRAMES:
            check(self._folder / name, self.variables | FRAMED)
        self._languages = {
            name: Languages(locales, facts, printed_texts(self._files.english(name)))
            for name, locales in self._files.stems.items()
        }
        self.languages = self._languages[notice]
        self._written: dict[Variant, Written] = {}
        #: The same by what a reader's account says, which takes less to look up.
        self._shared: dict[tuple[object, ...], Written] = {}

    @cached_property
    def variables(self) -> frozenset[str]:
        """Everything a letter may print; `notices/variables.yaml` says what each means, and a test keeps them equal."""
        others = self._variables(Variant(ENGLISH, (), Certainty.UNKNOWN, "none", named=False))
        return frozenset((*SLOTS[0], *others, *TEXTS))

    @property
    def spoken_texts(self) -> list[str]:
        """What people wrote for everybody to read, in every language."""
        return [text for name in TEXTS for text in getattr(self.facts, name).values()]

    def speaks_to(self, audience: Audience) -> bool:
        """Whether there are words for it. An incident keeps the files of its day, which may have had none."""
        return self._files.speaks_to(audience)

    def letter(self, reader: Reader, locale: str) -> Letter:
        """The letter to one reader: in English, which says so, where there is none in their language."""
        return self.cut(reader, locale).letter

    def cut(self, reader: Reader, locale: str) -> Cut:
        """The same letter, as a mail is made of it."""
        shared = (locale, *what_is_shared(reader))
        written = self._shared.get(shared)
        if written is None:
            written = self._shared[shared] = self._written_for(self.variant_of(reader, locale))
        return written.to(reader)

    def variant_of(self, reader: Reader, locale: str) -> Variant:
        """Which words this reader gets."""
        spoken = self.spoken(reader, locale)
        return Variant(
            spoken.locale,
            reader.kinds,
            reader.certainty,
            days_known(reader),
            reader_name(reader) is not None,
            reader.added,
            reader.otherwise,
            reader.left_out,
            instead_of(self.templates, spoken.asked) if spoken.asked else "",
            self._files.heard_by(reader.audience),
            reader.people is not None,
        )

    def spoken(self, reader: Reader, locale: str) -> Spoken:
        """The language of this reader's letter, and what keeps their own; `locale` is what their account says."""
        name = stem(self.notice, self._files.heard_by(reader.audience))
        return self._languages[name].of_reader(locale, reader.added)

    def variants(self, readers: Iterable[tuple[Reader, str]]) -> dict[Variant, Letter]:
        """Every distinct combination among (reader, locale), each as one of its readers gets it: for approval."""
        samples: dict[Variant, Letter] = {}
        for reader, locale in readers:
            variant = self.variant_of(reader, locale)
            if variant not in samples:
                samples[variant] = self._written_for(variant).to(reader).letter
        return samples

    def texts(self, variant: Variant) -> dict[str, str]:
        """Language to the text that stands in a letter in it, the reader's own facts left out."""
        return {each.locale: without_slots(self._text(each)) for each in _voices(variant)}

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything that all readers share: templates, texts, sender, drill. Approval binds to this.

        Of the texts, those that some language of the letter prints.
        """
        return letters_digest(
            self.notice, self.templates, (*self._files.names, *FRAMES), self._files.locales, self.facts
        )

    def _written_for(self, variant: Variant) -> "Written":
        if variant not in self._written:
            self._written[variant] = self._write(variant)
        return self._written[variant]

    def _write(self, variant: Variant) -> "Written":
        own, *beside = voices = _voices(variant)
        framed = self._framed(variant)
        text = {"letter": self._text(own), "english": "".join(self._text(each, 1) for each in beside)}
        english = "".join(self._part(each, "html", slots=1, block="letter") for each in beside)
        variables = self._printed(own) | framed
        return Written(
            " ".join(self._part(own, "subject").split()),
            tidy(render(load(self._folder, FRAMES[0]), variables | text)),
            render(
                load(self._folder, self._files.name(own.audience, own.locale, "html")),
                variables | {"english": Markup(english)},  # noqa: S704 - its own template escaped it
            ),
            [letter_words(self.templates, each.locale).day for each in voices],
        )

    def _text(self, variant: Variant, slots: int = 0) -> str:
        return tidy(self._part(variant, "txt", slots=slots))

    def _part(self, variant: Variant, part: str, *, slots: int = 0, block: str | None = None) -> str:
        template = load(self._folder, self._files.name(variant.audience, variant.locale, part))
        return render(template, self._printed(variant, slots), block=block)

    def _printed(self, variant: Variant, slots: int = 0) -> dict[str, Any]:
        texts = {name: self._paragraphs(name, variant.locale) for name in TEXTS}
        return self._variables(variant) | texts | SLOTS[slots]

    def _framed(self, variant: Variant) -> dict[str, Any]:
        """What stands around the letter: why it is in English, and the heading of the English text beside it."""
        words = letter_words(self.templates, variant.locale)
        english = letter_words(self.templates, ENGLISH)
        ask = {"mail": self.facts.organisation.reply_to, "phone": self.facts.organisation.phone}
        lines = lines_instead(self.templates)
        languages = dict.fromkeys((variant.instead, ENGLISH)) if variant.instead else {}
        return {
            "instead": [(each, fill(lines[each], ask)) for each in languages if each in lines],
            "heading": words.phrase("beside"),
            "english_heading": english.phrase("beside"),
            "below": english.phrase("below"),
            "direction": direction(variant.locale),
            "english": "",
            "letter": "",
        }

    def _variables(self, variant: Variant) -> dict[str, Any]:
        facts, locale = self.facts, variant.locale
        words, organisation = letter_words(self.templates, locale), facts.organisation
        return {
            "left_out": list(variant.left_out),
            "added": additions([facts.additions[name] for name in variant.added], locale),
            "drill": facts.drill,
            "suspected": facts.suspected and variant.certainty != Certainty.CONFIRMED,
            "locale": locale,
            "reference": facts.reference,
            "dated": words.day(facts.dated),
            "has_name": variant.named,
            "has_people": variant.counted,
            **data_of(facts, variant),
            "certainty": str(variant.certainty),
            "seen": variant.seen,
            "organisation": organisation.name,
            "legal_name": organisation.legal_name,
            "address": organisation.addresses[0],
            "website": organisation.website.removeprefix("https://").removesuffix("/"),
            "help_mail": organisation.reply_to,
            "phone": organisation.phone,
            "staff_contact": organisation.staff_contact or "",
            "dpo_name": facts.dpo.name,
            "dpo_title": facts.dpo.title_in(locale) or words.phrase("dpo_title"),
            "dpo_mail": facts.dpo.email,
            "signer_name": facts.signer.name,
            "parent_company": organisation.parent_company or "",
            "signer_title": facts.signer.title_in(locale) or "",
        }

    def _paragraphs(self, name: str, locale: str) -> list[str]:
        text = said_in(getattr(self.facts, name), locale)
        fact = FACT_OF.get(name, name)
        if self.notice != "holding" and fact in self.languages.unsaid():
            raise Refused(
                f"the {self.notice} letter has no {fact} in {ENGLISH!r}; "
                f"tocsin learn INC '{fact}={{en: ..., vi: ...}}'"
            )
        apart = r"\n" if name == "advice" else r"\n\s*\n"
        return [" ".join(piece.split()) for piece in re.split(apart, without_slots(text)) if piece.strip()]


def _voices(variant: Variant) -> list[Variant]:
    """The letter's own language, and English beside any other."""
    return [variant] if variant.locale == ENGLISH else [variant, replace(variant, locale=ENGLISH)]
