"""The manifest asks for exactly what is used, and says what the app listens to."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tocsin.doctor.routes import HEARING, ROOMS, SCOPES

MANIFEST = Path(__file__).parents[2] / "packaging" / "slack" / "manifest.yaml"


@pytest.fixture
def manifest() -> Any:
    return yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))


def test_its_scopes_are_those_that_doctor_wants(manifest: Any) -> None:
    asked = manifest["oauth_config"]["scopes"]["bot"]
    assert sorted(asked) == asked
    assert set(asked) == SCOPES | ROOMS | HEARING


def test_it_listens_to_what_the_app_hears(manifest: Any) -> None:
    assert manifest["settings"]["socket_mode_enabled"]
    assert manifest["settings"]["interactivity"]["is_enabled"]
    assert manifest["settings"]["event_subscriptions"]["bot_events"] == [
        "message.groups",
        "message.im",
        "reaction_added",
    ]
    [command] = manifest["features"]["slash_commands"]
    assert (command["command"], command["should_escape"]) == ("/tocsin", True)


def test_it_keeps_to_the_lengths_that_slack_takes(manifest: Any) -> None:
    # docs.slack.dev/reference/app-manifest
    assert len(manifest["display_information"]["name"]) <= 35
    assert len(manifest["display_information"]["description"]) <= 140
    [command] = manifest["features"]["slash_commands"]
    assert len(command["description"]) <= 2000
    assert len(command["usage_hint"]) <= 1000
