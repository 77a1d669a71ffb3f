"""The data map: what we hold about whom, in which role, why, for how long, and where it can be read.

A room of the heart: pure values, read from `incident_templates/data_map.yaml` by the catalog. Scoping asks it
which kinds of data a request showed; letters and forms take their words from it.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from tocsin.domain.answers import nearest
from tocsin.domain.endpoints import Endpoint
from tocsin.domain.questions import CATEGORIES, GROUPS, ROLES
from tocsin.domain.records import Id, Place, Record, Texts


def _one_of(known: tuple[str, ...], what: str) -> Any:
    def check(word: str) -> str:
        if word not in known:
            raise ValueError(f"{word!r} is no {what}{nearest(word, known)}")
        return word

    return AfterValidator(check)


Category = Annotated[str, _one_of(CATEGORIES, "category of data")]
DataRole = Annotated[str, _one_of(ROLES, "role in which data are held")]
Group = Annotated[str, _one_of(GROUPS, "group of people")]


#: From when a period runs: when the thing itself was recorded, or when the account was created or closed.
Anchor = Literal["recorded", "created", "closed"]


class Retention(Record):
    """How long we keep a kind: in words, in days where it is a number, and why that long.

    It explains what should still have existed when data were read. It excludes nobody: what should be gone may be
    there.
    """

    words: Texts
    #: None where no period is known.
    days: int | None = Field(default=None, gt=0)
    anchor: Anchor = "recorded"
    #: How long it stays in backups after it was deleted elsewhere.
    backup_days: int = Field(gt=0)
    #: Whether it is kept when a person's data are deleted otherwise, such as what tax law wants kept.
    survives_deletion: bool = False
    basis: Texts


class DataKind(Record):
    """One kind of personal data. `protection` says what guards it, and against which access it does not."""

    id: Id
    name: Texts
    categories: tuple[Category, ...] = Field(min_length=1)
    role: DataRole
    group: Group
    purpose: Texts
    retention: Retention
    endpoints: tuple[Endpoint, ...] = ()
    tables: tuple[str, ...] = ()
    place: Place | None = None
    protection: Texts
    #: Whether it opens the mailbox to which we would write: then no letter goes there.
    opens_mailbox: bool = False
    source: str


class DataMap(Record):
    """All kinds, in the order of the file."""

    kinds: tuple[DataKind, ...]

    def kind(self, wanted: str) -> DataKind | None:
        """The kind with this id, or None."""
        return next((kind for kind in self.kinds if kind.id == wanted), None)

    @property
    def openers(self) -> tuple[str, ...]:
        """Ids of the kinds with which a thief reads the mailbox itself."""
        return tuple(kind.id for kind in self.kinds if kind.opens_mailbox)

    def shown_by(self, method: str, path: str) -> tuple[str, ...]:
        """Ids of the kinds that a request can show, in the order of the map; `path` has no query string."""
        return tuple(
            kind.id for kind in self.kinds if any(each.shows(method, path) for each in kind.endpoints)
        )

    @property
    def shows_tables(self) -> bool:
        """Whether any request shows everybody in a table."""
        return any(each.all for kind in self.kinds for point in kind.endpoints for each in point.subject)

    def categories(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """The categories of these kinds, each once, in the order of the map; unknown ids add nothing."""
        wanted = set(kinds)
        found = (name for kind in self.kinds if kind.id in wanted for name in kind.categories)
        return tuple(dict.fromkeys(found))
