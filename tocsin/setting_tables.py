"""The tables of `tocsin.toml`, one class each, and what all of them share."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from tocsin.domain.places import PLACES
from tocsin.domain.records import Line
from tocsin.domain.returns import takes_returns

Port = Annotated[int, Field(ge=1, le=65535)]
#: Letters a minute.
Rate = Annotated[float, Field(ge=1, le=1_000_000)]


def _place(code: str) -> str:
    if code not in PLACES:
        raise ValueError(f"{code!r} is no country; write its code of ISO 3166, like VN")
    return code


def megabytes(memory: str) -> int:
    """`600MB` or `2GB` as a number of megabytes."""
    return int(memory[:-2]) * (1000 if memory.endswith("GB") else 1)


def _memory(memory: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,6}(MB|GB)", memory) or megabytes(memory) < 600:
        raise ValueError(f"{memory!r} is no memory to measure in; write 600MB or more, like 800MB or 2GB")
    return memory


def _room(size: str) -> str:
    if not re.fullmatch(r"[0-9]{1,7}(MB|GB)", size):
        raise ValueError(f"{size!r} is no room on a disk; write it like 500MB or 20GB, and 0MB for none")
    return size


def _returns(mailbox: str) -> str:
    if not takes_returns(mailbox):
        raise ValueError(
            f"{mailbox!r} cannot take letters back; write a short address like bounces@your-company.com"
        )
    return mailbox


class Table(BaseModel):
    """One table of the file. A key that nobody knows is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Relay(Table):
    """A mail relay: where it is, and how to speak to it."""

    host: str | None = None
    port: Port = 587
    tls: Literal["starttls", "implicit", "loopback-only"] = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    sender: str | None = None


class Mail(Relay):
    """The relay that takes our mail. Without a host the route is DOWN."""

    #: Seconds to wait for the answer after the final dot: RFC 5321, 4.5.3.2.6, asks for ten minutes.
    after_dot: float = 600
    #: Where it stands, whose it is: addresses, names and letters go there. Abroad, on what basis they may.
    country: Annotated[str, AfterValidator(_place)] | None = None
    transfer: Line | None = None
    #: The mailbox to which letters come back, each to a subaddress of it; else they come to who they are from.
    bounces: Annotated[str, AfterValidator(_returns)] | None = None
    #: Four incidents may send side by side, and Postfix admits 50 of one client (smtpd_client_connection_count_limit).
    connections: Annotated[int, Field(ge=1, le=64)] = 10
    #: Letters a minute: through the relay, to any one recipient domain, and to domains that have a rate of their own.
    rate: Rate | None = None
    domain_rate: Rate | None = None
    domain_rates: dict[str, Rate] = {}


class Slack(Table):
    """The workspace app. Without a token the route is DOWN."""

    token: SecretStr | None = None
    token_file: Path | None = None
    base_url: str = "https://slack.com/api/"
    timeout: float = 10
    #: Whether each incident gets a private channel of its own, which takes the right to make and fill one.
    rooms: bool = True
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


class Spark(Table):
    """Machines on which Spark answers, and where they stand. `local[*]` is this machine, where the home stands too."""

    master: Annotated[str, Field(min_length=1)] = "local[*]"
    #: As of `Scoping`: a cluster has to say it.
    country: Annotated[str, AfterValidator(_place)] | None = None
    transfer: Line | None = None

    @property
    def here(self) -> bool:
        """Whether that is this machine."""
        return self.master.startswith("local")


class Scoping(Table):
    """Where and how logs are read to find the affected people."""

    #: The country in which this machine reads them; where the company is established, unless it stands here.
    country: Annotated[str, AfterValidator(_place)] | None = None
    #: Abroad: on what basis personal data may be read there.
    transfer: Line | None = None
    #: The most memory that a measurement takes, Python's share included; past it the engine spills to disk.
    memory: Annotated[str, AfterValidator(_memory)] = "1GB"
    #: What answers: DuckDB in this process, or Spark.
    engine: Literal["duckdb", "spark"] = "duckdb"
    spark: Spark = Spark()
    #: Cores that it uses; all of them, unless it stands here.
    threads: Annotated[int, Field(ge=1)] | None = None
    #: Megabytes; a longer line of a log is left out, and is a gap.
    longest_line: Annotated[int, Field(ge=1, le=256)] = 8
    #: How many times its own size an archive may unpack to; beyond, it is cut off, and that is a gap.
    unpack_ratio: Annotated[int, Field(ge=10, le=100_000)] = 250
    #: The most disk that rows of logs take which are kept for the next question, of all incidents; `0MB`: none are.
    cache: Annotated[str, AfterValidator(_room)] = "20GB"

    @property
    def keeps(self) -> bool:
        """Whether any are."""
        return megabytes(self.cache) > 0


class Prefect(Table):
    """Where Prefect listens, if it does: it shows and runs, and nothing is lost without it."""

    url: str | None = None
    auth_file: Path | None = None
    port: Port = 4200
    #: Seconds for which a run stays awake after its last move, since one entry rarely comes alone.
    linger: Annotated[float, Field(ge=0, le=60)] = 1.5


class Bell(Table):
    """The loop that delivers, advances and wakes."""

    interval: Annotated[float, Field(gt=0, le=60)] = 1.0


class Mailbox(Table):
    """A mailbox of ours, by IMAP (RFC 9051). Without a host nobody looks into it."""

    host: str | None = None
    port: Port = 993
    tls: Literal["implicit", "starttls", "loopback-only"] = "implicit"
    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    folder: str = "INBOX"
    #: Where a message goes once it is kept.
    processed: str = "Tocsin"
    #: Seconds between two looks into it, and for which the server may be silent.
    every: Annotated[float, Field(ge=1, le=3600)] = 60
    timeout: Annotated[float, Field(gt=0, le=600)] = 20
    #: Bytes of the largest message that is kept, by the mailbox and by the pipe.
    largest: Annotated[int, Field(ge=65_536, le=2**30)] = 26_214_400


class Ledger(Table):
    """How letters leave. At most `batch` of them are in hand at once: so many may be doubted after a crash."""

    batch: Annotated[int, Field(ge=1, le=1000)] = 300
    lease: float = 700
    #: Hours before the first duty is due that a letter discharges: one that is still put off then is given up.
    margin: Annotated[float, Field(ge=0, le=168)] = 4
    #: So many letters refused for our fault, when they are such a share of the latest answers, stop a sending.
    refused_least: Annotated[int, Field(ge=1, le=1000)] = 10
    refused_share: Annotated[float, Field(ge=0.01, le=1)] = 0.05


class Retention(Table):
    """For how long addresses and letters stay after the end. `complaints`: days in which somebody may still complain.

    They count from when the file was closed, or its last letter left if that was later; 0 keeps them until no letter
    comes back any more.
    """

    complaints: Annotated[int, Field(ge=0, le=3650)] = 365


class Console(Table):
    """Where the pages behind links listen. What is reached from elsewhere stands behind a proxy that speaks TLS."""

    host: str = "127.0.0.1"
    port: Port = 4242
    #: Hours for which a browser stays signed in.
    session_hours: Annotated[float, Field(gt=0, le=72)] = 12


class Links(Table):
    """For how many hours the links of a mail are good. One that approves a letter: until its duty is due, at most."""

    hours: Annotated[float, Field(gt=0, le=72)] = 24
    approval_hours: Annotated[float, Field(gt=0, le=168)] = 72
