"""The company's own programs, for steps and telephones: each is there, runs, and is changed by its owners alone."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from tocsin.app import App
from tocsin.doctor.finding import Finding, Level
from tocsin.doctor.people import place
from tocsin.domain.routes import COMMAND, kind_of


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


def gateways(app: App, config: Path | None) -> Iterator[Finding]:
    """Each gateway of escalation.yaml, and who counts on one. A telephone that cannot ring wakes nobody."""
    contacts = app.catalog.contacts
    broken = 0
    for gateway in contacts.gateways:
        if what := _fault(Path(gateway.argv[0])):
            broken += 1
            where = place(app, "escalation.yaml", "gateways", gateway.id, "argv")
            yield Finding("FAIL", "telephone", f"{gateway.id}: {what}", where)
    rung = [p.id for p in contacts.people if any(kind_of(each) == COMMAND for each in p.reached_by)]
    if contacts.gateways and not broken:
        whom = f"ring {', '.join(rung)}" if rung else "ring nobody: no person has the route command"
        level: Level = "ok" if rung else "warn"
        where = "" if rung else place(app, "people.yaml", "people")
        yield Finding(level, "telephone", f"{len(contacts.gateways)} can run, and {whom}", where)


def _fault(program: Path) -> str | None:
    if not program.is_file():
        return f"there is no program {program}"
    if not os.access(program, os.X_OK):
        return f"{program} may not be run by this account"
    if program.stat().st_mode & stat.S_IWOTH:
        return f"{program} may be changed by anybody; chmod o-w {program}"
    return None
