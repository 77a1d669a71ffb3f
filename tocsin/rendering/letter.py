"""The letter a customer gets: one approved text, a few facts of each reader.

Each distinct combination (language, kinds, certainty, which dates are known, name or not, what a law adds or forbids)
is rendered once, with marks where the reader's own name and dates go; a letter is then a join of strings. What a reader
is called is data: it is cleaned, escaped for HTML, and never compiled. Sources: GDPR Art. 34(2), Decree
356/2025/NĐ-CP Art. 29(2), our promise.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from tocsin.domain.certainty import Certainty
from tocsin.domain.errors import Refused
from tocsin.domain.timeline import digest
from tocsin.rendering.letterfacts import LetterFacts, Variant, data_of
from tocsin.rendering.text import check, load, render
from tocsin.rendering.words import Words, load_words
from tocsin.rendering.written import (
    SLOTS,
    Letter,
    Reader,
    Written,
    additions,
    clean_name,
    days_known,
    reader_name,
    tidy,
    without_slots,
)

__all__ = ["Letter", "LetterFacts", "Letters", "Reader", "Variant", "clean_name"]

PARTS = ("subject", "txt", "html")
TEXTS = ("what_happened", "consequences", "measures_taken", "measures_planned", "advice")
#: A customer letter without these would not be one; the holding letter says that they are being established.
REQUIRED = ("what_happened", "measures_taken")


class Letters:
    """One notice (`customer` or `holding`) of one incident, ready to be written to anybody.

    `templates` is the folder that holds `notices/` and `papers/`. Templates are checked here: BadFile for a misspelt
    variable; Refused for a text that is missing in a language the notice is written in.
    """

    def __init__(self, notice: str, templates: Path, facts: LetterFacts) -> None:
        self.notice, self.facts = notice, facts
        self._templates, self._folder = templates, templates / "notices"
        self.locales = tuple(
            sorted(path.name.split(".")[1] for path in self._folder.glob(f"{notice}.*.txt.j2"))
        )
        if not self.locales:
            raise Refused(f"{self._folder}: there is no notice {notice!r}; add {notice}.en.txt.j2")
        for path in self._files:
            check(path, self.variables)
        self._written: dict[Variant, Written] = {}

    @cached_property
    def variables(self) -> frozenset[str]:
        """Everything a letter may print; `notices/variables.yaml` says what each means, and a test keeps them equal."""
        others = self._variables(Variant(self.locales[0], (), Certainty.UNKNOWN, "none", named=False))
        return frozenset((*others, *TEXTS))

    def letter(self, reader: Reader, locale: str) -> Letter:
        """The letter to one reader; a language we do not write gives the English one."""
        return self._written_for(self.variant_of(reader, locale)).to(reader)

    def variant_of(self, reader: Reader, locale: str) -> Variant:
        """Which words this reader gets."""
        return Variant(
            self.locale_for(locale),
            reader.kinds,
            reader.certainty,
            days_known(reader),
            reader_name(reader) is not None,
            reader.added,
            reader.otherwise,
            reader.left_out,
        )

    def locale_for(self, locale: str) -> str:
        """The language that a letter for `locale` is written in: `vi` for `VI`, `vi-VN` and `vi_VN.UTF-8`.

        Customer tables hold what browsers, systems and people wrote, so case and separator say nothing.
        """
        ours = {one.lower(): one for one in self.locales}
        wanted = re.split(r"[.@]", locale.strip().replace("_", "-").lower())[0]
        return ours.get(wanted) or ours.get(wanted.partition("-")[0]) or "en"

    def variants(self, readers: Iterable[tuple[Reader, str]]) -> dict[Variant, Letter]:
        """Every distinct combination among (reader, locale), each as one of its readers gets it: for approval."""
        samples: dict[Variant, Letter] = {}
        for reader, locale in readers:
            variant = self.variant_of(reader, locale)
            if variant not in samples:
                samples[variant] = self._written_for(variant).to(reader)
        return samples

    def unsaid(self, locales: Iterable[str]) -> dict[str, list[str]]:
        """Those of these languages in which a text is lacking that no letter may be without, by the text."""
        return {
            name: [one for one in sorted(locales) if not getattr(self.facts, name).get(one, "").strip()]
            for name in REQUIRED
        }

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything that all readers share: templates, texts, sender, drill. Approval binds to this."""
        files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in self._files}
        facts = {**asdict(self.facts), "dated": self.facts.dated.isoformat()}
        for name in ("organisation", "dpo", "signer"):
            facts[name] = getattr(self.facts, name).model_dump(mode="json")
        words = {locale: digest(_date_words(load_words(self._templates, locale))) for locale in self.locales}
        return digest({"notice": self.notice, "templates": files, "facts": _plain(facts), "words": words})

    @property
    def _files(self) -> list[Path]:
        names = [f"{self.notice}.{locale}.{part}.j2" for locale in self.locales for part in PARTS]
        return [self._folder / name for name in [*names, "frame.html.j2"]]

    def _written_for(self, variant: Variant) -> "Written":
        if variant not in self._written:
            self._written[variant] = self._write(variant)
        return self._written[variant]

    def _write(self, variant: Variant) -> "Written":
        texts = {name: self._paragraphs(name, variant.locale) for name in TEXTS}
        variables = self._variables(variant) | texts
        subject, text, page = (
            render(load(self._folder, f"{self.notice}.{variant.locale}.{part}.j2"), variables)
            for part in PARTS
        )
        words = load_words(self._templates, variant.locale)
        return Written(" ".join(subject.split()), tidy(text), page, words.day)

    def _variables(self, variant: Variant) -> dict[str, Any]:
        facts, locale = self.facts, variant.locale
        words, organisation = load_words(self._templates, locale), facts.organisation
        return {
            **SLOTS,
            "left_out": list(variant.left_out),
            "added": additions([facts.additions[name] for name in variant.added], locale),
            "drill": facts.drill,
            "suspected": facts.suspected and variant.certainty != Certainty.CONFIRMED,
            "locale": locale,
            "reference": facts.reference,
            "dated": words.day(facts.dated),
            "has_name": variant.named,
            **data_of(facts, variant),
            "certainty": str(variant.certainty),
            "seen": variant.seen,
            "organisation": organisation.name,
            "legal_name": organisation.legal_name,
            "address": organisation.addresses[0],
            "website": organisation.website.removeprefix("https://").removesuffix("/"),
            "help_mail": organisation.reply_to,
            "phone": organisation.phone,
            "dpo_name": facts.dpo.name,
            "dpo_title": facts.dpo.title_in(locale) or words.phrase("dpo_title"),
            "dpo_mail": facts.dpo.email,
            "signer_name": facts.signer.name,
            "parent_company": organisation.parent_company or "",
            "signer_title": facts.signer.title_in(locale) or "",
        }

    def _paragraphs(self, name: str, locale: str) -> list[str]:
        text = getattr(self.facts, name).get(locale, "")
        if not text.strip() and name in REQUIRED and self.notice != "holding":
            raise Refused(
                f"the {self.notice} letter has no {name} in {locale!r}; "
                f"tocsin learn INC '{name}={{en: ..., vi: ...}}'"
            )
        apart = r"\n" if name == "advice" else r"\n\s*\n"
        return [" ".join(piece.split()) for piece in re.split(apart, without_slots(text)) if piece.strip()]


def _date_words(words: Words) -> list[Any]:
    """What a letter takes from the language itself."""
    return [words.entries["date"], words.entries["months"], words.phrase("dpo_title")]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
