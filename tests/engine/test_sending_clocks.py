"""The clock is stepped back and forth under a sending: nobody waits for it to catch up, and nobody gets a letter twice."""

from dataclasses import replace
from datetime import timedelta
from itertools import cycle

import pytest

from tests.checker import checked, letters_at
from tests.dying import KILLED, OVER, PEOPLE, Bed
from tests.engine.test_letters import everybody, in_the_middle
from tests.story import Story
from tocsin.domain.notice import CUSTOMERS
from tocsin.evidence.verify import verify
from tocsin.sinks.mail import Fault

DAY = 86_400


@pytest.mark.parametrize("rate", [None, 6000])
def test_a_clock_that_leaps_between_any_two_letters_doubles_nobody_and_ends(tale: Story, rate: int | None) -> None:
    leaps = cycle([timedelta(hours=-1), timedelta(hours=3), timedelta(days=-1), timedelta(minutes=-2), timedelta(days=1)])
    behind = timedelta()
    real = tale.app.clock

    def leap() -> None:
        nonlocal behind
        step = next(leaps)
        behind += step
        tale.clock.moment += step

    mail = tale.app.settings.mail.model_copy(update={"rate": rate})
    settings = tale.app.settings.model_copy(update={"mail": mail})
    tale.app = replace(tale.app, settings=settings, clock=lambda: real() + behind)
    tale.with_customers(12).approved()
    tale.leap(hours=30)
    plain = in_the_middle(tale, leap, at=1)
    # Before each letter, and not before the first alone.
    opener = tale.app.routes["email"]

    class Always:
        name = "email"

        def __init__(self, app):
            self.channel = opener(app)

        async def send(self, item):
            self.channel.left = 1
            return await self.channel.send(item)

        async def close(self):
            await self.channel.close()

    tale.app = replace(tale.app, routes={**tale.app.routes, "email": Always})
    tale.as_("an").release(CUSTOMERS)
    for _ in range(6):
        if tale.letter.mark == "sent":
            break
        tale.fast_forward(minutes=2)
    tale.app = plain
    assert (tale.readers, tale.letter.mark) == (everybody(12), "sent")
    assert checked(tale.app.database, letters_at(tale.mail), 12, most=1).flagged == 0
    assert verify(tale.app, tale.key).fault is None


def test_who_died_on_a_clock_that_was_ahead_is_succeeded_at_once(on_sqlite: Bed) -> None:
    bed, (point, *_) = on_sqlite, [n for n, name in enumerate(on_sqlite.points(), 1) if name == "after content and dot"]
    url = bed.copy()
    bed.story.mail.messages.clear()
    bed.later(DAY)
    assert bed.nursery.send(bed.errand(url, fatal=point)) == KILLED
    bed.later(0)
    found = bed.lived(bed.app(url))
    assert (found.flagged, found.twice) == (2, 1)


def test_a_rest_that_was_begun_on_a_clock_ahead_is_over_when_the_clock_is_set_right(tale: Story) -> None:
    tale.with_customers(6).approved()
    tale.mail.misbehave(Fault("mail", reply="421 4.3.2 closing"))
    tale.leap(days=2)
    tale.as_("an").release(CUSTOMERS)
    assert tale.letters == []
    assert tale.letter.resume_at > tale.clock.moment
    tale.mail.behave()
    tale.leap(days=-2)
    tale.settle()
    tale.fast_forward(minutes=1)
    assert (tale.readers, tale.letter.mark) == (everybody(6), "sent")
    assert verify(tale.app, tale.key).fault is None
