"""Recording: one transaction, the whole decision again after a lost race, and commands that may be said twice."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.child import declare_many, note_and_advance, say_once, together
from tocsin import actions
from tocsin.actions.declaring import Declaration
from tocsin.domain.canonical import digest
from tocsin.domain.errors import Refused
from tocsin.domain.fold import fold
from tocsin.domain.kinds import Noted, StepReminded
from tocsin.domain.timeline import as_row, first_fault
from tocsin.engine.messages import tell
from tocsin.evidence.verify import verify
from tocsin.record import record
from tocsin.storage import tables, timeline


def test_a_loser_runs_the_whole_decision_again_and_not_only_the_append(story):
    story.declare()
    seen = []

    def decide(change):
        seen.append(change.incident.head_seq)
        if len(seen) == 1:  # somebody is quicker
            actions.note(story.app, story.actor("an"), story.key, "meanwhile")
        change.add(StepReminded(step=f"after {change.incident.head_seq}"))

    head = story.incident.head_seq
    done = record(story.app, story.key, decide, actor="linh")
    assert seen == [head, head + 1]
    assert [entry.body.step for entry in done.entries] == [f"after {head + 1}"]


def test_what_was_just_declared_is_not_read_and_judged_again(story):
    done = actions.declare(story.app, story.actor("dung"), Declaration("A key in a public place"))
    assert story.app.incident(done.incident.key) is done.incident


def test_what_belongs_to_a_decision_is_not_written_behind_a_head_that_moved_on(story):
    story.declare()
    written = []

    def decide(change):
        if not written:
            written.append("decided")
            actions.note(story.app, story.actor("an"), story.key, "meanwhile")
        head = change.incident.head_seq
        change.also.append(lambda connection: written.append(head))

    record(story.app, story.key, decide, actor="linh")
    assert written == ["decided", story.incident.head_seq]


def test_a_race_that_is_always_lost_is_given_up_and_nothing_is_written(tale):
    tale.declare()

    def decide(change):
        actions.note(tale.app, tale.actor("an"), tale.key, f"quicker at {change.incident.head_seq}")
        change.add(StepReminded(step="C1"))

    with pytest.raises(timeline.Outrun):
        record(tale.app, tale.key, decide, actor="linh", attempts=3)
    assert tale.told("StepReminded") == []
    assert len(tale.told("Noted")) == 3


def test_what_fails_inside_the_transaction_leaves_nothing(story):
    story.declare()
    before = story.incident

    def decide(change):
        change.add(Noted(text=change.keep("half way")))
        change.also.append(lambda connection: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        record(story.app, story.key, decide, actor="linh")
    assert story.incident == before
    with story.app.database.read() as connection:
        assert timeline.head(connection, story.key) == before.head_seq


def test_an_entry_of_what_has_not_happened_yet_is_refused(tale):
    tale.declare()
    now = tale.clock.moment

    def at(moment):
        return record(
            tale.app, tale.key, lambda change: change.add(StepReminded(step="C1"), at=moment), actor="an"
        )

    with pytest.raises(Refused, match="lies in the future"):
        at(now + timedelta(seconds=1))
    tale.leap(minutes=-5)  # a clock that was set back
    assert at(now).entries[0].at == now


def test_nobody_who_is_excluded_is_told_whoever_names_them(tale):
    tale.declare(excluded=("hoa",))
    told = []

    def decide(change):
        tell(tale.app, change, "status", ["hoa", "linh"], ["x"], subject="s", lane="status", cause=1)
        change.close()
        told.extend(each.person for each in change.outgoing)

    record(tale.app, tale.key, decide, actor="engine")
    assert told == ["linh"]


def test_a_decision_to_do_nothing_writes_nothing(tale):
    tale.declare()
    head = tale.incident.head_seq
    assert record(tale.app, tale.key, lambda change: None, actor="linh").entries == ()
    assert tale.incident.head_seq == head


def test_the_projection_is_what_fold_and_plan_say(story):
    story.declare()
    story.as_("linh").ack()
    verdict = verify(story.app, story.key)
    assert verdict.fault is None, verdict


# --- commands that may be said twice


def test_the_same_command_with_the_same_key_changes_nothing_the_second_time(story):
    story.declare()
    act = story.as_("linh")
    first = act.note("seen at the gateway", command="n1")
    again = act.note("seen at the gateway", command="n1")
    assert (again.entries, again.incident, again.again) == (first.entries, first.incident, True)
    assert len(story.told("Noted")) == 1


@pytest.mark.parametrize("verb", ["note", "page"])
def test_the_same_key_for_something_else_is_refused(tale, verb):
    tale.declare()
    tale.as_("linh").note("seen at the gateway", command="n1")
    head = tale.incident.head_seq
    with pytest.raises(Refused, match="--key n1 was used for something else"):
        getattr(tale.as_("linh"), verb)("hoa", command="n1")
    assert tale.incident.head_seq == head


def test_the_same_key_for_another_incident_is_refused_and_not_silently_dropped(tale):
    tale.declare()
    tale.as_("linh").note("seen at the gateway", command="n1")
    tale.declare("Another one")
    with pytest.raises(Refused, match="was used for something else"):
        tale.as_("linh").note("seen at the gateway", command="n1")


def test_a_declaration_said_twice_is_one_incident(story):
    what = Declaration("A key in a repository", type="credential-leak")
    one, two = (actions.declare(story.app, story.actor("linh"), what, command="d1") for _ in "ab")
    assert one.incident.key == two.incident.key
    assert (two.entries, two.incident, two.again) == (one.entries, one.incident, True)
    other = Declaration("A key in a repository", type="credential-leak", restricted=False)
    with pytest.raises(Refused, match="was used for something else"):
        actions.declare(story.app, story.actor("linh"), other, command="d1")


def test_what_a_command_said_cannot_be_guessed_at_and_is_forgotten_with_its_text(story):
    """Neither without the incident's key, nor with it once the words were destroyed."""
    story.declare()
    for number, words in enumerate(("Käthe called", "it is quiet")):
        story.as_("linh").note(words, command=f"n{number}")
    guesses = {digest(["linh", digest(["note", [said, None]])]) for said in ("Käthe called", "it is quiet")}
    kathe, _ = story.told("Noted")
    assert len(set(digests(story)) - guesses) == 2

    story.as_("an").redact(kathe.text, because="it names somebody", command="r1")
    assert [each == "forgotten" for each in digests(story)] == [True, False, False]
    with pytest.raises(Refused, match="n0 was used already, and a text said then was erased"):
        story.as_("linh").note("Käthe called", command="n0")
    assert story.as_("linh").note("it is quiet", command="n1").again


def digests(story):
    with story.app.database.read() as connection:
        return list(connection.scalars(select(tables.command.c.digest).order_by(tables.command.c.seq)))


# --- races between processes


def test_two_processes_racing_lose_nothing_and_make_no_move_twice(story, settings_of_home):
    story.declare()
    story.leap(hours=40)  # reminders, warnings and calls are due: both processes want to make them
    now, key = story.clock.moment, story.key
    ends = together(
        *((note_and_advance, (settings_of_home, now, key, name, 12)) for name in ("one", "two")),
        *((say_once, (settings_of_home, now, key, 6)) for _ in range(2)),
    )
    assert ends == [0, 0, 0, 0]
    entries = story.entries
    assert first_fault(as_row(entry) for entry in entries) is None
    assert len(story.told("Noted")) == 12 + 12 + 6
    keys = [entry.command_key for entry in entries if entry.command_key]
    assert len(keys) == len(set(keys))
    warned = [(body.duty, body.percent) for body in story.told("DeadlineWarned")]
    assert len(warned) == len(set(warned)) > 0
    messages = [row["key"] for row in story.outbox]
    assert len(messages) == len(set(messages))
    assert fold(entries) == story.incident
    assert verify(story.app, key).fault is None


def test_two_processes_that_declare_at_once_get_numbers_of_their_own(story, settings_of_home):
    story.declare()
    ends = together(
        *((declare_many, (settings_of_home, story.clock.moment, name, 5)) for name in ("one", "two"))
    )
    assert ends == [0, 0]
    with story.app.database.read() as connection:
        listed = timeline.listed(connection)
    assert sorted(row["number"] for row in listed) == list(range(1, 12))
    assert len({row["code_name"] for row in listed}) == 11
