"""Prefect is off for a whole incident, then it comes up. Whoever reads this first: it wants a home without a past."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.place import Place, assert_nothing_twice, assert_on_time
from tocsin.bell import next_moment, ring
from tocsin.domain.notice import CUSTOMERS
from tocsin.drill.story import Story
from tocsin.engine.rousing import waking_of
from tocsin.wake import Waker

pytestmark = pytest.mark.xdist_group("prefect")


class Unaided:
    """The stage of a drill on which the bell is alone: whenever it looks for Prefect, nobody is there."""

    def __init__(self, place: Place, waking: Callable[[], str | None]) -> None:
        self.place, self.waking = place, waking
        self.troubles: list[str | None] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.place, name)

    def settle(self) -> None:
        for _ in range(200):
            self.troubles.append(ring(self.app, waking=self.waking).prefect)
            due = next_moment(self.app)
            if due is None or due > self.app.now():
                return
        raise AssertionError("nothing comes to rest")

    def finish(self) -> None:
        self.settle()


def test_an_incident_goes_from_page_to_closed_file_without_prefect_and_is_shown_once_it_is_back(
    home: Place, request: pytest.FixtureRequest
) -> None:
    nobody = Waker("http://127.0.0.1:9/api")

    def waking() -> str | None:
        return nobody.wake(home.runs.due(home.app.now()), home.runs, home.app.clock()).trouble

    stage = Unaided(home, waking)
    outcome = Story(stage, lambda line: None).play()
    assert all(trouble and "does not answer" in trouble for trouble in stage.troubles)
    assert outcome.recall == outcome.precision == 1.0
    assert set(outcome.duties.values()) == {"met"}
    assert home.incident(outcome.key).notices[CUSTOMERS].mark == "sent"
    assert_on_time(home, outcome.key, at_least=3)
    assert_nothing_twice(home)
    # One letter was in doubt, came again and is flagged.
    letters, told = home.letters(), home.told()
    assert len(letters) - len(set(letters)) == outcome.counts["possible_duplicates"] == 1

    place: Place = request.getfixturevalue("place")
    back = waking_of(place.app)
    place.until(lambda: ring(place.app, waking=back).prefect is None, "Prefect was not found again")

    def shown() -> bool:
        ring(place.app, waking=back)
        return place.state_of(outcome.key)[0] == "COMPLETED" and place.runs.parked(outcome.key)

    place.until(shown, "the closed incident was not shown")
    assert (place.letters(), place.told()) == (letters, told)
    assert place.incident(outcome.key).head_seq == outcome.head[0]
    assert place.runs.due(place.app.now()) == []
