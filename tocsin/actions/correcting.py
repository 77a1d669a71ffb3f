"""Somebody says that what leaves is false, or misdirected: the rest stops, and a correction is proposed."""

from tocsin.actions.asking import act, command_of, refuse_silence
from tocsin.actions.loudly import page_those_who_answer
from tocsin.actors import Actor, known
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.errors import Refused
from tocsin.domain.further import next_correction, uncorrected
from tocsin.domain.incident import Edition, Incident, NoticeState
from tocsin.domain.kinds import WrongLetterFound
from tocsin.domain.notice import LEAVING
from tocsin.engine.letters import drafted
from tocsin.record import Recorded
from tocsin.rendering.message import line
from tocsin.storage import further


def found_wrong(
    app: App,
    actor: Actor,
    key: str,
    notice: str,
    *,
    because: str,
    edition: int | None = None,
    command: str | None = None,
) -> Recorded:
    """What left is wrong: nothing more of it leaves, not even the next letter. Anybody known may say so.

    The latest edition is meant, with those that say the same, or the one that is named. It comes back as a draft once
    what it prints is corrected; those who got it get a correction, once somebody has said what is right.
    """

    def decide(change: Change) -> None:
        body = _found(app, actor, change, notice, edition, because)
        seq = change.add(body)
        lines = [
            line("found_wrong", notice=notice, who=actor.id),
            line("reason", text=because),
            line("got_wrong", people=body.got, correction=body.correction),
        ]
        action = f"tocsin ledger {key} {notice} --wrong"
        page_those_who_answer(app, change, "wrong", lines, cause=seq, action=action)

    asked = command_of(command, "wrong", [notice, because, edition])
    return act(app, actor, key, decide, command=asked)


def _found(
    app: App, actor: Actor, change: Change, notice: str, edition: int | None, because: str
) -> WrongLetterFound:
    """What is wrong, who got it, and whether something is still to leave."""
    incident = change.incident
    state = drafted(app, incident, notice)
    known(actor, incident)
    wrong = _editions(incident, state, edition)
    refuse_silence(because, f"say what is wrong with {notice}: --because '...'")
    digests = tuple(each.digest for each in wrong)
    with app.database.read() as connection:
        got = further.how_many_got(connection, incident.key, {notice: digests})
    meant = {each.inputs for each in wrong}
    stops = state.mark in LEAVING and state.digest in digests
    return WrongLetterFound(
        notice=notice,
        digests=digests,
        got=got,
        # A draft that would say the same again is none that anybody should approve.
        stops=stops or (state.mark in ("in-review", "approved") and state.inputs in meant),
        correction=next_correction(incident),
        because=change.keep(because),
    )


def _editions(incident: Incident, state: NoticeState, number: int | None) -> list[Edition]:
    """The editions that are meant. Refused where nothing of them was let leave, or they were found wrong before."""
    key, notice = incident.key, state.id
    if not state.editions:
        raise Refused(
            f"nothing of {notice} was let leave; tocsin reject {key} {notice} --because '...' says no to the draft"
        )
    named = next((each for each in reversed(state.editions) if number in (None, each.number)), None)
    if named is None:
        there = ", ".join(str(each.number) for each in state.editions)
        raise Refused(f"edition {number} of {notice} was not let leave; there are {there}")
    before = {digest: each.id for each in incident.corrections.values() for digest in each.digests}
    alike = [each for each in state.editions if each.inputs == named.inputs]
    new = [each for each in alike if each.digest not in before]
    if not new:
        raise Refused(
            f"{notice} was found wrong already; tocsin draft {key} {before[named.digest]} writes to those who got it"
        )
    return new


def refuse_uncorrected(incident: Incident) -> None:
    """Refused while those who got a wrong letter have no correction, nor a draft of one."""
    for correction in uncorrected(incident):
        found = incident.corrections[correction]
        raise Refused(
            f"{found.of} was found wrong, and those who got it have no {correction}; tocsin learn {incident.key} "
            "'letter_correction={en: ...}' --source '...' writes it, or close --because with why there is none"
        )
