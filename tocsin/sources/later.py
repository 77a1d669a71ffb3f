"""What came, went or changed while the files of a source were read: found by looking for them once more."""

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tocsin.domain.errors import Refused
from tocsin.sources.files import fingerprint
from tocsin.sources.finding import Found, Listing, second_look
from tocsin.sources.stores import StoreFailed


@dataclass(frozen=True)
class Later:
    """Names of files in a store that changed or went since they were found, and of files that came since."""

    changed: tuple[str, ...]
    late: tuple[str, ...]


def later(first: Listing, read: Collection[str]) -> Later:
    """How the files of a source differ from what was found first; `read` are the SHA-256 of what was read of them.

    A late file with bytes that were read already, such as a log that was renamed meanwhile, brings nothing new.
    """
    now = second_look(first)
    marks = {each.address: each.mark for each in now.files}
    changed = [each.name for each in first.files if each.store and marks.get(each.address) != each.mark]
    known, far = {each.address for each in first.files}, {each.mark for each in first.files if each.store}
    late = [each.name for each in now.files if each.address not in known and not _is_copy(each, read, far)]
    return Later(tuple(changed), tuple(late))


def print_there(found: Found) -> str:
    """SHA-256 of an object as its store has it by now; empty where it is gone, or cannot be had."""
    digest = sha256()
    try:
        if found.store is None or found.store.at(found.address).kind != "file":
            return ""
        for block in found.store.blocks(found.address):
            digest.update(block)
    except StoreFailed:
        return ""
    return digest.hexdigest()


def _is_copy(late: Found, read: Collection[str], marks: Collection[str]) -> bool:
    if late.store is not None:
        return late.mark in marks
    try:
        return fingerprint(Path(late.address)) in read
    except Refused:
        return False
