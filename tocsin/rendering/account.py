"""What happened, in the words of the incident's type: `types/<type>/what_happened.<language>.j2`.

One text per language for papers and letters alike. It may print the facts that an approval of the letter binds, and no
others; what is unknown is None, and the template leaves it out.
"""

from collections.abc import Mapping
from pathlib import Path

from tocsin.domain.catalog import Catalog
from tocsin.domain.facts import FACTS, Facts
from tocsin.domain.incident import Incident
from tocsin.domain.notice import PRINTED_FACTS
from tocsin.rendering.letterwords import letter_words
from tocsin.rendering.text import load, render
from tocsin.rendering.words import Words


def what_happened(catalog: Catalog, incident: Incident, templates: Path) -> Mapping[str, str]:
    """Language to account, for every language in which the incident's type has one."""
    organisation = catalog.contacts.organisation
    return account(templates, incident.type, incident.facts, organisation.name, organisation.zone)


def account(templates: Path, type_id: str, facts: Facts, organisation: str, zone: str) -> dict[str, str]:
    """The same, from plain values."""
    folder = templates / "types" / type_id
    told = {}
    for path in sorted(folder.glob("what_happened.*.j2")):
        language = path.name.split(".")[1]
        words = letter_words(templates, language)
        variables = {name: _value(facts, name, words, zone) for name in PRINTED_FACTS}
        text = render(load(folder, path.name, escaping=False), {**variables, "organisation": organisation})
        told[language] = _paragraphs(text)
    return told


def _value(facts: Facts, name: str, words: Words, zone: str) -> object:
    if FACTS[name].type == "moment":
        moment = facts.moment(name)
        if moment is None:
            return None
        said = words.moment(moment, zone)
        return f"{said} {words.phrase('estimated')}" if facts.estimated(name) else said
    return facts.text(name, words.language) if FACTS[name].type == "text" else facts.get(name)


def _paragraphs(text: str) -> str:
    """Lines of a paragraph joined, paragraphs a blank line apart."""
    blocks = (" ".join(block.split()) for block in text.split("\n\n"))
    return "\n\n".join(block for block in blocks if block)
