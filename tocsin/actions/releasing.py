"""A person lets letters leave: approved by as many as must, or alone, to be countersigned.

What would leave is computed once more and must be what was approved, or read: nothing else leaves, by any of the ways.
"""

from tocsin.actions.alone import release_alone, way_alone
from tocsin.actions.asking import act, command_of, first_answer
from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.approving import ALONE, RELEASERS, approvals_needed, bound_with, given
from tocsin.domain.errors import Refused
from tocsin.domain.incident import NoticeState
from tocsin.domain.kinds import Alone, NoticeReleased
from tocsin.domain.law.holds import covered_by
from tocsin.domain.letters import LetterPlan, letters_of
from tocsin.engine.letters import drafted, leaving_digest, spoken_facts
from tocsin.record import Recorded


def release(
    app: App,
    actor: Actor,
    key: str,
    notice: str,
    *,
    alone: bool = False,
    break_glass: bool = False,
    digest: str | None = None,
    because: str | None = None,
    command: str | None = None,
) -> Recorded:
    """Let the letters leave. What would leave is computed once more and must be what was approved.

    `alone` lets one person do it without the approvals needed, where life is in danger, or as a deputy in the last
    hours; `break_glass` does it at any time, `because` of something. Both need the `digest` of what was read.
    """
    lone = alone or break_glass
    asked = command_of(command, "send", asked_of(notice, break_glass, digest, because, lone=lone))
    if done := first_answer(app, actor, key, asked):
        return done
    refuse_restored(app)
    incident = app.incident(key)
    drafted(app, incident, notice)
    actual = leaving_digest(app, incident, notice)

    def decide(change: Change) -> None:
        state = drafted(app, change.incident, notice)
        need(actor, change.incident, *(ALONE if lone else RELEASERS))
        if state.mark in ("released", "sending", "sent", "paused"):
            raise Refused(
                f"{notice} is {state.mark} already; tocsin ledger {key} {notice} shows how far it is"
            )
        needed = approvals_needed(change.incident, app.catalog_of(change.incident), notice)
        if not lone:
            _refuse_unapproved(app, actor, change, state, needed)
        if state.digest != actual:
            raise Refused(
                f"what would leave is not what was {'read' if lone else 'approved'}; "
                f"tocsin draft {key} {notice} makes a new draft"
            )
        _refuse_too_early(app, change, notice)
        if lone:
            ground: Alone | None = "break-glass" if break_glass else None
            release_alone(app, actor, change, state, needed, ground, digest, because)
        change.add(NoticeReleased(notice=notice, digest=state.digest))

    return act(app, actor, key, decide, command=asked)


def asked_of(
    notice: str, break_glass: bool, digest: str | None, because: str | None, *, lone: bool
) -> list[object]:
    """What a release is asked with, for the command that may be said again."""
    return [notice, break_glass, digest, because] if lone else [notice]


def _refuse_unapproved(app: App, actor: Actor, change: Change, state: NoticeState, needed: int) -> None:
    key, yes = change.incident.key, given(state)
    if state.mark == "approved" and len(yes) >= needed:
        return
    way = f"; {may} --alone" if (may := way_alone(app, actor, change, state)) else ""
    people = "1 person" if needed == 1 else f"{needed} different people"
    raise Refused(
        f"{state.id} needs the approval of {people}, has {', '.join(yes) or 'nobody'}; "
        f"tocsin approve {key} {state.id}{way}"
    )


def _refuse_too_early(app: App, change: Change, notice: str) -> None:
    """Refused while something must be told before this letter, or while an authority may and does hold it back."""
    incident = change.incident
    letters = bound_with(letters_of(incident, app.catalog_of(incident)), notice)
    for letter in letters:
        _refuse_held(app, change, notice, letter)
    waits = [wait for letter in letters for wait in letter.waits]
    if waits:
        more = f", and {len(waits) - 1} more" if len(waits) > 1 else ""
        raise Refused(f"{notice} may not leave yet: {waits[0].words(incident.key)}{more}")


def _refuse_held(app: App, change: Change, notice: str, letter: LetterPlan) -> None:
    held = [each for each in letter.held if each.at(change.now)]
    if not held:
        return
    delayed = {each.duty for each in held}
    duties = change.incident.duties
    run_on = [key for key in letter.duties if key not in delayed and duties[key].mark == "open"]
    covers = covered_by(spoken_facts(app, change.incident))
    more = f"; it does not delay {', '.join(run_on)}" if run_on else ""
    raise Refused(
        f"{notice} may not leave yet: {held[0].duty} is {held[0]._replace(covers=covers).words}{more}; "
        f"tocsin learn {change.incident.key} hold=unknown --source '...' lifts it"
    )


def refuse_restored(app: App) -> None:
    """No letter is promised to leave while none may: who got one since the backup, nobody here knows."""
    if app.restored is not None:
        raise Refused(
            "letters are held since a restore from a backup: RUNBOOK 12, then tocsin resume --restored"
        )
