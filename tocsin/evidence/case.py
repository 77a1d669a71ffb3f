"""What every check of the verifier looks at, and what it answers: it was sound, so many; or the first bad place."""

from dataclasses import dataclass

from sqlalchemy import Connection

from tocsin.app import App
from tocsin.domain.errors import TocsinError
from tocsin.evidence.story import Story


class Bad(TocsinError):
    """Something is not as the timeline says. `seq` is the entry that it concerns, where there is one."""

    def __init__(self, words: str, seq: int | None = None) -> None:
        super().__init__(words)
        self.seq = seq


@dataclass(frozen=True)
class Check:
    """One thing that was looked at and found sound, in words for a person; `count` of what."""

    name: str
    count: int
    words: str


@dataclass(frozen=True)
class Case:
    """One incident under examination: a view of the database that does not move meanwhile."""

    app: App
    key: str
    connection: Connection
    story: Story
