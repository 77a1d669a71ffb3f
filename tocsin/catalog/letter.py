"""What the letter to people can say: `notices/letter.yaml`, and one file for each text that laws may want added."""

from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

from tocsin.domain.errors import Refused
from tocsin.domain.law.parts import LetterParts

LETTER = "notices/letter.yaml"
#: Each is named after what it says; an overlay may bring others, or other words.
ADDED = "notices/added/*.yaml"


def read_letter(
    paths: Mapping[str, Path], contents: Mapping[str, bytes], words: Collection[str]
) -> LetterParts:
    """The parts of the letter, by the words that laws have for them.

    BadFile names file and line of the first thing that does not fit.
    """
    from tocsin.catalog.loose_ends import refuse_unknown_parts
    from tocsin.catalog.validation import validated
    from tocsin.catalog.yamlfile import parse_document
    from tocsin.domain.law.parts import Added

    if LETTER not in paths:
        raise Refused(f"incident_templates: {LETTER} is missing; restore it from the release")
    document = parse_document(paths[LETTER], contents[LETTER])
    letter = validated(LetterParts, document)
    refuse_unknown_parts(document, ("says", "gives_away"), words)
    added = dict(letter.added)
    for name, path in sorted(paths.items()):
        inside = PurePosixPath(name)
        if inside.match(ADDED):
            document = parse_document(path, contents[name])
            added[inside.stem] = validated(Added, document)
            refuse_unknown_parts(document, ("says", "gives_away"), words)
    return LetterParts(sections=letter.sections, added=added)
