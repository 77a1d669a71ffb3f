"""Declaring from the modal: people are called before who declared is told that they are."""

import time
from dataclasses import replace
from functools import partial

from tocsin import actions
from tocsin.app import App
from tocsin.rendering.message import line
from tocsin.slackapp.aftermath import advanced, posted
from tocsin.slackapp.desk import Desk, Said
from tocsin.slackapp.hands import own_handle
from tocsin.slackapp.modals import declaration_of
from tocsin.views.calls import called, underway, untried
from tocsin.views.opening import opening

#: Seconds for which who declared waits at most to hear who was reached.
PATIENCE = 4.0


def declared(desk: Desk) -> None:
    """The modal was sent off. Anybody may declare; sent off twice, it is one incident."""
    app, view = desk.app, desk.it.payload["view"]
    done = actions.declare(app, desk.actor, declaration_of(app, view), command=f"slack/{view['id']}")
    key = done.incident.key
    trouble = advanced(app, key)
    posted(desk, key)
    desk.after.append(partial(_tell, replace(desk, app=own_handle(app)), key, trouble))


def _tell(desk: Desk, key: str, trouble: str | None) -> None:
    _await_calls(desk.app, key)
    desk.say(*_lines(desk, key), *([trouble] if trouble else []))


def _await_calls(app: App, key: str) -> None:
    """Until everybody whom the declaration calls was reached or each call was tried; not for long: a relay may hang."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        tried = not (untried(app, key) or underway(app, key))
        if tried or all(call.reached for call in called(app.incident(key))):
            return
        time.sleep(0.05)


def _lines(desk: Desk, key: str) -> list[Said]:
    found = opening(desk.app, desk.actor, key)
    drill = "DRILL " if found.drill else ""
    lines: list[Said] = [f"{drill}{found.key} {found.code_name}  {found.severity.upper()}"]
    for call in found.calls:
        phrase = "slack_reached" if call.reached else "slack_unreached"
        lines.append(line(phrase, who=call.person, role=call.role))
    if not found.somebody:
        lines.append(line("slack_nobody_reached"))
    lines += [line("slack_due", duty=desk.duty(duty), at=desk.at(duty.soonest)) for duty in found.clocks[:3]]
    return lines
