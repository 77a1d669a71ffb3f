"""The catalog: what Tocsin knows before anything happens: types, regimes, data map, templates, contacts.

A room of the heart: a value, and its plain form. An incident stays bound to the packs under which it was
declared: they are stored as documents (name to bytes) under their digest. Contacts are no part of the digest,
since people change numbers during an incident; a pinned catalog takes the live ones by `with_contacts`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

from tocsin.domain.answers import nearest
from tocsin.domain.checklist import IncidentType
from tocsin.domain.contacts import Contacts
from tocsin.domain.datamap import DataMap
from tocsin.domain.errors import Refused
from tocsin.domain.laws import Laws
from tocsin.domain.parts import LetterParts
from tocsin.domain.regime import Regime
from tocsin.domain.timeline import canonical, digest

#: Under this name stand the templates among the documents of a catalog.
FILES = "files/"
#: Templates that come and go with the laws: the forms of authorities, and what all papers share.
_OF_LAWS = ("regimes/", "library/", "papers/")
_TYPES, _REGIMES, _DATA_MAP, _LETTER = "types/", "regimes/", "data_map.json", "letter.json"


@dataclass(frozen=True)
class Catalog:
    """Everything that was read and checked. `files` holds the templates: path under the folder to content."""

    types: Mapping[str, IncidentType]
    regimes: Laws
    data_map: DataMap
    #: What a letter to people can say.
    letter: LetterParts
    files: Mapping[str, bytes]
    contacts: Contacts

    @cached_property
    def digest(self) -> str:
        """SHA-256 in hex over the documents; the same packs have the same digest, whoever is on call."""
        return documents_digest(catalog_documents(self))

    def with_contacts(self, live: Contacts) -> "Catalog":
        """The same packs with the contacts of today. Where those are its own, the very same catalog."""
        return self if live is self.contacts else replace(self, contacts=live)

    def with_laws(self, newer: "Catalog") -> "Catalog":
        """The same packs with the laws of `newer`, their forms and the words of papers. Letters and steps stay."""
        files = {path: content for path, content in self.files.items() if not path.startswith(_OF_LAWS)}
        files |= {path: content for path, content in newer.files.items() if path.startswith(_OF_LAWS)}
        return replace(self, regimes=newer.regimes, files=MappingProxyType(dict(sorted(files.items()))))

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


def catalog_documents(catalog: Catalog) -> Mapping[str, bytes]:
    """The packs as named documents, canonical JSON of what was parsed and the bytes of each template."""
    documents = {f"{_TYPES}{id_}.json": _plain(each) for id_, each in catalog.types.items()}
    documents |= {f"{_REGIMES}{code}.json": each for code, each in catalog.regimes.documents.items()}
    documents |= {f"{FILES}{path}": content for path, content in catalog.files.items()}
    documents[_DATA_MAP], documents[_LETTER] = _plain(catalog.data_map), _plain(catalog.letter)
    return MappingProxyType(dict(sorted(documents.items())))


def catalog_from_documents(documents: Mapping[str, bytes], contacts: Contacts) -> Catalog:
    """The catalog that `catalog_documents` took apart; ValueError when a document does not fit its model.

    Of a law that is said when it is asked for.
    """
    types = (IncidentType.model_validate_json(content) for content in _under(_TYPES, documents).values())
    laws = {name.removesuffix(".json"): content for name, content in _under(_REGIMES, documents).items()}
    return Catalog(
        types=MappingProxyType({each.id: each for each in types}),
        regimes=Laws(laws),
        data_map=DataMap.model_validate_json(documents[_DATA_MAP]),
        letter=LetterParts.model_validate_json(documents[_LETTER]),
        files=MappingProxyType(_under(FILES, documents)),
        contacts=contacts,
    )


def documents_digest(documents: Mapping[str, bytes]) -> str:
    """SHA-256 in hex over the names and the digests of all documents, whatever their order."""
    return digest({name: hashlib.sha256(content).hexdigest() for name, content in documents.items()})


def _plain(model: IncidentType | DataMap | LetterParts) -> bytes:
    return canonical(json.loads(model.model_dump_json(by_alias=True, exclude_defaults=True)))


def _under(prefix: str, documents: Mapping[str, bytes]) -> dict[str, bytes]:
    return {
        name.removeprefix(prefix): content for name, content in documents.items() if name.startswith(prefix)
    }
