"""Whose requests are heard: what both sides name must agree, and something must be named by both."""

import asyncio

import pytest

from tests.slackserver import SlackServer
from tocsin.channels.slack import SlackChannel, SlackConfig
from tocsin.setting_tables import Slack
from tocsin.sinks.slack import SlackFault
from tocsin.slackapp.identity import Identity
from tocsin.slackapp.received import received

WORKSPACE = {"team_id": "T0OURS"}
INSTALLED_FOR_ALL = {"team_id": "T0OURS", "enterprise_id": "E0OURS"}


def objection(workspace: SlackServer, said: dict[str, str], **named: str | None) -> str | None:
    """What is said against a click by who was told by Slack who they are."""
    workspace._methods["auth.test"] = lambda call: said
    identity = Identity(Slack())

    async def ask() -> str | None:
        channel = SlackChannel(SlackConfig(workspace.token, workspace.base_url))
        try:
            return await identity.ask(channel)
        finally:
            await channel.close()

    assert asyncio.run(ask()) is None
    parts = {name: {"id": id_} for name, id_ in named.items() if id_}
    return identity.objection(received({"type": "block_actions", "user": {"id": "U1"}, **parts}))


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (WORKSPACE, {"team": "T0OURS"}),
        (WORKSPACE, {"team": "T0OURS", "enterprise": "E0ANY"}),
        (INSTALLED_FOR_ALL, {"team": "T0OURS"}),
        (INSTALLED_FOR_ALL, {"enterprise": "E0OURS"}),
        (INSTALLED_FOR_ALL, {"team": "T0OURS", "enterprise": "E0OURS"}),
    ],
    ids=str,
)
def test_what_agrees_with_us_is_heard(
    workspace: SlackServer, said: dict[str, str], named: dict[str, str]
) -> None:
    assert objection(workspace, said, **named) is None


@pytest.mark.parametrize(
    ("said", "named", "why"),
    [
        (WORKSPACE, {"team": "T0EVIL"}, "of another workspace"),
        (WORKSPACE, {"team": None, "enterprise": "E0EVIL"}, "that nobody can tell"),
        (WORKSPACE, {"team": None, "enterprise": None}, "of no workspace"),
        (INSTALLED_FOR_ALL, {"enterprise": "E0EVIL"}, "of another organisation"),
        (INSTALLED_FOR_ALL, {"team": "T0OURS", "enterprise": "E0EVIL"}, "of another organisation"),
    ],
    ids=str,
)
def test_what_differs_or_cannot_be_compared_is_not_heard(
    workspace: SlackServer, said: dict[str, str], named: dict[str, str | None], why: str
) -> None:
    assert why in str(objection(workspace, said, **named))


def test_an_answer_that_names_no_workspace_is_not_kept(workspace: SlackServer) -> None:
    workspace.misbehave(SlackFault(do="bare", method="auth.test", times=1))
    identity = Identity(Slack())

    async def ask() -> list[str | None]:
        channel = SlackChannel(SlackConfig(workspace.token, workspace.base_url))
        try:
            return [await identity.ask(channel), await identity.ask(channel)]
        finally:
            await channel.close()

    assert asyncio.run(ask()) == ["Slack says ok and names no workspace", None]
    ours = received({"type": "block_actions", "user": {"id": "U1"}, "team": {"id": "T0SINK"}})
    assert identity.objection(ours) is None
