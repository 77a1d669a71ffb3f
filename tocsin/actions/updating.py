"""Status updates: how it stands, told to the stakeholders at the rhythm of the severity, or skipped with a reason."""

from tocsin.actions.asking import act, command_of, refuse_silence
from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.errors import Refused
from tocsin.domain.kinds import UpdateSkipped
from tocsin.engine.updates import send_update
from tocsin.record import Recorded

#: Who speaks for the incident.
SPEAKERS = ("incident-commander", "deputy", "liaison")
#: Characters of each part: the three of them fit the screen of a phone.
LONGEST_PART = 240


def update(
    app: App,
    actor: Actor,
    key: str,
    conditions: str,
    actions: str,
    needs: str,
    *,
    command: str | None = None,
) -> Recorded:
    """Tell the stakeholders how it stands: conditions, actions, needs (a CAN report).

    The words go out by mail as they are typed, and by Slack without what looks like a customer's. No customer's data
    belongs into them: a name looks like any other word.
    """
    said = {"conditions": conditions, "actions": actions, "needs": needs}
    told = {name: _part(name, text) for name, text in said.items()}

    def decide(change: Change) -> None:
        person = need(actor, change.incident, *SPEAKERS)
        _refuse_triage(change)
        send_update(app, change, person.id, **told)

    return act(app, actor, key, decide, command=command_of(command, "update", [*told.values()]))


def skip_update(app: App, actor: Actor, key: str, *, because: str, command: str | None = None) -> Recorded:
    """Say that nothing is told this time, and why. The next update is due a whole period later."""

    def decide(change: Change) -> None:
        need(actor, change.incident, *SPEAKERS)
        _refuse_triage(change)
        refuse_silence(because, "say why no update is sent: --because '...'")
        change.add(UpdateSkipped(because=change.keep(because.strip())), at=change.now)

    return act(app, actor, key, decide, command=command_of(command, "skip-update", because))


def _part(name: str, text: str) -> str:
    """One part as it is told: one line that says something and fits."""
    said = " ".join(text.split())
    if not said:
        raise Refused(f"{name} is empty; say it in a line, --{name} '...', or 'none'")
    if len(said) > LONGEST_PART:
        raise Refused(
            f"{name} has {len(said)} characters, and a phone shows {LONGEST_PART}; shorten it, "
            "and keep the rest: tocsin note '...'"
        )
    return said


def _refuse_triage(change: Change) -> None:
    if change.incident.status == "triage":
        key = change.incident.key
        raise Refused(
            f"{key} is not an incident yet, so nobody waits for news; tocsin card {key} says what now"
        )
