"""The texts that stand in the letters of some readers besides: those of the packs, and those that people wrote."""

from collections.abc import Mapping

from tocsin.domain.catalog import Catalog
from tocsin.domain.demands import Readers
from tocsin.domain.facts import Facts
from tocsin.domain.languages import ENGLISH
from tocsin.domain.law.parts import FACT, Added, written


def additions(
    catalog: Catalog, known: Facts, added: Mapping[Readers, tuple[str, ...]]
) -> dict[str, tuple[Mapping[str, str], Mapping[str, str]]]:
    """Title and text, per language, of everything that stands in somebody's letter besides."""
    own, texts = written(known), catalog.letter.added
    return {
        name: ({}, own[name]) if name in own else (texts[name].title, _filled(texts[name], known))
        for name in sorted({name for names in added.values() for name in names})
    }


def _filled(added: Added, known: Facts) -> dict[str, str]:
    """An added text with the words of its fact, in each language that these were said in, and in English."""
    if added.fact is None:
        return added.text
    said = known.get(added.fact)
    return {
        language: words.replace(FACT, known.text(added.fact, language) or "")
        for language, words in added.text.items()
        if not isinstance(said, dict) or not said.keys().isdisjoint((language, "und")) or language == ENGLISH
    }
