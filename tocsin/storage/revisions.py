"""What sets the revisions of a scope apart: who came, who stayed, who is no longer supported, what was decided of them.

Everything is asked of the database, and no set of people stands in memory. People stand under pseudonyms. Whom an
earlier revision told and the present one does not is *unsupported*: held until a person decides, then *released*
from the scope, or *upheld* as owed a letter all the same. A decision holds until a later revision names the person
again; after that it would have to be made anew. A long module: the same person, under whatever id, is asked for in one
place.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    Select,
    and_,
    exists,
    func,
    not_,
    or_,
    select,
    union_all,
)

from tocsin.domain.scope.buckets import TOLD
from tocsin.storage.ledger import CAME_BACK, LEFT
from tocsin.storage.tables import account, affected, judged, ledger

Change = Literal["added", "kept", "unsupported"]
Stand = Literal["held", "released", "upheld"]

#: People looked up, or in memory, at a time.
BATCH = 500
#: A letter that reached its reader, surely or perhaps.
_HAD_ONE = or_(ledger.c.state == "sending", and_(LEFT, not_(CAME_BACK)), ledger.c.doubtful)


@dataclass(frozen=True)
class Changes:
    """How many people a revision tells that an earlier one did not, and so on."""

    added: int
    kept: int
    unsupported: int


def _told(table: Any, incident: str, revision: Any) -> ColumnElement[bool]:
    """Rows of the people whom a revision tells."""
    buckets = [str(bucket) for bucket in TOLD]
    return and_(table.c.incident == incident, table.c.revision == revision, table.c.bucket.in_(buckets))


def owed(incident: str, revision: int) -> CompoundSelect[tuple[str]]:
    """The pseudonyms of everybody who is owed a letter: whom a revision tells, and whom a person upheld."""
    return union_all(*_owed(incident, revision))


def owed_by_any_id(incident: str, revision: int) -> CompoundSelect[tuple[str]]:
    """The same, and those of the other accounts of whom the revision tells."""
    return union_all(*_owed(incident, revision), renamed(incident, revision))


def _owed(incident: str, revision: int) -> tuple[Select[tuple[str]], ...]:
    told = select(affected.c.person).where(_told(affected, incident, revision))
    return told, Unsupported(incident, revision, "upheld").pseudonyms


def renamed(incident: str, revision: int) -> Select[tuple[str]]:
    """Pseudonyms that are other accounts of somebody whom a revision tells, such as an id she had in an earlier one.

    Her id is the least among her accounts: whoever declares a key later makes one person of several, of a new id.
    """
    hers, owner = account.alias("hers"), affected.alias("owner")
    same = and_(_told(owner, incident, revision), owner.c.person == hers.c.person)
    query = select(hers.c.account).select_from(hers).join(owner, same)
    return query.where(hers.c.incident == incident, hers.c.revision == revision)


def _had_another_id(incident: str, revision: int, earlier: int) -> ColumnElement[bool]:
    """Whether an earlier revision tells a person of this one under the id of another account of hers."""
    hers, then = account.alias("hers"), affected.alias("then")
    same = and_(_told(then, incident, earlier), then.c.person == hers.c.account)
    query = select(hers.c.person).select_from(hers).join(then, same)
    return affected.c.person.in_(query.where(hers.c.incident == incident, hers.c.revision == revision))


def _changed(change: Change, incident: str, before: int, now: int) -> Select[Any]:
    """Rows of the people of one kind of change: of the later revision, where it tells them."""
    old, new = (before, now) if change != "unsupported" else (now, before)
    other = affected.alias("other")
    same = exists().where(_told(other, incident, old), other.c.person == affected.c.person)
    gone = affected.c.person.in_(renamed(incident, now))
    there = or_(same, gone if change == "unsupported" else _had_another_id(incident, now, before))
    query = select(affected)
    return query.where(_told(affected, incident, new), there if change == "kept" else ~there)


def unlike(connection: Connection, incident: str, one: int, other: int) -> int:
    """How many people only one of two measurements has, or have in another bucket or place, whatever their bucket."""

    def only(here: int, there: int) -> int:
        also = affected.alias("also")
        same = exists().where(
            also.c.incident == incident,
            also.c.revision == there,
            also.c.person == affected.c.person,
            also.c.bucket == affected.c.bucket,
            also.c.place == affected.c.place,
        )
        mine = (affected.c.incident == incident, affected.c.revision == here, ~same)
        return connection.scalar(select(func.count()).select_from(affected).where(*mine)) or 0

    # Who stands otherwise is found on both sides.
    return max(only(one, other), only(other, one))


def changes(connection: Connection, incident: str, before: int, now: int) -> Changes:
    """How two revisions differ in whom they tell. Revision 0 tells nobody."""

    def number(change: Change) -> int:
        found = _changed(change, incident, before, now).subquery()
        return connection.scalar(select(func.count()).select_from(found)) or 0

    return Changes(number("added"), number("kept"), number("unsupported"))


def changed(
    connection: Connection, incident: str, before: int, now: int, change: Change
) -> Iterator[Row[Any]]:
    """Rows of the people of one kind of change, with `told` beside, in the order of their pseudonyms.

    `told` is whether a letter of ours left for them, surely or perhaps. Some hundred are in memory at a time.
    """
    found = _changed(change, incident, before, now).subquery()
    query = select(found, _had_a_letter(incident, found).label("told")).order_by(found.c.person)
    yield from connection.execute(query, execution_options={"yield_per": BATCH})


def _had_a_letter(incident: str, found: Any) -> ColumnElement[bool]:
    """Whether a letter left for the person of a row, under this id or as another account of hers."""
    hers = account.alias("hers")
    others = select(hers.c.account).where(
        hers.c.incident == incident, hers.c.revision == found.c.revision, hers.c.person == found.c.person
    )
    person = or_(ledger.c.person == found.c.person, ledger.c.person.in_(others))
    return exists().where(ledger.c.incident == incident, person, _HAD_ONE)


# --- no longer supported


@dataclass(frozen=True)
class Unsupported:
    """Those whom a revision does not support, and who stand so: everybody, or only some named ones, a batch of them."""

    incident: str
    revision: int
    stand: Stand
    among: tuple[str, ...] | None = None

    @property
    def all(self) -> Any:
        """Person, the last revision that told them, seq and upheld of the decision since then, NULL without one."""
        buckets = [str(bucket) for bucket in TOLD]
        # Revisions one by one and not as a range: then a person is looked up in each by the primary key.
        earlier = affected.c.revision.in_(range(1, self.revision + 1))
        wanted = (
            affected.c.incident == self.incident,
            earlier,
            affected.c.bucket.in_(buckets),
            # She is there, under the id of another account of hers.
            affected.c.person.not_in(renamed(self.incident, self.revision)),
        )
        last = (
            select(affected.c.person, func.max(affected.c.revision).label("revision"))
            .where(*wanted, *self._among(affected.c.person))
            .group_by(affected.c.person)
            .having(func.max(affected.c.revision) < self.revision)
            .subquery("last")
        )
        latest = (
            select(judged.c.person, func.max(judged.c.seq).label("seq"))
            .where(judged.c.incident == self.incident, *self._among(judged.c.person))
            .group_by(judged.c.person)
            .subquery("latest")
        )
        said = judged.alias("said")
        # Where a later revision told this person again, what was decided before is about something else.
        holds = and_(
            said.c.incident == self.incident,
            said.c.person == last.c.person,
            said.c.seq == latest.c.seq,
            said.c.revision > last.c.revision,
        )
        joined = last.outerjoin(latest, latest.c.person == last.c.person).outerjoin(said, holds)
        columns = (last.c.person, last.c.revision, said.c.seq, said.c.upheld)
        return select(*columns).select_from(joined).subquery("unsupported")

    def _among(self, person: ColumnElement[str]) -> list[ColumnElement[bool]]:
        return [] if self.among is None else [person.in_(self.among)]

    def stands(self, found: Any) -> ColumnElement[bool]:
        """Whether a row of `all` stands so."""
        if self.stand == "held":
            return found.c.seq.is_(None)  # type: ignore[no-any-return]
        return and_(found.c.seq.is_not(None), found.c.upheld.is_(self.stand == "upheld"))

    @property
    def pseudonyms(self) -> Select[tuple[str]]:
        """Who they are."""
        found = self.all
        return select(found.c.person).where(self.stands(found))

    def _rows(self, *columns: Any) -> Select[Any]:
        """Columns of their rows, each of the last revision that told them."""
        found = self.all
        same = and_(affected.c.person == found.c.person, affected.c.revision == found.c.revision)
        query = select(*columns).select_from(affected).join(found, same)
        return query.where(affected.c.incident == self.incident, self.stands(found))

    def people(self, connection: Connection) -> Iterator[Row[Any]]:
        """Their rows, with `told` beside, in the order of the pseudonyms; a batch is in memory."""
        told = _had_a_letter(self.incident, affected).label("told")
        query = self._rows(affected, told).order_by(affected.c.person)
        yield from connection.execute(query, execution_options={"yield_per": BATCH})

    def by_place(self, connection: Connection, *, told: bool = False) -> dict[str, int]:
        """How many they are by place; only those for whom a letter left, surely or perhaps, where that is asked."""
        query = self._rows(affected.c.place, func.count()).group_by(affected.c.place)
        if told:
            query = query.where(_had_a_letter(self.incident, affected))
        return {row[0]: row[1] for row in connection.execute(query.order_by(affected.c.place))}


@dataclass(frozen=True)
class Standing:
    """Somebody whom the present revision does not support: the last that did, how it stands, and by which entry."""

    revision: int
    stand: Stand
    seq: int | None


def standings(
    connection: Connection, incident: str, revision: int, among: Iterable[str]
) -> dict[str, Standing]:
    """How each of these pseudonyms stands whom the revision does not tell, and an earlier one did."""
    found = Unsupported(incident, revision, "held", tuple(among)).all
    return {
        row.person: Standing(row.revision, _stand(row), row.seq) for row in connection.execute(select(found))
    }


def beginning_with(connection: Connection, incident: str, revision: int, digits: str) -> list[str]:
    """Up to two pseudonyms of the unsupported that begin with these digits."""
    found = Unsupported(incident, revision, "held").all
    query = select(found.c.person).where(found.c.person.startswith(digits, autoescape=True))
    return list(connection.scalars(query.order_by(found.c.person).limit(2)))


def _stand(row: Row[Any]) -> Stand:
    return "held" if row.seq is None else "upheld" if row.upheld else "released"
