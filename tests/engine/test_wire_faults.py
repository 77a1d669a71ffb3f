"""A relay that misbehaves, a sender in a process of its own, and a checker that knows neither."""

from collections import Counter
from datetime import datetime
from multiprocessing import get_context

import pytest

from tests.checker import checked, letters_at
from tests.child import advance_once, together
from tocsin import actions
from tocsin.domain.notice import CUSTOMERS
from tocsin.evidence.verify import verify
from tocsin.sinks.mail import Fault
from tocsin.views.wrong import who_got

PEOPLE = 6
ONE, TWO, THREE = (f"c{n}@example.org" for n in (1, 2, 3))
#: What the relay does, how often each letter came at most, and how the letters end.
FAULTS = {
    "451, greylisting": ([Fault("rcpt", reply="451 4.7.1 greylisted", times=8)], 1, {"handed_over": 6}),
    "421, and it hangs up": ([Fault("rcpt", reply="421 4.3.2 closing", times=2)], 1, {"handed_over": 6}),
    "mixed answers to RCPT": (
        [
            Fault("rcpt", reply="451 4.2.1 busy", recipient=ONE, times=1),
            Fault("rcpt", reply="550 5.1.1 unknown", recipient=TWO),
            Fault("rcpt", reply="552 5.2.2 full", recipient=THREE),
        ],
        1,
        {"handed_over": 4, "refused": 2},
    ),
    "554 for all": ([Fault("dot", reply="554 5.7.1 we do not like you", times=6)], 1, {"handed_over": 6}),
    "554 for all, without a status": ([Fault("data", reply="554 no", times=6)], 1, {"handed_over": 6}),
    "drop in mid-DATA": ([Fault("content", "drop", times=3)], 1, {"handed_over": 6}),
    "drop after the dot": ([Fault("dot", "drop", times=3)], 2, {"handed_over": 6}),
    "drop after the dot, again and again": (
        [Fault("dot", "drop", recipient=TWO)],
        2,
        {"handed_over": 5, "ambiguous": 1},
    ),
    "hang after the dot": ([Fault("dot", "silence", times=2)], 2, {"handed_over": 6}),
    "250, then drop": ([Fault("accepted", "drop", times=6)], 1, {"handed_over": 6}),
}


def sent_by_a_process(story, settings, moment: datetime) -> None:
    assert together((advance_once, (settings, moment, story.key))) == [0]


@pytest.mark.parametrize("name", FAULTS)
def test_nobody_is_lost_or_doubled_in_silence(story, settings_of_home, name):
    faults, most, ends = FAULTS[name]
    story.with_customers(PEOPLE).approved()
    quick = settings_of_home.mail.model_copy(update={"after_dot": 1.0})
    settings = settings_of_home.model_copy(update={"mail": quick})
    actions.release(story.app, story.actor("an"), story.key, CUSTOMERS)
    story.mail.misbehave(*faults)
    moment, halts = story.clock.moment, []
    for _ in range(12):
        sent_by_a_process(story, settings, moment)
        found = checked(story.app.database, letters_at(story.mail), PEOPLE, most=most)
        assert sum(found.states.values()) == PEOPLE
        if story.letter.mark == "sent":
            break
        halts.append(story.letter.mark)
        if story.letter.mark == "paused":
            actions.resume(story.app, story.actor("an"), story.key, CUSTOMERS, because="mended")
        moment = max(story.letter.resume_at or moment, moment)
    assert (story.letter.mark, dict(found.states)) == ("sent", ends)
    assert halts.count("paused") == name.startswith("554 for all")
    assert story.letter.counts["possible_duplicates"] >= found.twice
    story.clock.moment = moment
    assert verify(story.app, story.key).fault is None


def test_what_is_found_wrong_stops_behind_the_letter_on_the_wire_and_that_one_is_in_doubt(
    story, settings_of_home
):
    story.with_customers(PEOPLE).approved()
    slow = settings_of_home.mail.model_copy(update={"after_dot": 8.0, "connections": 1})
    settings = settings_of_home.model_copy(update={"mail": slow})
    actions.release(story.app, story.actor("an"), story.key, CUSTOMERS)
    # The relay has the first letter, and is silent: its sender waits, and knows nothing yet.
    story.mail.misbehave(Fault("dot", "silence", times=1))
    sender = get_context("spawn").Process(target=advance_once, args=(settings, story.clock.moment, story.key))
    sender.start()
    while not story.letters:
        sender.join(0.05)
        assert sender.is_alive()
    actions.found_wrong(story.app, story.actor("hoa"), story.key, CUSTOMERS, because="false")
    sender.join(120)
    assert sender.exitcode == 0
    assert len(story.letters) == 1
    assert Counter(row.state for row in story.rows) == {"ambiguous": 1, "pending": PEOPLE - 1}
    assert story.told("SendingStopped")[-1].why == "stopped: rejected"
    # Who may have it is corrected like everybody who has it.
    (got,) = who_got(story.app, story.incident, CUSTOMERS)
    assert got["state"] == "ambiguous"
    story.as_("an").learn({"letter_correction": {"en": "x", "vi": "y"}}, source="the team")
    assert story.incident.notices["correction"].recipients == 1
    assert verify(story.app, story.key).fault is None
