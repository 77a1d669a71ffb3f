"""What came in is read, whatever its parts are."""

from itertools import product
from typing import Any

import pytest

from tocsin.slackapp.received import received

_STRANGE: tuple[Any, ...] = (None, 0, 5, "x", [], [5], [[]], {}, {"a": 1}, [None], True)
_PARTS = ("actions", "response_urls", "view", "event", "user", "team", "channel", "trigger_id", "enterprise")


@pytest.mark.parametrize("kind", ["block_actions", "view_submission", "event_callback", "nosuch"])
def test_no_shape_of_any_part_makes_reading_fail(kind: str) -> None:
    for part, strange in product(_PARTS, _STRANGE):
        it = received({"type": kind, part: strange})
        assert it.incident is None
        assert it.response_url == ""
