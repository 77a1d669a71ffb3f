"""Lists that a company keeps of people or of their addresses, as declared in `sources.yaml`: each is read whole.

A room of the heart: pure values. A list is files, or a table or query of a database.
"""

from abc import abstractmethod
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from tocsin.domain.custody import Collected
from tocsin.domain.paths import refuse_unfit
from tocsin.domain.records import Id, Line, Place, Record
from tocsin.domain.timeformats import TimeFormat


def _fit(path: str) -> str:
    refuse_unfit(path)
    return path


#: A file, folder or glob, or a URL that leads into a store. Secrets stay out of it.
PathOrUrl = Annotated[str, AfterValidator(_fit)]
#: Formats in which a list of lines or rows may be kept.
ListFormat = Literal["ndjson", "csv", "tsv", "parquet"]


class ListFields(Record):
    """What a list calls our columns."""

    def mapped(self) -> dict[str, str]:
        """Our names to the list's, for the columns that it has."""
        return {
            name: theirs for name in type(self).model_fields if (theirs := getattr(self, name)) is not None
        }


class ListSource(Record):
    """A list, its place, and who vouches for it."""

    name: Id
    format: str = "csv"
    #: An SQLAlchemy URL. Keep passwords out of it: PostgreSQL reads them from `~/.pgpass`.
    url: str | None = None
    table: str | None = None
    query: str | None = None
    fields: ListFields
    #: Where the list is kept; abroad, on what basis personal data may be there.
    country: Place | None = None
    transfer: Line | None = None
    #: Who took it from where it was written, and when.
    collected: Collected | None = None

    @property
    @abstractmethod
    def patterns(self) -> tuple[str, ...]:
        """What names its files; nothing for a database."""

    @property
    def place(self) -> str:
        """What a database is asked for, as an input is named."""
        return self.table or "query"

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        if bool(self.patterns) == (self.url is not None):
            raise ValueError("give either a path or a url")
        if self.url is not None and (self.table is None) == (self.query is None):
            raise ValueError("a url needs either a table or a query")
        return self


class _Written(ListSource):
    """A list with moments, in as many files as one likes."""

    format: ListFormat = "csv"
    paths: tuple[PathOrUrl, ...] = ()
    time: TimeFormat = TimeFormat()

    @property
    def patterns(self) -> tuple[str, ...]:
        return self.paths


class DeletionFields(ListFields):
    """What a list of deletions calls the account, the moment, and the number under which the deletion is on record."""

    id: str
    at: str
    record: str | None = None


class DeletionSource(_Written):
    """Records of whose data were deleted when: the one proof that they were not there to be read."""

    fields: DeletionFields


#: What is known of an address to which mail was sent: it came back; it is none; its owner wants no more of it.
Suppression = Literal["bounced", "invalid", "unsubscribed"]


class SuppressionFields(ListFields):
    """What a list of suppressions calls the address, the kind, and the moment at which it was put there."""

    email: str
    kind: str | None = None
    at: str | None = None


class SuppressionSource(_Written):
    """Addresses to which mail is not sent any more, as a provider of mail keeps them."""

    fields: SuppressionFields
    #: The provider's own words, in lower case, and what each means; null: none of these. Ours need not stand here.
    kinds: dict[str, Suppression | None] = Field(default_factory=dict)
    #: What every row means, where no column says so.
    kind_of_all: Suppression | None = None

    @field_validator("kinds", mode="before")
    @classmethod
    def _in_lower_case(cls, raw: object) -> object:
        return (
            {str(word).strip().lower(): kind for word, kind in raw.items()} if isinstance(raw, dict) else raw
        )

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if (self.fields.kind is None) == (self.kind_of_all is None):
            raise ValueError("say in `fields` which column holds the `kind`, or give one `kind_of_all`")
        return self
