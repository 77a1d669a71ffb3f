"""Running the company's own command for a step. It spares typing, and is never needed: `done` works as ever.

Two entries frame a run: its start is written before the program begins, so that a crash leaves a start without an end
and never an act without an entry.
"""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from tocsin.actions.asking import act, command_of, first_answer
from tocsin.actions.checklist import open_step, refuse_blocked, refuse_others_step, step_of
from tocsin.actors import Actor, known
from tocsin.app import App
from tocsin.change import Change
from tocsin.domain.commands import Command
from tocsin.domain.contacts import Contacts
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident, RunState
from tocsin.domain.kinds import CommandEnded, CommandStarted, StepDone
from tocsin.evidence.vault import Sealed, keep, put_file
from tocsin.program import Ending, run_program
from tocsin.record import Recorded, refuse_closed

#: For so long after its limit a run may still be writing down how it ended.
_SLACK = timedelta(seconds=30)


@dataclass(frozen=True)
class Ran:
    """A run: what was recorded of its end, and the entry that says how it ended.

    `ended` is None where it was said before with the same key, and that run has not been seen to end. `why` is what the
    system refused, or why the step is not ticked though the program ended well.
    """

    recorded: Recorded
    ended: CommandEnded | None
    why: str = ""

    @property
    def done(self) -> bool:
        """Whether the step was ticked by this run."""
        return any(isinstance(entry.body, StepDone) for entry in self.recorded.entries)


def command_for(app: App, incident: Incident, step: str) -> Command:
    """The command for a step; Refused where there is none, or where it must not run here."""
    refuse_unread(app.catalog.contacts, incident.key, step)
    found = app.catalog.contacts.command(step)
    if found is None:
        raise Refused(
            f"there is no command for step {step} in contacts/commands.yaml; "
            f"do it by hand, then tocsin done {incident.key} {step}"
        )
    if incident.drill and not found.in_drills:
        raise Refused(
            f"{incident.key} is a drill, and {found.id} acts on the real world; "
            f"tocsin done {incident.key} {step}, or `in_drills: true` in contacts/commands.yaml"
        )
    return found


def refuse_unread(contacts: Contacts, key: str, step: str = "STEP") -> None:
    """Refuse to run anything while the commands cannot be read; every step can still be done by hand."""
    if contacts.commands_fault:
        raise Refused(
            f"{contacts.commands_fault}; until that is mended do it by hand: tocsin done {key} {step}"
        )


def run(
    app: App,
    actor: Actor,
    key: str,
    step: str,
    *,
    starting: Callable[[Command], None] = lambda command: None,
    command: str | None = None,
) -> Ran:
    """Run the command for a step here and now, keep what it prints, and tick the step if it ended well.

    Refused before anything runs for a step that this person could not tick now, or whose command runs already. The
    step stays open where the program fails, is killed at its limit, is missing, or proves nothing where proof is due.
    `starting` is told of the command once nothing stands against it.
    """
    asked, at_its_end = (command_of(name, "run", [step]) for name in (command, command and f"{command}/end"))
    if first := first_answer(app, actor, key, asked):
        return _ran(first_answer(app, actor, key, at_its_end) or first)
    known(actor, incident := app.incident(key))
    step_of(app, incident, step)
    chosen = command_for(app, incident, step)

    def begin(change: Change) -> None:
        refuse_others_step(app, actor, change.incident, step)
        refuse_blocked(app, change.incident, open_step(app, change.incident, step))
        _refuse_twice(app, change.incident.runs.get(step), step, change)
        argv = change.keep(shlex.join(chosen.argv))
        limit = int(chosen.within.total_seconds())
        change.add(CommandStarted(step=step, command=chosen.id, argv=argv, limit=limit))

    started = act(app, actor, key, begin, command=asked)
    if started.again:
        return _ran(first_answer(app, actor, key, at_its_end) or started)
    starting(chosen)
    ending = run_program(
        chosen.argv, within=chosen.within, environment={"TOCSIN_INC": key, "TOCSIN_STEP": step}
    )
    sealed = put_file(app, key, ending.output) if ending.output else None

    def end(change: Change) -> None:
        name = f"{chosen.id}-{step}.txt"
        item = keep(change, sealed, name, by=actor.id, step=step) if sealed else None
        change.add(_ended(chosen, step, started.incident.head_seq, ending, item))
        change.answer = ending.why
        if ending.outcome == "succeeded":
            change.answer = _why_not(app, change.incident, step, sealed)
            if not change.answer:
                change.add(StepDone(step=step, evidence=(item,) if item else ()))

    return _ran(act(app, actor, key, end, command=at_its_end, closed_too=True))


def _ran(recorded: Recorded) -> Ran:
    ended = (entry.body for entry in recorded.entries if isinstance(entry.body, CommandEnded))
    return Ran(recorded, next(ended, None), recorded.answer or "")


def _ended(chosen: Command, step: str, start: int, ending: Ending, item: str | None) -> CommandEnded:
    return CommandEnded(
        step=step,
        command=chosen.id,
        run=start,
        outcome=ending.outcome,
        exit_code=ending.exit_code,
        milliseconds=round(ending.took.total_seconds() * 1000),
        output=item,
        cut=ending.cut,
    )


def _refuse_twice(app: App, run: RunState | None, step: str, change: Change) -> None:
    if run is not None and run.ended is None and change.now < run.at + run.limit + _SLACK:
        # Nobody is left to keep the limit of a program whose `tocsin run` was killed outright.
        since = run.at.astimezone(app.zone).isoformat(timespec="seconds")
        raise Refused(
            f"{run.command} runs for step {step} since {since} ({run.by}) and has "
            f"{int(run.limit.total_seconds())} s; if whoever started it is gone, look whether the program still runs"
        )


def _why_not(app: App, incident: Incident, step: str, sealed: Sealed | None) -> str:
    """Why success does not tick the step: the incident moved on meanwhile, or proof is due and there is none."""
    try:
        refuse_closed(incident)
        wanted = open_step(app, incident, step)
        refuse_blocked(app, incident, wanted)
    except Refused as error:
        return str(error)
    if wanted.evidence_required and sealed is None:
        return f"it printed nothing, and the step needs evidence: {wanted.evidence}"
    return ""
