"""The disk is full in the middle of a sending: one line says so, nobody is lost, and it goes on where there is room."""

import sqlite3
from contextlib import closing

import pytest

from tests.checker import checked, letters_at
from tests.dying import FULL, ONE_BY_ONE, OVER, PEOPLE, REFUSED, Bed
from tocsin.sinks.mail import Fault

SAID = "the disk is full; nothing was written. Free some space and say it again"
#: No receipt finds room in what a page has left.
LONG = Fault("dot", reply=f"250 2.0.0 ok {'x' * 480}")


def packed(url: str) -> str:
    """The same database in small pages, none of which is free: what is written needs another."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.executescript("PRAGMA journal_mode=DELETE; PRAGMA page_size=512; VACUUM")
    return url


@pytest.mark.parametrize("on_sqlite", [ONE_BY_ONE], indirect=True)
def test_a_full_disk_loses_nobody_and_leaves_whom_nobody_could_write_down_in_doubt(on_sqlite: Bed) -> None:
    bed, said = on_sqlite, on_sqlite.story.folder / "said"
    points = bed.points()
    bed.story.mail.misbehave(LONG)
    ends, flagged = set(), 0
    # From the fill on: before it nothing of the sending is to be written.
    for point in range(points.index("before INSERT INTO ledger"), len(points), 4):
        url = packed(bed.copy())
        bed.story.mail.messages.clear()
        bed.later(0)
        ended = bed.nursery.send(bed.errand(url, fatal=point, strikes=FULL, told=said))
        ends.add(ended)
        assert ended == 0 or (ended, said.read_text(encoding="utf-8")) == (REFUSED, SAID)
        app = bed.app(url)
        checked(app.database, letters_at(bed.story.mail), PEOPLE, ended=False)
        bed.later(OVER)
        found = bed.lived(app)
        # Only what was with the relay, or about to be, and could not be written down is in doubt: a batch.
        assert found.flagged <= 2
        flagged += found.flagged
    assert ends == {0, REFUSED}
    assert flagged > 0
