"""Records by their names, each read out of its document when somebody asks for it.

Pure. A document is canonical JSON of what was read and found good before. Most commands ask for one incident type and
no law at all, and reading sixty laws takes longer than the rest of a catalog.
"""

import json
from collections.abc import Iterator, Mapping
from typing import ClassVar, Generic, Self, TypeVar, cast

from pydantic import BaseModel

from tocsin.domain.canonical import canonical
from tocsin.domain.law.clock import FOUND_GOOD

Read = TypeVar("Read", bound=BaseModel)


class Documents(Mapping[str, Read], Generic[Read]):
    """One kind of record. A ValueError, when one is asked for, says that its document does not fit the model."""

    model: ClassVar[type[BaseModel]]

    def __init__(self, documents: Mapping[str, bytes]) -> None:
        #: Each record as canonical JSON, by its name.
        self.documents = documents
        self._read: dict[str, Read] = {}

    @classmethod
    def of(cls, records: Mapping[str, Read]) -> Self:
        """The same of records that were read already."""
        made = cls({name: canonical_json(record) for name, record in records.items()})
        made._read = dict(records)
        return made

    def __getitem__(self, name: str) -> Read:
        if name not in self._read:
            read = self.model.model_validate_json(self.documents[name], context=FOUND_GOOD)
            self._read[name] = cast("Read", read)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.documents)

    def __len__(self) -> int:
        return len(self.documents)

    def __contains__(self, name: object) -> bool:
        return name in self.documents

    def __eq__(self, other: object) -> bool:
        return self.documents == other.documents if isinstance(other, Documents) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self.documents))


def canonical_json(record: BaseModel) -> bytes:
    """A record as canonical JSON, without what it leaves at its default."""
    return canonical(json.loads(record.model_dump_json(by_alias=True, exclude_defaults=True)))
