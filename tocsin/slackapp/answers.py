"""What the verbs answer: codes, counts and clocks. Titles only of what is not restricted, and nobody's data."""

from collections.abc import Sequence
from typing import Protocol

from tocsin.app import App
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import RoleTaken
from tocsin.domain.masking import masked
from tocsin.domain.message import route_name
from tocsin.record import Recorded
from tocsin.rendering.message import line
from tocsin.slackapp.desk import Desk, Said
from tocsin.views.access import seen
from tocsin.views.card import card as card_view
from tocsin.views.duties import DutyView, owed
from tocsin.views.listing import listing
from tocsin.views.steps import StepView, in_order, next_step, steps

#: What a telephone shows at a time; the rest is counted.
_MOST = 12


class Usable(Protocol):
    """A verb as help shows it."""

    @property
    def name(self) -> str: ...
    @property
    def usage(self) -> str: ...


def card(desk: Desk, key: str) -> list[Said]:
    """The 3 a.m. card: whose it is, how long there is, what is next, what blocks, who is untold, what is down."""
    now = desk.app.now()
    found = card_view(desk.app, desk.actor, key, now, desk.words.language)
    nobody = line("slack_nobody" if found.quarantined is None else "slack_nobody_knows")
    commander = line("slack_commander", who=found.commander) if found.commander else nobody
    drill = "DRILL " if found.drill else ""
    lines: list[Said] = [
        f"{drill}{found.key} {found.code_name}  {found.severity.upper()}",
        commander,
        line("status", status=found.status),
    ]
    if found.quarantined is not None:
        return [*lines, line("apart")]
    if found.soonest:
        lines.append(line("slack_due", duty=desk.duty(found.soonest), at=desk.at(found.soonest.soonest)))
    if found.next:
        lines.append(_step_line(desk, found.next))
    if found.blocked:
        lines.append(line("slack_blocked", what=found.blocked.said))
    lines.append(line("slack_left", steps=found.pending, overdue=found.overdue, duties=found.open_duties))
    if found.untold is not None:
        untold, total = (desk.words.number(count) for count in found.untold)
        lines.append(line("slack_untold", count=untold, total=total))
    lines += [line("slack_down", route=route_name(each.route)) for each in found.down]
    return lines


def next_steps(desk: Desk, key: str) -> list[Said]:
    """The step to do now, what to do in it, and what to keep."""
    incident = seen(desk.app, desk.actor, key)
    upcoming = next_step(steps(desk.app, incident, desk.words.language), incident, desk.actor)
    if upcoming is None:
        return [line("slack_no_step")]
    lines: list[Said] = [_step_line(desk, upcoming), upcoming.text]
    if upcoming.warning:
        lines.append(upcoming.warning)
    if upcoming.wants:
        lines.append(line("slack_wants", what=upcoming.wants))
    return [*lines, f"/tocsin done {upcoming.id}"]


def following(desk: Desk, incident: Incident) -> list[Said]:
    """What comes after a step that was done or skipped."""
    ready = in_order(steps(desk.app, incident, desk.words.language))
    return [_step_line(desk, ready[0])] if ready else [line("slack_no_step")]


def duties(desk: Desk, key: str) -> list[Said]:
    """Every open duty with its moment, the soonest first; what nobody can tell yet is counted."""
    incident = seen(desk.app, desk.actor, key)
    law = owed(desk.app, incident, desk.app.now())
    open_ = [duty for duty in law.duties if duty.open]
    lines: list[Said] = [_duty_line(desk, duty) for duty in open_[:_MOST]]
    lines += _more(len(open_))
    if law.undecided:
        fact = law.questions[0].fact if law.questions else "?"
        lines.append(line("slack_undecided", count=len(law.undecided), fact=fact))
    return lines or [line("slack_no_duty")]


def listed(desk: Desk) -> list[Said]:
    """Every open incident that this person may know of, and of which Slack may."""
    silent = desk.silent
    found = [each for each in listing(desk.app, desk.actor, only_open=True) if each.key not in silent]
    lines: list[Said] = [
        f"{each.key} {each.code_name}  {each.rank}  {desk.at(each.next_due)}"
        + (f"  {masked(each.title)}" if each.title else "")
        for each in found[:_MOST]
    ]
    return [*lines, *_more(len(found))] if lines else [line("slack_none_open")]


def on_call_now(desk: Desk) -> list[Said]:
    """Who is on call, by rotation."""
    contacts, now = desk.app.catalog.contacts, desk.app.now()
    names = {person.id: person.name for person in contacts.people}
    called = {rotation.id: contacts.on_call(rotation.id, now) for rotation in contacts.rotations}
    return [
        f"{name}: {names.get(who, who)}" if who else line("slack_nobody_on_call", rotation=name)
        for name, who in called.items()
    ]


def status(desk: Desk) -> list[Said]:
    """How the routes and the bell are, and what waits."""
    from tocsin.doctor.standing import standing
    from tocsin.views.access import excluding

    now = standing(desk.app, without=excluding(desk.app, desk.actor) | desk.silent)
    lines: list[Said] = []
    for route in now.routes:
        name = route_name(route.name)
        state = line("slack_down", route=name) if route.down else line("slack_up", route=name)
        lines += [state, line("slack_waiting", count=route.waiting)] if route.waiting else [state]
    lines.append(line("slack_bell" if now.bell_rings else "bell_silent" if now.stood_in else "slack_no_bell"))
    lines.append(line("slack_open_count", count=now.open))
    return lines


def taken(desk: Desk, done: Recorded) -> list[Said]:
    """Whose role it is now, and what comes next for who took it."""
    roles = [entry.body for entry in done.entries if isinstance(entry.body, RoleTaken)]
    lines: list[Said] = [line("slack_holds", who=each.person, role=each.role) for each in roles]
    return [*lines, *following(desk, done.incident)]


def owed_anew(desk: Desk, done: Recorded) -> list[Said]:
    """The duties that what was learned has opened."""
    before = done.before.duties if done.before else {}
    law = owed(desk.app, desk.app.incident(done.incident.key), desk.app.now())
    new = [duty for duty in law.duties if duty.open and duty.key not in before]
    return [*(_duty_line(desk, duty) for duty in new[:_MOST]), *_more(len(new))]


def help_lines(desk: Desk, verbs: Sequence[Usable]) -> list[Said]:
    """What can be typed."""
    return [line("slack_help"), *(f"/tocsin {verb.name} {verb.usage}".rstrip() for verb in verbs)]


def person_id(app: App, word: str) -> str:
    """A person or role as it was typed; a member id of Slack is the person whose it is."""
    return next((person.id for person in app.catalog.contacts.people if person.slack == word), word)


def _step_line(desk: Desk, step: StepView) -> Said:
    by = desk.at(step.due_at) if step.due_at else "-"
    return line("slack_step", step=step.id, title=step.title, role=step.role, at=by)


def _duty_line(desk: Desk, duty: DutyView) -> Said:
    return line("room_due", due=desk.at(duty.soonest), duty=desk.duty(duty))


def _more(count: int) -> list[Said]:
    return [f"... +{count - _MOST}"] if count > _MOST else []
