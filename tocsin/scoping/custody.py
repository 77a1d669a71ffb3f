"""Custody of the inputs: each with its fingerprint after reading, and with who collected it, from where, and when."""

from collections.abc import Iterable, Iterator, Sequence

from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.result import InputFile
from tocsin.domain.sources import Sources
from tocsin.scoping.gaps.files import changed_files
from tocsin.scoping.reading import Reading
from tocsin.sources.files import File, prints_now


def looked_at_again(reading: Reading, files: Sequence[File]) -> Iterator[Gap]:
    """Fingerprint files of this machine after they were read, and note it: a gap for each that changed meanwhile."""
    now = prints_now(files)
    reading.after |= {(file.source, file.name): sha256 for file, sha256 in now.items()}
    return changed_files([file for file, sha256 in now.items() if sha256 != file.sha256])


def in_custody(reading: Reading, sources: Sources) -> Iterable[InputFile]:
    """The inputs, each with what is known of its way here."""
    declared = {each.name: each.collected for each in sources.declared}
    for each in reading.inputs:
        said = declared.get(each.source)
        known = {"by": said.by, "origin": said.from_, "collected_at": said.at} if said else {}
        yield each.model_copy(update=known | {"after": reading.after.get((each.source, each.name))})
