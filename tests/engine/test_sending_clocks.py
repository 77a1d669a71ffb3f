"""The clock is stepped back and forth under a sending: nobody waits until it has caught up, or gets a letter twice."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest

from tests.checker import checked, letters_at
from tests.dying import KILLED, ONE_BY_ONE, Bed
from tests.engine.test_letters import everybody
from tests.story import Story
from tocsin.channels import Channel
from tocsin.channels.wiring import mail
from tocsin.domain.notice import CUSTOMERS
from tocsin.engine.setback import heed_the_clock
from tocsin.evidence.verify import verify
from tocsin.sinks.mail import Fault

DAY = 86_400
LEAPS = [timedelta(hours=hours) for hours in (-1, 3, -24, -0.1, 24)]


class Leaping:
    """A mail channel before each of whose letters the clock leaps."""

    name = "email"

    def __init__(self, channel: Channel, leap: Callable[[], None]) -> None:
        self.channel, self.leap = channel, leap

    async def send(self, item: Any, following: Any = None) -> Any:
        self.leap()
        return await self.channel.send(item, following)

    async def close(self) -> None:
        await self.channel.close()


@pytest.mark.parametrize("rates", [{}, {"rate": 6000}])
def test_a_clock_that_leaps_between_any_two_letters_doubles_nobody_and_ends(
    tale: Story, rates: dict[str, float]
) -> None:
    tale.with_customers(12).leap(hours=30).approved()
    ahead, leaps, real, plain = timedelta(), cycle(LEAPS), tale.app.clock, tale.app

    def leap() -> None:
        nonlocal ahead
        ahead += (step := next(leaps))
        tale.clock.moment += step

    settings = plain.settings.model_copy(
        update={"mail": plain.settings.mail.model_copy(update={"connections": 1, **rates})}
    )
    routes = {**plain.routes, "email": lambda app: Leaping(mail(app), leap)}
    tale.app = replace(plain, settings=settings, clock=lambda: real() + ahead, routes=routes)
    tale.as_("an").release(CUSTOMERS)
    tale.app = plain
    tale.fast_forward(minutes=1)
    assert (tale.readers, tale.letter.mark) == (everybody(12), "sent")
    assert checked(tale.app.database, letters_at(tale.mail), 12, most=1).flagged == 0
    assert verify(tale.app, tale.key).fault is None


@pytest.mark.parametrize("on_sqlite", [ONE_BY_ONE], indirect=True)
def test_who_died_on_a_clock_that_was_ahead_is_succeeded_at_once(on_sqlite: Bed) -> None:
    bed, (point, *_) = (
        on_sqlite,
        [n for n, name in enumerate(on_sqlite.points(), 1) if name == "after content and dot"],
    )
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
    heed_the_clock(tale.app, None)
    tale.settle()
    assert (tale.readers, tale.letter.mark) == (everybody(6), "sent")
    assert verify(tale.app, tale.key).fault is None
