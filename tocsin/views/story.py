"""The timeline as people read it, and as it was hashed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.actors import Actor
from tocsin.app import App
from tocsin.domain.timeline import from_row
from tocsin.storage import timeline
from tocsin.views.access import seen
from tocsin.views.document import words_of
from tocsin.views.words import commitments, in_words


@dataclass(frozen=True)
class Told:
    """One entry: `at` is when it happened, `words` what it says; `row` are the very values that were hashed."""

    seq: int
    at: datetime
    actor: str
    kind: str
    words: str
    hash: str
    row: dict[str, Any]
    texts: dict[str, str | None]


def story(app: App, actor: Actor, key: str) -> list[Told]:
    """Every entry in order. `texts` maps each commitment in an entry to its text, None where it was erased."""
    texts = words_of(app, actor, seen(app, actor, key))
    with app.database.read() as connection:
        rows = list(timeline.raw_rows(connection, key))
    told = []
    for row in rows:
        entry = from_row(row)
        found = {words: texts.get(words) for words in sorted(commitments(row["body"]))}
        told.append(
            Told(
                entry.seq,
                entry.at,
                entry.actor,
                entry.kind,
                in_words(entry.body, texts),
                entry.hash,
                row,
                found,
            )
        )
    return told
