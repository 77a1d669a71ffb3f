"""The letter a customer gets: one approved text, a few facts of each reader.

Each distinct combination (language, kinds, certainty, which dates are known, name or not) is rendered once, with marks
where the reader's own name and dates go; a letter is then a join of strings. What a reader is called is data: it is
cleaned, escaped for HTML, and never compiled. Sources: GDPR Art. 34(2), Decree 356/2025/NĐ-CP Art. 29(2), our promise.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from tocsin.domain.contacts import Organisation, Person
from tocsin.domain.errors import Refused
from tocsin.domain.timeline import digest
from tocsin.rendering.text import check, load, render
from tocsin.rendering.words import Words, load_words
from tocsin.rendering.written import (
    SLOTS,
    Certainty,
    Letter,
    Reader,
    Seen,
    Written,
    additions,
    clean_name,
    days_known,
    in_locale,
    reader_name,
    tidy,
    without_slots,
)

__all__ = ["Certainty", "Letter", "LetterFacts", "Letters", "Reader", "Seen", "Variant", "clean_name"]

PARTS = ("subject", "txt", "html")
TEXTS = ("what_happened", "consequences", "measures_taken", "measures_planned", "advice")
#: A customer letter without these would not be one; the holding letter says that they are being established.
REQUIRED = ("what_happened", "measures_taken")


@dataclass(frozen=True, slots=True)
class Variant:
    """One distinct combination; readers of one variant get the same words."""

    locale: str
    kinds: tuple[str, ...]
    certainty: Certainty
    seen: Seen
    named: bool
    added: tuple[str, ...] = ()


@dataclass(frozen=True)
class LetterFacts:
    """What all readers are told. Texts are per language, paragraphs separated by blank lines (`advice`: by lines)."""

    reference: str
    dated: date
    organisation: Organisation
    dpo: Person
    signer: Person
    kind_names: Mapping[str, Mapping[str, str]]  # id of the data map -> language -> name, in the map's order
    kind_categories: Mapping[str, tuple[str, ...]]
    what_happened: Mapping[str, str]
    consequences: Mapping[str, str]
    measures_taken: Mapping[str, str]
    measures_planned: Mapping[str, str]
    advice: Mapping[str, str]
    drill: bool = False
    #: Id of the data map -> in which role we hold it; a kind that is not here is the reader's own.
    kind_roles: Mapping[str, str] = field(default_factory=dict)
    #: Sections that must not stand in any of these letters.
    left_out: tuple[str, ...] = ()
    #: Texts that stand in some readers' letters besides: name -> (title per language, or none; text per language).
    additions: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]] = field(default_factory=dict)


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
        others = self._variables(Variant(self.locales[0], (), "confirmed", "none", named=False))
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
            "left_out": list(facts.left_out),
            "added": additions([facts.additions[name] for name in variant.added], locale),
            "drill": facts.drill,
            "locale": locale,
            "reference": facts.reference,
            "dated": words.day(facts.dated),
            "has_name": variant.named,
            **self._data(variant),
            "certainty": variant.certainty,
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

    def _data(self, variant: Variant) -> dict[str, list[str]]:
        """Which data: the reader's own and, apart, those of their end users; where nobody knows, all that it may be."""
        facts = self.facts
        if unknown := set(variant.kinds) - set(facts.kind_names):
            raise Refused(f"the data map has no kind {sorted(unknown)[0]!r}; add it to data_map.yaml")
        known = [kind for kind in facts.kind_names if kind in variant.kinds]
        possible = [] if known else list(facts.kind_names)

        def named(kinds: list[str], *, end_users: bool) -> list[str]:
            chosen = (kind for kind in kinds if (facts.kind_roles.get(kind) == "processor") is end_users)
            return [in_locale(facts.kind_names[kind], variant.locale) for kind in chosen]

        return {
            "kinds": named(known, end_users=False),
            "end_user_kinds": named(known, end_users=True),
            "at_most": named(possible, end_users=False),
            "at_most_end_users": named(possible, end_users=True),
            "categories": sorted(
                {name for kind in known or possible for name in facts.kind_categories.get(kind, ())}
            ),
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
