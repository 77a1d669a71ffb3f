"""The laws of a catalog, and how a reference to one of them is checked. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tocsin.domain.answers import nearest
from tocsin.domain.asking import HarmQuestion
from tocsin.domain.documents import Documents
from tocsin.domain.law.rules import Regime
from tocsin.domain.law.terms import HarmTest


class Laws(Documents[Regime]):
    """Regimes by their codes."""

    model = Regime


def harm_test_of(ref: str, laws: Mapping[str, Regime]) -> HarmTest | None:
    """What a law asks of the harm, or a rule of its own (`law/rule`); None where it asks nothing."""
    law, _, name = ref.partition("/")
    regime = laws.get(law)
    of = regime.rule(name) if regime and name else regime
    return of.harm_test if of else None


def harm_questions(refs: Iterable[str], laws: Mapping[str, Regime]) -> tuple[HarmQuestion, ...]:
    """What these laws ask of the harm, those that are not here aside."""
    tests = ((ref, harm_test_of(ref, laws)) for ref in refs)
    return tuple(HarmQuestion(ref, test.question, test.cite) for ref, test in tests if test)


def no_harm_test(ref: str, laws: Mapping[str, Regime]) -> str | None:
    """What is wrong with an answer to this harm test: no such law, or one that asks for none; else None."""
    if wrong := missing(ref, laws):
        return wrong
    law = laws[ref.partition("/")[0]]
    asked = {
        *([law.id] if law.harm_test else []),
        *(law.full(rule.id) for rule in law.rules if rule.harm_test),
    }
    # A pack of before its question stood in it asks all the same.
    asked |= {*_asked(law.model_dump(mode="json", by_alias=True, exclude_defaults=True))}
    if ref in asked:
        return None
    instead = f"{law.id} asks for {', '.join(sorted(asked))}" if asked else "leave it out"
    return f"{ref} asks for no harm test; {instead}"


def _asked(node: Any) -> Iterator[str]:
    """The harm tests that the conditions in a document ask for."""
    if isinstance(node, dict):
        if "fact" in node and isinstance(node.get("of"), str):
            yield node["of"]
        node = [*node.values()]
    if isinstance(node, list):
        for below in node:
            yield from _asked(below)


def missing(ref: str, laws: Mapping[str, Regime]) -> str | None:
    """What is missing of `law` or `law/rule`, with the nearest right name; None where both are there."""
    law, _, name = ref.partition("/")
    if law not in laws:
        return f"there is no law {law!r}{nearest(law, laws, 'tocsin law')}"
    if name and not laws[law].rule(name):
        return f"{law} has no rule {name!r}{nearest(name, [each.id for each in laws[law].rules])}"
    return None
