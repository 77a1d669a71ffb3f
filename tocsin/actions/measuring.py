"""Measuring, for the first time or again: under a lease, within this home's limits, and with the people kept sealed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from sqlalchemy import Connection

from tocsin.actions.accounts import keep_accounts
from tocsin.app import App
from tocsin.change import Also
from tocsin.domain.catalog import Catalog
from tocsin.domain.errors import Refused
from tocsin.domain.scope.question import Question
from tocsin.domain.scope.tally import Tally
from tocsin.domain.sources import Sources
from tocsin.domain.transfers import refuse_unfounded, refuse_unfounded_engine
from tocsin.engine.addressed import Addressed
from tocsin.engine.jobs import kept_alive
from tocsin.setting_tables import Scoping, megabytes
from tocsin.storage import affected, jobs
from tocsin.storage.database import in_batches

if TYPE_CHECKING:
    from tocsin.scoping.measure import Measurement, Opens
    from tocsin.sources.caches import Cache
    from tocsin.sources.engine import Limits

Progress = Callable[[str, float], None]
#: What answers a question.
Engine = Literal["duckdb", "spark"]


@contextmanager
def measuring(app: App, key: str) -> Iterator[Also]:
    """The lease under which one at a time measures; what it gives is written with the result, and says that it holds.

    Refused while somebody else measures, and when they took over meanwhile.
    """
    holder = f"scope/{uuid4().hex[:8]}"
    with app.database.write() as connection:
        if not jobs.take(connection, key, "scope", holder, app.clock()):
            raise Refused(f"somebody is measuring the scope of {key} now; wait for that revision")

    def ours(connection: Connection) -> None:
        jobs.beat(connection, key, "scope", holder, app.clock())

    try:
        with kept_alive(app, key, "scope", holder):
            yield ours
    except jobs.LeaseLost:
        raise Refused(f"somebody else took over the scope of {key}; wait for that revision") from None


def found_by(
    app: App,
    key: str,
    question: Question,
    sources: Sources,
    catalog: Catalog,
    asked_at: datetime,
    progress: Progress,
    engine: Engine | None = None,
    cache: "Cache | None" = None,
    bounds: Mapping[str, int] = MappingProxyType({}),
) -> "Measurement":
    """What the declared sources say to a question of that moment, within this home's limits, by its engine or another.

    `bounds` hold in place of this home's: those with which it was asked before. Refused where data would be read
    without a basis.
    """
    from tocsin.scoping.measure import measure

    how, home = app.settings.scoping, catalog.contacts.organisation.established_in
    refuse_unfounded(sources, home, how.country or home, how.transfer)
    return measure(
        question,
        sources,
        catalog.data_map,
        workspace=workspace_of(app),
        pseudonym_key=app.people_key(key),
        asked_at=asked_at,
        progress=progress,
        limits=limits_of(app, bounds),
        engines=engines_of(how, home, engine or how.engine),
        cache=cache,
    )


def workspace_of(app: App) -> Path:
    """Where a measurement of this home works."""
    return app.settings.home / "cache" / "scope"


def bounds_of(app: App) -> dict[str, int]:
    """What of a log is read at all, as tocsin.toml says it: past that lines and archives are gaps, so it decides."""
    how = app.settings.scoping
    return {"longest_line": how.longest_line, "unpack_ratio": how.unpack_ratio}


def limits_of(app: App, bounds: Mapping[str, int] = MappingProxyType({})) -> "Limits":
    """How much of this machine it may take, and what of a log is read at all: by this home, or by `bounds`."""
    from tocsin.sources.bounds import Bounds
    from tocsin.sources.engine import Limits

    how, read = app.settings.scoping, bounds_of(app) | dict(bounds)
    most = Bounds(read["longest_line"] << 20, read["unpack_ratio"])
    return Limits.within(megabytes(how.memory), how.threads, most)


def engines_of(how: Scoping, home: str, engine: Engine) -> "Opens":
    """What opens an engine; Refused where nobody says where its machines stand, or on what basis data may be there."""
    from tocsin.sources.engine import alone

    if engine == "duckdb":
        return alone
    if not how.spark.here and how.spark.country is None:
        raise Refused(
            f"tocsin.toml does not say in which country {how.spark.master} stands; name it in table [scoping.spark],"
            f' such as `country = "{home}"`'
        )
    place = how.spark.country or how.country or home
    refuse_unfounded_engine(
        home, place, how.spark.transfer or (how.transfer if how.spark.here else None), "scoping.spark"
    )
    try:
        from tocsin.sources.spark.engine import on
    except ImportError:
        raise Refused(
            "Spark is not installed here; pip install 'tocsin[spark]', or leave --engine out"
        ) from None
    return on(how.spark.master)


def keep_people(app: App, key: str, revision: int, rows: Iterable[dict[str, Any]], ours: Also) -> None:
    """Write the people of a revision, in place of what an interrupted measurement left of it."""
    with app.database.write() as connection:
        affected.clear(connection, key, revision)
    for batch in in_batches(rows, affected.BATCH):
        with app.database.write() as connection:
            ours(connection)
            affected.write(connection, batch)


def keep_found(
    app: App,
    key: str,
    revision: int,
    measurement: "Measurement",
    on_the_way: tuple[Tally, Addressed],
    ours: Also,
) -> None:
    """Write the people and the accounts of a revision; how its people are told is counted on the way."""
    people_key, people = app.people_key(key), measurement.people()
    for counts in on_the_way:
        people = counts.each(people)
    rows = (affected.row(key, revision, person, people_key) for person in people)
    keep_people(app, key, revision, rows, ours)
    keep_accounts(app, key, revision, measurement, ours)
