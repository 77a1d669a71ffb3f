"""Custody of the inputs: each with its fingerprint after reading, and with who collected it, from where, and when."""

from collections.abc import Iterable, Iterator

from tocsin.domain.lists import ListSource
from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.result import InputFile
from tocsin.domain.sources import Sources
from tocsin.scoping.gaps.files import changed_files, looked_again
from tocsin.scoping.reading import Reading
from tocsin.sources.databases import digest_now
from tocsin.sources.files import File, Prints, clerks, prints_now
from tocsin.sources.finding import Listing
from tocsin.sources.later import print_there
from tocsin.sources.logs import by_format


def looked_at_again(reading: Reading, prints: Prints, listings: Iterable[Listing]) -> Iterator[Gap]:
    """Note the fingerprints of files after they were read: a gap for each that changed meanwhile or came beside them.

    Of an object in a store its copy is fingerprinted again, as long as the store says that it is the one that was
    fetched; one that is another by now is read anew.
    """
    now = {file: print_.result() for file, print_ in prints.items()}
    reading.after |= {(file.source, file.name): sha256 for file, sha256 in now.items()}
    yield from changed_files([file for file, sha256 in now.items() if sha256 != file.sha256])
    for listing in listings:
        for gap in looked_again(listing, tuple(now)):
            if gap.kind == "changed-file":
                there = {each.name: each for each in listing.files}
                reading.after |= {(gap.source, name): print_there(there[name]) for name in gap.files}
            yield gap


def looked_at_now(reading: Reading, files: Iterable[File], listing: Listing) -> Iterator[Gap]:
    """The same at once. Nobody waits here for the clerks of the desk, who may be at the logs for long."""
    with clerks() as pool:
        prints = prints_now(files, pool, beside=False)
        yield from looked_at_again(reading, prints, [listing])


def tables_again(reading: Reading, declared: Iterable[ListSource]) -> Iterator[Gap]:
    """Ask tables and queries once more, and note what they say now: a gap for each that no longer says the same."""
    read = {each.source: each for each in reading.inputs}
    for source in declared:
        if source.url is None:
            continue
        now = digest_now(source)
        reading.after[source.name, read[source.name].name] = now
        if now != read[source.name].sha256:
            detail = (
                "its rows were read in one look, and somebody changed them since; ask again when it is quiet"
            )
            yield Gap(kind="customers-changed", source=source.name, count=1, detail=detail)


def in_custody(reading: Reading, sources: Sources) -> Iterable[InputFile]:
    """The inputs, each with what is known of its way here."""
    declared = {each.name: each.collected for each in sources.declared}
    numbers = {each.name: by_format("NUMBERS").get(each.format) for each in sources.logs}
    for each in reading.inputs:
        said = declared.get(each.source)
        known = {"by": said.by, "origin": said.from_, "collected_at": said.at} if said else {}
        known |= {"after": reading.after.get((each.source, each.name)), "numbers": numbers.get(each.source)}
        yield each.model_copy(update=known)
