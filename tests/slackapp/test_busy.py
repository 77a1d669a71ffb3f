"""A database that somebody else holds: whoever types or clicks hears within three seconds that nothing was done."""

import json
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

from tests.slackapp.conftest import Built, House, connected
from tests.slackapp.test_clicks import posted
from tocsin.domain.offers import Offer

NOTHING = "Chưa có gì được thực hiện"


@contextmanager
def held(house: House) -> Iterator[None]:
    """Somebody writes, and goes on writing."""
    path = house.app.settings.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_over_http_each_of_them_hears_within_three_seconds_that_nothing_was_done(house: House) -> None:
    house.story.declare()
    house.hush()
    linh = house.member("linh")
    message = posted(house, Offer("ack", house.story.key, "incident-commander"))
    assert linh.type("declare").status == 200
    view = linh.modal()
    house.settled()
    with held(house):
        typed = linh.type(f"note {house.story.key} hello")
        assert (typed.status, NOTHING in typed.body) == (200, True)
        clicked = linh.click(message, "ack incident-commander")
        assert (clicked.status, clicked.body) == (200, "")
        house.workspace.expect(linh.user, NOTHING, whisper=True)
        sent = linh.submit(view, title="Key leaked")
        assert NOTHING in sent.json["errors"]["title"]
        event = linh.mark(message)
        assert event.status == 503
        assert max(each.seconds for each in (typed, clicked, sent, event)) < 3
    house.hush()
    assert house.story.told("Noted") == house.story.told("Acknowledged") == []


def test_twenty_at_once_each_hear_it_within_three_seconds(house: House) -> None:
    linh = house.member("linh")
    linh.type("help")
    house.hush()
    with held(house), ThreadPoolExecutor(20) as people:
        said = list(people.map(lambda number: linh.type(f"help {number}"), range(20)))
    assert all(NOTHING in each.body for each in said)
    assert max(each.seconds for each in said) < 3


def test_by_socket_mode_too(built: Built) -> None:
    with connected(built) as house:
        linh = house.member("linh")
        with held(house):
            began = time.monotonic()
            envelope = linh.by_socket("slash_commands", linh.command("card"))
            house.workspace.wait_for(lambda: envelope in house.workspace.acknowledged, "an acknowledgement")
            assert time.monotonic() - began < 3
            assert NOTHING in json.dumps(house.workspace.acknowledged[envelope], ensure_ascii=False)
        house.hush()
