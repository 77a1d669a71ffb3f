"""Which incident a command means: named, from TOCSIN_INC, or the only one that is open."""

import os
from collections.abc import Sequence

from tocsin.cli.console import Shell
from tocsin.domain.errors import Refused, WrongUsage
from tocsin.domain.reference import names_incident


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


def which(shell: Shell, named: str | None, *, in_triage: bool = False) -> str:
    """The key of the incident that is meant. Refused when there is none such, WrongUsage when nobody can tell."""
    from tocsin.views.naming import meant

    named = named or os.environ.get("TOCSIN_INC") or None
    return meant(shell.app, shell.actor, named, in_triage=in_triage)


def inc(shell: Shell, key: str) -> str:
    """How a command that is printed names the incident: ` INC-2026-0007`, or nothing where it is meant anyway."""
    try:
        return "" if which(shell, None) == key else f" {key}"
    except (Refused, WrongUsage):
        return f" {key}"
