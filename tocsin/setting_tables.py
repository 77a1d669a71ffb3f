"""The larger tables of `tocsin.toml`, and what all tables share."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

Port = Annotated[int, Field(ge=1, le=65535)]


class Table(BaseModel):
    """One table of the file. A key that nobody knows is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Slack(Table):
    """The workspace app. Without a token the route is DOWN."""

    token: SecretStr | None = None
    token_file: Path | None = None
    base_url: str = "https://slack.com/api/"
    timeout: float = 10
    #: How clicks and commands come in: over a connection that we open, or by requests to `host` and `port`.
    mode: Literal["socket", "http"] = "socket"
    #: The app-level token (`xapp-`, connections:write) that opens Socket Mode.
    app_token: SecretStr | None = None
    app_token_file: Path | None = None
    #: What Slack signs its requests with.
    signing_secret: SecretStr | None = None
    signing_secret_file: Path | None = None
    host: str = "127.0.0.1"
    port: Port = 4243
    #: Whose requests are heard: the workspace of the token where nothing stands here; and this app alone.
    team_id: str | None = None
    app_id: str | None = None
    #: The emoji by which people put a message of an incident's channel into its timeline.
    emoji: Annotated[str, Field(pattern=r"^[a-z0-9_+'-]{1,100}$")] = "pushpin"
    #: Largest file that is taken as evidence, in bytes.
    largest_file: Annotated[int, Field(ge=1)] = 100_000_000

    @property
    def listens(self) -> bool:
        """Whether clicks and commands are heard: it takes the bot's token, and the way in."""
        way = self.app_token if self.mode == "socket" else self.signing_secret
        return self.token is not None and way is not None
