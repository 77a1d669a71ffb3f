"""Settings: one `tocsin.toml`, written by `tocsin init`; the environment beats the file; secrets come as `*_FILE`.

`TOCSIN_MAIL__HOST` is `host` in the table `[mail]`. A key that nobody knows is refused.
The tables stand in `setting_tables`. One class for everything that may differ, hence long.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from tocsin.domain.addresses import host_of, is_loopback
from tocsin.domain.complaints import in_plain_words
from tocsin.domain.errors import BadFile, Refused
from tocsin.setting_tables import (
    Bell,
    Console,
    Ledger,
    Links,
    Mail,
    Mailbox,
    Prefect,
    Retention,
    Scoping,
    Slack,
)

__all__ = [
    "Bell",
    "Console",
    "FileUnderEnvironment",
    "Ledger",
    "Links",
    "Mail",
    "Mailbox",
    "Prefect",
    "Scoping",
    "Settings",
    "Slack",
    "config_file",
    "default_home",
    "load_settings",
    "unknown_variables",
]

#: The home of a machine that several people use.
SYSTEM_HOME = Path("/var/lib/tocsin")

Mode = Literal["production", "demo", "drill"]


class FileUnderEnvironment(BaseSettings):
    """Settings of one `tocsin.toml`, whose values arrive as arguments and give way to the environment."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first."""
        return env_settings, init_settings


class Settings(FileUnderEnvironment):
    """Everything that may differ between two homes."""

    model_config = SettingsConfigDict(
        env_prefix="TOCSIN_",
        env_nested_delimiter="__",
        # As everywhere: a variable that is set to nothing is not set. An empty path would be the folder one stands in.
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    mode: Mode = "production"
    home: Path = Field(default_factory=lambda: default_home())
    database: str | None = None
    templates: Path | None = None
    contacts: Path | None = None
    sources: Path | None = None
    master_key_file: Path | None = None
    console_url: str | None = None
    #: Lines on stderr: `text`, `json`, or whichever fits what stderr is.
    log: Literal["auto", "text", "json"] = "auto"
    mail: Mail = Mail()
    slack: Slack = Slack()
    prefect: Prefect = Prefect()
    bell: Bell = Bell()
    console: Console = Console()
    links: Links = Links()
    ledger: Ledger = Ledger()
    retention: Retention = Retention()
    scoping: Scoping = Scoping()
    #: Read and judged by `tocsin watchdog` alone: `tocsin.watchdog.settings`.
    watchdog: dict[str, Any] = Field(default_factory=dict)
    intake: Mailbox = Mailbox()
    bounces: Mailbox = Mailbox()

    @field_validator("console_url")
    @classmethod
    def _leads_to_a_console(cls, url: str | None, others: ValidationInfo) -> str | None:
        """An address that browsers open, and at which nothing goes in clear text to another machine. Empty: none."""
        scheme, host = host_of(url or "")
        if url and not host:
            raise ValueError(f"{url!r} is no address of a page; write one like https://tocsin.internal")
        if re.search(r"[?#]|//[^/]*@", url or ""):
            raise ValueError("each link is written behind it; leave out '?', '#' and a user")
        if scheme == "http" and others.data.get("mode") == "production" and not is_loopback(host):
            raise ValueError(
                f"links and papers would travel to {host} in clear text; write https, and let a proxy speak it"
            )
        return url or None

    @property
    def database_url(self) -> str:
        """Where entries are kept: SQLite in the home unless told otherwise."""
        return self.database or f"sqlite:///{self.home / 'tocsin.db'}"

    @property
    def prefect_port_file(self) -> Path:
        """Where the port stands that `tocsin up` has given its Prefect: shells are not told it otherwise."""
        return self.home / "prefect" / "port"

    @property
    def restored_file(self) -> Path:
        """Lies in every backup and in no living home: who finds it looks at a copy. Its time is the backup's."""
        return self.home / "restored"

    @property
    def key_file(self) -> Path:
        """The master key, kept apart from the data so that a backup of one is not a backup of both."""
        return self.master_key_file or self.home / "keys" / "master.key"

    @property
    def fenced(self) -> bool:
        """Whether this home may only ever speak to sinks on this machine."""
        return self.mode != "production"


def default_home() -> Path:
    """`/var/lib/tocsin` where it exists and is ours, else the user's own data folder (XDG)."""
    if SYSTEM_HOME.is_dir() and os.access(SYSTEM_HOME, os.W_OK):
        return SYSTEM_HOME
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "tocsin"


def config_file() -> Path | None:
    """The file in force: `TOCSIN_CONFIG`, else the first of the usual places that exists."""
    named = os.environ.get("TOCSIN_CONFIG")
    if named:
        if not Path(named).is_file():
            raise Refused(f"TOCSIN_CONFIG names {named}, which is not there; run tocsin init or unset it")
        return Path(named)
    user = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "tocsin" / "tocsin.toml"
    return next(
        (path for path in (Path("tocsin.toml"), user, Path("/etc/tocsin/tocsin.toml")) if path.is_file()),
        None,
    )


def load_settings(path: Path | None = None) -> Settings:
    """The settings from `path`, or from the file in force, under the environment."""
    path = path or config_file()
    values = read_file(path) if path else {}
    try:
        return _with_secrets(Settings(**values))
    except SettingsError as error:
        field = next(iter(re.findall('field "(.*?)"', str(error))), "")
        name = _variable((field,)) or f"TOCSIN_{field.upper()}"
        raise Refused(f"{name} is no JSON object; set {name}__KEY, one variable for each key") from None
    except ValidationError as error:
        raise complaint(path, values, error.errors()[0]) from None


def unknown_variables() -> tuple[str, ...]:
    """Variables of the environment that look like ours, and that nothing reads: misspelt, in all likelihood."""
    known = {
        "TOCSIN_CONFIG",
        "TOCSIN_INC",
        "TOCSIN_DEBUG",
        *(f"TOCSIN_{key.upper()}" for key in Settings.model_fields),
    }
    names = (name for name in os.environ if name.upper().startswith("TOCSIN_"))
    return tuple(sorted(name for name in names if name.upper().partition("__")[0] not in known))


def complaint(path: Path | None, values: Mapping[str, Any], error: ErrorDetails) -> Refused:
    """The complaint about the first wrong value: its variable, or its line in the file, whichever is in force."""
    loc = tuple(str(part) for part in error["loc"])
    place, what = ".".join(loc), in_plain_words(error)
    if name := _variable(loc):
        return Refused(f"setting {name}: {what}")
    if path and loc and loc[0] in values:
        return BadFile(path, _line_of(path, [*loc]), f"{place}: {what}")
    return Refused(f"setting {_variable(loc[:1]) or place}: {what}")


def _variable(loc: tuple[str, ...]) -> str | None:
    """The variable of the environment that gives this setting, as it was written; it beats the file."""
    wanted = "TOCSIN_" + "__".join(loc).upper()
    return next((name for name in os.environ if name.upper() == wanted), None)


def read_file(path: Path) -> dict[str, Any]:
    """The tables of a settings file; Refused where it is none."""
    import tomllib

    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(f"{path}: {error}") from None
    for name in ("home", "templates", "contacts", "sources", "master_key_file"):
        if isinstance(values.get(name), str):
            values[name] = path.parent / values[name]
    return values


def _line_of(path: Path, place: list[str]) -> int:
    """The line on which a key of a table stands, or the head of its table."""
    table, head = "", 1
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if found := re.match(r"\s*\[+([^\]]+)\]", line):
            table = found[1].strip()
            head = number if table == place[0] else head
        name = re.match(r"\s*([\w.-]+)\s*=", line)
        if name and [*([table] if table else []), *name[1].split(".")] == place[: 1 + bool(table)]:
            return number
    return head


def secret_in(path: Path) -> SecretStr:
    """The secret that stands alone in a file. Refused where the file cannot be read."""
    try:
        return SecretStr(path.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise Refused(f"secret file {path}: {why}") from None


def _with_secrets(settings: Settings) -> Settings:
    secrets = {
        "slack": ("token", "app_token", "signing_secret"),
        **dict.fromkeys(("mail", "intake", "bounces"), ("password",)),
    }
    read = {}
    for table, names in secrets.items():
        ours = getattr(settings, table)
        found = {name: secret_in(path) for name in names if (path := getattr(ours, f"{name}_file"))}
        read[table] = ours.model_copy(update=found)
    return settings.model_copy(update=read)
