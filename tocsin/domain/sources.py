"""Sources: where requests and customers can be read, as declared in `sources.yaml`.

A room of the heart: pure values. `tocsin/sources/` opens what stands here; `contacts/sources.yaml` is a sample. A long
module, since everything that one file of a company may say stands side by side.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from tocsin.domain.answers import nearest
from tocsin.domain.custody import Collected
from tocsin.domain.lists import DeletionSource, ListFields, ListSource, PathOrUrl, SuppressionSource
from tocsin.domain.logkeeping import ClockOffset, Denied, Switch, Volume
from tocsin.domain.paths import by_date
from tocsin.domain.questions import GROUPS, ROLES
from tocsin.domain.records import Id, Line, Place, Record, Span
from tocsin.domain.scope.flags import Flag
from tocsin.domain.timeformats import TimeFormat


def _dated(text: str) -> str:
    by_date(text)
    return text


Dated = Annotated[str, AfterValidator(_dated)]


class LogFields(Record):
    """What the file calls our columns; a dot leads into a nested object (`request.client.ip`)."""

    #: Formats that name their columns themselves bring `at` and `account` along; all others must give both. `account:
    #: null` says that no row names anybody.
    at: str | None = None
    account: str | None = None
    token: str | None = None
    session: str | None = None
    ip: str | None = None
    agent: str | None = None
    endpoint: str | None = None
    method: str | None = None
    status: str | None = None
    bytes: str | None = None
    #: Whose data a request showed, where the log says so and the data map asks (`subject: {column: subject}`).
    subject: str | None = None
    #: Of the client, by its ISO 3166-1 alpha-2 code.
    country: str | None = None

    def mapped(self) -> dict[str, str]:
        """Our names to the file's, for the columns that the source has."""
        return {name: field for name in LOG_COLUMNS if (field := getattr(self, name)) is not None}


LOG_COLUMNS = tuple(LogFields.model_fields)


class LogSource(Record):
    """Access logs of one system: one row per request."""

    name: Id
    #: What a reader in `tocsin/sources/` says that it reads.
    format: str
    #: Files, folders or globs, on this machine or in a store (`s3://bucket/folder/*.gz`); plain, gzip, Zstandard.
    paths: tuple[PathOrUrl, ...] = Field(min_length=1)
    #: How folders or names below the first wildcard are dated, like `{year}/{month}/{day}`.
    by_date: Dated | None = None
    fields: LogFields = LogFields()
    time: TimeFormat = TimeFormat()
    #: Where these logs are kept; abroad, on what basis personal data may be there.
    country: Place | None = None
    transfer: Line | None = None
    #: Who took these files from where they were written, and when.
    collected: Collected | None = None
    #: Sources of one stream log the same requests, each all of them: a request counts once, and one closes the other's
    #: holes. Machines that share the work are no stream.
    stream: Id | None = None
    volume: Volume = Volume()
    #: The statuses of requests that were denied: who made them attempted, and got nothing.
    denied: Denied = ("400-499",)
    #: By how much its clock is known to be wrong: its moments are set right by that.
    clock_offset: ClockOffset | None = None
    #: Rows stand in the order of time, but for so much; undeclared, they may stand in any, and none is looked for.
    in_order_within: Span | None = None
    #: What says that somebody stopped logging, that some of it may be left out from then on, and that it went on.
    logging_off: Switch | None = None
    logging_thinned: Switch | None = None
    logging_on: Switch | None = None

    @property
    def switches(self) -> tuple[Switch, ...]:
        """All of these that are declared."""
        return tuple(filter(None, (self.logging_off, self.logging_thinned, self.logging_on)))

    @property
    def patterns(self) -> tuple[str, ...]:
        """What names its files."""
        return self.paths

    @model_validator(mode="after")
    def _can_be_watched(self) -> Self:
        if self.in_order_within is not None and self.format == "parquet":
            raise ValueError(
                "in_order_within is for lines; leave it out, a Parquet file has its rows in any order"
            )
        for name in ("logging_off", "logging_thinned", "logging_on"):
            # A format may bring its endpoints along: then `fields` need not name them.
            if getattr(self, name) and self.fields.endpoint is None and self.fields.at is not None:
                raise ValueError(
                    f"{name} compares endpoints; say in `fields` which column holds the `endpoint`"
                )
        return self


def _several(raw: Any) -> Any:
    """One name stands for a list of one."""
    return (raw,) if isinstance(raw, str) else raw


#: Names of columns; one alone may stand without brackets.
Names = Annotated[tuple[str, ...], BeforeValidator(_several)]


class CustomerFields(ListFields):
    """What the customer table calls our columns. `id` is what the logs name as account."""

    id: str
    email: str | None = None
    #: Her other addresses: columns with one each, with a list, or with several in a text (see `email_separator`).
    emails: Names = ()
    name: str | None = None
    #: Where post reaches her: one column, or several in the order of the lines (street, town).
    address: Names = ()
    locale: str | None = None
    country: str | None = None
    status: str | None = None
    created_at: str | None = None
    closed_at: str | None = None
    deleted_at: str | None = None
    #: Whether a person agreed to be told by e-mail what a law wants in writing: yes or no.
    email_agreed: str | None = None
    #: Whether she has shown that `email` is hers: yes or no.
    verified: str | None = None
    group: str | None = None
    role: str | None = None
    birth_date: str | None = None
    #: Id or e-mail address of whom to tell in her place.
    guardian: str | None = None
    #: Id of our customer for whom we hold this person, where she is one of a customer's own people.
    controller: str | None = None
    #: What makes several rows of this source one person for certain, such as a customer number.
    person: str | None = None
    #: Columns with words (`staff, vip`), or with yes and no: then the column's own name is the word.
    flags: Names = ()

    def mapped(self) -> dict[str, str]:
        """Our names to the table's, for the columns that it has; of several for one name each with a number."""
        found: dict[str, str] = {}
        for name in CUSTOMER_COLUMNS:
            theirs = getattr(self, name)
            if isinstance(theirs, tuple):
                found |= {f"{name}_{number}": each for number, each in enumerate(theirs, 1)}
            elif theirs is not None:
                found[name] = theirs
        return found


CUSTOMER_COLUMNS = tuple(CustomerFields.model_fields)


class CustomerSource(ListSource):
    """The people we hold data about: files, or a table or query of a database."""

    #: A file, or a glob that may name several.
    path: PathOrUrl | None = None
    format: str = "csv"
    fields: CustomerFields
    #: What holds for people whose row does not say otherwise.
    group: str = "customers"
    #: Left out, the data map decides by the kinds that were seen.
    role: str | None = None
    #: How the country of a person is known.
    place_basis: Literal["billing", "address", "ip", "declared", "unknown"] = "declared"
    #: What stands between the addresses of one text in `fields.emails`.
    email_separator: str | None = Field(None, min_length=1)
    #: The order of the numbers in birth dates: 2001-12-31, 31/12/2001 or 12/31/2001.
    birth_dates: Literal["year-first", "day-first", "month-first"] = "year-first"
    #: The company's own words, in lower case, and which flag each means; null: none. Ours need not stand here.
    flags: dict[str, Flag | None] = Field(default_factory=dict)
    #: Flags of everybody in this source: a list of people who are only named in tickets is `[named-only]`.
    flags_of_all: tuple[Flag, ...] = ()
    #: Tables of the data map whose people this source lists, beside the `table` that it is read from.
    tables: tuple[str, ...] = ()
    #: Whether two rows with one verified address are one person. Not so where people share mailboxes.
    verified_address_is_person: bool = False

    @property
    def lists(self) -> frozenset[str]:
        """The tables whose people stand in this source; a schema in front of a name does not count."""
        return frozenset((*self.tables, *([self.table.rpartition(".")[2]] if self.table else ())))

    @field_validator("flags", mode="before")
    @classmethod
    def _in_lower_case(cls, raw: Any) -> Any:
        return (
            {str(word).strip().lower(): flag for word, flag in raw.items()} if isinstance(raw, dict) else raw
        )

    @property
    def patterns(self) -> tuple[str, ...]:
        """What names its files; nothing for a database."""
        return (self.path,) if self.path is not None else ()

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        if self.group not in GROUPS or self.role not in (None, *ROLES):
            raise ValueError(f"group is one of {', '.join(GROUPS)}; role is one of {', '.join(ROLES)}")
        if self.verified_address_is_person and self.fields.verified is None:
            raise ValueError("verified_address_is_person needs `fields.verified`: which address is verified")
        return self


class Sources(Record):
    """Everything that was declared: where requests and people can be read."""

    logs: tuple[LogSource, ...] = ()
    customers: tuple[CustomerSource, ...] = ()
    deletions: tuple[DeletionSource, ...] = ()
    suppressions: tuple[SuppressionSource, ...] = ()
    #: From which birthday on people of a place speak for themselves; 18 where a place is not named.
    majority: dict[Place, int] = Field(default_factory=dict)

    @property
    def lists(self) -> tuple[ListSource, ...]:
        """Everything but the logs."""
        return (*self.customers, *self.deletions, *self.suppressions)

    @property
    def declared(self) -> tuple[LogSource | ListSource, ...]:
        """Everything, logs first."""
        return (*self.logs, *self.lists)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [source.name for source in self.declared]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two sources are called {twice[0]}; give each its own name")
        return self

    @model_validator(mode="after")
    def _streams_are_no_sources(self) -> Self:
        streams = {source.stream for source in self.logs}
        for source in self.logs:
            if source.name in streams - {source.stream}:
                raise ValueError(
                    f"{source.name} is a source and a stream that it is not in; rename one of them"
                )
        return self

    @model_validator(mode="after")
    def _switches_name_logs(self) -> Self:
        logs = [source.name for source in self.logs]
        for source in self.logs:
            for switch in source.switches:
                for name in switch.of:
                    if name not in logs:
                        raise ValueError(
                            f"source {source.name}: there is no log source {name!r} to switch{nearest(name, logs)}"
                        )
        return self
