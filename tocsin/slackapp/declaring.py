"""Declaring from the modal: people are called before who declared is told that they are."""

from tocsin import actions
from tocsin.rendering.message import line
from tocsin.slackapp.aftermath import advanced, delivered
from tocsin.slackapp.desk import Desk, Said
from tocsin.slackapp.modals import declaration_of
from tocsin.views.opening import opening


def declared(desk: Desk) -> None:
    """The modal was sent off. Anybody may declare; sent off twice, it is one incident."""
    app, view = desk.app, desk.it.payload["view"]
    done = actions.declare(app, desk.actor, declaration_of(app, view), command=f"slack/{view['id']}")
    key = done.incident.key
    trouble = advanced(app, key)
    delivered(app, key)
    desk.say(*_lines(desk, key), *([trouble] if trouble else []))


def _lines(desk: Desk, key: str) -> list[Said]:
    found = opening(desk.app, desk.actor, key)
    drill = "DRILL " if found.drill else ""
    lines: list[Said] = [f"{drill}{found.key} {found.code_name}  {found.severity.upper()}"]
    for call in found.calls:
        phrase = "slack_reached" if call.reached else "slack_unreached"
        lines.append(line(phrase, who=call.person, role=call.role))
    if not found.somebody:
        lines.append(line("slack_nobody_reached"))
    lines += [line("slack_due", duty=duty.key, at=desk.at(duty.soonest)) for duty in found.clocks[:3]]
    return lines
