"""The watchdog tells of a house in which nobody lives, and of nothing else: real databases, a real relay."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest

from tests.story import Clock
from tocsin.channels.email import SmtpConfig
from tocsin.sinks.mail import Fault, MailSink
from tocsin.storage import clock as heartbeats
from tocsin.storage.database import Database
from tocsin.watchdog import guard, looking, try_out
from tocsin.watchdog.memory import Memory, keep
from tocsin.watchdog.settings import Watchdog

NOW = datetime(2026, 11, 26, 4, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class House:
    """A database in which bell and watch beat on their own clock, and a watchdog that looks at it each minute."""

    def __init__(self, url: str, mail: MailSink, folder: Path) -> None:
        self.mail, self.clock = mail, Clock(NOW)
        self.database = Database(url)
        #: How far the clock of the house is ahead of the watchdog's.
        self.ahead = timedelta(0)
        self.config = Watchdog(
            to=("linh@example.com", "bao@example.com"),
            sender="watchdog@example.com",
            relay=SmtpConfig("127.0.0.1", mail.port, "loopback-only", after_dot_timeout=5),
            database=url,
            address=None,
            silence=2 * MINUTE,
            again=15 * MINUTE,
            skew=5 * MINUTE,
            state=folder / "far" / "watchdog.json",
        )

    def beat(self, *names: str) -> None:
        with self.database.write() as connection:
            for name in names:
                heartbeats.beat(connection, name, self.clock() + self.ahead, {"pid": 1})

    def minutes(self, count: int, *alive: str) -> list[int]:
        """Let minutes pass in which these beat, with a look in each; returns the exit statuses."""
        statuses = []
        for _ in range(count):
            self.clock.moment += MINUTE
            self.beat(*alive)
            statuses.append(self.look())
        return statuses

    def look(self) -> int:
        return guard(self.config, self.clock).status

    @property
    def subjects(self) -> list[str]:
        """What linh was told."""
        letters = [message_from_bytes(each.content, policy=policy.default) for each in self.mail.messages]
        mine = [letter for letter in letters if letter["To"] == "linh@example.com"]
        return [letter["Subject"].partition(" (")[0] for letter in mine]


@pytest.fixture
def house(database_url: str, mail: MailSink, tmp_path: Path) -> Iterator[House]:
    """On each kind of database; bell and watch lived a moment ago."""
    found = House(database_url, mail, tmp_path)
    found.beat("bell", "watch")
    assert found.look() == 0
    yield found
    found.database.close()


@pytest.fixture
def home(sqlite_url: str, mail: MailSink, tmp_path: Path) -> Iterator[House]:
    """On SQLite alone, where the kind of database is not the question."""
    found = House(sqlite_url, mail, tmp_path)
    found.beat("bell", "watch")
    assert found.look() == 0
    yield found
    found.database.close()


DEAD, ALIVE = "Tocsin is dead: nobody is called", "Tocsin lives again"


@pytest.mark.parametrize("alive", [("bell",), ("watch",), ("bell", "watch")])
def test_while_one_of_them_lives_nobody_is_alarmed(house: House, alive: tuple[str, ...]) -> None:
    assert house.minutes(30, *alive) == [0] * 30
    assert house.subjects == []


def test_when_neither_lives_one_mail_goes_to_each_again_later_and_once_it_is_over(house: House) -> None:
    assert house.minutes(1) == [0]
    assert house.subjects == []
    assert house.minutes(1) == [0]
    assert house.subjects == [DEAD]
    assert [each.recipients for each in house.mail.messages] == [("linh@example.com",), ("bao@example.com",)]
    house.clock.moment += MINUTE
    assert guard(house.config, house.clock).verdict == "DEAD for 3 min; told 60 s ago"
    house.minutes(13)
    assert house.subjects == [DEAD]
    house.minutes(1)
    assert house.subjects == [DEAD, DEAD]
    house.minutes(3, "watch")
    assert house.subjects == [DEAD, DEAD, ALIVE]
    house.minutes(2)
    assert house.subjects == [DEAD, DEAD, ALIVE, DEAD]


def test_the_mail_says_since_when_what_it_means_and_what_to_do_in_both_languages(home: House) -> None:
    home.minutes(4)
    letter = message_from_bytes(home.mail.messages[0].content, policy=policy.default)
    text = letter.get_content()
    assert "no sign of life" not in letter["Subject"]
    for words in (
        "for 2 min",
        "bell beat 2 min ago, at 2026-11-26 04:20:00Z",
        "systemctl restart tocsin-bell",
        "tocsin doctor",
        "RUNBOOK, chapter 6",
        "every 15 min",
        "không ai được gọi",
    ):
        assert words in text or words.replace("2 min", "120 s") in text, words
    assert letter["Auto-Submitted"] == "auto-generated"


def test_a_house_that_never_beat_is_given_the_silence_and_no_more(
    database_url: str, mail: MailSink, tmp_path: Path
) -> None:
    house = House(database_url, mail, tmp_path)
    assert house.look() == 0
    assert house.minutes(1) == [0]
    assert house.subjects == []
    house.minutes(1)
    house.database.close()
    assert house.subjects == [DEAD]


def test_a_house_that_was_dead_before_the_first_look_is_told_of_at_once(
    sqlite_url: str, mail: MailSink, tmp_path: Path
) -> None:
    house = House(sqlite_url, mail, tmp_path)
    house.beat("bell", "watch")
    house.clock.moment += timedelta(hours=1)
    house.look()
    house.database.close()
    assert house.subjects == [DEAD]


# --- what cannot be asked


@pytest.mark.parametrize("place", ["sqlite", "postgresql"])
def test_a_database_that_is_away_for_the_silence_is_told_of(
    home: House, place: str, tmp_path: Path, sqlite_url: str
) -> None:
    away = {
        "sqlite": f"sqlite:///{tmp_path / 'unplugged' / 'tocsin.db'}",
        "postgresql": "postgresql://watchdog:hunter2@127.0.0.1:9/tocsin",
    }
    home.config = replace(home.config, database=away[place])
    home.minutes(1, "bell")
    assert home.subjects == []
    home.minutes(1, "bell")
    assert home.subjects == [DEAD]
    content = message_from_bytes(home.mail.messages[0].content, policy=policy.default).get_content()
    assert "database cannot be asked" in content
    assert "hunter2" not in content
    assert not (tmp_path / "unplugged").exists()
    home.config = replace(home.config, database=sqlite_url)
    home.minutes(1, "bell")
    assert home.subjects == [DEAD, ALIVE]


def test_a_short_absence_of_the_database_is_told_to_nobody(home: House) -> None:
    there = home.config
    home.config = replace(there, database="sqlite:////nowhere/tocsin.db")
    home.minutes(1, "bell")
    home.config = there
    home.minutes(10, "bell")
    assert home.subjects == []


class Door(BaseHTTPRequestHandler):
    """The console's `/healthz`, as it is told to answer."""

    status, body = 200, b""

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *words: object) -> None:
        """Nothing."""


@pytest.fixture
def door() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), type("Told", (Door,), {}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def answering(home: House, door: HTTPServer) -> Callable[[int, object], None]:
    """The house is looked at through its address alone, which answers what it is told."""
    home.config = replace(home.config, database=None, address=f"http://127.0.0.1:{door.server_port}/healthz")

    def answer(status: int, said: object) -> None:
        door.RequestHandlerClass.status = status  # type: ignore[attr-defined]
        door.RequestHandlerClass.body = said if isinstance(said, bytes) else json.dumps(said).encode()  # type: ignore[attr-defined]

    return answer


def test_an_address_that_tells_of_a_sign_of_life_is_believed(
    home: House, answering: Callable[[int, object], None]
) -> None:
    answering(200, {"bell": 1.5, "watch": None})
    home.minutes(10)
    assert home.subjects == []
    answering(503, {"bell": 130, "watch": 4000})
    home.minutes(2)
    assert home.subjects == [DEAD]


def test_an_address_that_tells_of_beats_in_the_future_tells_of_no_life(
    home: House, answering: Callable[[int, object], None]
) -> None:
    answering(200, {"bell": -2, "watch": None})
    home.minutes(10)
    assert home.subjects == []
    answering(503, {"bell": -60.0, "watch": -3600.0})
    home.clock.moment += MINUTE
    assert guard(home.config, home.clock).verdict == "no sign of life for 60 s; alarms after 2 min"
    home.minutes(1)
    assert home.subjects == [DEAD]
    text = message_from_bytes(home.mail.messages[0].content, policy=policy.default).get_content()
    assert "bell beat at 2026-11-26 04:33:00Z, which is in the future: set the clocks (NTP)" in text


@pytest.mark.parametrize(
    ("status", "said"),
    [(200, b"<html>Welcome</html>"), (502, b""), (200, {"bell": "soon", "watch": 1}), (200, [])],
)
def test_an_answer_that_is_none_is_no_sign_of_life(
    home: House, answering: Callable[[int, object], None], status: int, said: object
) -> None:
    answering(status, said)
    home.minutes(2)
    assert home.subjects == [DEAD]
    text = message_from_bytes(home.mail.messages[0].content, policy=policy.default).get_content()
    assert f"address cannot be asked: it answers {status}, and not with heartbeats" in text


@pytest.fixture
def dripping() -> Iterator[int]:
    """A port that answers a browser with a byte now and then, for ever, and a database's driver with nothing."""
    over = threading.Event()

    class Drip(StreamRequestHandler):
        def handle(self) -> None:
            if self.request.recv(4096).startswith(b"GET"):
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
                with suppress(OSError):
                    while not over.wait(0.1):
                        self.wfile.write(b" ")
            over.wait(60)

    with ThreadingTCPServer(("127.0.0.1", 0), Drip) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        over.set()
        server.shutdown()


@pytest.mark.parametrize("place", ["address", "database"])
def test_a_place_that_never_ends_its_answer_keeps_no_alarm_back(
    home: House, dripping: int, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(looking, "WHOLE", 0.5)
    where = {"address": f"http://127.0.0.1:{dripping}/", "database": f"postgresql://127.0.0.1:{dripping}/x"}
    home.config = replace(home.config, database=None, address=None)
    home.config = replace(home.config, **{place: where[place]})
    began = time.monotonic()
    home.minutes(2)
    assert time.monotonic() - began < 5
    assert home.subjects == [DEAD]
    text = message_from_bytes(home.mail.messages[0].content, policy=policy.default).get_content()
    assert f"{place} cannot be asked: no answer in" in text


def test_a_sign_of_life_at_either_place_is_enough(
    home: House, door: HTTPServer, answering: Callable[[int, object], None], sqlite_url: str
) -> None:
    answering(200, b"<html>")
    home.config = replace(home.config, database=sqlite_url)
    home.minutes(10, "bell")
    assert home.subjects == []


# --- clocks


@pytest.mark.parametrize("ahead", [timedelta(minutes=-6), timedelta(minutes=4), timedelta(days=30)])
def test_a_clock_that_is_wrong_alarms_nobody_while_it_beats_and_hides_nothing_when_it_stops(
    sqlite_url: str, mail: MailSink, tmp_path: Path, ahead: timedelta
) -> None:
    house = House(sqlite_url, mail, tmp_path)
    house.ahead = ahead
    house.beat("bell")
    house.look()
    house.minutes(10, "bell")
    assert house.subjects == []
    house.minutes(3)
    house.database.close()
    assert house.subjects == [DEAD]


def test_a_beat_in_the_future_is_named(home: House) -> None:
    home.ahead = timedelta(hours=1)
    home.beat("bell")
    lines = guard(home.config, home.clock).lines
    assert lines[0] == "alive"
    assert "bell beat at 2026-11-26 05:20:00Z, which is in the future: set the clocks (NTP)" in lines


def test_a_watchdog_whose_own_clock_is_set_back_tells_it_again(home: House) -> None:
    home.minutes(2)
    home.clock.moment -= timedelta(hours=5)
    home.minutes(4)
    assert home.subjects == [DEAD, DEAD]
    home.minutes(1, "bell")
    assert home.subjects == [DEAD, DEAD, ALIVE]


# --- when it is broken itself


@pytest.mark.parametrize(
    "kept", [b"", b"{", b"[1]", b"\xff\xfe", b'{"lived": 1, "looked": 2, "told": 3, "beats": 4}']
)
def test_a_memory_that_cannot_be_read_alarms_rather_than_not(home: House, kept: bytes) -> None:
    home.minutes(1)
    home.config.state.write_bytes(kept)
    home.minutes(1)
    assert home.subjects == [DEAD]
    home.minutes(10)
    assert home.subjects == [DEAD]


def test_a_memory_that_was_lost_alarms_nobody_while_the_house_lives(home: House) -> None:
    home.minutes(1, "bell")
    home.config.state.write_bytes(b"{")
    assert home.minutes(5, "bell") == [0] * 5
    assert home.subjects == []


def test_a_memory_that_cannot_be_kept_is_said_and_the_alarm_left_all_the_same(home: House) -> None:
    file = home.config.state.parent.parent / "file"
    file.write_text("")
    home.config = replace(home.config, state=file / "watchdog.json")
    home.clock.moment += timedelta(hours=1)
    done = guard(home.config, home.clock)
    assert (done.status, home.subjects) == (1, [DEAD])
    assert "name another file: state under [watchdog]" in done.failures[0]


def test_a_relay_that_is_dead_is_status_3_and_tried_again_at_the_next_look(home: House) -> None:
    there = home.config
    home.config = replace(there, relay=replace(there.relay, port=9))
    assert home.minutes(3) == [0, 3, 3]
    done = guard(home.config, home.clock)
    assert done.failures[0].startswith("linh@example.com: 127.0.0.1:9 at connect")
    home.config = there
    assert home.minutes(1) == [0]
    assert home.subjects == [DEAD]


def test_one_address_that_is_refused_keeps_no_other_from_hearing_of_it(home: House) -> None:
    home.mail.misbehave(Fault("rcpt", reply="550 5.1.1 no such user", recipient="linh@example.com"))
    assert home.minutes(2) == [0, 3]
    assert [each.recipients for each in home.mail.messages] == [("bao@example.com",)]


def test_who_is_refused_for_now_is_told_as_soon_as_the_relay_takes_it_and_nobody_else_twice(
    home: House,
) -> None:
    home.mail.misbehave(Fault("rcpt", reply="451 4.7.1 greylisted", recipient="linh@example.com", times=2))
    assert home.minutes(3) == [0, 3, 3]
    assert home.subjects == []
    assert home.minutes(3) == [0, 0, 0]
    assert home.subjects == [DEAD]
    home.mail.misbehave(Fault("rcpt", reply="451 4.7.1 greylisted", recipient="linh@example.com", times=1))
    assert home.minutes(3, "bell") == [3, 0, 0]
    assert home.subjects == [DEAD, ALIVE]
    assert [each.recipients for each in home.mail.messages].count(("bao@example.com",)) == 2


def test_whom_no_alarm_has_reached_hears_nothing_of_its_end(home: House) -> None:
    home.mail.misbehave(Fault("rcpt", reply="451 4.7.1 greylisted"))
    assert home.minutes(3) == [0, 3, 3]
    home.mail.behave()
    assert home.minutes(3, "bell") == [0, 0, 0]
    assert home.subjects == []


def test_where_nothing_can_be_asked_and_nothing_kept_it_alarms(home: House, tmp_path: Path) -> None:
    nowhere = {"database": f"sqlite:///{tmp_path / 'unplugged'}", "state": Path("/proc/x/watchdog.json")}
    home.config = replace(home.config, **nowhere)
    done = guard(home.config, home.clock)
    assert (done.status, done.dead, done.verdict) == (1, True, "DEAD for an unknown time")
    assert home.subjects == [DEAD]


def test_a_memory_that_can_no_longer_be_kept_goes_on_counting_from_what_it_holds(home: House) -> None:
    home.minutes(1, "bell")
    # The disk is full: a file of that name cannot be made.
    home.config.state.with_name(f"watchdog.json.{os.getpid()}").mkdir()
    assert home.minutes(1) == [1]
    assert home.subjects == []
    home.minutes(1)
    assert home.subjects == [DEAD]


def test_a_watchdog_that_dies_between_mail_and_memory_tells_it_twice_and_never_not(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(path: Path, memory: Memory) -> None:
        if memory.told:
            raise KeyboardInterrupt
        keep(path, memory)

    home.minutes(1)
    with monkeypatch.context() as patch:
        patch.setattr("tocsin.watchdog.watching.keep", dies)
        with pytest.raises(KeyboardInterrupt):
            home.minutes(1)
    home.minutes(1)
    assert home.subjects == [DEAD, DEAD]


def test_two_watchdogs_at_once_send_one_mail(home: House) -> None:
    home.clock.moment += 3 * MINUTE
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: home.look(), range(2))) == [0, 0]
    assert home.subjects == [DEAD]


def test_a_trial_sends_a_mail_to_each_and_remembers_nothing(home: House) -> None:
    before = home.config.state.read_bytes()
    home.clock.moment += timedelta(hours=1)
    done = try_out(home.config, home.clock)
    assert (done.status, home.subjects) == (0, ["Tocsin watchdog: a test"])
    assert home.config.state.read_bytes() == before
    assert done.lines[-1] == "told linh@example.com, bao@example.com"
