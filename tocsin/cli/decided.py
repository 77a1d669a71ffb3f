"""What people decided, as lines: whose it is and why, who dissents, and what the facts no longer carry."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tocsin.cli.console import Shell, clean, labelled
from tocsin.domain.decisions import BREACH, RISK

if TYPE_CHECKING:
    from tocsin.domain.grounds import Doubt
    from tocsin.views.decided import Decided

_MARGIN = " " * 8


def decided_lines(
    shell: Shell, named: str, found: Iterable["Decided"], texts: Mapping[str, str]
) -> list[str]:
    """Each decision with its reasons, and beneath it whatever speaks against it."""
    return [line for each in found for line in _lines(shell, named, each, texts)]


def _lines(shell: Shell, named: str, found: "Decided", texts: Mapping[str, str]) -> Iterator[str]:
    advised = f", advised by {', '.join(found.advised_by)}" if found.advised_by else ""
    yield labelled("DECIDED", f"{_what(found)}, by {found.by}{advised}, {shell.at(found.at)}")
    yield f"{_MARGIN}because {told(found.because, texts)}"
    for each in found.dissents:
        yield f"{_MARGIN}dissent of {each.by}, {shell.at(each.at)}: {told(each.because, texts)}"
    if found.look_again:
        yield f"{_MARGIN}look again {shell.at(found.look_again)}"
    if found.doubt:
        yield doubt_line(found.doubt, named)


def told(reason: str, texts: Mapping[str, str]) -> str:
    """Reasons in a person's words, by their commitment; those that were redacted say so."""
    return clean(texts.get(reason, "(erased)"))


def _what(found: "Decided") -> str:
    if found.of == RISK:
        return f"risk {found.level or 'group by group'}"
    what = "the whole breach" if found.of == BREACH else found.of
    return f"{what} {'not owed' if found.not_owed else 'not notified'}"


def doubt_lines(found: Sequence["Doubt"], named: str) -> list[str]:
    """The first doubt, which is to be settled first; others are counted."""
    more = f"and {len(found) - 1} more, no longer carried by the facts either     tocsin duties{named}"
    return [
        *(doubt_line(each, named) for each in found[:1]),
        *([labelled("DOUBT", more, urgent=True)] if found[1:] else []),
    ]


def doubt_line(doubt: "Doubt", named: str) -> str:
    """What speaks against a decision, the first reason in front, and how to decide anew."""
    why = clean(doubt.because[0])
    if doubt.of == RISK:
        said = f"the risk was decided {doubt.decided}, when {doubt.advised} was advised"
        way = f"tocsin assess{named} --decide LEVEL --because ..."
    else:
        said = f"{doubt.of} is not notified, which rests on risk {doubt.decided}"
        way = f"tocsin not-notify{named} {doubt.of} --because ... (or --take-back)"
    return labelled("DOUBT", f"{said}; today it is {doubt.today}: {why}     {way}", urgent=True)
