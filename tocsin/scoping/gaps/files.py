"""Files that cannot be opened, that changed while they were read, or that are damaged."""

from collections.abc import Iterable, Iterator, Sequence

from tocsin.domain.scope.gaps import Gap, some
from tocsin.sources.files import File
from tocsin.sources.finding import Unread


def unread_files(source: str, unread: Sequence[Unread]) -> Iterator[Gap]:
    """What the source's patterns name and nobody could read."""
    if unread:
        detail = some([f"{each.name} {each.why}" for each in unread])
        names = tuple(each.name for each in unread)
        yield Gap(kind="unread-file", source=source, count=len(unread), detail=detail, files=names)


def changed_files(files: Iterable[File]) -> Iterator[Gap]:
    """Files whose bytes changed while they were read."""
    for file in files:
        detail = f"{file.name} changed while it was read; take a copy and ask again"
        yield Gap(kind="changed-file", source=file.source, count=1, detail=detail, files=(file.name,))


def damaged(file: File, *, used: bool) -> Gap:
    """A file that could be read only up to its damage, or not at all."""
    rest = "what came before the damage was used" if used else "nothing of it could be used"
    detail = f"{file.name} is damaged; {rest}"
    return Gap(kind="damaged-file", source=file.source, count=1, detail=detail, files=(file.name,))
