"""Files that changed while they were read, or that are damaged."""

from collections.abc import Iterable, Iterator

from tocsin.domain.scope.gaps import Gap
from tocsin.sources.files import File


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
