"""Letters that one person released alone, or may, as lines: loud wherever a letter is told of."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tocsin.cli.console import Shell, alarm, at_terminal, clean, confirm, labelled
from tocsin.cli.moments import left
from tocsin.domain.aiming import aim_words
from tocsin.domain.errors import Refused, WrongUsage

if TYPE_CHECKING:
    from tocsin.domain.aiming import Aim
    from tocsin.views.alone import Lone
    from tocsin.views.card import Card


def lone_lines(shell: Shell, key: str, lone: Iterable["Lone"], named: str) -> list[str]:
    """What one person released alone: loudly, with the reason, and the way to countersign it."""
    lines = []
    for each in lone:
        why = f": {clean(each.because)}" if each.because else ""
        way = each.command.replace(f" {key}", named, 1)
        words = f"{each.notice} {shell.at(each.released_at)}, {each.words}{why}"
        lines.append(labelled("ALONE", f"{words}     {way}".rstrip(), urgent=True))
    return lines


def may_lines(shell: Shell, found: "Card", named: str) -> list[str]:
    """What one person may release as things stand."""
    return [
        labelled(
            "ALONE",
            f"{each.why}{f' since {shell.at(each.since)}' if each.since else ''}     "
            f"{each.command.replace(f' {found.key}', named, 1)}",
            urgent=True,
        )
        for each in found.may_be_alone
    ]


def aim_lines(shell: Shell, aims: Iterable["Aim"], now: datetime, named: str) -> list[str]:
    """By when letters should have left where the risk is high, and what the outer limit is."""
    return [
        labelled(
            "AIM",
            f"{each.notice} by {shell.at(each.at)}, {left(each.at, now)}: {aim_words(each)}"
            f"{f'; the limit is {shell.at(each.due_at)}' if each.due_at and each.due_at > each.at else ''}"
            f"     tocsin letters{named}",
            urgent=each.at <= now,
        )
        for each in aims
    ]


def lone_lines_of(shell: Shell, key: str, notice: str) -> list[str]:
    """What one person released alone of a notice, line by line."""
    from tocsin.views.alone import lone

    return lone_lines(shell, key, lone(shell.app, shell.actor, shell.app.incident(key), notice), f" {key}")


def confirm_read(shell: Shell, key: str, notice: str) -> str:
    """Every letter shown, and the digest of what was read, typed at a terminal; elsewhere `--digest` says it."""
    from tocsin.cli.notices import SHOWN, whole
    from tocsin.views.access import seen
    from tocsin.views.letters import preview as view

    if not at_terminal():
        raise WrongUsage(f"off a terminal this needs --digest; tocsin preview {key} {notice} shows it")
    found = view(shell.app, shell.actor, seen(shell.app, shell.actor, key), notice)
    shell.say(*whole(shell, found))
    wanted = str(found.digest[:SHOWN])
    if not confirm(f"{key}: let these letters leave alone as {shell.actor.id}?", wanted):
        raise Refused(f"not confirmed; nothing left. Type {wanted} to say yes")
    return wanted


def alone_words(shell: Shell, lone: dict[str, Any]) -> str:
    """Who, when, by what right, what lacked, why, and who has stood for it since."""
    signed = ", ".join(each["person"] for each in lone["countersigned"]) or alarm("NOBODY YET")
    why = f": {clean(lone['because'])}" if lone["because"] else ""
    given = f"{len(lone['given'])} of {lone['needed']} approvals"
    ground = lone["ground"].replace("-", " ")
    return f"{lone['person']} {shell.at(lone['at'])}, {ground}, {given}{why}; countersigned by {signed}"
