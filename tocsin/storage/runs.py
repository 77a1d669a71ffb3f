"""Which flow run shows an incident, whether it is awake, and how much of the timeline it had seen when it parked.

The table `run` is our half of park and wake, with `parked_seq` and `shown` of `incident`, which stand beside what they
are compared with. Prefect's half is the state of the flow run; where the two disagree, ours is right. Beats and wakes
run on the real clock, also in drills whose own clock leaps.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    false,
    func,
    insert,
    select,
    true,
    union_all,
    update,
)

from tocsin.domain.waking import Sleeper
from tocsin.storage.database import Database
from tocsin.storage.resting import rests
from tocsin.storage.tables import incident, run


class Runs:
    """The `run` table of one home. Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def due(self, now: datetime) -> list[Sleeper]:
        """Every incident with entries that its run has not seen, or with something due at `now` (its clock); and every
        closed one whose run Prefect has not yet reported as ended. What ended costs nothing here.
        """
        with self.database.read() as connection:
            return [Sleeper(**row) for row in connection.execute(_due(now)).mappings()]

    def next_generation(self, key: str, clock: datetime) -> int:
        """Begin a new run. One that was begun, but whose flow run is not known, is asked for again."""
        with self.database.write() as connection:
            found = connection.execute(
                select(run.c.generation, run.c.flow_run_id).where(run.c.incident == key)
            ).first()
            if found is None:
                connection.execute(insert(run).values(incident=key, generation=1, woken_at=clock))
                _show(connection, key, True)
                return 1
            generation: int = found.generation
            if generation == 0 or found.flow_run_id is not None:
                generation += 1
            connection.execute(
                update(run)
                .where(run.c.incident == key)
                .values(generation=generation, flow_run_id=None, woken_at=clock)
            )
            _show(connection, key, True)
            return generation

    def adopt(self, key: str, generation: int, flow_run_id: str) -> None:
        """Say which flow run belongs to a generation, unless there is a newer one."""
        with self.database.write() as connection:
            connection.execute(
                update(run)
                .where(run.c.incident == key, run.c.generation == generation)
                .values(flow_run_id=flow_run_id)
            )

    def woken(self, key: str, clock: datetime) -> None:
        """Say that a run was woken now."""
        with self.database.write() as connection:
            connection.execute(update(run).where(run.c.incident == key).values(woken_at=clock))

    def begin_execution(self, key: str, flow_run_id: str, clock: datetime) -> int | None:
        """A flow run starts or starts again: the number of its execution, or None when another run has the incident."""
        with self.database.write() as connection:
            found = connection.execute(
                select(run.c.execution, run.c.flow_run_id).where(run.c.incident == key)
            ).first()
            if found is None:
                row = {"incident": key, "generation": 1, "flow_run_id": flow_run_id}
                connection.execute(insert(run).values(row | {"execution": 1, "beat": clock}))
                _show(connection, key, True)
                return 1
            if found.flow_run_id not in (None, flow_run_id):
                return None
            execution: int = found.execution + 1
            connection.execute(
                update(run)
                .where(run.c.incident == key)
                .values(flow_run_id=flow_run_id, execution=execution, beat=clock)
            )
            _show(connection, key, True)
            return execution

    def beat(self, key: str, execution: int, clock: datetime) -> bool:
        """Say that this execution lives. False when it has left, or when a later one has taken over.

        A beat may still wait for the database while its run parks. It must not bring the parked run back to life.
        """
        with self.database.write() as connection:
            return _changed(connection, key, execution, run.c.beat.is_not(None), beat=clock)

    def seen(self, key: str) -> int:
        """Up to which entry the run of an incident had seen the timeline when it last left."""
        with self.database.read() as connection:
            return connection.scalar(select(incident.c.parked_seq).where(incident.c.key == key)) or 0

    def park(self, key: str, execution: int, seq: int) -> bool:
        """Say that this execution left and had seen all up to `seq`. False when a later one has taken over."""
        return self._leave(key, execution, seq, beat=None)

    def finish(self, key: str, execution: int, seq: int, clock: datetime) -> bool:
        """Say that this execution has seen all up to `seq` and is about to complete; it lives until Prefect says so."""
        return self._leave(key, execution, seq, beat=clock)

    def end(self, key: str, generation: int) -> None:
        """Say that the run of a closed incident has ended in Prefect too."""
        with self.database.write() as connection:
            ended = connection.execute(
                update(run).where(run.c.incident == key, run.c.generation == generation).values(beat=None)
            )
            if ended.rowcount:
                _show(connection, key, False)

    def parked(self, key: str) -> bool:
        """Whether the run of an incident has left and had seen all there is. A parked run does not beat."""
        query = (
            select(run.c.incident)
            .join(incident, incident.c.key == run.c.incident)
            .where(run.c.incident == key, run.c.beat.is_(None), incident.c.parked_seq == incident.c.head_seq)
        )
        with self.database.read() as connection:
            return connection.scalar(query) is not None

    def _leave(self, key: str, execution: int, seq: int, *, beat: datetime | None) -> bool:
        with self.database.write() as connection:
            ours = _changed(connection, key, execution, beat=beat)
            if ours:
                connection.execute(update(incident).where(incident.c.key == key).values(parked_seq=seq))
            return ours


def _show(connection: Connection, key: str, shown: bool) -> None:
    connection.execute(update(incident).where(incident.c.key == key).values(shown=shown))


def _changed(
    connection: Connection, key: str, execution: int, *only: ColumnElement[bool], **values: object
) -> bool:
    changed = connection.execute(
        update(run).where(run.c.incident == key, run.c.execution == execution, *only).values(**values)
    )
    return changed.rowcount == 1


def _due(now: datetime) -> CompoundSelect[Any]:
    """Three queries in one, each with an index of its own: what is overdue, what has entries that its run has not seen,
    and runs of closed incidents that have not ended.
    """
    unseen = incident.c.head_seq > incident.c.parked_seq
    columns = (
        incident.c.key.label("incident"),
        *(incident.c[name] for name in ("code_name", "type", "severity", "drill")),
        func.coalesce(run.c.generation, 0).label("generation"),
        *(run.c[name] for name in ("flow_run_id", "beat", "woken_at")),
    )
    well = incident.c.quarantined.is_(None)
    shown = incident.outerjoin(run, run.c.incident == incident.c.key)
    active = [
        select(*columns, urgent.label("urgent"), false().label("over"))
        .select_from(shown)
        .where(incident.c.open, well, *only)
        for urgent, only in (
            (true(), (incident.c.wake_at <= now,)),
            # Every head is past nothing; said, so that SQLite searches the index of these few.
            (false(), (unseen, incident.c.head_seq > 0, rests(now))),
        )
    ]
    closed = (
        select(*columns, false().label("urgent"), (~unseen).label("over"))
        .select_from(run.join(incident, run.c.incident == incident.c.key))
        .where(incident.c.shown, ~incident.c.open, well)
    )
    return union_all(*active, closed)
