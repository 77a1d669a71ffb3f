"""People whom a new revision of the scope no longer supports: a person releases them, or upholds that they are told.

Nobody leaves the scope in silence. Until it is decided they are held: no letter leaves for them, and a duty to tell
people is not met while one of them is untold.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from tocsin.actions.asking import act, command_of, refuse_silence
from tocsin.actions.choosing import Chosen, choose
from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.carrying import with_decisions
from tocsin.domain.cells import Cell
from tocsin.domain.datamap import DataMap
from tocsin.domain.demands import as_readers
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import FactLearned, PeopleReleased, PeopleUpheld
from tocsin.domain.scope.buckets import Bucket
from tocsin.domain.scope.people import AffectedPerson, pseudonym
from tocsin.engine.letters import upheld
from tocsin.engine.unsupported import DECIDERS
from tocsin.record import Recorded
from tocsin.storage import holding, judging

_DISCLOSURE = {Bucket.CONFIRMED: "confirmed", Bucket.LIKELY: "likely", Bucket.CANNOT_EXCLUDE: "possible"}


def release_people(
    app: App, actor: Actor, key: str, whom: Sequence[str] | None, *, because: str, command: str | None = None
) -> Recorded:
    """Let people go whom the latest revision does not support: they are owed nothing, and no letter leaves for them.

    `whom` are ids as the customer database knows them, or pseudonyms; None is everybody who is held. Whom a person
    upheld before is released by name only.
    """

    def decide(change: Change) -> None:
        need(actor, change.incident, *DECIDERS)
        chosen = choose(app, change.incident, whom, ("held", "upheld"))
        refuse_silence(because, "say why these people are owed no letter any more: --because '...'")
        words = change.keep(because.strip())
        with app.database.read() as connection:
            letters = chosen.letters(connection)
            undone = readers_among(alike(chosen.people(app, connection, "upheld")))
            body = PeopleReleased(
                revision=chosen.revision,
                people=chosen.by_place(connection),
                digest=chosen.digest(connection),
                because=words,
                told=chosen.by_place(connection, told=True),
                undone=undone,
                letters=letters,
            )
        seq = change.add(body)

        def settle(connection: Connection) -> None:
            if chosen.letters(connection) != letters:
                raise Refused("letters of these people moved a moment ago; say it again")
            chosen.judge(connection, seq, upheld=False)
            holding.account(connection, key, judging.judged_people(key, seq), change.now)

        change.also.append(settle)
        if undone:
            _learn_cells(app, change, seq, words, without=chosen)

    asked = command_of(command, "release", [_said(app, key, whom), because])
    return act(app, actor, key, decide, command=asked)


def uphold_people(
    app: App, actor: Actor, key: str, whom: Sequence[str] | None, *, because: str, command: str | None = None
) -> Recorded:
    """Find that people whom the latest revision does not support are owed a letter all the same; `whom` as above."""

    def decide(change: Change) -> None:
        need(actor, change.incident, *DECIDERS)
        chosen = choose(app, change.incident, whom, ("held",))
        refuse_silence(because, "say why these people are told all the same: --because '...'")
        words = change.keep(because.strip())
        with app.database.read() as connection:
            readers = readers_among(alike(chosen.people(app, connection, "held")))
            body = PeopleUpheld(
                revision=chosen.revision,
                people=chosen.by_place(connection),
                readers=readers,
                digest=chosen.digest(connection),
                because=words,
                told=chosen.by_place(connection, told=True),
            )
        seq = change.add(body)

        def settle(connection: Connection) -> None:
            chosen.judge(connection, seq, upheld=True)
            holding.hold(connection, key, chosen.revision, change.now)

        change.also.append(settle)
        _learn_cells(app, change, seq, words, besides=chosen)

    asked = command_of(command, "uphold", [_said(app, key, whom), because])
    return act(app, actor, key, decide, command=asked)


def _said(app: App, key: str, whom: Sequence[str] | None) -> list[str] | None:
    """Whom a command names, under pseudonyms."""
    people_key = app.people_key(key)
    return None if whom is None else sorted(pseudonym(people_key, each) for each in whom)


# --- what the laws ask about


Alike = tuple[str, str, str, tuple[str, ...], Bucket]


def alike(people: Iterable[AffectedPerson]) -> Counter[Alike]:
    """How many of these people are alike to the laws: role, place, group, kinds of data, and how sure we were."""
    return Counter(
        (person.role, person.place, person.group, person.kinds, person.bucket) for person in people
    )


def readers_among(people: Mapping[Alike, int]) -> dict[str, int]:
    """How many of them are which readers."""
    readers = Counter[str]()
    for (role, place, group, _, _), count in people.items():
        readers[as_readers(place, role, group).key] += count
    return dict(sorted(readers.items()))


def upheld_cells(people: Mapping[Alike, int], data_map: DataMap) -> tuple[dict[str, Any], ...]:
    """Cells of people whom no log supports any more and a person upheld: a count that is never exact."""
    return tuple(
        Cell(
            role=role,
            place=place,
            group=(group,),
            kinds=kinds or None,
            categories=data_map.categories(kinds) if kinds else None,
            disclosure=_DISCLOSURE.get(bucket),
            access="unknown",
            count=count,
            method="approximate",
        ).canonical()
        for (role, place, group, kinds, bucket), count in sorted(people.items())
    )


def _learn_cells(
    app: App,
    change: Change,
    seq: int,
    source: str,
    *,
    besides: Chosen | None = None,
    without: Chosen | None = None,
) -> None:
    """The cells as measured, with those of whom a person upheld. What a person stated of all cells is left as it is."""
    incident = change.incident
    stated = incident.learned.get("cells")
    if incident.scope is None or (stated is not None and stated.scope_revision is None):
        return
    key, gone = app.people_key(incident.key), set(without.named or ()) if without else set()
    with app.database.read() as connection:
        before = (person for hidden, person in upheld(connection, incident, key) if hidden not in gone)
        now = besides.people(app, connection, "held") if besides else ()
        cells = upheld_cells(alike(chain(before, now)), app.catalog_of(incident).data_map)
    value = with_decisions((*incident.scope.cells, *cells), incident.facts)
    body = FactLearned(name="cells", value=value, source=source, scope_revision=incident.scope.revision)
    change.add(body, cause=seq)
