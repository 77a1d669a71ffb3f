"""The verb `sources`: whether logs and lists can be read, and how they would be, before anybody has to ask them."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tocsin.cli.console import READING, Reading, Shell, Words, alarm, clean, columns
from tocsin.domain.answers import nearest
from tocsin.domain.errors import Refused, WrongUsage

if TYPE_CHECKING:
    from tocsin.domain.sources import Sources
    from tocsin.scoping.understanding import Checked, FilesSeen, Source

_USAGE = "say tocsin sources check, or tocsin sources check NAME"


def sources(*words: Words, door: Reading = READING) -> int:
    """Read ten rows of each declared source, and show how they are understood; no value that may be somebody's.

    tocsin sources check [NAME]

    A source that a scope could not use is named with the reason, and the exit status is 1.
    """
    match words:
        case ("check",) | ("check", _):
            name = words[1] if len(words) > 1 else None
        case (verb, *_) if verb != "check":
            raise WrongUsage(f"there is no tocsin sources {verb!r}; {_USAGE}")
        case _:
            raise WrongUsage(_USAGE)
    with door.open() as shell:
        found = list(_checked(shell, name))
        usable = all(each.usable for each in found)
        where = shell.app.sources_file
        shell.give({"file": str(where), "usable": usable, "sources": [_document(each) for each in found]})
        shell.say(clean(where), *(line for each in found for line in _lines(each)))
    return 0 if usable else 1


def _checked(shell: Shell, name: str | None) -> "Iterator[Checked]":
    from tocsin.actions.measuring import workspace_of
    from tocsin.scoping.checking import check
    from tocsin.scoping.declaration import read_sources

    declared = read_sources(shell.app.sources_file)
    known: tuple[Source, ...] = declared.declared
    if not known:
        raise Refused(f"{shell.app.sources_file} declares no source; add one under `logs` or `customers`")
    if name is not None and name not in (names := [source.name for source in known]):
        raise Refused(f"no source is called {name!r}{nearest(name, names)}")
    workspace, allowed = workspace_of(shell.app), _allowed(shell, declared)
    for source in known:
        if name in (None, source.name):
            yield check(source, workspace, allowed, shell.app.clock())


def _allowed(shell: Shell, declared: "Sources") -> "Callable[[Source], None]":
    """What refuses a source that is kept, or would be read, abroad on no basis; then no row of it is looked at."""
    from tocsin.domain.transfers import refuse_unfounded

    how, home = shell.app.settings.scoping, shell.app.catalog.contacts.organisation.established_in

    def allowed(source: "Source") -> None:
        alone = {
            part: tuple(each for each in getattr(declared, part) if each is source)
            for part in ("logs", "customers", "deletions", "suppressions")
        }
        refuse_unfounded(declared.model_copy(update=alone), home, how.country or home, how.transfer)

    return allowed


def _document(found: "Checked") -> dict[str, Any]:
    return {"usable": found.usable} | asdict(found)


def _lines(found: "Checked") -> Iterator[str]:
    level = "ok  " if found.usable else alarm("FAIL")
    yield ""
    yield f"{level} {found.name}  {found.kind}, {found.format}, {found.country or 'no country'}"
    yield from columns([(f"     {label}", clean(text)) for label, text in _rows(found)])
    for fault in found.faults:
        yield alarm(f"     FAIL: {clean(fault)}")
    for remark in found.remarks:
        yield f"     note: {clean(remark)}"


def _rows(found: "Checked") -> Iterator[tuple[str, str]]:
    """Labels, and what stands behind them."""
    if found.files is not None:
        yield from _files(found.files)
    if found.columns:
        lost = "; ".join(f"{number} of them {why}" for why, number in found.unreadable.items())
        yield "rows", f"{found.rows} read" + (f"; not understood: {lost}" if lost else "")
    if found.time is not None:
        yield "time", found.time
    for moment in found.moments:
        understood = f"is {_utc(moment.understood)}" if moment.understood else "is no moment that can be read"
        yield "moment", f"{moment.written} {understood}"
    if found.since and found.until:
        yield "from, to", f"{_utc(found.since)}, {_utc(found.until)}"
    for column in found.columns:
        looks = column.looks or (f"{column.filled} rows" if column.filled else "nothing")
        yield column.name, f"{column.called}: {looks}"


def _files(seen: "FilesSeen") -> Iterator[tuple[str, str]]:
    from tocsin.sources.fetching import in_bytes

    span = seen.first if seen.count == 1 else f"{seen.first} to {seen.last}"
    yield "files", f"{seen.count}, {in_bytes(seen.bytes)}: {span}"
    if seen.count > 1:
        yield "read of", seen.looked_into
    for each in seen.unread:
        yield "unread", each


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
