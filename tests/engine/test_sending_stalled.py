"""A sender is stopped for longer than its leases, others send to the end, and it wakes: it does nothing more."""

from signal import SIGSTOP

import pytest
from sqlalchemy import text

from tests.checker import checked, letters_at
from tests.dying import ONE_BY_ONE, OVER, PEOPLE, STOPPED, Bed
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
