"""The catalog: what Tocsin knows before anything happens: types, regimes, data map, templates, contacts.

A room of the heart: a value, and its plain form. An incident stays bound to the packs under which it was
declared: they are stored as documents (name to bytes) under their digest. Contacts are no part of the digest,
since people change numbers during an incident; a pinned catalog takes the live ones by `with_contacts`.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

from tocsin.domain.answers import nearest
from tocsin.domain.canonical import digest
from tocsin.domain.checklist import IncidentType, Types
from tocsin.domain.contacts import Contacts
from tocsin.domain.datamap import DataMap
from tocsin.domain.documents import canonical_json
from tocsin.domain.errors import Refused
from tocsin.domain.law.laws import Laws
from tocsin.domain.law.parts import LetterParts
from tocsin.domain.law.regime import Regime

#: Under this name stand the templates among the documents of a catalog.
FILES = "files/"
_TYPES, _REGIMES, _DATA_MAP, _LETTER = "types/", "regimes/", "data_map.json", "letter.json"
#: The laws, and the templates that come and go with them: the forms of authorities, and what all papers share.
_OF_LAWS = (_REGIMES, *(f"{FILES}{folder}" for folder in ("regimes/", "library/", "papers/")))


@dataclass(frozen=True)
class Catalog:
    """Everything that was read and checked. `files` holds the templates: path under the folder to content."""

    types: Types
    regimes: Laws
    data_map: DataMap
    #: What a letter to people can say.
    letter: LetterParts
    files: Mapping[str, bytes]
    contacts: Contacts
    #: The laws that may owe something while nothing is known but the breach; None where nobody worked that out.
    first_laws: tuple[str, ...] | None = field(default=None, compare=False)

    @cached_property
    def documents(self) -> Mapping[str, bytes]:
        """The packs as named documents, canonical JSON of what was parsed and the bytes of each template."""
        documents = {f"{_TYPES}{id_}.json": each for id_, each in self.types.documents.items()}
        documents |= {f"{_REGIMES}{code}.json": each for code, each in self.regimes.documents.items()}
        documents |= {f"{FILES}{path}": content for path, content in self.files.items()}
        documents[_DATA_MAP], documents[_LETTER] = canonical_json(self.data_map), canonical_json(self.letter)
        return _in_order(documents)

    @cached_property
    def digest(self) -> str:
        """SHA-256 in hex over the documents; the same packs have the same digest, whoever is on call."""
        return documents_digest(self.documents)

    def with_contacts(self, live: Contacts) -> "Catalog":
        """The same packs with the contacts of today. Where those are its own, the very same catalog."""
        if live is self.contacts:
            return self
        known = (live.organisation, live.authorities) == (
            self.contacts.organisation,
            self.contacts.authorities,
        )
        first_laws = self.first_laws if known else None
        return replace(self, contacts=live, first_laws=first_laws)._of(self.documents)

    def with_laws(self, newer: "Catalog") -> "Catalog":
        """The same packs with the laws of `newer`, their forms and the words of papers. Letters and steps stay."""
        documents = {name: each for name, each in self.documents.items() if not name.startswith(_OF_LAWS)}
        documents |= {name: each for name, each in newer.documents.items() if name.startswith(_OF_LAWS)}
        files = MappingProxyType(_under(FILES, _in_order(documents)))
        taken = replace(self, regimes=newer.regimes, first_laws=newer.first_laws, files=files)
        return taken._of(_in_order(documents))

    def knowing(self, first_laws: Iterable[str]) -> "Catalog":
        """The same, with what was worked out of its laws."""
        return replace(self, first_laws=tuple(first_laws))._of(self.documents)

    def _of(self, documents: Mapping[str, bytes]) -> "Catalog":
        """The same, which need not write the documents anew that it was made of."""
        self.__dict__["documents"] = documents
        return self

    def type(self, wanted: str) -> IncidentType:
        """The incident type with this id; Refused, with the nearest right one, when there is none."""
        found = self.types.get(wanted)
        if found is None:
            raise Refused(f"there is no incident type {wanted!r}{nearest(wanted, self.types)}")
        return found

    def regime(self, wanted: str) -> Regime:
        """The regime with this code; Refused, with the nearest right one, when there is none."""
        found = self.regimes.get(wanted)
        if found is None:
            raise Refused(f"there is no regime {wanted!r}{nearest(wanted, self.regimes)}")
        return found


def catalog_from_documents(documents: Mapping[str, bytes], contacts: Contacts) -> Catalog:
    """The catalog with these documents; ValueError when one does not fit its model.

    Of a law or an incident type that is said when it is asked for.
    """
    return Catalog(
        types=Types(_named(_TYPES, documents)),
        regimes=Laws(_named(_REGIMES, documents)),
        data_map=DataMap.model_validate_json(documents[_DATA_MAP]),
        letter=LetterParts.model_validate_json(documents[_LETTER]),
        files=MappingProxyType(_under(FILES, documents)),
        contacts=contacts,
    )._of(_in_order(documents))


def documents_digest(documents: Mapping[str, bytes]) -> str:
    """SHA-256 in hex over the names and the digests of all documents, whatever their order."""
    return digest({name: hashlib.sha256(content).hexdigest() for name, content in documents.items()})


def _in_order(documents: Mapping[str, bytes]) -> Mapping[str, bytes]:
    return MappingProxyType(dict(sorted(documents.items())))


def _named(prefix: str, documents: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name.removesuffix(".json"): content for name, content in _under(prefix, documents).items()}


def _under(prefix: str, documents: Mapping[str, bytes]) -> dict[str, bytes]:
    return {
        name.removeprefix(prefix): content for name, content in documents.items() if name.startswith(prefix)
    }
