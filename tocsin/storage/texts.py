"""Free text beside the chain: sealed, salted, erasable one by one. The chain holds only commitments to it."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, select

from tocsin.domain.errors import Refused
from tocsin.sealing import SALT_BYTES, commitment, commits_to, keyed_digest, seal, unseal
from tocsin.storage.tables import text


class Texts:
    """Collects the texts of one change: `keep` gives the commitment, `write` stores what was kept.

    `before` finds the commitment under which the incident holds a text already: said again, a text keeps it, so that a
    fact learned twice is seen to be the same, and destroying one destroys it wherever it was said.
    """

    def __init__(
        self,
        incident: str,
        key: bytes,
        entropy: Callable[[int], bytes],
        before: Callable[[str], str | None] = lambda plain: None,
    ) -> None:
        self._incident, self._key, self._entropy, self._before = incident, key, entropy, before
        self._said: dict[str, str] = {}
        self._kept: dict[str, tuple[bytes, str]] = {}

    def keep(self, plain: str) -> str:
        """The commitment that stands for this text in the chain."""
        if plain not in self._said:
            self._said[plain] = self._before(plain) or self._new(plain)
        return self._said[plain]

    def _new(self, plain: str) -> str:
        salt = self._entropy(SALT_BYTES)
        words = commitment(salt, plain)
        self._kept[words] = (salt, plain)
        return words

    def write(self, connection: Connection) -> None:
        """Store what was kept and is not there yet."""
        rows = [
            {
                "incident": self._incident,
                "words": words,
                "said": said(self._key, plain),
                "salt": salt,
                "sealed": seal(self._key, plain.encode(), sealed_for(self._incident, words)),
            }
            for words, (salt, plain) in self._kept.items()
        ]
        if rows:
            connection.execute(text.insert(), rows)
        self._kept.clear()


def said(key: bytes, plain: str) -> str:
    """The keyed hash by which a text is found again: without the incident's key nobody can guess at it."""
    return keyed_digest(key, f"text/{plain}".encode())


def sealed_for(incident: str, words: str) -> str:
    """What a text is sealed for: its commitment."""
    return f"text/{incident}/{words}"


def said_before(connection: Connection, incident: str, key: bytes, plain: str) -> str | None:
    """The commitment of a text that an incident holds. One that is damaged counts as not there: work goes on."""
    query = select(text).where(text.c.incident == incident, text.c.said == said(key, plain))
    for row in connection.execute(query).mappings():
        try:
            unseal(key, row["sealed"], sealed_for(incident, row["words"]))
        except Refused:
            continue
        if commits_to(row["words"], row["salt"], plain):
            return str(row["words"])
    return None


def read_texts(
    connection: Connection, incident: str, key: bytes, words: Iterable[str] | None = None
) -> dict[str, str]:
    """The texts behind these commitments (all of the incident's without a choice); an erased one is left out."""
    query = select(text).where(text.c.incident == incident)
    if words is not None:
        query = query.where(text.c.words.in_(set(words)))
    return {
        row["words"]: unseal(key, row["sealed"], sealed_for(incident, row["words"])).decode()
        for row in connection.execute(query).mappings()
    }


def forget(connection: Connection, incident: str, words: str) -> bool:
    """Destroy one text and its salt: nobody can prove any more what it said, nor confirm a guess, keys in hand."""
    result = connection.execute(delete(text).where(text.c.incident == incident, text.c.words == words))
    return result.rowcount == 1


def shown(value: Any, texts: Mapping[str, str]) -> Any:
    """A value with its commitments replaced by their texts; an erased text shows as `(erased)`."""
    if isinstance(value, str):
        return texts.get(value, "(erased)") if value.startswith("words:") else value
    if isinstance(value, Mapping):
        return {name: shown(item, texts) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [shown(item, texts) for item in value]
    return value


def hidden(texts: Texts, value: Any, plain: Collection[str] = ()) -> Any:
    """A value with its texts replaced by commitments to them: the other way round. `plain` keys stay as they are."""
    if isinstance(value, str):
        return texts.keep(value)
    if isinstance(value, Mapping):
        return {name: item if name in plain else hidden(texts, item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [hidden(texts, item) for item in value]
    return value
