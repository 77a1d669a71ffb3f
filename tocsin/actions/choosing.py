"""Whom a decision about the unsupported is about: everybody who is held, or some by name, a batch at a time."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.domain.scope.people import AffectedPerson, pseudonym
from tocsin.storage import affected, holding, judging, revisions
from tocsin.storage.database import in_batches
from tocsin.storage.revisions import BATCH, Stand, Standing, Unsupported

#: Digits of a pseudonym that are enough to name somebody by: as many as lists show.
_DIGITS = re.compile(r"[0-9a-f]{12,63}")
#: So many numbers are named; more are counted.
_NAMED = 5


@dataclass(frozen=True)
class Chosen:
    """The people about whom it is decided, in parts. `named` are their pseudonyms in order; None for everybody held."""

    incident: str
    revision: int
    parts: tuple[Unsupported, ...]
    named: tuple[str, ...] | None = None

    def digest(self, connection: Connection) -> str:
        """SHA-256 over their pseudonyms."""
        everybody = Unsupported(self.incident, self.revision, "held").pseudonyms
        return judging.digest_of(self.named or judging.pseudonyms(connection, everybody))

    def letters(self, connection: Connection) -> dict[str, dict[str, int]]:
        """Notice to readers to how many of them it has still to tell."""
        return holding.unaccounted(connection, self.incident, [part.pseudonyms for part in self.parts])

    def by_place(self, connection: Connection, *, told: bool = False) -> dict[str, int]:
        """Those who were held, by place; only those for whom a letter left, where that is asked."""
        counts = Counter[str]()
        for part in self._standing("held"):
            counts.update(part.by_place(connection, told=told))
        return dict(sorted(counts.items()))

    def people(self, app: App, connection: Connection, stand: Stand) -> Iterator[AffectedPerson]:
        """Those who stood so, opened one by one."""
        key = app.people_key(self.incident)
        for part in self._standing(stand):
            for row in part.people(connection):
                yield affected.opened(row, key)

    def _standing(self, stand: Stand) -> list[Unsupported]:
        return [part for part in self.parts if part.stand == stand]

    def judge(self, connection: Connection, seq: int, *, upheld: bool) -> None:
        """Write down what an entry decided of them."""
        # By what stood before: a part that was judged would be another one.
        for part in self.parts:
            judging.judge(connection, seq, part, upheld=upheld)


def choose(app: App, incident: Incident, whom: Sequence[str] | None, stands: tuple[Stand, ...]) -> Chosen:
    """Those whom a person means: ids, pseudonyms, or None for everybody held. Refused for who does not stand so."""
    key, scope = incident.key, incident.scope
    if scope is None:
        raise Refused(f"{key} has no scope yet; tocsin scope {key} measures it first")
    if whom is None:
        if not incident.held:
            raise Refused(
                f"revision {scope.revision} of {key} leaves nobody to decide about; "
                f"tocsin affected {key} --changes shows how it differs"
            )
        return Chosen(key, scope.revision, (Unsupported(key, scope.revision, "held"),))
    if not whom:
        raise Refused("name at least one person, or everybody: --all")
    found = _found(app, key, scope.revision, whom)
    if again := sorted(number for number, standing in found.values() if standing.stand not in stands):
        raise Refused(
            f"number {_numbers(again)} of those named was decided about before; tocsin affected {key} --person ID "
            f"says how, and a new scope that names them (tocsin scope {key} --list FILE) brings them back"
        )
    parts = []
    for stand in stands:
        mine = sorted(person for person, (_, standing) in found.items() if standing.stand == stand)
        parts += [Unsupported(key, scope.revision, stand, tuple(batch)) for batch in in_batches(mine, BATCH)]
    return Chosen(key, scope.revision, tuple(parts), tuple(sorted(found)))


def _found(app: App, key: str, revision: int, whom: Sequence[str]) -> dict[str, tuple[int, Standing]]:
    """Pseudonym to its number among those named, and how that person stands. Refused for who is not unsupported."""
    people_key, missing = app.people_key(key), []
    found: dict[str, tuple[int, Standing]] = {}
    with app.database.read() as connection:
        for batch in in_batches(enumerate(whom, 1), BATCH):
            meant = {number: (pseudonym(people_key, said), said) for number, said in batch}
            among = {each for either in meant.values() for each in either}
            there = revisions.standings(connection, key, revision, among)
            for number, (hidden, said) in meant.items():
                person = next((each for each in (hidden, said) if each in there), None)
                if person is None and _DIGITS.fullmatch(said):
                    hits = revisions.beginning_with(connection, key, revision, said)
                    person = hits[0] if len(hits) == 1 else None
                    there |= revisions.standings(connection, key, revision, hits)
                if person is None:
                    missing.append(number)
                else:
                    found[person] = (number, there[person])
    if missing:
        # Not as they were typed: an id may be somebody's address.
        raise Refused(
            f"number {_numbers(missing)} of the {len(whom)} named is nobody whom revision {revision} no longer "
            f"supports; tocsin affected {key} --changes lists those"
        )
    return found


def _numbers(numbers: Iterable[int]) -> str:
    first = list(numbers)
    more = f" and {len(first) - _NAMED} more" if len(first) > _NAMED else ""
    return ", ".join(map(str, first[:_NAMED])) + more
