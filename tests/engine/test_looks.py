"""Looks at the incident between letters: each is good for one letter of every connection, and not for long."""

from freezegun import freeze_time

from tocsin.engine.looks import Looks


def test_a_look_is_good_for_one_letter_of_every_connection_whichever_comes_first():
    with freeze_time():
        looks = Looks(3)
        assert not looks.one_left()
        looks.looked(for_letter=True)
        assert [looks.one_left() for _ in range(4)] == [True, True, False, False]
        looks.looked(for_letter=False)
        assert [looks.one_left() for _ in range(4)] == [True, True, True, False]


def test_over_one_connection_each_letter_has_a_look_of_its_own():
    with freeze_time():
        looks = Looks(1)
        looks.looked(for_letter=True)
        assert looks.fresh
        assert not looks.one_left()


def test_a_look_that_is_old_is_good_for_nobody():
    with freeze_time() as clock:
        looks = Looks(3)
        looks.looked(for_letter=True)
        clock.tick(0.03)
        assert not looks.fresh
        assert not looks.one_left()
