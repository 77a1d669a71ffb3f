"""The watchdog's own settings: the table `[watchdog]`, and where the home lies. Nothing else of the file is judged.

A wrong line under `[mail]` stops the engine, and must not stop who tells of it.
"""

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import SettingsConfigDict, SettingsError

from tocsin.channels.email import SmtpConfig, mailbox
from tocsin.domain.errors import Refused
from tocsin.domain.message import Undelivered
from tocsin.setting_tables import Relay
from tocsin.settings import FileUnderEnvironment, complaint, config_file, default_home, read_file, secret_in

#: Seconds that a relay may take for its last word: an alarm rather comes twice than late.
_AFTER_DOT = 30.0
Seconds = Annotated[float, Field(ge=10, le=86_400)]


class Table(Relay):
    """Whom to alarm, by which relay, where to look, and when. Spans are in seconds."""

    #: Always several once it is read: a variable of the environment has them in one text.
    to: tuple[str, ...] | str = ()
    #: The database to look into; that of this home where neither it nor an address is named.
    database: str | None = None
    #: An address that answers with seconds since the last beats, like `/healthz` of the console.
    address: str | None = None
    silence: Seconds = 120
    again: Seconds = 900
    #: Clocks of two machines may differ by so much, at the first look. Later ones compare beats with each other.
    skew: Annotated[float, Field(ge=0, le=3_600)] = 300
    state: Path | None = None

    @field_validator("to", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """One address, or several between commas."""
        return tuple(each.strip() for each in value.split(",")) if isinstance(value, str) else value

    @field_validator("to", "sender")
    @classmethod
    def _mailboxes(cls, value: Any) -> Any:
        for address in (value,) if isinstance(value, str) else value or ():
            try:
                mailbox(address)
            except Undelivered as failure:
                raise ValueError(failure.reason) from None
        return value

    @field_validator("address")
    @classmethod
    def _web(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("it begins with neither http:// nor https://")
        return value


class _Kept(FileUnderEnvironment):
    model_config = SettingsConfigDict(
        env_prefix="TOCSIN_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    home: Path = Field(default_factory=default_home)
    database: str | None = None
    watchdog: Table = Table()


@dataclass(frozen=True)
class Watchdog:
    """Everything that one look needs."""

    to: tuple[str, ...]
    sender: str
    relay: SmtpConfig
    database: str | None
    address: str | None
    silence: timedelta
    again: timedelta
    skew: timedelta
    state: Path


def load_watchdog(path: Path | None = None) -> Watchdog:
    """The settings of the watchdog from `path`, or from the file in force. Raises Refused, naming what is missing."""
    path = path or config_file()
    values = read_file(path) if path else {}
    try:
        kept = _Kept(**{name: values[name] for name in _Kept.model_fields if name in values})
    except SettingsError:
        raise Refused(
            "TOCSIN_WATCHDOG is no JSON object; set TOCSIN_WATCHDOG__KEY, one for each key"
        ) from None
    except ValidationError as error:
        raise complaint(path, values, error.errors()[0]) from None
    table, place = kept.watchdog, path or "tocsin.toml"
    for name in ("to", "host"):
        if not getattr(table, name):
            raise Refused(f"the watchdog has no {name}: name it in {place} under [watchdog]; RUNBOOK 6")
    relay = table
    if table.password_file:
        relay = table.model_copy(update={"password": secret_in(table.password_file)})
    here = table.database or kept.database or f"sqlite:///{kept.home / 'tocsin.db'}"
    return Watchdog(
        to=(to := tuple(table.to)),
        sender=table.sender or to[0],
        relay=SmtpConfig.of(relay, after_dot=_AFTER_DOT),
        database=here if table.database or not table.address else None,
        address=table.address,
        silence=timedelta(seconds=table.silence),
        again=timedelta(seconds=table.again),
        skew=timedelta(seconds=table.skew),
        state=table.state or _state_folder(kept.home) / "watchdog.json",
    )


def _state_folder(home: Path) -> Path:
    """What systemd gives a unit of its own (StateDirectory=), else the home."""
    given = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(given) if given else home
