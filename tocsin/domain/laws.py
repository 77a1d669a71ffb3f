"""The laws of a catalog, each read out of its document when somebody asks for it.

Pure. Most commands ask no law at all, and reading sixty of them takes longer than the rest of a catalog.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

from tocsin.domain.answers import nearest
from tocsin.domain.clock import FOUND_GOOD
from tocsin.domain.rules import Regime
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


def missing(ref: str, laws: Mapping[str, Regime]) -> str | None:
    """What is missing of `law` or `law/rule`, with the nearest right name; None where both are there."""
    law, _, name = ref.partition("/")
    if law not in laws:
        return f"there is no law {law!r}{nearest(law, laws, 'tocsin law')}"
    if name and not laws[law].rule(name):
        return f"{law} has no rule {name!r}{nearest(name, [each.id for each in laws[law].rules])}"
    return None
