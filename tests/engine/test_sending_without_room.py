"""The disk is full in the middle of a sending: one line says so, nobody is lost, and it goes on where there is room."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.checker import checked, letters_at
from tests.dying import FULL, ONE_BY_ONE, OVER, PEOPLE, REFUSED, Bed
from tocsin.sinks.mail import Fault

SAID = "the disk is full; nothing was written. Free some space and say it again"
GROWS_NO_MORE = (
    "no room to write: files may not grow beyond {room:,} bytes here (ulimit -f), or the disk is full or broken; "
    "nothing was written. Raise the limit or free some space and say it again; else RUNBOOK 12"
)
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


# Not a limit of SQLite's own, which knows beforehand: the system refuses a write in the middle of it.

#: Bytes of a disk that are left, or to which a file may grow: from none for the log to enough for all of a sending.
ROOMS = range(48 * 1024, 396 * 1024, 12 * 1024)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes, where this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    asked = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk")
    if subprocess.run(asked, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


@pytest.mark.parametrize("on_sqlite", [ONE_BY_ONE], indirect=True)
def test_a_disk_that_fills_up_loses_nobody_and_the_sending_goes_on_once_there_is_room(
    on_sqlite: Bed, small_disk: Path
) -> None:
    bed, said, ends, flagged = on_sqlite, on_sqlite.story.folder / "said", [], 0
    for room in ROOMS:
        for left in small_disk.iterdir():
            left.unlink()
        place = Path(shutil.copy(bed.copy().removeprefix("sqlite:///"), small_disk))
        filler = small_disk / "filler"
        filler.write_bytes(bytes(max(0, shutil.disk_usage(small_disk).free - room)))
        ended = sent(bed, f"sqlite:///{place}", said)
        ends.append(ended)
        assert ended == 0 or said.read_text(encoding="utf-8") == SAID
        # Somebody frees some space, and looks before anybody goes on.
        filler.unlink()
        flagged += looked_at(bed, f"sqlite:///{place}")
    assert (ends[0], ends[-1], ends) == (REFUSED, 0, sorted(ends, reverse=True))
    assert flagged > 0


@pytest.mark.parametrize("on_sqlite", [ONE_BY_ONE], indirect=True)
def test_a_file_that_may_grow_no_more_loses_nobody(on_sqlite: Bed) -> None:
    bed, said, ends, flagged = on_sqlite, on_sqlite.story.folder / "said", set(), 0
    for room in ROOMS:
        url = bed.copy()
        ended = sent(bed, url, said, room=room)
        ends.add(ended)
        assert ended == 0 or said.read_text(encoding="utf-8") == GROWS_NO_MORE.format(room=room)
        flagged += looked_at(bed, url)
    assert ends == {0, REFUSED}
    assert flagged > 0


def sent(bed: Bed, url: str, said: Path, **more: int) -> int:
    """How a sender ends for whom there is little room, and whose relay says much."""
    bed.story.mail.misbehave(LONG)
    bed.story.mail.messages.clear()
    bed.later(0)
    return bed.nursery.send(bed.errand(url, told=said, **more))


def looked_at(bed: Bed, url: str) -> int:
    """How many letters are flagged once somebody else has sent to the end, and the checker found nobody lost."""
    app = bed.app(url)
    checked(app.database, letters_at(bed.story.mail), PEOPLE, ended=False)
    bed.later(OVER)
    found = bed.lived(app)
    app.close()
    # Only what was with the relay, or about to be, and could not be written down is in doubt: a batch.
    assert found.flagged <= 2
    return found.flagged
