"""The database is restarted again and again under a sending, in the way of a power cut; the bell sends to the end."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from os import kill
from pathlib import Path

import pytest
from pgserver._commands import pg_ctl

from tests.checker import checked, letters_at
from tests.child import beside, ring_on, until
from tests.conftest import Postgres, home
from tests.engine.test_letters import everybody
from tests.story import Clock, Story
from tocsin import actions
from tocsin.app import open_app
from tocsin.domain.notice import CUSTOMERS
from tocsin.evidence.verify import verify
from tocsin.sinks.mail import Fault, MailSink
from tocsin.sinks.slack import SlackSink

PEOPLE = 40
RESTARTS = 4


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A server that is nobody else's, and that keeps what it said it has."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-pg-"))
    found = Postgres(folder / "data")
    found.door.execute("ALTER SYSTEM SET synchronous_commit = on")
    found.door.execute("SELECT pg_reload_conf()")
    yield found
    found.stop()
    shutil.rmtree(folder, ignore_errors=True)


def restart(server: Postgres) -> None:
    """Every connection ends at once, in whatever it was; what was committed is there again."""
    own = server.server
    words = ["-w", "-m", "immediate", "-l", str(own.log), "restart"]
    pg_ctl(words, pgdata=own.pgdata, user=own.system_user, timeout=60)


def test_restarts_of_the_database_lose_nobody_and_double_nobody_in_silence(
    server: Postgres, tmp_path: Path, mail: MailSink, slack: SlackSink, catalog_cache: Path, clock: Clock
) -> None:
    url = server.url(server.create())
    settings = home(tmp_path, url, mail, slack, catalog_cache)
    story = Story(open_app(settings, now=clock), clock, mail, slack, tmp_path)
    story.with_customers(PEOPLE).approved()
    actions.release(story.app, story.actor("an"), story.key, CUSTOMERS)
    story.app.close()
    mail.misbehave(Fault("dot", "delay", seconds=0.1))
    quick = settings.model_copy(update={"ledger": settings.ledger.model_copy(update={"lease": 8})})
    with beside(ring_on, quick, clock.moment) as bell:
        for number in range(1, RESTARTS + 1):
            until(lambda least=number * PEOPLE // (RESTARTS + 1): len(story.letters) >= least)
            restart(server)
        until(lambda: story.letter.mark == "sent")
        kill(bell.pid, signal.SIGTERM)
    found = checked(story.app.database, letters_at(mail), PEOPLE)
    assert found.states == {"handed_over": PEOPLE}
    assert sorted(set(story.readers)) == everybody(PEOPLE)
    assert story.counts["possible_duplicates"] == found.flagged
    assert verify(story.app, story.key).fault is None
    story.app.close()
