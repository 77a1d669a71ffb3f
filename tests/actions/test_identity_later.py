"""Keys that are declared later make one person of several accounts: she is told once, and never lost."""

import pytest

from tests.actions.test_revising import sums_up
from tocsin import actions
from tocsin.domain.notice import CUSTOMERS
from tocsin.engine import advance
from tocsin.views.person import story as told_of

KEYS = {"c2": {"person": "7"}, "c5": {"person": "7"}}
DECLARED = ", person: person"


@pytest.fixture
def apart(tale):
    """c2 and c5 have one customer number, and nobody has declared yet that it makes them one person."""
    tale.with_customers(6, **KEYS)
    declare(tale, keys=False)
    return tale


def declare(tale, *, keys):
    path = tale.folder / "sources.yaml"
    text = path.read_text(encoding="utf-8").replace(DECLARED, "")
    path.write_text(text.replace("id: id", f"id: id{DECLARED}") if keys else text, encoding="utf-8")


def on_its_way(tale, *who):
    tale.approved(*who)
    actions.release(tale.app, tale.actor("an"), tale.key, CUSTOMERS)
    advance(tale.app, tale.key, wanted=lambda move: move.kind != "send")
    actions.pause(tale.app, tale.actor("an"), tale.key, CUSTOMERS, because="a doubt")
    return tale


def test_who_was_told_under_another_id_is_neither_told_again_nor_held(apart):
    apart.released("c1", "c5")
    assert apart.readers == ["c1@example.org", "c5@example.org"]
    declare(apart, keys=True)
    apart.scope("c1", "c5")
    scope = apart.incident.scope
    assert (scope.added, scope.kept, scope.unsupported) == (0, 2, 0)
    assert dict(apart.incident.held) == {}
    if apart.letter.mark == "in-review":
        apart.approve().as_("an").release(CUSTOMERS)
    apart.fast_forward(hours=2)
    assert apart.readers == ["c1@example.org", "c5@example.org"]
    sums_up(apart)


def test_her_story_shows_the_letter_that_she_had_under_another_id(apart):
    apart.released("c1", "c5")
    declare(apart, keys=True)
    apart.scope("c1", "c5")
    for asked in ("c5", "c2"):
        told = told_of(apart.app, apart.actor("an"), apart.incident, asked)
        assert (told.owed, told.person.id, told.unsupported) == (True, "c2", None)
        (sent,) = (letter for letter in told.letters if letter.state == "handed_over")
        assert (sent.notice, sent.under, len(sent.attempts)) == (CUSTOMERS, "c5", 1)
    (plain,) = told_of(apart.app, apart.actor("an"), apart.incident, "c1").letters
    assert (plain.state, plain.under) == ("handed_over", None)


def test_the_story_of_two_who_had_a_letter_each_and_are_one_person_shows_both(apart):
    apart.released("c2", "c5")
    declare(apart, keys=True)
    apart.scope("c2", "c5")
    told = told_of(apart.app, apart.actor("an"), apart.incident, "c5")
    assert sorted((letter.under or "c2", letter.state) for letter in told.letters) == [
        ("c2", "handed_over"),
        ("c5", "handed_over"),
    ]


def test_whose_letter_waited_under_another_id_gets_it_once(apart):
    on_its_way(apart, "c1", "c2", "c5")
    declare(apart, keys=True)
    apart.scope("c1", "c2", "c5")
    scope = apart.incident.scope
    assert (scope.total, scope.unsupported) == (2, 0)
    if apart.letter.mark == "in-review":
        apart.approve().as_("an").release(CUSTOMERS)
    else:
        apart.as_("an").resume(CUSTOMERS)
    apart.fast_forward(hours=2)
    assert apart.readers == ["c1@example.org", "c2@example.org"]
    sums_up(apart)


def test_who_is_two_people_again_is_not_lost(apart):
    declare(apart, keys=True)
    apart.released("c1", "c5")
    told = apart.readers
    assert len(told) == 2
    declare(apart, keys=False)
    apart.scope("c1", "c5")
    # The letter went to whom c2 and c5 were then; whether c5 has read it nobody knows any more.
    assert (apart.incident.scope.added, apart.incident.scope.unsupported) == (1, 1)
    assert sum(apart.incident.held.values()) == 1
