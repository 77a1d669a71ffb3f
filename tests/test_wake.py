"""Park and wake: what is decided, what the book of runs keeps, and how the waker fares when Prefect is not well."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy import insert, text, update

from tocsin.domain.waking import (
    ANEW_EVERY,
    DISPLAY_EVERY,
    STALE,
    UNSTARTED,
    RunState,
    Sleeper,
    too_soon,
    verdict,
)
from tocsin.storage import tables
from tocsin.storage.database import Database
from tocsin.storage.runs import Runs, _due
from tocsin.wake import Waker

NOW = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
SECOND = timedelta(seconds=1)
KEY = "INC-2026-0007"
SLEEPER = Sleeper(KEY, "Copper Heron", "credential-leak", "sev1", False, 1, "run-1", NOW, None, urgent=True)


class TestVerdict:
    def test_a_parked_run_is_wanted_now(self) -> None:
        state = RunState("SCHEDULED", NOW - 60 * SECOND, scheduled=NOW + timedelta(hours=5))
        assert verdict(SLEEPER, state, NOW) == "now"

    def test_a_run_that_is_due_already_is_on_its_way(self) -> None:
        assert verdict(SLEEPER, RunState("SCHEDULED", NOW, scheduled=NOW - SECOND), NOW) == "leave"

    def test_a_run_that_beats_is_left_alone(self) -> None:
        sleeper = replace(SLEEPER, beat=NOW - STALE)
        assert verdict(sleeper, RunState("RUNNING", NOW - timedelta(hours=1)), NOW) == "leave"

    def test_a_run_whose_process_died_is_wanted_now(self) -> None:
        sleeper = replace(SLEEPER, beat=NOW - STALE - SECOND)
        assert verdict(sleeper, RunState("RUNNING", NOW - timedelta(hours=1)), NOW) == "now"

    def test_a_run_that_has_just_started_has_not_beaten_yet(self) -> None:
        sleeper = replace(SLEEPER, beat=NOW - timedelta(hours=5))
        assert verdict(sleeper, RunState("RUNNING", NOW - SECOND), NOW) == "leave"

    def test_a_run_that_a_dead_worker_took_is_wanted_now(self) -> None:
        assert verdict(SLEEPER, RunState("PENDING", NOW - UNSTARTED), NOW) == "leave"
        assert verdict(SLEEPER, RunState("PENDING", NOW - UNSTARTED - SECOND), NOW) == "now"

    @pytest.mark.parametrize("type_", ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"])
    def test_a_run_that_ended_is_replaced(self, type_: str) -> None:
        assert verdict(SLEEPER, RunState(type_, NOW), NOW) == "anew"

    @pytest.mark.parametrize("state", [RunState("COMPLETED", NOW), RunState("CANCELLED", NOW), None])
    def test_a_run_that_ended_after_it_saw_the_end_rests(self, state: RunState | None) -> None:
        assert verdict(replace(SLEEPER, over=True), state, NOW) == "rest"

    def test_a_run_that_died_between_seeing_the_end_and_saying_so_is_wanted_now(self) -> None:
        died = replace(SLEEPER, over=True, beat=NOW - STALE - SECOND)
        assert verdict(died, RunState("RUNNING", NOW - timedelta(hours=1)), NOW) == "now"
        assert verdict(replace(died, beat=NOW), RunState("RUNNING", NOW), NOW) == "leave"

    def test_a_run_that_prefect_forgot_is_replaced(self) -> None:
        assert verdict(SLEEPER, None, NOW) == "anew"

    def test_a_parked_run_that_somebody_cancels_is_replaced_at_once(self) -> None:
        assert verdict(replace(SLEEPER, beat=None), RunState("CANCELLING", NOW), NOW) == "anew"

    def test_a_run_at_work_that_somebody_cancels_is_replaced_when_it_no_longer_beats(self) -> None:
        state = RunState("CANCELLING", NOW - 2 * STALE)
        assert verdict(replace(SLEEPER, beat=NOW - STALE), state, NOW) == "leave"
        assert verdict(replace(SLEEPER, beat=NOW - STALE - SECOND), state, NOW) == "anew"

    def test_a_run_that_somebody_paused_in_the_dashboard_is_wanted_now(self) -> None:
        assert verdict(SLEEPER, RunState("PAUSED", NOW), NOW) == "now"


class TestTooSoon:
    def test_wakes_for_display_keep_each_other_company(self) -> None:
        shown = replace(SLEEPER, urgent=False, woken_at=NOW - DISPLAY_EVERY + SECOND)
        assert too_soon(shown, "now", NOW)
        assert not too_soon(shown, "now", NOW + SECOND)

    def test_what_is_due_waits_for_nobody(self) -> None:
        assert not too_soon(replace(SLEEPER, woken_at=NOW), "now", NOW)

    def test_runs_that_end_at_once_are_not_replaced_in_a_storm(self) -> None:
        ended = replace(SLEEPER, woken_at=NOW - SECOND)
        assert too_soon(ended, "anew", NOW)
        assert not too_soon(ended, "anew", NOW + ANEW_EVERY)

    def test_a_run_that_was_asked_for_and_not_given_is_asked_for_again_at_once(self) -> None:
        assert not too_soon(replace(SLEEPER, flow_run_id=None, woken_at=NOW), "anew", NOW)


class TestTheBook:
    def test_an_incident_without_a_run_is_due(self, book: Runs) -> None:
        [sleeper] = book.due(NOW)
        assert (sleeper.incident, sleeper.generation, sleeper.flow_run_id) == (KEY, 0, None)

    def test_a_parked_run_that_saw_everything_is_not_due_until_its_moment(self, book: Runs) -> None:
        park(book, seq=4)
        assert book.due(NOW) == []
        assert [s.urgent for s in book.due(NOW + timedelta(hours=1))] == [True]

    def test_an_entry_behind_the_parked_one_makes_it_due_for_display(self, book: Runs) -> None:
        park(book, seq=3)
        assert [s.urgent for s in book.due(NOW)] == [False]

    def test_a_poison_incident_is_not_woken(self, book: Runs) -> None:
        with book.database.write() as connection:
            connection.execute(update(tables.incident).values(quarantined="its plan fails"))
        assert book.due(NOW) == []

    def test_a_closed_incident_that_no_run_ever_showed_wants_none(self, book: Runs) -> None:
        close(book)
        assert book.due(NOW + timedelta(hours=1)) == []

    def test_a_closed_incident_is_due_until_its_run_has_seen_the_end_and_ended(self, book: Runs) -> None:
        park(book, seq=3)
        close(book)
        assert [(s.urgent, s.over) for s in book.due(NOW + timedelta(hours=1))] == [(False, False)]
        execution = book.begin_execution(KEY, "run-1", NOW)
        assert execution is not None
        assert book.finish(KEY, execution, 4, NOW)
        [sleeper] = book.due(NOW)
        assert sleeper.over
        assert sleeper.beat == NOW  # its process lives until Prefect says that it has ended
        assert not book.parked(KEY)
        book.end(KEY, sleeper.generation)
        assert book.due(NOW + timedelta(hours=1)) == []
        assert book.parked(KEY)

    def test_an_incident_that_is_opened_again_is_due_again(self, book: Runs) -> None:
        park(book, seq=4)
        close(book)
        book.end(KEY, 1)
        with book.database.write() as connection:
            connection.execute(update(tables.incident).values(open=True, head_seq=5))
        assert [s.over for s in book.due(NOW)] == [False]
        assert book.next_generation(KEY, NOW) == 2
        close(book)
        assert [s.over for s in book.due(NOW)] == [False]

    def test_an_older_generation_cannot_be_ended(self, book: Runs) -> None:
        park(book, seq=4)
        book.next_generation(KEY, NOW)
        close(book)
        book.end(KEY, 1)
        assert [s.incident for s in book.due(NOW)] == [KEY]

    def test_what_ended_is_never_read_again(self, book: Runs) -> None:
        """Each part of the query stands on an index that leaves out what rests, and what is closed and ended."""
        query = _due(NOW).compile(book.database.engine, compile_kwargs={"literal_binds": True})
        with book.database.read() as connection:
            steps = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}"))]
        assert [step for step in steps if " incident USING INDEX" in step] == [
            "SEARCH incident USING INDEX ix_incident_wake_at (wake_at<?)",
            "SEARCH incident USING INDEX ix_incident_unseen (head_seq>?)",
            "SCAN incident USING INDEX ix_incident_shown",
        ]

    def test_a_generation_whose_run_is_not_known_keeps_its_number(self, book: Runs) -> None:
        assert book.next_generation(KEY, NOW) == 1
        assert book.next_generation(KEY, NOW) == 1
        book.adopt(KEY, 1, "run-1")
        assert book.next_generation(KEY, NOW) == 2

    def test_an_older_generation_cannot_be_adopted(self, book: Runs) -> None:
        book.next_generation(KEY, NOW)
        book.adopt(KEY, 1, "run-1")
        book.next_generation(KEY, NOW)
        book.adopt(KEY, 1, "run-1")
        assert [s.flow_run_id for s in book.due(NOW)] == [None]

    def test_a_later_execution_takes_over(self, book: Runs) -> None:
        first = book.begin_execution(KEY, "run-1", NOW)
        second = book.begin_execution(KEY, "run-1", NOW)
        assert first is not None
        assert second == first + 1
        assert not book.beat(KEY, first, NOW)
        assert not book.park(KEY, first, 4)
        assert book.park(KEY, second, 4)

    def test_a_beat_that_comes_late_does_not_bring_a_parked_run_back_to_life(self, book: Runs) -> None:
        execution = book.begin_execution(KEY, "run-1", NOW)
        assert execution is not None
        assert book.park(KEY, execution, 4)
        assert not book.beat(KEY, execution, NOW + SECOND)
        assert book.parked(KEY)

    def test_another_run_may_not_have_an_incident_that_has_one(self, book: Runs) -> None:
        book.begin_execution(KEY, "run-1", NOW)
        assert book.begin_execution(KEY, "run-2", NOW) is None

    def test_a_run_that_starts_before_it_was_adopted_adopts_itself(self, book: Runs) -> None:
        book.next_generation(KEY, NOW)
        assert book.begin_execution(KEY, "run-1", NOW) == 1
        assert [s.flow_run_id for s in book.due(NOW)] == ["run-1"]


class TestWithoutPrefect:
    def test_nobody_listens(self, book: Runs) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            waker = Waker(f"http://127.0.0.1:{closed.getsockname()[1]}/api")
        done = waker.wake(book.due(NOW), book, NOW)
        assert done.trouble is not None
        assert "does not answer (ConnectError)" in done.trouble
        assert (done.woken, done.anew) == ((), ())

    def test_a_prefect_that_failed_is_left_alone_for_longer_each_time(self, book: Runs) -> None:
        with answering(500) as (url, asked):
            waker = Waker(url)
            waker.wake(book.due(NOW), book, NOW)
            before = len(asked)
            waker.wake(book.due(NOW), book, NOW + SECOND / 2)
            assert len(asked) == before
            waker.wake(book.due(NOW), book, NOW + SECOND)
            assert len(asked) == before + 1
            again = waker.wake(book.due(NOW), book, NOW + 2 * SECOND)
            assert len(asked) == before + 1
            assert again.trouble is not None

    def test_a_wrong_password_is_said(self, book: Runs) -> None:
        with answering(401) as (url, _):
            done = Waker(url, "tocsin:wrong").wake(book.due(NOW), book, NOW)
        assert done.trouble == f"Prefect at {url} answered 401 to /api/csrf-token"

    def test_nothing_is_marked_as_woken_that_was_not(self, book: Runs) -> None:
        book.begin_execution(KEY, "run-1", NOW)
        with answering(500) as (url, _):
            Waker(url).wake(book.due(NOW), book, NOW)
        assert [s.woken_at for s in book.due(NOW)] == [None]


def test_a_slow_prefect_is_asked_for_a_while_and_who_was_not_come_to_is_first_at_the_next_look() -> None:
    sleepers = [replace(SLEEPER, incident=f"INC-{number}", flow_run_id=None) for number in range(12)]
    with answering(200, b'{"id": "7", "token": "t"}', after=0.5) as (url, _):
        waker = Waker(url)
        first = waker.wake(sleepers, NoBook(), NOW)
        assert first.left, "it was asked for each of them"
        assert first.trouble is None
        assert (first.anew[:1], len({*first.anew, *first.left})) == (("INC-0",), 12)
        again = waker.wake(sleepers, NoBook(), NOW)
    assert again.anew[0] in first.left


class NoBook:
    """What a waker says of its runs, kept nowhere."""

    def next_generation(self, key: str, clock: datetime) -> int:
        return 1

    def adopt(self, key: str, generation: int, flow_run_id: str) -> None: ...
    def woken(self, key: str, clock: datetime) -> None: ...
    def end(self, key: str, generation: int) -> None: ...


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Runs]:
    """One open incident with four entries that wants attention in half an hour, and no run yet."""
    database = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    tables.metadata.create_all(database.engine)
    row = {
        "key": KEY,
        "number": 7,
        "code_name": "Copper Heron",
        "type": "credential-leak",
        "severity": "sev1",
        "status": "declared",
        "drill": False,
        "restricted": True,
        "open": True,
        "declared_at": NOW,
        "head_seq": 4,
        "head_hash": "0" * 64,
        "wake_at": NOW + timedelta(minutes=30),
        "waiting_for": "linh to answer",
    }
    with database.write() as connection:
        connection.execute(insert(tables.incident).values(row))
    yield Runs(database)
    database.close()


def park(book: Runs, *, seq: int) -> None:
    execution = book.begin_execution(KEY, "run-1", NOW)
    assert execution is not None
    assert book.park(KEY, execution, seq)


def close(book: Runs) -> None:
    with book.database.write() as connection:
        connection.execute(update(tables.incident).values(open=False, wake_at=None))


@contextmanager
def answering(status: int, words: bytes = b"", *, after: float = 0) -> Iterator[tuple[str, list[str]]]:
    """A server that answers everything with one status after some seconds; gives its address, and the paths it was
    asked for.
    """
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            time.sleep(after)
            # What lost watches there are is asked for too: there is none.
            body = b"[]" if self.path.endswith("/filter") else words
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/api", asked
        finally:
            server.shutdown()
            thread.join()
