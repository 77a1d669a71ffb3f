"""A sender is stopped for longer than its leases, others send to the end, and it wakes: it does nothing more."""

from signal import SIGSTOP

import pytest
from sqlalchemy import text

from tests.checker import checked, letters_at
from tests.child import until
from tests.dying import CUT, ONE_BY_ONE, OVER, PEOPLE, REFUSED, STOPPED, Bed
from tocsin.app import App


def everything(app: App) -> dict[str, list[tuple[object, ...]]]:
    """Every row that a sender writes, but the words of attempts, and leases, which whoever has one gives back."""
    tables = ("ledger", "entry", "lane", "outbox", "incident", "duty")
    with app.database.read() as connection:
        return {
            name: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {name} ORDER BY 1, 2"))]
            for name in tables
        }


def outside_of_transactions(points: list[str]) -> list[int]:
    """The points at which a sender holds no lock that would keep all others waiting."""
    found, writes = [], False
    for number, name in enumerate(points, 1):
        writes = (writes or name == "before BEGIN IMMEDIATE") and name != "after COMMIT"
        if not writes:
            found.append(number)
    return found


#: Behind these steps a sender holds rows that others want, until its transaction ends.
HOLDING = (
    "after UPDATE job SET",
    "after UPDATE ledger SET",
    "after INSERT INTO attempt, UPDATE ledger SET",
    "before COMMIT",
)


def inside_a_transaction(app: App) -> bool:
    """Whether somebody has begun a transaction, and says nothing."""
    idle = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in %'"
    )
    with app.database.looking() as connection:
        return bool(connection.scalar(text(idle)))


def test_who_is_stopped_inside_a_transaction_loses_its_rows_to_others_and_writes_nothing(
    on_postgresql: Bed,
) -> None:
    bed, points = on_postgresql, on_postgresql.points()
    first, last = points.index("after UPDATE ledger SET"), points.index("before QUIT")
    held = [
        point for point, name in enumerate(points, 1) if name in HOLDING and first - 4 <= point <= last + 12
    ]
    assert {points[point - 1] for point in held} == {*HOLDING}
    ends = set()
    for point in held:
        url = bed.copy()
        bed.story.mail.messages.clear()
        bed.later(0)
        errand = bed.errand(url, fatal=point, strikes=SIGSTOP, idle=0.4)
        assert bed.nursery.send(errand) == STOPPED
        bed.later(OVER)
        app = bed.app(url)
        until(lambda app=app: not inside_a_transaction(app))
        bed.lived(app, alive=1)
        letters, rows = len(letters_at(bed.story.mail, 1)), everything(app)
        ends.add(bed.nursery.wake())
        assert len(letters_at(bed.story.mail)) == letters
        assert {table: after for table, after in everything(app).items() if after != rows[table]} == {}
        checked(app.database, letters_at(bed.story.mail), PEOPLE)
        app.close()
    assert ends <= {0, REFUSED}


def test_what_a_commit_took_that_was_cut_off_leaves_all_the_same(on_postgresql: Bed) -> None:
    bed, points, whole = on_postgresql, on_postgresql.points(), 0
    first = points.index("before a letter is written")
    # From the commit that took the first letters to the one that records the last.
    cut = [point for point, name in enumerate(points, 1) if name == "after COMMIT"]
    begun = max(point for point in cut if point <= first)
    for point in (each for each in cut if begun <= each <= points.index("before QUIT")):
        url = bed.copy()
        bed.story.mail.messages.clear()
        bed.later(0)
        assert bed.nursery.send(bed.errand(url, fatal=point, strikes=CUT)) == 0
        app = bed.app(url)
        found = checked(app.database, letters_at(bed.story.mail), PEOPLE)
        assert (found.states, found.flagged) == ({"handed_over": PEOPLE}, 0)
        app.close()
        whole += 1
    assert whole >= 2


def woken(bed: Bed, point: int, name: str) -> int:
    """How many letters came twice when a sender was stopped at this point, and others went on."""
    url = bed.copy()
    bed.story.mail.messages.clear()
    bed.later(0)
    assert bed.nursery.send(bed.errand(url, fatal=point, strikes=SIGSTOP)) == STOPPED
    bed.later(OVER)
    app = bed.app(url)
    bed.lived(app, alive=1)
    letters, rows = len(letters_at(bed.story.mail, 1)), everything(app)
    assert bed.nursery.wake() == 0
    # Not a letter and not a row: what a relay said to it meanwhile is kept as that, and changes nothing. Between its
    # last look at the clock and the first byte nobody can hold it back; that letter is flagged.
    came = len(letters_at(bed.story.mail)) - letters
    assert came == (name == "before content and dot")
    assert {table: after for table, after in everything(app).items() if after != rows[table]} == {}
    return checked(app.database, letters_at(bed.story.mail), PEOPLE).twice


@pytest.mark.parametrize("on_sqlite", [ONE_BY_ONE], indirect=True)
def test_who_wakes_behind_its_lease_sends_nothing_and_writes_nothing(on_sqlite: Bed) -> None:
    points = on_sqlite.points()
    last = points.index("before QUIT")
    free = [point for point in outside_of_transactions(points) if point <= last]
    # Up to the first letter it has nothing that anybody could miss.
    first = points.index("before MAIL")
    chosen = [point for point in free if point > first or point % 4 == 0]
    assert sum(woken(on_sqlite, point, points[point - 1]) for point in chosen) > 0
