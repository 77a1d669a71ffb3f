"""Reports to authorities: made, filed, and duties released by a person's reason."""

from datetime import datetime
from pathlib import Path

from tocsin.actions.asking import (
    FOUND,
    act,
    command_of,
    content_of,
    refuse_before,
    refuse_future,
    refuse_silence,
    said_by,
)
from tocsin.actors import Actor, known, need, need_words
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.errors import Refused
from tocsin.domain.incident import DutyState, Incident
from tocsin.domain.kinds import DutyConfirmed, DutyMet, DutyReleased, SupplementFiled
from tocsin.domain.moments import iso
from tocsin.domain.notice import letter_states
from tocsin.engine.papers import REPORT, Format, Paper, duty_of, kept, kept_before, make
from tocsin.evidence.vault import keep, put_file
from tocsin.record import Recorded, answered, refuse_closed


def make_report(
    app: App,
    actor: Actor,
    key: str,
    duty: str,
    format_: Format = "pdf",
    *,
    paper: str = REPORT,
    out: Path | None = None,
    command: str | None = None,
) -> tuple[Recorded, Paper]:
    """Make a duty's report, or another `paper` of its law, from what is known now, and keep it in the vault.

    For those who may read its words. It is for the caller to write it to `out`, which is no file yet. Said again, it is
    the paper that was kept.
    """
    incident = app.incident(key)
    known(actor, incident)
    need_words(actor, incident, "its reports")
    place = str(out.absolute()) if out else None
    asked = said_by(actor, command_of(command, "report", [duty, format_, place, paper]))
    if done := answered(app, key, asked):
        return done, kept_before(app, done)
    refuse_closed(incident)
    if out is not None and out.exists():
        raise Refused(f"{out} exists; choose another name")
    made = make(app, key, duty, format_, paper)
    return kept(app, key, duty, format_, made, actor=actor.id, name=paper, command=asked), made


def filed(
    app: App,
    actor: Actor,
    key: str,
    duty: str,
    *,
    reference: str,
    receipt: Path | None = None,
    at: datetime | None = None,
    because: str | None = None,
    supplement: int | None = None,
    command: str | None = None,
) -> Recorded:
    """The duty is met: with the other side's reference and receipt. Late needs a reason, here or learned before.

    With `supplement`, the number of a follow-up, the duty is met already and stays so.
    """
    # A duty that nobody owes puts no receipt into the vault.
    known(actor, incident := app.incident(key))
    duty_of(incident, duty)
    sealed = put_file(app, key, content_of(receipt, "receipt"), purpose="record") if receipt else None

    def decide(change: Change) -> None:
        state = duty_of(change.incident, duty)
        need(actor, change.incident, "dpo", "counsel", "accountable-officer")
        refuse_future(at, change.now)
        # A report from before anybody knew of it is none; and it would look as if it were in time.
        refuse_before(at, change.incident, FOUND)
        if supplement is None:
            _refuse_filing(change.incident, state, at or change.now, because)
        else:
            _refuse_supplement(key, state, supplement, at)
        refuse_silence(
            reference,
            "give the number under which it was received: --reference NO (or 'sent by post, no number yet')",
        )
        item = keep(change, sealed, receipt.name, by=actor.id) if sealed and receipt else None
        words = change.keep(reference.strip())
        if supplement is not None:
            change.add(SupplementFiled(key=duty, number=supplement, reference=words, receipt=item), at=at)
            return
        late = change.keep(because) if because else None
        change.add(DutyMet(key=duty, reference=words, receipt=item, late_because=late), at=at)

    proof = sealed.content if sealed else None
    content = [duty, reference, proof, because, at and str(at.timestamp()), supplement]
    return act(app, actor, key, decide, command=command_of(command, "filed", content))


def _refuse_filing(incident: Incident, state: DutyState, moment: datetime, because: str | None) -> None:
    """Refused for a duty that is met, or not owed, or met by letters; and for a late one without the reason."""
    key, duty = incident.key, state.opened.key
    letters = letter_states(incident)
    if state.opened.recipient == "individuals" and not (
        letters and all(each.mark == "sent" for each in letters)
    ):
        raise Refused(f"{duty} is met by telling the people: tocsin letters {key} says by which letter")
    if state.mark == "met":
        follow_up = f"tocsin filed {key} {duty} --supplement {len(state.supplements) + 1} --reference NO"
        raise Refused(f"{duty} is filed already; a supplement to it: {follow_up}")
    if state.mark == "released":
        raise Refused(
            f"{duty} was released, so nothing is to be filed; tocsin note {key} '...' keeps what was sent"
        )
    if state.mark == "not-notified":
        raise Refused(
            f"it was decided not to notify under {duty}; "
            f"first tocsin not-notify {key} {duty} --take-back --because '...'"
        )
    late = state.due_at is not None and moment > state.due_at
    if late and not because and not incident.facts.known("reasons_for_delay"):
        asks = f", and {state.opened.cite} asks why" if state.opened.reasons_when_late else ""
        raise Refused(
            f"{duty} was due {state.due_at:%Y-%m-%d %H:%M}Z{asks}; say why it is late: --because '...'"
        )


def _refuse_supplement(key: str, state: DutyState, number: int, at: datetime | None) -> None:
    """Refused before the first filing, out of order, twice, or at a moment before what it supplements."""
    duty, following = state.opened.key, len(state.supplements) + 1
    if state.opened.recipient == "individuals":
        raise Refused(f"{duty} is met by telling the people; more for them: tocsin letters {key}")
    if state.mark != "met" or state.met_at is None:
        raise Refused(
            f"{duty} is not filed yet, and a supplement follows a filing: tocsin filed {key} {duty} --reference NO"
        )
    if number < 1:
        raise Refused(f"supplements are counted from 1; the next of {duty} is --supplement {following}")
    if number < following:
        raise Refused(f"supplement {number} of {duty} is filed already; the next is --supplement {following}")
    if number > following:
        raise Refused(f"supplement {following} of {duty} comes first: --supplement {following}")
    last = state.supplements[-1].at if state.supplements else state.met_at
    if at is not None and at < last:
        raise Refused(f"{iso(at)} lies before the filing that it supplements ({iso(last)}); correct --at")


def release_duty(
    app: App, actor: Actor, key: str, duty: str, *, because: str, command: str | None = None
) -> Recorded:
    """A person decides, by name and with a reason, that a duty is not owed. The engine never does.

    One that is not notified, as decided, is released too: only that frees its people of the law.
    """

    def decide(change: Change) -> None:
        state = duty_of(change.incident, duty)
        # Whether a doubtful law binds is a question of law, and silence or convenience answers none.
        others = () if state.candidate else ("dpo", "accountable-officer")
        need(actor, change.incident, "counsel", *others)
        if state.mark in ("met", "released"):
            done = "filed" if state.mark == "met" else "released"
            raise Refused(f"{duty} is {done} already, so nothing is left to release; tocsin duties {key}")
        refuse_silence(
            because,
            "say why it is not owed: --because '...'; counsel's reason is what an authority will read",
        )
        change.add(DutyReleased(key=duty, because=change.keep(because)))

    return act(app, actor, key, decide, command=command_of(command, "release-duty", [duty, because]))


def confirm_duty(
    app: App, actor: Actor, key: str, duty: str, *, because: str, command: str | None = None
) -> Recorded:
    """Counsel finds that a candidate is owed. Its clock runs on as it is."""

    def decide(change: Change) -> None:
        state = duty_of(change.incident, duty)
        need(actor, change.incident, "counsel")
        if state.mark != "open" or not state.candidate:
            raise Refused(f"{duty} is no open candidate, so nothing is left to confirm; tocsin duties {key}")
        refuse_silence(because, "say why it is owed: --because '...'; two years later somebody asks")
        change.add(DutyConfirmed(key=duty, because=change.keep(because)))

    return act(app, actor, key, decide, command=command_of(command, "confirm-duty", [duty, because]))
