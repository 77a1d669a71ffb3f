"""Laws out of their files: those of the catalog, and others that somebody looks at before they are taken."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath

from tocsin.catalog.folders import overlaid
from tocsin.catalog.load import PARTS
from tocsin.catalog.loose_ends import at_its_rule, refuse_loose_ends
from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import Document, parse_document, read_document
from tocsin.domain.errors import BadFile, Refused
from tocsin.domain.law.circles import in_a_circle
from tocsin.domain.law.rules import Regime
from tocsin.domain.records import Id, Line, Record


class Vocabulary(Record):
    """What a law may want said: the word for each part, and what it means."""

    parts: dict[Id, Line]


def read_vocabulary(paths: Mapping[str, Path], contents: Mapping[str, bytes]) -> Collection[str]:
    """The words for parts that no law has to explain. BadFile names the first line that does not fit."""
    if PARTS not in paths:
        raise Refused(f"incident_templates: {PARTS} is missing; restore it from the release")
    return validated(Vocabulary, parse_document(paths[PARTS], contents[PARTS])).parts.keys()


def vocabulary_of(folders: Sequence[Path]) -> Collection[str]:
    """The same words, out of the templates' folders, of which later ones lie over earlier ones."""
    paths = overlaid(folders)
    return read_vocabulary(paths, {name: path.read_bytes() for name, path in paths.items() if name == PARTS})


def read_regimes(
    paths: Mapping[str, Path], contents: Mapping[str, bytes], words: Collection[str]
) -> dict[str, Regime]:
    """Every folder under regimes/ with a regime.yaml, by its name. `words` are those that all laws share."""
    documents: dict[str, Document] = {}
    for name, path in sorted(paths.items()):
        inside = PurePosixPath(name)
        if inside.match("regimes/*/regime.yaml") and len(inside.parts) == 3:
            documents[inside.parts[1]] = parse_document(path, contents[name])
    found = {code: _law(document) for code, document in documents.items()}
    for code, law in found.items():
        if law.id != code:
            raise documents[code].bad(
                ("id",), f"id {law.id!r} stands in the folder {code!r}; give both the same name"
            )
    _refuse_what_hangs_loose(documents, found, found, words)
    return found


def read_laws(path: Path, beside: Mapping[str, Regime], words: Collection[str]) -> Mapping[str, Regime]:
    """The law of a `regime.yaml`, of the folder that holds one, or all laws anywhere below a folder, by code.

    They are checked as if they stood among the laws `beside` them. BadFile names the first line that does not fit;
    Refused where there is no law at all.
    """
    files = [path] if path.is_file() else sorted(path.rglob("regime.yaml"))
    if not files:
        raise Refused(f"{path}: there is no regime.yaml; name one, or a folder with some")
    documents: dict[str, Document] = {}
    found: dict[str, Regime] = {}
    for file in files:
        document = read_document(file)
        law = _law(document)
        if law.id in found:
            raise document.bad(("id",), f"{documents[law.id].path} is {law.id!r} too; compare one of them")
        documents[law.id], found[law.id] = document, law
    _refuse_what_hangs_loose(documents, found, {**beside, **found}, words)
    return found


def _law(document: Document) -> Regime:
    try:
        return validated(Regime, document)
    except BadFile as error:
        raise at_its_rule(document, error) from None


def _refuse_what_hangs_loose(
    documents: Mapping[str, Document],
    found: Mapping[str, Regime],
    laws: Mapping[str, Regime],
    words: Collection[str],
) -> None:
    for code, law in found.items():
        refuse_loose_ends(law, documents[code], laws, words)
    if circle := in_a_circle(laws.values()):
        code = circle.removeprefix("rule ").partition("/")[0]
        document = documents.get(code) or next(iter(documents.values()))
        raise at_its_rule(document, document.bad(("rules",), circle))
