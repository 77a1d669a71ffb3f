"""Files that cannot be opened, that changed or came while others were read, or that are damaged."""

from collections.abc import Iterable, Iterator, Sequence

from tocsin.domain.scope.gaps import Gap, some
from tocsin.domain.scope.question import Question
from tocsin.scoping.accounts import Account
from tocsin.sources.files import File
from tocsin.sources.finding import Listing, Unread
from tocsin.sources.later import later
from tocsin.sources.unpacking import Fault


def unread_files(source: str, unread: Sequence[Unread]) -> Iterator[Gap]:
    """What the source's patterns name and nobody could read."""
    if unread:
        detail = some([f"{each.name} {each.why}" for each in unread])
        names = tuple(each.name for each in unread)
        yield Gap(kind="unread-file", source=source, count=len(unread), detail=detail, files=names)


def changed_files(files: Iterable[File]) -> Iterator[Gap]:
    """Files whose bytes changed while they were read."""
    for file in files:
        yield _changed(file.source, file.name)


def _changed(source: str, name: str) -> Gap:
    detail = f"{name} changed while it was read; take a copy and ask again"
    return Gap(kind="changed-file", source=source, count=1, detail=detail, files=(name,))


def looked_again(listing: Listing, files: Iterable[File]) -> Iterator[Gap]:
    """What a second look at a source finds: files of a store that changed, and files that came meanwhile."""
    source = listing.sought.source
    found = later(listing, {file.sha256 for file in files})
    for name in found.changed:
        yield _changed(source, name)
    if found.late:
        detail = f"{some(found.late)} came while the others were read; ask again"
        yield Gap(kind="late-file", source=source, count=len(found.late), detail=detail, files=found.late)


def incomplete(lost: Iterable[Gap], means: str) -> Iterator[Gap]:
    """What a list has lost. No request hides there, whatever would hide one in a log; `means` says what does."""
    for each in lost:
        yield each.model_copy(update={"kind": "incomplete-list", "detail": f"{each.detail}; {means}"})


def other_days(listings: Iterable[Listing], question: Question) -> Iterator[Gap]:
    """Files and folders of other days, in which alone an account may have used what was asked about.

    That matters where requests may hide: then nobody who ever did so can be excluded.
    """
    for listing in listings:
        if listing.skipped and {"tokens", "sessions"} & set(question.given()):
            detail = "folders of other days were not read: who used a token or session only then is not known"
            yield Gap(kind="other-days", source=listing.sought.source, count=listing.skipped, detail=detail)


_FAULTS: dict[Fault, tuple[str, str]] = {
    "damaged": ("is damaged", "what came before the damage was used"),
    "altered": (
        "is damaged, and nobody can say from where on: any of its rows may have been altered",
        "those that fit were used, and make nobody more than cannot-exclude",
    ),
    "swollen": ("unpacks to more than an archive may", "what came before that was used"),
}


def damaged(account: Account) -> Gap:
    """A file that could be read only up to its damage, or to what an archive may unpack to; or not at all."""
    file, rest = account.file, "nothing of it could be used"
    what, used = _FAULTS[account.fault or "damaged"]
    if account.read_from:
        rest = used
    detail = f"{file.name} {what}; {rest}"
    return Gap(kind="damaged-file", source=file.source, count=1, detail=detail, files=(file.name,))
