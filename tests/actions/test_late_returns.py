"""What comes back late on a letter of an older draft finds its person, and says nothing of the letter she has now."""

from tests.actions.test_returns import in_doubt, states, take_in, waiting
from tests.bouncing import mark_of, report
from tests.engine.test_letters import adds_up, in_the_middle
from tocsin import actions
from tocsin.cli.person import of_which_letter
from tocsin.domain.notice import CUSTOMERS
from tocsin.evidence.verify import verify
from tocsin.sinks.mail import Fault
from tocsin.views.person import story

ONE, TWO = "c1@example.org", "c1.b@example.org"


def anew(tale, words="Other."):
    """What the letter prints changes, and its new draft is approved and leaves."""
    tale.as_("an").learn({"advice_to_people": {"en": words, "vi": words}}, source="the team")
    tale.approve().as_("an").release(CUSTOMERS)


def came_back(tale, who="c1"):
    (letter,) = story(tale.app, tale.actor("an"), tale.incident, who).letters
    return letter.state, [(each["action"], each["address"]) for each in letter.came_back]


def test_a_bounce_of_a_letter_in_doubt_that_a_new_draft_took_the_place_of_finds_its_person(tale):
    in_doubt(tale)
    anew(tale)
    first, second = tale.letters
    assert mark_of(first) != mark_of(second)
    noted = take_in(tale, report(mark_of(first)))
    assert dict(noted.reports) == {"failed": 1}
    assert waiting(tale) == [], "no person has to look at it"
    assert tale.told("LettersReturned")[-1].reports == {"failed": 1}
    assert came_back(tale) == ("handed_over", [("failed", None)]), "and her letter of today stands as it was"
    assert states(tale) == {"handed_over": 1, "possible_duplicates": 1}
    take_in(tale, report(mark_of(second), number=2))
    assert came_back(tale) == ("bounced", [("failed", None), ("failed", 1)])
    assert verify(tale.app, tale.key).fault is None


def test_the_story_says_that_it_was_the_letter_of_an_older_draft(tale):
    in_doubt(tale)
    anew(tale)
    take_in(tale, report(mark_of(tale.letters[0]), "delivered", "2.0.0"))
    (letter,) = story(tale.app, tale.actor("an"), tale.incident, "c1").letters
    assert of_which_letter(letter.came_back[0]["address"]) == " on the letter of an older draft"
    assert [of_which_letter(address) for address in (1, 2)] == ["", " at address 2"]


def test_the_mark_of_an_address_before_the_new_draft_finds_its_person_too(tale):
    tale.with_customers(3, c1={"emails": TWO}).approved()
    tale.mail.misbehave(
        Fault("dot", reply="550 5.1.1 no such user", recipient=ONE, times=1),
        Fault("rcpt", reply="451 4.7.1 later", recipient=TWO, times=1),
    )
    plain = in_the_middle(tale, lambda: None)
    tale.as_("an").release(CUSTOMERS)
    tale.app = plain
    (row,) = (each for each in tale.rows if each.address == 2)
    assert row.state == "pending"
    with tale.app.database.read() as connection:
        from sqlalchemy import select

        from tocsin.storage.tables import mark

        (before,) = connection.scalars(select(mark.c.mark).where(mark.c.row == row.id, mark.c.address == 1))
    anew(tale)
    tale.fast_forward(hours=1)
    take_in(tale, report(before), report(row.mark, number=2))
    assert waiting(tale) == []
    state, reports = came_back(tale)
    assert (state, reports) == ("handed_over", [("failed", None), ("failed", None)])
    adds_up(tale, 3)


def test_a_second_letter_in_doubt_and_the_first_both_find_their_person(tale):
    in_doubt(tale)
    first = mark_of(tale.letters[0])
    plain = tale.app
    tale.mail.misbehave(Fault(at="dot", do="drop", times=9))
    tale.as_("an").learn({"advice_to_people": {"en": "Two.", "vi": "Hai."}}, source="the team")
    tale.approve()
    actions.release(plain, tale.actor("an"), tale.key, CUSTOMERS)
    tale.settle()
    second = mark_of(tale.letters[-1])
    take_in(tale, report(first), report(second, "delivered", "2.0.0", number=2))
    assert waiting(tale) == []
    assert [action for action, _ in came_back(tale)[1]] == ["failed", "delivered"]
