"""After the answer: the logs are read once more, and their rows kept for the next question.

Not while the question is answered: who asks at 3 a.m. waits for people, not for a cache. Whatever ends this early, the
answer stands, and a file whose rows are not kept is read anew by the next question.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tocsin.domain.errors import Refused
from tocsin.domain.scope.question import Question
from tocsin.domain.sources import LogSource, Sources
from tocsin.logs import Log
from tocsin.scoping.accounts import BAD_BYTES
from tocsin.scoping.reading import Progress, chosen, listed
from tocsin.scoping.sheets import Sheets
from tocsin.scoping.workspace import working_in
from tocsin.sources.bounds import Bounds
from tocsin.sources.caches import Cache, Desk
from tocsin.sources.engine import Crew, Limits, crew
from tocsin.sources.files import File, not_yet_read
from tocsin.sources.gate import formats
from tocsin.sources.logs import completed, unfit

log = Log("tocsin.scoping")

#: Bytes of a block whose rows are kept: these leave the engine whole, and stand beside what it held them in.
_BLOCK = 5 << 20
#: What a question has read: (source, name of the file) to its SHA-256.
Read = Mapping[tuple[str, str], str]


class _Full(Exception):
    """There is no more room for rows: `cache` under `[scoping]`, or the disk."""


def keep_rows(
    question: Question,
    sources: Sources,
    read: Read,
    cache: Cache,
    *,
    workspace: Path,
    until: int,
    limits: Limits,
    progress: Progress = lambda words, share: None,
) -> None:
    """Keep the rows of the files of lines that a question has `read` and that lie on this machine, one after another.

    No row is later than `until` (microseconds since 1970). Where files or the disk fail, fewer are kept.
    """
    with cache.writing() as desk:
        if desk is None:
            return
        with working_in(workspace) as folder, crew(folder / "spill", limits) as workers:
            keeper = _Keeper(workers, desk, limits.bounds, until, progress)
            try:
                for source in chosen(question, completed(sources).logs):
                    if source.format in formats():
                        near = [each for each in listed(source, question).files if each.store is None]
                        files = not_yet_read(source.name, near)
                        odd = unfit(source, files)
                        keeper.keep(source, [file for file in files if file not in odd], read)
            except (_Full, OSError, Refused, *BAD_BYTES) as error:
                log.error("rows of logs are not kept", error=type(error).__name__)


class _Keeper:
    """Keeps the rows of files, of one source after another, and none at the cost of those of the same question."""

    def __init__(self, crew: Crew, desk: Desk, bounds: Bounds, until: int, progress: Progress) -> None:
        self.crew, self.desk, self.bounds, self.until, self.progress = crew, desk, bounds, until, progress
        self._kept: set[str] = set()

    def keep(self, source: LogSource, files: Sequence[File], read: Read) -> None:
        """Keep those of a source whose rows are not kept yet."""
        cache, names = self.desk.cache, dict[str, File]()
        for file in files:
            if sha256 := read.get((source.name, file.name)):
                name = cache.name(source, self.bounds, sha256, file.size)
                names[name] = file
        for name in list(names):
            if cache.card(name):
                cache.used([name])
                self._kept.add(name)
                del names[name]
        # As many at a time as there are hands: what ends this early costs no more than these.
        left, at_once = list(names.items()), len(self.crew.hands)
        for start in range(0, len(left), at_once):
            some = dict(left[start : start + at_once])
            self._keep_some(source, some, read, (start / len(left), len(some) / len(left)))

    def _keep_some(
        self, source: LogSource, files: Mapping[str, File], read: Read, share: tuple[float, float]
    ) -> None:
        """Keep these files' rows, side by side. `share`: how much of all was done before, and how much these are."""
        self.desk.cache.drop(files)
        names = {str(file.read_from): name for name, file in files.items()}
        bounds = replace(self.bounds, block=_BLOCK)
        sheets = Sheets(self.crew, self.desk, source, self.until, bounds, names)
        whole = max(1, sum(file.size for file in files.values()))

        def told(behind: int, _: int) -> None:
            self.progress(f"keeping the rows of {source.name}", share[0] + share[1] * behind / whole)
            if not self.desk.cache.make_room(sheets.size(), (*self._kept, *files)):
                raise _Full

        try:
            for opened, card in sheets.written(list(files.values()), told):
                if opened.content.sha256 == read[source.name, opened.file.name]:
                    name = names[str(opened.file.read_from)]
                    self.desk.keep(name, card)
                    self._kept.add(name)
        finally:
            sheets.close()
