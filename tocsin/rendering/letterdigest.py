"""What an approval of letters binds of all that their readers share: templates, texts, the company, the drill."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tocsin.domain.canonical import digest
from tocsin.rendering.letterfacts import LetterFacts
from tocsin.rendering.letterwords import letter_words, lines_instead
from tocsin.rendering.spoken import TEXTS, printed_texts

#: What a letter prints of the company and of who stands for it; a change of anything else leaves an approval alone.
PRINTED_OF: Mapping[str, frozenset[str]] = {
    "organisation": frozenset(
        ("name", "legal_name", "parent_company", "addresses", "website", "phone", "reply_to", "staff_contact")
    ),
    "dpo": frozenset(("name", "title", "email")),
    "signer": frozenset(("name", "title")),
}


def letters_digest(
    notice: str, templates: Path, names: Iterable[str], locales: Iterable[str], facts: LetterFacts
) -> str:
    """SHA-256 over it: `names` are the files of `notices/`. Of the texts, those that some language prints."""
    paths = {name: templates / "notices" / name for name in names}
    files = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items()}
    said = {**asdict(facts), "dated": facts.dated.isoformat()}
    for name in {*TEXTS} - {*printed_texts(paths.values())}:
        del said[name]
    for name, printed in PRINTED_OF.items():
        said[name] = getattr(facts, name).model_dump(mode="json", include=printed)
    words = {locale: digest(letter_words(templates, locale).entries) for locale in locales}
    shared = {"notice": notice, "templates": files, "facts": _plain(said), "words": words}
    return digest(shared | {"instead": digest(lines_instead(templates))})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
