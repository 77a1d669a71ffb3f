"""What came back on letters, as it is kept: which letter, what it says of it, and the entry that took note of it.

A report changes no row of the ledger before an entry speaks of it: both happen in one transaction. What it changes is
`reported`, by rank and never by what came first: a letter that came back did not reach its reader. A letter that is on
the wire, or waits for its next try, is spoken of once that is over. A long module: what a report moves, and how that is
counted before it moves, stand side by side.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    delete,
    func,
    select,
    true,
    update,
)

from tocsin.domain.canonical import canonical, lines_digest
from tocsin.domain.moments import iso
from tocsin.storage.database import upsert
from tocsin.storage.ledger import COUNTED, LEFT, TOLD, WAY
from tocsin.storage.tables import ledger, mark, returned

#: So many reports become one entry: each of their letters may move on in the same transaction.
_AT_ONCE = 2000
#: What a person has to read before anything can be said.
UNREAD = "unread"

#: Of whom a report may speak: whose letter is neither on the wire nor waits for its next try.
_AT_REST = ledger.c.state.in_(("handed_over", "ambiguous", "refused", "excluded"))
_HERS = returned.join(ledger, returned.c.row == ledger.c.id)
#: Reports of which no entry speaks yet.
_WAITS = and_(returned.c.entry.is_(None), returned.c.row.is_not(None), returned.c.action != UNREAD, _AT_REST)
#: A report speaks of the letter that carries its mark; of a later draft to the same person it says nothing.
_SAME = returned.c.mark == ledger.c.mark
_RANK = func.max(
    case(
        (and_(_SAME, returned.c.action == "failed"), 2),
        (and_(_SAME, returned.c.action == "delivered"), 1),
        else_=0,
    )
)
_BY_RANK = {1: "delivered", 2: "bounced"}


@dataclass(frozen=True)
class Taken:
    """One message that came back, as it is put here."""

    seen: str
    taken_at: datetime
    incident: str | None
    notice: str | None
    row: int | None
    mark: str | None
    action: str
    status: str
    code: str
    reporter: str
    sealed: bytes = field(repr=False)


@dataclass(frozen=True)
class Named:
    """The letter that a mark names: it carries it, or has carried it."""

    id: int
    incident: str
    notice: str
    mark: str


@dataclass(frozen=True)
class News:
    """What the reports of one notice that wait come to, up to `last`.

    `reports` counts them by action; `moved` counts letters by (state before, state after, readers, whether these were
    told, untold or accounted for, and by which way). `onward` are the rows of those that wait for their next address.
    """

    last: int
    reports: dict[str, int]
    moved: dict[tuple[str, str, str, str, str], int]
    digest: str
    onward: tuple[Row[Any], ...] = ()


def sealed_for(incident: str | None, seen: str) -> str:
    """What a message is sealed for: its place here, and the incident under whose key it lies."""
    return f"returned/{incident or ''}/{seen}"


def letters(connection: Connection, marks: Collection[str]) -> dict[str, Named]:
    """Mark to the letter that it names."""
    which = select(ledger.c.id, ledger.c.incident, ledger.c.notice, mark.c.mark)
    query = which.join(mark, mark.c.row == ledger.c.id).where(mark.c.mark.in_(marks))
    return {row.mark: Named(*row) for row in connection.execute(query)}


def put(connection: Connection, came: Sequence[Taken]) -> list[Taken]:
    """Keep messages; returns those that are new."""
    new = []
    for each in came:
        statement = upsert(connection, returned, each.__dict__).on_conflict_do_nothing(
            index_elements=["seen"]
        )
        if connection.execute(statement.returning(returned.c.id)).first() is not None:
            new.append(each)
    return new


def waiting(connection: Connection) -> list[tuple[str, str]]:
    """The notices, as (incident, notice), of whose letters something came back that no entry speaks of yet."""
    query = select(returned.c.incident, returned.c.notice).select_from(_HERS).where(_WAITS).distinct()
    return [(row[0], row[1]) for row in connection.execute(query.order_by(*query.selected_columns))]


def news(
    connection: Connection, incident: str, notice: str, goes_on: Callable[[Row[Any], str, str], bool]
) -> News | None:
    """What waits of one notice, or None; of much, what came first.

    `goes_on` says of a row that came back, with the report's status and code, whether its next address is tried.
    """
    mine = and_(_WAITS, returned.c.incident == incident, returned.c.notice == notice)
    some = select(returned.c.id).select_from(_HERS).where(mine).order_by(returned.c.id).limit(_AT_ONCE)
    last = connection.scalar(select(func.max(some.subquery().c.id)))
    if last is None:
        return None
    mine = and_(mine, returned.c.id <= last)
    by_action = select(returned.c.action, func.count()).select_from(_HERS).where(mine)
    counted = connection.execute(by_action.group_by(returned.c.action).order_by(returned.c.action))
    digest = lines_digest(_lines(connection, _said().where(mine)))
    onward = tuple(_going_on(connection, mine, goes_on))
    moved = _moved(connection, mine, {row.id for row in onward})
    return News(last, {row[0]: row[1] for row in counted}, moved, digest, onward)


def _going_on(
    connection: Connection, mine: ColumnElement[bool], goes_on: Callable[[Row[Any], str, str], bool]
) -> Iterator[Row[Any]]:
    """Rows that come back by these reports and have an address left; each once, by the first report that lets it."""
    back = and_(mine, _SAME, returned.c.action == "failed", LEFT)
    open_ = and_(
        ledger.c.address < ledger.c.addresses, ledger.c.accounted_at.is_(None), ledger.c.held_at.is_(None)
    )
    query = select(ledger, returned.c.status.label("said"), returned.c.code.label("smtp")).select_from(_HERS)
    seen = set[int]()
    for row in connection.execute(query.where(back, open_).order_by(returned.c.id)):
        if row.id not in seen and goes_on(row, row.said, row.smtp):
            seen.add(row.id)
            yield row


def _moved(
    connection: Connection, mine: ColumnElement[bool], onward: Collection[int]
) -> dict[tuple[str, str, str, str, str], int]:
    ranked_by = ranked(mine).subquery()
    # One for whom a person accounted is neither told nor untold by what comes back.
    alone = ledger.c.accounted_at.is_(None)
    hers = case((and_(TOLD, alone), "told"), (alone, "untold"), else_="accounted").label("hers")
    before = COUNTED.label("before")
    query = (
        select(ledger.c.id, before, ledger.c.readers, hers, WAY, ranked_by.c.rank)
        .join(ranked_by, ranked_by.c.row == ledger.c.id)
        .where(LEFT, ranked_by.c.rank > 0)
    )
    found = Counter[tuple[str, str, str, str, str]]()
    for row, state, readers, stood, way, rank in connection.execute(query):
        after = "pending" if row in onward else "bounced" if state == "bounced" else _BY_RANK[rank]
        if after != state:
            found[state, after, readers, stood, way] += 1
    return dict(found)


def ranked(which: ColumnElement[bool]) -> Select[tuple[int, int]]:
    """Rows of the ledger, each with what these messages come to: 2 it came back, 1 it arrived, 0 neither."""
    return (
        select(returned.c.row, _RANK.label("rank")).select_from(_HERS).where(which).group_by(returned.c.row)
    )


def take_note(connection: Connection, incident: str, notice: str, last: int, entry: int) -> int:
    """The entry speaks of what waits up to `last`, and letters stand as it says. Returns how many reports it took."""
    waits = select(returned.c.id).select_from(_HERS).where(_WAITS)
    waits = waits.where(returned.c.incident == incident, returned.c.notice == notice, returned.c.id <= last)
    taken = connection.execute(update(returned).where(returned.c.id.in_(waits)).values(entry=entry)).rowcount
    # The stronger word last: it stands over any other.
    for action, state, over in (
        ("delivered", "delivered", ledger.c.reported.is_(None)),
        ("failed", "bounced", true()),
    ):
        said = select(returned.c.row).select_from(_HERS)
        said = said.where(
            returned.c.incident == incident,
            returned.c.notice == notice,
            returned.c.entry == entry,
            returned.c.action == action,
            _SAME,
        )
        connection.execute(update(ledger).where(ledger.c.id.in_(said), over).values(reported=state))
    return taken


def digest_of(connection: Connection, incident: str, notice: str, entry: int) -> str:
    """SHA-256 over the lines of what came back of which an entry speaks."""
    return lines_digest(lines(connection, incident, notice, entry))


def lines(connection: Connection, incident: str, notice: str, entry: int) -> Iterator[bytes]:
    """What each of these messages says, as canonical JSON, in the order in which they were taken in."""
    mine = (returned.c.incident == incident, returned.c.notice == notice, returned.c.entry == entry)
    yield from _lines(connection, _said().where(*mine))


def _said() -> Select[Any]:
    names = ("seen", "mark", "action", "status", "code", "reporter", "taken_at")
    return (
        select(ledger.c.person, *(returned.c[name] for name in names))
        .select_from(_HERS)
        .order_by(returned.c.id)
    )


def _lines(connection: Connection, query: Select[Any]) -> Iterator[bytes]:
    for *words, at in connection.execute(query, execution_options={"yield_per": 5000}):
        yield canonical([*words, iso(at)])


def unread(connection: Connection) -> Iterator[Row[Any]]:
    """What waits for a person, in the order in which it was taken in."""
    yield from connection.execute(
        select(returned)
        .where(returned.c.entry.is_(None), returned.c.action == UNREAD)
        .order_by(returned.c.id)
    )


def how_many_unread(connection: Connection, incident: str | None = None) -> int:
    """How much waits for a person, of one incident or of all and none."""
    query = select(func.count()).where(returned.c.entry.is_(None), returned.c.action == UNREAD)
    return connection.scalar(query if incident is None else query.where(returned.c.incident == incident)) or 0


def of_id(connection: Connection, id_: int) -> Row[Any] | None:
    """One message that came back, by its number."""
    return connection.execute(select(returned).where(returned.c.id == id_)).first()


def of_letter(connection: Connection, row: Row[Any]) -> list[tuple[Row[Any], int | None]]:
    """What came back of one letter, each with the address that it went to, in the order in which it was taken in.

    None for what names an older draft of it.
    """
    marks = select(mark.c.mark, mark.c.address).where(mark.c.row == row.id)
    known = {each.mark: each.address for each in connection.execute(marks)}
    came = select(returned).where(returned.c.row == row.id).order_by(returned.c.id)
    return [(each, known.get(each.mark) or None) for each in connection.execute(came)]


def judge(connection: Connection, id_: int, **values: Any) -> bool:
    """What a person made of a message that waited; False where somebody else was faster."""
    mine = and_(returned.c.id == id_, returned.c.action == UNREAD)
    return connection.execute(update(returned).where(mine).values(**values)).rowcount == 1


def forget(connection: Connection, incident: str) -> None:
    """Take away what the destroyed key had sealed; what each message said of which letter stays."""
    connection.execute(update(returned).where(returned.c.incident == incident).values(sealed=b""))


def forget_strangers(connection: Connection, before: datetime) -> None:
    """Let go of what was taken in so long ago and belongs to no letter."""
    connection.execute(delete(returned).where(returned.c.row.is_(None), returned.c.taken_at < before))
