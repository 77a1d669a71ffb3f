"""contacts/commands.yaml: the programs that may be run for a step. A house without any leaves the list empty."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tocsin.catalog.folders import COMMANDS, layers
from tocsin.catalog.listed import Listed, listed
from tocsin.domain.answers import nearest
from tocsin.domain.checklist import IncidentType
from tocsin.domain.commands import Command
from tocsin.domain.contacts import Contacts
from tocsin.domain.errors import Refused


def with_commands(contacts: Contacts, folders: Sequence[Path], types: Mapping[str, IncidentType]) -> Contacts:
    """These contacts with the commands of the folders, or with what is wrong with them.

    Every step can be done by hand, so a mistake here must not keep anybody from declaring an incident.
    """
    try:
        return contacts.model_copy(update={"commands": read_commands(folders, types)})
    except Refused as error:
        return contacts.model_copy(update={"commands_fault": str(error)})


def read_commands(folders: Sequence[Path], types: Mapping[str, IncidentType]) -> tuple[Command, ...]:
    """The commands of these folders. BadFile names the first line that does not fit.

    Refused are steps that no type has, and a step for which there are two commands: nobody could say which one ran.
    """
    if not layers(folders, COMMANDS):
        return ()
    found = listed(folders, COMMANDS, "commands", Command)
    known = {step.id for type_ in types.values() for step in type_.steps}
    owners: dict[str, str] = {}
    for each in found.values():
        for index, step in enumerate(each.entry.steps):
            _check(each, index, step, known, owners)
    return tuple(each.entry for each in found.values())


def _check(each: Listed[Command], index: int, step: str, known: set[str], owners: dict[str, str]) -> None:
    if step not in known:
        raise each.bad(("steps", index), f"no incident type has a step {step!r}{nearest(step, known)}")
    other = owners.setdefault(step, each.entry.id)
    if other != each.entry.id:
        raise each.bad(
            ("steps", index), f"step {step} has the command {other!r} already; let one program do both"
        )
