"""The properties draw the same examples on every run, on any machine; only `make explore` leaves it to chance."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exploring import FURTHER, times

ROOT = Path(__file__).parent.parent


def drawn(profile: str, examples: int = 20) -> list[int]:
    """What a property is given under a profile."""
    numbers: list[int] = []

    @settings(settings.get_profile(profile), max_examples=examples, database=None)
    @given(st.integers())
    def holds(number: int) -> None:
        numbers.append(number)

    holds()
    return numbers


@pytest.fixture
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.config.getoption("--hypothesis-profile") or "repeatable")


def test_a_property_is_given_the_same_examples_on_every_run_unless_one_explores() -> None:
    assert drawn("repeatable") == drawn("repeatable")
    assert drawn("explore") != drawn("explore")


def test_exploring_asks_for_many_more_examples(profile: str) -> None:
    more = FURTHER if profile == "explore" else 1
    assert settings.get_current_profile_name() == profile
    assert times(60) == 60 * more
    assert settings.default is not None
    assert settings.default.max_examples == 100 * more


@pytest.mark.parametrize("ci", [{}, {"CI": "true"}], ids=["here", "in CI"])
def test_no_variable_of_the_environment_decides_what_is_drawn(ci: dict[str, str]) -> None:
    """Hypothesis looks for them while it is imported, so this takes a process of its own."""
    script = (
        "from tests.exploring import choose_profiles; choose_profiles()\n"
        "from hypothesis import settings\n"
        "for each in map(settings.get_profile, ('repeatable', 'explore')):\n"
        "    print(each.derandomize, each.max_examples, each.database is None)"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | ci
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["True 100 True", f"False {100 * FURTHER} False"]


def test_every_count_of_examples_grows_with_exploring() -> None:
    fixed = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"@settings\(.*max_examples=(?!times\()", line) and path != Path(__file__)
    ]
    assert fixed == []
