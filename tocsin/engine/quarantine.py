"""Quarantine: an incident whose timeline cannot be folded or planned is set apart, and people are told.

It is not closed and nothing of it is lost. The bell leaves it alone until `tocsin verify` finds it sound again. What is
said of it comes from its projection and its first entry, since the rest cannot be read.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tocsin.app import App
from tocsin.change import message_id, sealed_message
from tocsin.domain.errors import TocsinError
from tocsin.domain.moments import iso
from tocsin.domain.roads import ways
from tocsin.engine.messages import page_of, written_to
from tocsin.logs import Log
from tocsin.rendering.message import Brief, Line, line
from tocsin.storage import outbox, timeline
from tocsin.storage.clock import Ringer
from tocsin.storage.outbox import Outgoing

log = Log("tocsin.engine")

#: The incident, in the words of who does not know which it is.
_INC = re.compile(r"\bINC\b(?!-)")
#: The command that a refusal ends in. Whatever else stands behind it is a sentence about it, and nothing to be typed.
_COMMAND = re.compile(
    r""";[ ](tocsin [ ] [a-z-]+ (?:[ ][a-z-]+)?
        (?: [ ] INC-\d{4}-\d+ (?:[ ][\w./-]+)? )?
        (?: [ ] (?: --[a-z-]+ | [A-Z]+ | \.{3} | '[^']*' | \w+=(?:'[^']*'|\S+) ) )*
    )\Z""",
    re.VERBOSE,
)
_LONGEST = 300


def set_apart(app: App, key: str, poison: BaseException) -> None:
    """Mark the incident, so that the others go on, and call the commander on duty and the DPO: once for each head."""
    why = in_words(poison)
    with app.database.read() as connection:
        row, _ = timeline.projected(connection, key)
    if row is None:
        return
    lines: list[str | Line] = [line("apart"), why]
    calls = _calls(app, row, f"{outbox.APART}/{row['head_seq']}", lines, f"tocsin verify {key}")
    with app.database.write() as connection:
        timeline.quarantine(connection, key, why)
        outbox.put(connection, calls, app.now())


def tell_trouble(app: App, key: str, subject: str, trouble: BaseException) -> None:
    """Call the same people about one thing that fails while the incident goes on: once for each `subject`."""
    with app.database.read() as connection:
        row, _ = timeline.projected(connection, key)
    if row is None:
        return
    why, way = _way_out(_flat(trouble), key)
    lines: list[str | Line] = [line("cannot_move", move=subject.rpartition("/")[0]), why]
    calls = _calls(app, row, f"{outbox.TROUBLE}/{subject}", lines, way or f"tocsin show {key}")
    with app.database.write() as connection:
        outbox.put(connection, calls, app.now())


def tell_restored(app: App, made: datetime) -> None:
    """Call the same people about each open incident of a home that was restored: once for each backup."""
    # By the file's own time: on a clock that leaps, `made` is another second in each round.
    part = f"restored/{int(app.settings.restored_file.stat().st_mtime)}"
    with app.database.read() as connection:
        if outbox.has_said(connection, f"/{part}/"):
            return
        rows = timeline.listed(connection, only_open=True)
    lines = [line("restored", moment=iso(made)), line("after_backup"), line("held")]
    calls = [call for row in rows for call in _calls(app, row, part, lines, "tocsin resume --restored")]
    with app.database.write() as connection:
        outbox.put(connection, calls, app.now())


def tell_silent(app: App, who: Ringer, last: datetime | None) -> bool:
    """Call the same people of one open incident: bell or `watch` is silent since its `last` beat. False: none is open.

    The engine has no people of its own; without an incident its log, `status` and the watchdog tell of it.
    """
    part = f"{outbox.TROUBLE}/{who}-silent/{int(last.timestamp()) if last else 'never'}"
    with app.database.read() as connection:
        if outbox.has_said(connection, f"/{part}/"):
            return True
        row = next(
            (row for row in timeline.listed(connection, only_open=True) if not row["quarantined"]), None
        )
    if row is None:
        return False
    calls = _calls(app, row, part, [line(f"{who}_silent"), line(f"{who}_is_for")], "tocsin doctor")
    with app.database.write() as connection:
        outbox.put(connection, calls, app.now())
    return True


def in_words(poison: BaseException) -> str:
    """What went wrong, in one line. Of a library's errors only the type: they may quote what they could not read."""
    return _flat(poison)[:_LONGEST]


def _flat(poison: BaseException) -> str:
    return " ".join((str(poison) if isinstance(poison, TocsinError) else type(poison).__name__).split())


def _way_out(why: str, key: str) -> tuple[str, str | None]:
    """What went wrong, and the command that helps where the words, which are cut and it is not, end in one."""
    why = _INC.sub(key, why)
    found = _COMMAND.search(why)
    return (why[: found.start()][:_LONGEST], found[1]) if found else (why[:_LONGEST], None)


def _calls(
    app: App, row: Mapping[str, Any], subject: str, lines: Sequence[str | Line], action: str
) -> list[Outgoing]:
    """One message for each person and route; none where the messages themselves are what fails."""
    key, seq = str(row["key"]), int(row["head_seq"])
    try:
        record_key = app.record_key(key)
        brief = Brief(
            kind="trouble",
            incident_key=key,
            code_name=row["code_name"],
            severity=row["severity"].upper(),
            lines=tuple(lines),
            head=(seq, row["head_hash"]),
            now=app.now(),
            zone=app.catalog.contacts.organisation.zone,
            next_action=action,
            drill=row["drill"],
            console_url=page_of(app, key),
        )
        calls, silenced = [], _silenced(app, key)
        for who in _on_duty(app, row):
            content = written_to(app, brief, who)
            for route in ways(app.catalog.contacts.person(who), silenced, loud=True):
                whole = f"{key}/{subject}/{who}/{route}"
                blank = Outgoing(message_id(record_key, whole), whole, key, seq, "page", route, who, b"")
                calls.append(sealed_message(record_key, blank, content))
    except Exception as error:  # the incident is set apart all the same, and `doctor` shows it
        log.error("nobody could be called", incident=key, error=type(error).__name__)
        return []
    return calls


def _silenced(app: App, key: str) -> frozenset[str]:
    """The routes that nobody may use for this incident, from the entries as they stand, whatever else is broken."""
    silenced: set[str] = set()
    with app.database.read() as connection:
        for row in timeline.raw_rows(connection, key):
            if row["kind"] == "RouteSilenced":
                silenced.add(row["body"].get("route", ""))
            elif row["kind"] == "RouteTrusted":
                silenced.discard(row["body"].get("route", ""))
    return frozenset(silenced)


def _on_duty(app: App, row: Mapping[str, Any]) -> list[str]:
    """The commander on duty and the DPO, without those whom the declaration excludes."""
    with app.database.read() as connection:
        first = next(timeline.raw_rows(connection, row["key"]), None)
    excluded = first["body"].get("excluded", ()) if first else ()
    contacts = app.catalog.contacts
    ladder = contacts.ladder("incident-commander", row["severity"])
    people = [*contacts.called(ladder.levels[0], app.now())] if ladder else []
    people += [person.id for person in contacts.with_role("dpo")]
    here = contacts.here(excluded)
    return [who for who in dict.fromkeys(people) if who in here]


def release(app: App, key: str) -> None:
    """Take the incident back among the others."""
    with app.database.write() as connection:
        timeline.quarantine(connection, key, None)
