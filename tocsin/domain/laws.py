"""The laws of a catalog, each read out of its document when somebody asks for it.

Pure. Most commands ask no law at all, and reading sixty of them takes longer than the rest of a catalog.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tocsin.domain.answers import nearest
from tocsin.domain.asking import HarmQuestion
from tocsin.domain.clock import FOUND_GOOD
from tocsin.domain.rules import Regime
from tocsin.domain.terms import HarmTest
from tocsin.domain.timeline import canonical


class Laws(Mapping[str, Regime]):
    """Regimes by their codes. A ValueError, when one is asked for, says that its document does not fit the model."""

    def __init__(self, documents: Mapping[str, bytes]) -> None:
        #: Each law as canonical JSON, by its code.
        self.documents = documents
        self._read: dict[str, Regime] = {}

    @classmethod
    def of(cls, regimes: Iterable[Regime]) -> "Laws":
        """The same of laws that were read already."""
        read = {regime.id: regime for regime in regimes}
        laws = cls({code: _document(regime) for code, regime in read.items()})
        laws._read = read
        return laws

    def __getitem__(self, code: str) -> Regime:
        if code not in self._read:
            self._read[code] = Regime.model_validate_json(self.documents[code], context=FOUND_GOOD)
        return self._read[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self.documents)

    def __len__(self) -> int:
        return len(self.documents)

    def __contains__(self, code: object) -> bool:
        return code in self.documents


def _document(regime: Regime) -> bytes:
    return canonical(json.loads(regime.model_dump_json(by_alias=True, exclude_defaults=True)))


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
    return f"{ref} asks for no harm test" + (
        f"; {law.id} asks for {', '.join(sorted(asked))}" if asked else ""
    )


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
