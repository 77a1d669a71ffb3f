"""Evidence that belongs to no step: into the vault, with its custody entry."""

from pathlib import Path

from tocsin.actions.asking import act, command_of, content_of
from tocsin.actions.checklist import step_of
from tocsin.actors import Actor, known
from tocsin.app import App
from tocsin.change import Change
from tocsin.evidence.vault import keep, put_file
from tocsin.record import Recorded


def keep_evidence(
    app: App, actor: Actor, key: str, path: Path, *, step: str | None = None, command: str | None = None
) -> Recorded:
    """Seal a file into the vault; the timeline says who kept it, when, and a keyed hash of its bytes."""
    content = content_of(path, "evidence")
    known(actor, incident := app.incident(key))
    if step is not None:
        step_of(app, incident, step)
    sealed = put_file(app, key, content)

    def decide(change: Change) -> None:
        keep(change, sealed, path.name, by=actor.id, step=step)

    return act(app, actor, key, decide, command=command_of(command, "evidence", [sealed.content, step]))
