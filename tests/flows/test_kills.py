"""What dies, and what goes on: real server, real worker, real bell, real mail, killed by hand.

Incidents that wait for nobody's answer leave the others in peace: a leap of the shared clock calls people for those
that do. So each test takes a fresh one, and answers it before it ends.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from itertools import chain, islice

import httpx
import pytest

from tests.flows.place import Place, assert_nothing_twice, assert_on_time, kill
from tocsin import actions
from tocsin.domain.scope.question import Listed, Question
from tocsin.storage import clock
from tocsin.up.child import Child
from tocsin.wake import WATCH_LOST, Waker

pytestmark = pytest.mark.xdist_group("prefect")


@pytest.fixture(scope="module")
def parked(place: Place) -> Iterator[str]:
    """Incidents whose runs have parked, one after the other. They are begun together, which is quicker."""
    if not place.bell.alive:
        place.bell.start()
    keys = [place.declare() for _ in range(6)]
    for key in keys:
        place.until(lambda key=key: place.parked(key), "the run never parked")

    def another() -> Iterator[str]:
        while True:
            key = place.declare()
            place.until(partial(place.parked, key), "the run never parked")
            yield key

    return chain(keys, another())


def test_a_phase_with_moves_on_two_wakes_is_worked_twice_within_one_run(
    ringing: Place, parked: Iterator[str]
) -> None:
    key = next(parked)
    run = ringing.run_of(key)["id"]
    listed = Listed(who="cus_100001", kinds=("account-info",))
    ringing.answer(key, "linh", "an")
    actions.scope(ringing.app, ringing.who("giang"), key, Question(people=(listed,)))
    worked = []
    for words in ("We revoked the keys.", "We revoked the keys at 03:05."):
        told = {"measures_taken": {"en": words, "vi": words}, "advice_to_people": {"en": "a", "vi": "b"}}
        actions.learn(ringing.app, ringing.who("an"), key, told, source="the team")
        ringing.until(lambda: ringing.parked(key), "the run never parked again")
        worked.append(ringing.phases_of(key).count(("Notice to people", "COMPLETED")))
    assert 0 < worked[0] < worked[1]
    assert ringing.run_of(key)["id"] == run
    assert ("Containment", "COMPLETED") in ringing.phases_of(key)


def test_a_run_ends_with_its_incident_and_a_new_one_takes_it_up_when_it_is_opened_again(
    ringing: Place, parked: Iterator[str]
) -> None:
    key = next(parked)
    actions.decline(ringing.app, ringing.who("linh"), key, because="the keys were revoked long ago")
    ringing.until(lambda: ringing.state_of(key)[0] == "COMPLETED", "the run did not end with its incident")
    ringing.until(lambda: ringing.runs.parked(key), "its end was never noted")
    first = ringing.run_of(key)["id"]
    actions.reopen(ringing.app, ringing.who("linh"), key, because="they were not")
    ringing.answer(key, "linh", "an")
    ringing.until(lambda: ringing.parked(key), "no run took the opened incident up")
    assert ringing.run_of(key)["id"] != first


def test_a_cancelled_run_is_replaced_by_the_next_generation(ringing: Place, parked: Iterator[str]) -> None:
    key = next(parked)
    first = ringing.run_of(key)["id"]
    cancel = {"state": {"type": "CANCELLING", "message": "by hand"}}
    ringing.asked("POST", f"flow_runs/{first}/set_state", cancel)
    ringing.answer(key, "linh", "an")
    ringing.until(lambda: ringing.parked(key), "no new run took the incident over")
    assert ringing.run_of(key)["id"] != first
    assert ringing.run(first)["state"]["type"] == "CANCELLED"
    assert_nothing_twice(ringing)


def test_two_runners_and_a_doubled_execution_do_the_work_once(ringing: Place, parked: Iterator[str]) -> None:
    worker = ringing.worker
    log = worker.log.with_name("second.log")
    second = Child("second", worker.command, worker.environment, log, worker.folder, leashed=True)
    second.start()
    try:
        with held_in_containment(ringing, parked, "linh", "an") as key:
            executions, run = ringing.executions(key), ringing.run_of(key)
            # What a careless waker would do: a runner begins a second execution beside the first.
            again = {"state": {"type": "SCHEDULED"}, "force": True}
            ringing.asked("POST", f"flow_runs/{run['id']}/set_state", again)
            doubled = ringing.comes(lambda: ringing.run_of(key)["run_count"] > run["run_count"])
            assert doubled, "no second execution began"
        ringing.until(lambda: ringing.executions(key) > executions, "the second came too late")
        ringing.until(lambda: ringing.parked(key), "the run never parked")
    finally:
        second.stop()
    assert ringing.incident(key).status == "containment"
    assert_nothing_twice(ringing)


def test_a_runner_killed_in_mid_phase_loses_nothing_and_nothing_is_late(
    ringing: Place, parked: Iterator[str]
) -> None:
    with held_in_containment(ringing, parked, "linh") as key:
        kill(ringing.worker.pid)
    run, called = ringing.run_of(key)["id"], ringing.pages(key)
    ringing.leap_to_next_call(key)
    ringing.until(lambda: ringing.pages(key) > called, "nobody else was called")
    ringing.answer(key, "an")
    ringing.until(lambda: ringing.parked(key), "the run never went on")
    assert ringing.run_of(key)["id"] == run
    # The later execution took the very phase up that had lost its process, and ended it.
    assert ("Containment", "COMPLETED") in ringing.phases_of(key)
    assert ("Containment", "RUNNING") not in ringing.phases_of(key)
    assert ringing.incident(key).status == "containment"
    assert_on_time(ringing, key, at_least=3)
    assert_nothing_twice(ringing)


@contextmanager
def held_in_containment(place: Place, parked: Iterator[str], *who: str) -> Iterator[str]:
    """An incident for which these people answer, and whose run is in its containment until the block ends.

    Whoever holds the only pen of the database lets the run begin its phase, and not end it. On a busy machine a run may
    have ended it before: then another incident is taken.
    """
    for key in islice(parked, 5):
        before = place.executions(key)
        place.answer(key, *who)
        woken = partial(lambda key, before: place.executions(key) > before, key, before)
        place.until(woken, "the run was not woken", every=0.005)
        with place.app.database.write():
            if place.comes(partial(lambda key: ("Containment", "RUNNING") in place.phases_of(key), key)):
                yield key
                return
        # It leaves the others in peace.
        place.answer(key, *{"linh", "an"}.difference(who))
    raise AssertionError("no run was ever caught in mid-phase")


def test_a_killed_server_is_revived_with_all_that_it_needs_and_meanwhile_nothing_is_late(
    ringing: Place, parked: Iterator[str]
) -> None:
    key = next(parked)
    run, called, worker = ringing.run_of(key)["id"], ringing.pages(key), ringing.worker.pid
    server, executions = ringing.server.starts, ringing.executions(key)
    watch = a_watch_at_work(ringing)
    kill(ringing.server.pid)
    ringing.leap_to_next_call(key)
    ringing.until(lambda: ringing.pages(key) > called, "nobody else was called")
    assert ringing.executions(key) == executions, "Prefect was there all the time"
    ringing.answer(key, "linh", "an")
    ringing.until(lambda: ringing.executions(key) > executions and ringing.parked(key), "it slept on")
    assert ringing.run_of(key)["id"] == run
    assert ringing.server.starts == server + 1
    assert ringing.worker.pid != worker, "a worker that lived through an outage hears of no cancellation"
    assert ringing.asked("GET", "deployments/name/watch/watch")["schedules"]
    assert ringing.run(watch)["state"]["type"] == "CRASHED"
    # The watch of the next minute may hold the place just now; one that was killed would hold it for ever.
    ringing.until(lambda: watch_is_free(ringing), "no other watch would be let in")
    assert_on_time(ringing, key, at_least=3)
    assert_nothing_twice(ringing)


def test_watch_rings_in_the_stead_of_a_dead_bell_and_a_lost_watch_makes_room(ringing: Place) -> None:
    kill(ringing.bell.pid)
    forget_the_bell(ringing)
    [lost] = watch_runs(ringing)
    key = ringing.declare()
    ringing.until(lambda: ringing.pages(key), "nobody was called")
    called = ringing.pages(key)
    ringing.leap_to_next_call(key)
    ringing.until(lambda: ringing.pages(key) > called, "nobody else was called")
    ringing.until(lambda: ringing.parked(key), "the run was not woken")
    # Now the watch dies too; whoever wakes next gives its place to the next one.
    kill(ringing.worker.pid)
    waker = Waker.of(ringing.app.settings)
    assert waker is not None
    waker.wake([], ringing.runs, ringing.app.clock() + WATCH_LOST)
    assert ringing.run(lost)["state"]["type"] == "CRASHED"
    forget_the_bell(ringing)
    watch_runs(ringing)
    ringing.answer(key, "linh", "an")
    ringing.until(lambda: ringing.parked(key), "the run was not woken again")
    ringing.bell.start()
    ringing.until(lambda: not watches(ringing, "RUNNING"), "watch did not give the bell back")
    assert_on_time(ringing, key, at_least=3)
    assert_nothing_twice(ringing)


def a_watch_at_work(place: Place) -> str:
    """A run of `watch` that holds its one place, as one does whose server is about to be killed."""
    place.until(lambda: not watches(place, "RUNNING") and not watches(place, "PENDING"), "watch never ends")
    watch = place.asked("GET", "deployments/name/watch/watch")["id"]
    later = {"type": "SCHEDULED", "state_details": {"scheduled_time": "2099-01-01T00:00:00Z"}}
    run: str = place.asked("POST", f"deployments/{watch}/create_flow_run", {"state": later})["id"]
    answer = place.asked("POST", f"flow_runs/{run}/set_state", {"state": {"type": "PENDING"}})
    assert answer["status"] == "ACCEPT", answer
    return run


def watch_is_free(place: Place) -> bool:
    """Whether nobody holds the one place of `watch`."""
    deployed = place.asked("GET", "deployments/name/watch/watch")
    return bool(deployed["global_concurrency_limit"]["active_slots"] == 0)


def forget_the_bell(place: Place) -> None:
    """As if the bell had been silent for an hour."""
    with place.app.database.write() as connection:
        clock.beat(connection, "bell", place.app.clock() - timedelta(hours=1))


def watch_runs(place: Place) -> list[str]:
    """Ask for what the schedule asks for each minute, until one of them rings in the bell's stead.

    Of two, Prefect cancels one; and one that had looked before the bell fell silent just ends.
    """
    watch = place.asked("GET", "deployments/name/watch/watch")["id"]
    asked = 0.0

    def stands_in() -> bool:
        nonlocal asked
        if time.monotonic() - asked > 10 and not watches(place, "RUNNING"):
            asked = time.monotonic()
            # A server whose database is locked for a moment says 503: it is asked again.
            with suppress(httpx.HTTPStatusError):
                place.asked("POST", f"deployments/{watch}/create_flow_run", {"state": {"type": "SCHEDULED"}})
        return rung_lately(place) and bool(watches(place, "RUNNING"))

    place.until(stands_in, "watch never stood in")
    return watches(place, "RUNNING")


def rung_lately(place: Place) -> bool:
    """Whether `watch` has rung in the last minute: who rings says more in a beat than that it lives."""
    with place.app.database.read() as connection:
        at, detail = clock.beats(connection).get("watch", (None, None))
    return bool(at and detail) and place.app.clock() - at < timedelta(minutes=1)


def watches(place: Place, state: str) -> list[str]:
    """The runs of `watch` in a state."""
    wanted = {"flows": {"name": {"any_": ["watch"]}}, "flow_runs": {"state": {"type": {"any_": [state]}}}}
    return [each["id"] for each in place.asked("POST", "flow_runs/filter", wanted)]
