"""What the data map adds to `tocsin affected`: controllers to tell, deletions on record, data kept for too long."""

from dataclasses import asdict
from typing import Any

from tocsin.cli.console import Shell, bold, clean, columns, labelled

_RAN = {
    "recorded": "it was recorded",
    "created": "the account was opened",
    "closed": "the account was closed",
}


def role_and_period_lines(found: Any) -> list[str]:
    """How many controllers are to be told, and of how many people data were kept for too long."""
    lines = []
    if found.controllers:
        lines.append(
            labelled(
                "TELL",
                f"{found.controllers:,} customers as controllers: affected --controllers, draft controllers",
            )
        )
    for each in found.retained:
        if each["overdue"]:
            ran = _RAN[each["anchor"]]
            period = f"{each['days']} days, and {each['backup_days']} in backups, after {ran}"
            words = f"{each['kind']} of {each['overdue']:,} people should no longer have existed ({period})"
            lines.append(labelled("KEPT", words, urgent=True))
    return lines


def record_lines(shell: Shell, found: Any) -> list[str]:
    """Of one person: the record by which her data were gone, what should have been gone, and whom she tells."""
    lines = []
    if found and found.deletion:
        record = found.deletion
        place = f"{clean(record.source)}, {clean(record.file)} (SHA-256 {record.sha256})"
        lines.append(
            labelled("DELETED", f"record {clean(record.record)} of {shell.at(record.at)} in {place}")
        )
    if found and found.overdue:
        lines.append(
            labelled("KEPT", f"{', '.join(found.overdue)} should no longer have existed", urgent=True)
        )
    if found and found.controller:
        who = ", ".join(clean(each) for each in (found.controller_name, found.controller_email) if each)
        known = who or ("" if found.controller_known else "whom no source knows")
        name = f"{clean(found.controller)} {f'({known})' if known else ''}".rstrip()
        lines.append(labelled("TELL", f"her controller is {name}"))
    if found and found.controller_of:
        lines.append(labelled("TELL", f"she is the controller of {', '.join(found.controller_of)}"))
    return lines


def _called(found: Any) -> str:
    """A controller's name and address, as far as a source knows them."""
    said = ", ".join(clean(each) for each in (found.name, found.email) if each)
    return said or ("no name or address" if found.known else "no source knows this id")


def say_controllers(shell: Shell, incident: Any, command: str | None) -> None:
    """The customers to tell, each with the kinds of data of her own people; that they were shown is an entry."""
    from tocsin.actions import saw_controllers
    from tocsin.cli.aftermath import say_again
    from tocsin.views.controllers import controllers

    found = controllers(shell.app, shell.actor, incident)
    say_again(shell, saw_controllers(shell.app, shell.actor, incident.key, len(found), command=command))
    count = f"{len(found):,} customers" if len(found) != 1 else "1 customer"
    strangers = sum(not each.known for each in found)
    unknown = f", {strangers:,} of them unknown to every customer source" if strangers else ""
    shell.say(bold(f"{incident.key}: {count} to be told as controllers of other people's data{unknown}"))
    rows = [
        (
            clean(each.id),
            _called(each),
            ", ".join(each.kinds) or "unknown kinds",
            "ask them" if each.people is None else f"{each.people:,}",
        )
        for each in found
    ]
    shell.say(*columns(rows, head=("Controller", "Who", "Kinds", "People we know")))
    if found:
        from tocsin.cli.incidents import inc

        shell.say(labelled("LETTER", f"tocsin draft{inc(shell, incident.key)} controllers writes to them"))
    shell.give({"key": incident.key, "controllers": [asdict(each) for each in found]})
