"""What a letter is written from: what all its readers are told, and what tells one reader's words from another's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tocsin.domain.audience import Audience
from tocsin.domain.certainty import Certainty
from tocsin.domain.contacts import Organisation, Person
from tocsin.domain.errors import Refused
from tocsin.rendering.written import Seen, in_locale


@dataclass(frozen=True, slots=True)
class Variant:
    """One distinct combination; readers of one variant get the same words."""

    locale: str
    kinds: tuple[str, ...]
    certainty: Certainty
    seen: Seen
    named: bool
    added: tuple[str, ...] = ()
    otherwise: tuple[tuple[str, Certainty], ...] = ()
    left_out: tuple[str, ...] = ()
    #: The language in which the letter says at its head why it is in English: `und` for one without such a line.
    instead: str = ""
    audience: Audience = "customer"
    #: Whether it says how many of a company's people were hit.
    counted: bool = False


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
    letter_correction: Mapping[str, str] = field(default_factory=dict)
    letter_addition: Mapping[str, str] = field(default_factory=dict)
    drill: bool = False
    #: Nobody has said yet that there was a breach.
    suspected: bool = True
    #: Id of the data map -> in which role we hold it; a kind that is not here is the reader's own.
    kind_roles: Mapping[str, str] = field(default_factory=dict)
    #: Texts that stand in some readers' letters besides: name -> (title per language, or none; text per language).
    additions: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]] = field(default_factory=dict)


def data_of(facts: LetterFacts, variant: Variant) -> dict[str, Any]:
    """Which data: the reader's own and, apart, those of their end users; where nobody knows, all that it may be.

    What is known is given as pairs: how sure we are, and of which kinds.
    """
    if unknown := set(variant.kinds) - set(facts.kind_names):
        raise Refused(f"the data map has no kind {sorted(unknown)[0]!r}; add it to data_map.yaml")
    known = [kind for kind in facts.kind_names if kind in variant.kinds]
    possible = [] if known else list(facts.kind_names)
    otherwise = dict(variant.otherwise)
    sure = {
        each: [kind for kind in known if otherwise.get(kind, variant.certainty) == each] for each in Certainty
    }

    def _of_end_users(kind: str) -> bool:
        return variant.audience == "controller" or facts.kind_roles.get(kind) == "processor"

    def named(kinds: list[str], *, end_users: bool) -> list[str]:
        chosen = (kind for kind in kinds if _of_end_users(kind) is end_users)
        return [in_locale(facts.kind_names[kind], variant.locale) for kind in chosen]

    def by_certainty(*, end_users: bool) -> list[tuple[str, list[str]]]:
        found = ((str(each), named(kinds, end_users=end_users)) for each, kinds in sure.items())
        return [(each, names) for each, names in found if names]

    return {
        "kinds": by_certainty(end_users=False),
        "end_user_kinds": by_certainty(end_users=True),
        "at_most": named(possible, end_users=False),
        "at_most_end_users": named(possible, end_users=True),
        "categories": sorted(
            {name for kind in known or possible for name in facts.kind_categories.get(kind, ())}
        ),
    }
