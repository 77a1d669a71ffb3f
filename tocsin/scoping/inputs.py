"""The files that a question would be put to now, by name and fingerprint: a repetition looks at them first."""

from collections.abc import Iterator
from pathlib import Path

from tocsin.domain.scope.question import Question
from tocsin.domain.sources import Sources
from tocsin.scoping.reading import Progress, chosen, found_logs
from tocsin.sources.bounds import Bounds
from tocsin.sources.fetching import fetched
from tocsin.sources.files import take_in
from tocsin.sources.finding import Listing, find


def inputs_now(
    question: Question, sources: Sources, folder: Path, progress: Progress
) -> Iterator[tuple[str, str, str]]:
    """(source, name, SHA-256) of every file of the logs and of the lists; a live table is none.

    What lies in a store is fetched into `folder`. Refused where a pattern names no file.
    """
    for log in chosen(question, sources.logs):
        yield from _taken_in(log.name, found_logs(log, question, folder, progress))
    for each in sources.lists:
        if each.patterns:
            listing = find(each.name, each.patterns)
            yield from _taken_in(each.name, fetched(each.name, listing, folder, progress))


def _taken_in(source: str, listing: Listing) -> Iterator[tuple[str, str, str]]:
    for file in take_in(source, listing.files, Bounds(), of_lines=False):
        yield source, file.name, file.sha256
