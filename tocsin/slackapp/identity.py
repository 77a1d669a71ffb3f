"""Who we are in Slack, asked of Slack: whose requests are heard, and whose are not."""

from typing import Any

from tocsin.channels.slack import SlackChannel
from tocsin.domain.message import Undelivered
from tocsin.setting_tables import Slack
from tocsin.slackapp.received import Received


class Identity:
    """The workspace and the app that we belong to. Until Slack has said so, what the settings say holds alone."""

    def __init__(self, settings: Slack) -> None:
        self._settings = settings
        self._said: dict[str, Any] = {}

    async def ask(self, channel: SlackChannel) -> str | None:
        """Ask Slack who we are; returns why it did not say."""
        if self._said:
            return None
        try:
            # Kept for as long as we live; an answer that names no workspace would shut the door.
            self._said = dict(await channel.ourselves())
        except Undelivered as failure:
            return failure.reason
        return None

    def asked(self) -> dict[str, str | None]:
        """Ourselves as Bolt wants to know us."""
        names = {"bot_user_id": "user_id", "bot_id": "bot_id", "team_id": "team_id"}
        mine: dict[str, str | None] = {ours: self._said.get(theirs) for ours, theirs in names.items()}
        return mine | {"enterprise_id": self._said.get("enterprise_id")}

    def objection(self, it: Received) -> str | None:
        """Why what came in is not for us: of another workspace, another organisation, another app.

        An installation for a whole organisation may name no workspace, and one workspace's no organisation; what both
        of us name must agree, and without anything that both name nobody can tell.
        """
        workspace = self._settings.team_id or self._said.get("team_id")
        if not workspace:
            return "nobody has said yet which workspace is ours"
        if not (it.team or it.enterprise):
            return "of no workspace"
        named = (
            ("workspace", workspace, it.team),
            ("organisation", self._said.get("enterprise_id"), it.enterprise),
        )
        held = [(what, ours == theirs) for what, ours, theirs in named if ours and theirs]
        for what, agrees in held:
            if not agrees:
                return f"of another {what}"
        if not held:
            return "of a workspace that nobody can tell from another"
        if self._settings.app_id and it.app != self._settings.app_id:
            return "of another app"
        return None
