"""What follows a change at the shell: the quick consequences at once, calls on their way, and what was written."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tocsin.cli.console import Shell, labelled
from tocsin.cli.incidents import inc

if TYPE_CHECKING:
    from tocsin.domain.incident import DutyState, Incident
    from tocsin.domain.order import Disorder
    from tocsin.record import Recorded


#: Seconds that a shell waits for calls which somebody else is sending.
PATIENCE = 10.0


def page_at_once(shell: Shell, key: str) -> None:
    """Call whoever is to be called and send their pages, before anything else is asked of a new incident."""
    from tocsin.engine import call_at_once

    call_at_once(shell.app, key)
    _sent(shell, key)


def settled(shell: Shell, done: "Recorded") -> bool:
    """Let the engine draw the quick consequences and send what they say. False when the incident's plan fails."""
    from tocsin.engine import advance, quick_only
    from tocsin.views.access import recorded_although

    key = done.incident.key
    try:
        advance(shell.app, key, wanted=quick_only, holder="shell")
    except Exception as poison:
        # What the person said is kept all the same; only an incident that was set apart is no error of this command.
        trouble = recorded_although(shell.app, key, poison)
        if trouble is None:
            raise
        shell.warn(trouble)
        return False
    _sent(shell, key)
    return True


def _sent(shell: Shell, key: str) -> None:
    """Send what nobody has tried to send yet: only for that is a wire worth the wait."""
    from tocsin.views.calls import untried

    if untried(shell.app, key):
        from tocsin.delivery.outbox import deliver
        from tocsin.storage.waiting import Load

        # What waits for other people or incidents is the bell's: nobody at a shell waits for that.
        deliver(shell.app, Load(incident=key), alive=lambda: shell.tell("a route is slow: still sending"))


def await_calls(shell: Shell, key: str) -> None:
    """Wait a moment for the calls that the bell took first: who is being reached is not unreached."""
    from tocsin.views.calls import underway

    until = time.monotonic() + PATIENCE
    while underway(shell.app, key) and time.monotonic() < until:
        time.sleep(0.05)


def say_what_waits(shell: Shell, key: str) -> None:
    """Beside an answer by which somebody was not reached: whether their calls are still on their way."""
    from tocsin.views.calls import waiting

    if count := waiting(shell.app, key):
        calls = "1 call is" if count == 1 else f"{count} calls are"
        shell.tell(f"{calls} on the way: the bell goes on trying; tocsin status says by which route")


def changed(shell: Shell, done: "Recorded", *lines: str) -> None:
    """Draw the consequences, then say what was done; as JSON, the entries that stand for it."""
    settled(shell, done)
    after = shell.app.incident(done.incident.key)
    say_again(shell, done)
    shell.say(*(lines if done.entries else ["done already; nothing was changed"]))
    shell.give(
        {
            "key": after.key,
            "code_name": after.code_name,
            "status": after.status,
            "entries": [
                {"seq": entry.seq, "kind": entry.kind, "at": entry.at, "hash": entry.hash}
                for entry in done.entries
            ],
            "head": {"seq": after.head_seq, "hash": after.head_hash},
        }
    )


def say_again(shell: Shell, done: "Recorded") -> None:
    """Beside the first answer of a command that was said again: that it is this."""
    if done.again:
        shell.tell("said before with this --key: this is the first answer again, and nothing was changed")


def warn_of_order(shell: Shell, incident: "Incident", names: Iterable[str]) -> None:
    """Beside the answer: which of the moments just stated contradict others."""
    from tocsin.domain.order import out_of_order

    for each in out_of_order(incident.facts):
        if each.name in names or each.after in names:
            shell.warn(disorder_words(shell, incident.key, each))


def warn_of_overruled(shell: Shell, incident: "Incident", names: Iterable[str]) -> None:
    """Beside the answer: which of the facts just stated for all say otherwise than the cells, which win."""
    from tocsin.domain.stated import overruled

    facts = incident.facts
    if lost := overruled(facts.values, facts.cells, names):
        shell.warn(
            f"{', '.join(lost)}: the cells say otherwise, and they win where they say anything; "
            f"correct them (tocsin learn {incident.key} cells=@FILE), or measure again (tocsin scope {incident.key})"
        )


def disorder_words(shell: Shell, key: str, each: "Disorder") -> str:
    """Both moments, and the way out."""
    return (
        f"{each.name} {shell.at(each.at)} lies before {each.after} {shell.at(each.after_at)}; "
        f"correct one (tocsin learn {key} NAME=VALUE), or note why both are true"
    )


def say_duties(shell: Shell, done: "Recorded") -> None:
    """The duties that a change opened, opened again, moved or put in doubt."""
    key = done.incident.key
    for name, duty in shell.app.incident(key).duties.items():
        earlier = done.before.duties.get(name) if done.before else None
        clock = _clock(shell, duty)
        if earlier is None:
            perhaps = " CANDIDATE" if duty.opened.candidate else ""
            shell.say(labelled("OWED", f"{name} ({duty.opened.cite}) {clock}{perhaps}"))
        elif earlier.mark in ("released", "not-notified") and duty.mark == "open":
            shell.say(labelled("REOPENED", f"{name} {clock}{_let_go_before(done, name)}"))
        elif earlier.soonest != duty.soonest:
            was = _clock(shell, earlier).removeprefix("due ")
            shell.say(labelled("MOVED", f"{name} {clock}, was {was}"))
        elif duty.doubted and not earlier.doubted:
            command = f"tocsin duties{inc(shell, key)} --release {name} --because ..."
            shell.say(labelled("DOUBT", f"{name}: {'; '.join(duty.doubted)}     {command}"))


def _clock(shell: Shell, duty: "DutyState") -> str:
    """`due ...`, or `our aim ...` where the law names no moment."""
    return f"{'due' if duty.due_at else 'our aim'} {shell.at(duty.soonest)}"


def _let_go_before(done: "Recorded", name: str) -> str:
    """Whose release or decision no longer holds, so that they can be asked."""
    decision = done.before.decisions.get(name) if done.before else None
    if decision is None:
        return ""
    before = "released before" if decision.not_owed else "not notified before: decided"
    return f", {before} by {decision.decided_by}"
