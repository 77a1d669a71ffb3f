"""What comes in is kept once, taken by one worker at a time, and taken up again when that worker died."""

from datetime import UTC, datetime, timedelta

from tocsin.storage import inbound

NOW = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)


def put(database, id_="event:1", at=NOW):
    with database.write() as connection:
        return inbound.put(connection, id_, "event", b"sealed", at)


def take(database, lease, at=NOW):
    with database.write() as connection:
        return inbound.take(connection, lease, at, at + timedelta(seconds=20), {"event"})


def test_the_same_thing_is_kept_once(database):
    assert (put(database), put(database)) == (True, False)


def test_one_worker_takes_it_and_the_oldest_comes_first(database):
    put(database, "event:2", LATER)
    put(database, "event:1", NOW)

    assert [take(database, lease).id for lease in "ab"] == ["event:1", "event:2"]
    assert take(database, "c") is None


def test_what_a_dead_worker_held_is_taken_up_again_and_marked(database):
    put(database)
    assert take(database, "a").again is False
    assert take(database, "b", NOW + timedelta(seconds=19)) is None
    taken = take(database, "b", NOW + timedelta(seconds=21))
    assert (taken.id, taken.again) == ("event:1", True)


def test_what_waits_or_was_let_go_of_is_free_and_what_is_in_hand_is_not(database):
    def free(at=NOW):
        with database.read() as connection:
            return inbound.is_free(connection, at, {"event"})

    assert free() is False
    put(database)
    assert free() is True
    take(database, "a")
    assert (free(), free(NOW + timedelta(seconds=21))) == (False, True)


def test_what_a_worker_took_by_a_clock_that_was_set_back_since_is_free(database):
    put(database)
    take(database, "a", NOW + timedelta(hours=1))
    with database.read() as connection:
        assert inbound.is_free(connection, NOW, {"event"})
    assert take(database, "b").again is True
    assert take(database, "c") is None


def test_each_try_is_counted_but_for_those_that_are_excused(database):
    put(database)
    for count in (1, 2):
        assert take(database, "a").tries == count
        with database.write() as connection:
            inbound.release(connection, "event:1")
    with database.write() as connection:
        inbound.excuse(connection, "event:1")
    assert take(database, "a").tries == 2


def test_a_worker_that_lives_keeps_what_it_holds(database):
    put(database)
    take(database, "a")
    with database.write() as connection:
        inbound.renew(connection, ["a"], NOW, LATER)
    assert take(database, "b", NOW + timedelta(seconds=21)) is None


def test_a_lease_that_ended_or_is_not_in_hand_is_not_renewed(database):
    put(database)
    take(database, "a")
    with database.write() as connection:
        inbound.renew(connection, ["other"], NOW, LATER)
        inbound.renew(connection, ["a"], NOW + timedelta(seconds=21), LATER)
    assert take(database, "b", NOW + timedelta(seconds=22)).again is True


def test_what_was_worked_off_keeps_no_words_and_is_known_for_a_day(database):
    put(database)
    take(database, "a")
    with database.write() as connection:
        inbound.settle(connection, "event:1")
        assert inbound.waiting(connection) == []
        inbound.forget(connection, NOW + timedelta(hours=23))
    assert put(database) is False
    with database.write() as connection:
        inbound.forget(connection, NOW + timedelta(hours=25))
    assert put(database) is True


def test_a_signature_is_new_once_in_ten_minutes(database):
    with database.write() as connection:
        seen = [
            inbound.is_new(connection, "ab", NOW + timedelta(minutes=minutes)) for minutes in (0, 5, 10, 11)
        ]
    assert seen == [True, False, False, True]


def test_a_thread_awaits_files_for_one_step(database):
    with database.write() as connection:
        inbound.await_upload(connection, "C1", "1.0", "INC-2026-0001", "1.3", NOW)
        assert inbound.awaited(connection, "C1", "1.0") == ("INC-2026-0001", "1.3")
        assert inbound.awaited(connection, "C1", "2.0") is None
