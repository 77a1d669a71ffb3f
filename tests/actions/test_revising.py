"""A new scope that no longer supports people: nobody is dropped before a person has decided, with a reason."""

import pytest

from tests.story import KINDS
from tocsin import actions
from tocsin.domain.errors import NotYours, Refused
from tocsin.domain.notice import CUSTOMERS
from tocsin.domain.scope.question import Listed, Question
from tocsin.engine import advance
from tocsin.evidence.verify import verify
from tocsin.storage.ledger import STATES
from tocsin.views.affected import counts as counted
from tocsin.views.person import story as told_of

ALL = ("c1", "c2", "c3", "c4", "c5", "c6")


def sums_up(tale):
    assert sum(tale.counts[state] for state in STATES) == len(tale.rows)
    assert verify(tale.app, tale.key).fault is None


def on_its_way(tale, *, first=()):
    """Released to six, and paused before any letter left but those of `first`."""
    tale.with_customers(6).approved(*ALL)
    actions.release(tale.app, tale.actor("an"), tale.key, CUSTOMERS)
    advance(tale.app, tale.key, wanted=lambda move: move.kind != "send")
    actions.pause(tale.app, tale.actor("an"), tale.key, CUSTOMERS, because="a doubt")
    return tale


def test_unsent_letters_of_people_who_are_no_longer_supported_wait_and_the_others_leave(story):
    on_its_way(story).scope("c1", "c2", "c3", "c4")
    assert story.counts["held"] == 2
    story.as_("an").resume(CUSTOMERS)
    assert story.readers == [f"c{n}@example.org" for n in range(1, 5)]
    assert (story.counts["handed_over"], story.counts["held"]) == (4, 2)
    assert story.letter.mark == "sent"
    sums_up(story)
    # Two of those whom the promise is made to are neither told nor let go: it is not met.
    (promise,) = (duty for duty in story.incident.duties.values() if duty.opened.recipient == "individuals")
    assert promise.mark == "open"


def test_whom_a_person_releases_is_owed_nothing_any_more_and_the_duty_is_met(story):
    on_its_way(story).scope("c1", "c2", "c3", "c4")
    story.as_("an").resume(CUSTOMERS)
    story.as_("an").release_people(["c5", "c6"], because="the token in their rows was another one")
    assert story.readers == [f"c{n}@example.org" for n in range(1, 5)]
    assert (story.counts["held"], story.counts["excluded"]) == (0, 2)
    assert dict(story.incident.held) == {}
    (promise,) = (duty for duty in story.incident.duties.values() if duty.opened.recipient == "individuals")
    assert promise.mark == "met"
    sums_up(story)


def test_whom_a_person_upholds_gets_the_letter_by_a_draft_of_its_own(story):
    on_its_way(story).scope("c1", "c2", "c3", "c4")
    story.as_("an").resume(CUSTOMERS)
    story.as_("giang").uphold_people(["c5"], because="she wrote to us about it")
    story.as_("giang").release_people(None, because="no request of his")
    assert story.letter.mark == "in-review"
    story.approve().as_("an").release(CUSTOMERS)
    assert story.readers == [f"c{n}@example.org" for n in range(1, 6)]
    sums_up(story)


def test_a_released_person_whom_a_later_scope_names_again_is_told_after_all(story):
    on_its_way(story).scope("c1", "c2", "c3", "c4")
    story.as_("an").resume(CUSTOMERS)
    story.as_("an").release_people(None, because="another token")
    story.scope("c1", "c2", "c3", "c4", "c6")
    assert story.letter.mark == "in-review"
    story.approve().as_("an").release(CUSTOMERS)
    assert story.readers == [f"c{n}@example.org" for n in (1, 2, 3, 4, 6)]
    sums_up(story)


def test_who_was_told_before_is_known_as_such_and_waits_for_a_decision_too(tale):
    tale.with_customers(6).released("c1", "c2", "c3").scope("c1")
    held = tale.incident
    assert (sum(held.held.values()), sum(held.held_told.values())) == (2, 2)
    asked = tale.told("UnsupportedAsked")
    assert [(each.revision, each.people) for each in asked] == [(2, 2)]
    asked_of = {row["person"] for row in tale.outbox if "/ask-unsupported/" in row["key"]}
    assert asked_of == {"an", "giang"}
    tale.fast_forward(hours=3)
    assert len(tale.told("UnsupportedAsked")) == 1
    tale.as_("an").release_people(None, because="a clock was wrong; a correction goes out by post")
    (said,) = tale.told("PeopleReleased")
    assert (sum(said.people.values()), sum(said.told.values()), said.letters) == (2, 2, {})
    assert tale.readers == ["c1@example.org", "c2@example.org", "c3@example.org"]


def test_both_numbers_stand_and_what_the_laws_are_asked_about_is_what_is_supported_or_upheld(tale):
    tale.with_customers(6).drafted(*ALL)
    tale.scope("c1", "c2")
    seen = counted(tale.incident)
    assert (seen.total, seen.added, seen.kept, seen.unsupported) == (2, 0, 2, 4)
    assert (sum(seen.held.values()), seen.upheld) == (4, 0)
    assert sum(cell["count"] for cell in tale.incident.facts.values["cells"]) == 2
    tale.as_("giang").uphold_people(["c3"], because="her key was in the dump")
    assert sum(cell["count"] for cell in tale.incident.facts.values["cells"]) == 3
    assert tale.incident.owed_letters == 3
    assert tale.letter.recipients == 3
    # A later revision that still does not support her leaves it at what was decided.
    tale.scope("c1")
    assert (tale.incident.owed_letters, sum(tale.incident.held.values())) == (2, 4)
    assert sum(cell["count"] for cell in tale.incident.facts.values["cells"]) == 2
    tale.as_("giang").release_people(["c3"], because="it was not her key")
    assert tale.incident.owed_letters == 1
    assert sum(cell["count"] for cell in tale.incident.facts.values["cells"]) == 1
    assert verify(tale.app, tale.key).fault is None


def test_an_approval_binds_who_was_upheld(tale):
    tale.with_customers(6).drafted("c1", "c2", "c3")
    tale.scope("c1")
    tale.approve()
    tale.as_("an").uphold_people(["c2"], because="she is sure")
    assert tale.told("NoticeVoided")[-1].because == ("the recipients changed",)
    assert (tale.letter.mark, tale.letter.recipients) == ("in-review", 2)


def test_one_persons_story_says_that_she_is_held_and_what_was_decided(tale):
    tale.with_customers(6).drafted("c1", "c2", "c3")
    tale.scope("c1")
    found = told_of(tale.app, tale.actor("an"), tale.incident, "c2")
    assert (found.person.id, found.unsupported.revision, found.unsupported.stand) == ("c2", 1, "held")
    tale.as_("an").release_people(["c2"], because="another token")
    found = told_of(tale.app, tale.actor("an"), tale.incident, "c2")
    assert (found.unsupported.stand, found.because) == ("released", "another token")
    assert told_of(tale.app, tale.actor("an"), tale.incident, "c1").unsupported is None


@pytest.mark.parametrize(
    ("by", "whom", "because", "says"),
    [
        ("linh", None, "x", "may not do this"),
        ("an", None, " ", "say why"),
        ("an", ["c9"], "x", "number 1 of the 1 named is nobody whom revision 2 no longer supports"),
        ("an", ["c2", "c1"], "x", "number 2 of the 2 named is nobody"),
        ("an", [], "x", "name at least one person"),
    ],
)
def test_what_may_not_be_decided_is_refused_and_shows_nobody(tale, by, whom, because, says):
    tale.with_customers(6).drafted("c1", "c2", "c3")
    tale.scope("c1")
    head = tale.incident.head_seq
    for verb in ("release_people", "uphold_people"):
        with pytest.raises((Refused, NotYours), match=says) as refused:
            getattr(tale.as_(by), verb)(whom, because=because)
        assert "c9" not in str(refused.value)
    assert tale.incident.head_seq == head


def test_a_person_is_named_by_the_digits_that_a_list_shows(tale):
    from tocsin.domain.scope.people import pseudonym

    tale.with_customers(6).drafted("c1", "c2", "c3")
    tale.scope("c1")
    tale.as_("an").release_people([pseudonym(tale.app.people_key(tale.key), "c2")[:12]], because="other")
    assert sum(tale.incident.held.values()) == 1
    with pytest.raises(Refused, match="number 1 of those named was decided about before"):
        tale.as_("an").uphold_people(["c2"], because="x")


def test_a_file_is_not_closed_over_people_on_whom_nobody_decided(tale):
    tale.with_customers(6).released("c1", "c2", "c3")
    tale.scope("c1")
    for duty in tale.incident.duties.values():
        if duty.mark == "open":
            tale.as_("an").release_duty(duty.opened.key, because="a test")
    with pytest.raises(Refused, match="waits for a decision on 2 people whom revision 2 no longer supports"):
        tale.as_("an").close(because="over")


def test_what_a_revision_left_to_decide_is_proven(tale):
    from sqlalchemy import text

    tale.with_customers(6).drafted("c1", "c2", "c3")
    tale.scope("c1")
    tale.as_("an").release_people(["c2"], because="another token")
    tale.as_("an").uphold_people(["c3"], because="her own words")
    assert verify(tale.app, tale.key).fault is None
    for deed in (
        "UPDATE judged SET upheld = NOT upheld",
        "UPDATE judged SET revision = 1",
        "DELETE FROM judged WHERE upheld",
        "INSERT INTO judged SELECT incident, 'ab', seq, revision, upheld FROM judged LIMIT 1",
        "UPDATE judged SET seq = 3 WHERE upheld",
    ):
        with tale.app.database.read() as connection:
            kept = [dict(row) for row in connection.execute(text("SELECT * FROM judged")).mappings()]
        with tale.app.database.write() as connection:
            connection.execute(text(deed))
        assert "judged" in (verify(tale.app, tale.key).fault or "") or "decided" in (
            verify(tale.app, tale.key).fault or ""
        ), deed
        with tale.app.database.write() as connection:
            connection.execute(text("DELETE FROM judged"))
            for values in kept:
                names = ", ".join(values)
                marks = ", ".join(f":{name}" for name in values)
                connection.execute(text(f"INSERT INTO judged ({names}) VALUES ({marks})"), values)
    assert verify(tale.app, tale.key).fault is None


def test_the_list_that_a_scope_was_asked_about_may_shrink_by_another_question(tale):
    tale.with_customers(6).drafted("c1", "c2")
    question = Question(people=(Listed(who="c2", kinds=KINDS),))
    actions.scope(tale.app, tale.actor("giang"), tale.key, question)
    assert dict(tale.incident.scope.held) == dict(tale.incident.held) != {}
