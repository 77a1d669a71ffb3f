"""How a log is kept, as far as `sources.yaml` declares it: what its volume usually is, and what says that it was cut.

A room of the heart: pure values. `tocsin/scoping/gaps/` asks them whether requests may be missing.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from tocsin.domain.records import Id, Record


class Volume(Record):
    """When an hour that has rows is suspected to have lost some.

    An hour is far too thin below `share` of what is usual. Hours in which fewer than `rows` are usual are not judged,
    since there a few silent customers look like a fault. With fewer than `days` other days to compare with, only a
    sudden notch of at most three hours is seen.
    """

    share: float = Field(0.1, gt=0, lt=1)
    rows: int = Field(50, ge=1)
    days: int = Field(5, ge=3, le=28)


class Switch(Record):
    """Requests of a source that say that logging was stopped, or went on.

    An endpoint is written as the log has it, perhaps behind a method (`PUT /admin/logging`); `*` stands for anything.
    """

    endpoints: tuple[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)], ...] = Field(
        min_length=1
    )
    #: Names of the sources whose logging it is; none means this one's own.
    of: tuple[Id, ...] = ()
