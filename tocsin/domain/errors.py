"""The errors a person may meet. Each message is one line: what is wrong, where, and the way out."""

from pathlib import Path


class TocsinError(Exception):
    """Any error that Tocsin raises on purpose."""


class Refused(TocsinError):
    """What was asked may not be done; nothing was written. The command line exits with 1."""


class NotYours(Refused):
    """What was asked is for somebody else to do: another role, another person."""


class WrongUsage(TocsinError):
    """The command itself was incomplete or ambiguous. The command line exits with 2."""


class BadFile(Refused):
    """A file of templates, contacts or settings is wrong at one place."""

    def __init__(self, path: Path | str, line: int, what: str) -> None:
        super().__init__(f"{path}:{line}: {what}")
        self.path, self.line, self.what = Path(path), line, what
