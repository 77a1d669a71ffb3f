"""Which incident a command means: named, from TOCSIN_INC, or the only one that is open."""

import os
import re
from collections.abc import Sequence
from typing import Any

from tocsin.cli.console import Shell
from tocsin.domain.errors import Refused, WrongUsage

_REFERENCE = re.compile(r"(?:INC-(?P<year>\d{4})-)?(?P<number>\d{1,9})", re.ASCII | re.IGNORECASE)


def split(words: Sequence[str], *names: str) -> tuple[str | None, tuple[str, ...]]:
    """(INC as typed or None, the other words): INC stands first where there is one word more than `names`."""
    if len(words) == len(names):
        return None, tuple(words)
    wanted = " ".join(["[INC]", *names])
    if len(words) != len(names) + 1:
        raise WrongUsage(f"expected {wanted}, got {len(words)} words; put text with blanks in quotes")
    if not names_incident(words[0]):
        raise WrongUsage(f"expected {wanted}: {words[0]!r} is no incident; write INC-2026-0007 or 7")
    return words[0], tuple(words[1:])


def names_incident(word: str) -> bool:
    """Whether a word has the form of an incident's key or number."""
    return _REFERENCE.fullmatch(word) is not None


def which(shell: Shell, named: str | None) -> str:
    """The key of the incident that is meant. Refused when there is none such, WrongUsage when nobody can tell."""
    from tocsin.views.access import visible

    named = named or os.environ.get("TOCSIN_INC") or None
    rows = visible(shell.app, shell.actor)
    if named is not None:
        return _named(rows, named)
    # Outside drills and demos a drill is never what somebody means who names nothing.
    counted = [row for row in rows if row["open"] and (shell.app.settings.fenced or not row["drill"])]
    if len(counted) == 1:
        return str(counted[0]["key"])
    if not counted:
        raise WrongUsage(
            f"no incident is open; name one: {_list(rows) or 'there is none yet, tocsin declare'}"
        )
    raise WrongUsage(f"{len(counted)} incidents are open; name one: {_list(counted)}")


def inc(shell: Shell, key: str) -> str:
    """How a command that is printed names the incident: ` INC-2026-0007`, or nothing where it is meant anyway."""
    try:
        return "" if which(shell, None) == key else f" {key}"
    except (Refused, WrongUsage):
        return f" {key}"


def _named(rows: list[dict[str, Any]], named: str) -> str:
    found = _REFERENCE.fullmatch(named.strip())
    if found is None:
        raise Refused(f"{named!r} is no incident; write INC-2026-0007 or 7")
    for row in rows:
        key = str(row["key"])
        if row["number"] == int(found["number"]) and found["year"] in (None, key.split("-")[1]):
            return key
    raise Refused(f"there is no incident {named}; tocsin list shows those there are")


def _list(rows: list[dict[str, Any]]) -> str:
    shown = ", ".join(f"{row['key']} {row['code_name']}" for row in rows[:8])
    return f"{shown} and {len(rows) - 8} more" if len(rows) > 8 else shown
