"""The company's own commands: whether each program is there, can be run, and can be changed by its owners alone."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from tocsin.app import App
from tocsin.doctor.finding import Finding
from tocsin.doctor.people import place


def programs(app: App, config: Path | None) -> Iterator[Finding]:
    """Each program of commands.yaml. What anybody may change runs what anybody wants, in the name of an incident."""
    contacts = app.catalog.contacts
    if contacts.commands_fault:
        yield Finding("FAIL", "commands", contacts.commands_fault, "mend it; until then no command runs")
        return
    found = contacts.commands
    broken = 0
    for command in found:
        if what := _fault(Path(command.argv[0])):
            broken += 1
            where = place(app, "commands.yaml", "commands", command.id, "argv")
            yield Finding("FAIL", "commands", f"{command.id}: {what}", where)
    if found and not broken:
        steps = ", ".join(step for command in found for step in command.steps)
        yield Finding("ok", "commands", f"{len(found)} can run, for {steps}")


def _fault(program: Path) -> str | None:
    if not program.is_file():
        return f"there is no program {program}"
    if not os.access(program, os.X_OK):
        return f"{program} may not be run by this account"
    if program.stat().st_mode & stat.S_IWOTH:
        return f"{program} may be changed by anybody; chmod o-w {program}"
    return None
