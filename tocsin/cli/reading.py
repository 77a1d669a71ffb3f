"""Verbs that only read: the card, the list, the incident as it stands or stood, the timeline."""

from dataclasses import asdict
from typing import Annotated, Any

from cyclopts import Parameter

from tocsin.cli.alone import alone_words
from tocsin.cli.console import (
    READING,
    Flag,
    Reading,
    Shell,
    When,
    Words,
    alarm,
    bold,
    clean,
    columns,
)
from tocsin.cli.incidents import inc, split, which
from tocsin.cli.moments import left
from tocsin.cli.unreached import unreached_lines
from tocsin.domain.errors import WrongUsage

#: So many steps that come first are named; more are counted.
_NAMED = 3


def card(*words: Words, door: Reading = READING) -> None:
    """The 3 a.m. card."""
    with door.open() as shell:
        _card(shell, which(shell, split(words)[0]))


def bare(*, door: Reading = READING) -> None:
    """The card of the current incident; with none open, the last closed and who is on call."""
    from tocsin.views.listing import listing

    with door.open() as shell:
        known = listing(shell.app, shell.actor)
        if open_ := [row for row in known if row.open]:
            if len(open_) > 1:
                shell.say(*unreached_lines(*(row.key for row in open_ if row.nobody_reached)))
            _card(shell, which(shell, None))
            return
        closed = max((row for row in known if not row.open), key=lambda row: row.declared_at, default=None)
        on_call = _on_call(shell)
        shell.say(
            "No incident is open."
            + (f" Last: {closed.key} {closed.code_name}, {closed.status}." if closed else "")
        )
        there = {each.id for each in shell.app.catalog.contacts.people}
        made_up = sorted({who for who in on_call.values() if who} - there)
        for rotation, person in on_call.items():
            sample = alarm(" is a sample and calls nobody: tocsin doctor") if person in made_up else ""
            shell.say(f"On call: {person or alarm('NOBODY')} ({rotation}){sample}")
        shell.say("If something is wrong: tocsin declare 'what you saw'")
        shell.give(
            {
                "open": [],
                "last": asdict(closed) if closed else None,
                "on_call": on_call,
                "samples": made_up,
            }
        )


def _on_call(shell: Shell) -> dict[str, str | None]:
    """The person on call by rotation; None in a gap. In production the samples among them are nobody."""
    contacts = shell.app.catalog.contacts
    return {rotation.id: contacts.on_call(rotation.id, shell.app.now()) for rotation in contacts.rotations}


def _card(shell: Shell, key: str) -> None:
    from tocsin.cli.cards import card_lines
    from tocsin.views.card import card as view

    now = shell.app.now()
    found = view(shell.app, shell.actor, key, now)
    shell.say(*card_lines(shell, found, now))
    shell.give(asdict(found))


def list_(
    *,
    open_: Annotated[Flag, Parameter(name="--open", help="Only those that are open.")] = False,
    door: Reading = READING,
) -> None:
    """All incidents, soonest deadline first."""
    from tocsin.views.listing import listing

    with door.open() as shell:
        rows = listing(shell.app, shell.actor, only_open=open_)
        now = shell.app.now()
        table = [
            (
                row.key,
                row.code_name + ("  DRILL" if row.drill else ""),
                alarm(row.rank) if row.urgent else row.rank,
                row.status,
                left(row.next_due, now) if row.open and row.next_due else "-",
                clean(row.title or row.type),
                alarm("SET APART") if row.quarantined else row.waiting_for if row.open else "",
            )
            for row in rows
        ]
        head = ("incident", "name", "sev", "status", "deadline", "what", "waiting for")
        nobody = (
            ""
            if shell.actor.person
            else f" that {clean(shell.actor.id)} declared; others need a known person"
        )
        shell.say(*unreached_lines(*(row.key for row in rows if row.nobody_reached)))
        shell.say(*(columns(table, head=head) if table else [f"No incident yet{nobody}."]))
        shell.give([asdict(row) for row in rows])


def show(
    *words: Words,
    as_of: Annotated[When, Parameter(help="As it was known at this moment.")] = None,
    door: Reading = READING,
) -> None:
    """The incident as it stands, or stood."""
    from tocsin.cli.decided import decided_lines
    from tocsin.views.access import seen
    from tocsin.views.decided import decided
    from tocsin.views.document import document, stood, words_of

    with door.open() as shell:
        key = which(shell, split(words)[0])
        moment = shell.moment(as_of)
        app, actor = shell.app, shell.actor
        if moment is not None and moment > app.now():
            raise WrongUsage("--as-of lies in the future; leave it out for now")
        incident = stood(app, actor, key, moment) if moment else seen(app, actor, key)
        found = document(app, actor, incident, moment)
        taken, texts = decided(incident, app.catalog_of(incident)), words_of(app, actor, incident)
        shell.say(*_show_lines(shell, found, decided_lines(shell, inc(shell, key), taken, texts)))
        shell.give(found)


def _show_lines(shell: Shell, found: dict[str, Any], taken: list[str]) -> list[str]:
    from tocsin.views.words import value_in_words

    drill = "  DRILL" if found["drill"] else ""
    kind = f"{found['severity'].upper()} {found['type']}"
    lines = [
        *(unreached_lines(found["key"]) if found["nobody_reached"] else ()),
        bold(f"{found['key']} {found['code_name']}{drill}   {kind}   {found['status']}"),
        clean(found["title"]),
        _begun_words(shell, found) + (f"; as of {shell.at(found['as_of'])}" if found["as_of"] else ""),
        f"waiting for {clean(found['waiting_for'])}; looks again {shell.at(found['wake_at'])}",
    ]
    roles = [(role, person) for role, person in found["roles"].items()]
    facts = [
        (name, clean(value_in_words(fact["value"], {})), f"{fact['by']}, {clean(fact['source'])}")
        for name, fact in found["facts"].items()
    ]
    done = [step for step in found["checklist"] if step["state"] in ("done", "skipped")]
    left = [step for step in found["checklist"] if step["state"] == "no-longer-asked"]
    open_ = [step for step in found["checklist"] if step["state"] in ("open", "blocked")]
    for title, rows in (
        ("Roles", roles),
        ("Facts", facts),
        (
            "Duties",
            [
                (duty["key"], duty["state"], shell.at(duty["due_at"] or duty["target_at"]))
                for duty in found["duties"]
            ],
        ),
        (
            "Notices",
            [(each["id"], each["state"], f"digest {each['digest'][:12]}") for each in found["notices"]],
        ),
        (
            "RELEASED BY ONE PERSON ALONE",
            [
                (each["id"], alone_words(shell, lone))
                for each in found["notices"]
                for lone in each["released_alone"]
            ],
        ),
        ("Open steps", [_open_row(shell, step) for step in open_]),
        ("Done", [(step["id"], step["state"], step["by"], clean(step["title"])) for step in done]),
        ("No longer asked", [(step["id"], step["type"], clean(step["title"])) for step in left]),
    ):
        if rows:
            lines += ["", bold(title), *columns(rows)]
    lines += ["", *taken] if taken else []
    affected = found["affected"]
    if affected["total"] is not None:
        lines += ["", f"{bold('Affected')} {affected['total']:,} people, revision {affected['revision']}"]
    if found["room"]:
        lines += ["", f"{bold('Room')} #{found['room']['name']} in Slack"]
    lines += ["", f"head {found['head']['seq']} {found['head']['hash']}"]
    return lines


def _begun_words(shell: Shell, found: dict[str, Any]) -> str:
    opened = f"came in {shell.at(found['opened_at'])} by {clean(found['opened_by'])}"
    if found["declared_at"] is None:
        return opened
    declared = f"declared {shell.at(found['declared_at'])} by {clean(found['declared_by'])}"
    return declared if found["declared_at"] == found["opened_at"] else f"{opened}; {declared}"


def _open_row(shell: Shell, step: dict[str, Any]) -> tuple[str, ...]:
    """A step that is still to be done: whose it is, what it is, until when or after what."""
    due, waits = step["due_at"], step["waits_for"]
    more = f" and {len(waits) - _NAMED} more" if len(waits) > _NAMED else ""
    after = f"after {', '.join(waits[:_NAMED])}{more}" if waits else ""
    title = f"{clean(step['title'])}{' (gate)' if step['gate'] else ''}"
    return step["id"], step["role"].replace("-", " "), title, f"by {shell.at(due)}" if due else after


def timeline(*words: Words, door: Reading = READING) -> None:
    """Every entry, with its hash."""
    from tocsin.views.story import story

    with door.open() as shell:
        key = which(shell, split(words)[0])
        told = story(shell.app, shell.actor, key)
        table: list[tuple[str, ...]] = [
            (str(each.seq), shell.at(each.at), clean(each.actor), each.kind, clean(each.words), each.hash[:8])
            for each in told
        ]
        shell.say(*(f"{'  '.join(row[:1])}  {'  '.join(row[1:])}" for row in _aligned(table)))
        shell.give([each.row | {"words": each.words, "texts": each.texts} for each in told])


def _aligned(table: list[tuple[str, ...]]) -> list[list[str]]:
    """Time, actor and kind in columns; the words run on, and the hash ends the line."""
    widths = [max((len(row[column]) for row in table), default=0) for column in range(4)]
    return [
        [
            f"{row[0]:>{widths[0]}}",
            *(f"{row[column]:<{widths[column]}}" for column in (1, 2, 3)),
            row[4],
            row[5],
        ]
        for row in table
    ]
