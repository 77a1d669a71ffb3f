"""Measuring a revision of the scope again: from the question, the declaration and the hashes that were kept of it.

The same files, or it is refused; then the same people, byte for byte, or the entry says that it is not so.
"""

import hmac
import json
from dataclasses import dataclass, replace

from tocsin.actions.asking import command_of, said_by
from tocsin.actions.inputs import kept_sources, live_otherwise, refuse_other_inputs, versions
from tocsin.actions.measuring import Engine, Progress, found_by, keep_people, measuring, workspace_of
from tocsin.actors import Actor, need
from tocsin.app import App
from tocsin.change import Also, Change
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import ScopeMeasured, ScopeRepeated
from tocsin.domain.scope.question import Question, read_question
from tocsin.domain.sources import Sources
from tocsin.evidence.vault import read
from tocsin.record import Recorded, answered, record, refuse_closed
from tocsin.scoping.workspace import working_in
from tocsin.storage import affected, revisions, timeline

#: Who may repeat a scope, and sign it.
ANALYSTS = ("investigation", "dpo", "forensics")


def repeat(
    app: App,
    actor: Actor,
    key: str,
    revision: int | None = None,
    *,
    engine: Engine | None = None,
    progress: Progress = lambda words, share: None,
    command: str | None = None,
) -> Recorded:
    """Measure a revision again, the latest where none is named, and record whether it gives the same people.

    `engine` answers in place of the home's. Refused, before anything is measured, when a file is not the one that was
    read.
    """
    incident = app.incident(key)
    asked = said_by(actor, command_of(command, "repeat", revision))
    if done := answered(app, key, asked):
        return done
    need(actor, incident, *ANALYSTS)
    refuse_closed(incident)
    past = measured(app, incident, revision)
    question, sources = _as_asked(app, key, past.body)
    with working_in(workspace_of(app)) as folder:
        progress("comparing the files", 0.0)
        refuse_other_inputs(question, sources, past.body.inputs, folder, progress)
    with measuring(app, key) as ours:
        by = engine or app.settings.scoping.engine
        body = _again(app, incident, past.body, (question, sources), by, progress, ours)

        def decide(change: Change) -> None:
            need(actor, change.incident, *ANALYSTS)
            refuse_closed(change.incident)
            change.add(body)
            change.also.append(ours)

        return record(app, key, decide, actor=actor.id, command=asked)


@dataclass(frozen=True)
class Measured:
    """A revision as its entry says it: who asked, and what came of it."""

    by: str
    body: ScopeMeasured


def measured(app: App, incident: Incident, revision: int | None) -> Measured:
    """One revision of the scope, the latest where none is named. Refused when there is none such."""
    latest = incident.scope
    if latest is None:
        raise Refused(f"{incident.key} has no scope yet; tocsin scope {incident.key} measures it first")
    wanted = latest.revision if revision is None else revision
    with app.database.read() as connection:
        for entry in timeline.entries(connection, incident.key):
            if isinstance(entry.body, ScopeMeasured) and entry.body.revision == wanted:
                return Measured(entry.actor, entry.body)
    raise Refused(f"{incident.key} has revisions 1 to {latest.revision}; name one of them: --revision N")


def _as_asked(app: App, key: str, body: ScopeMeasured) -> tuple[Question, Sources]:
    """The question and the declaration of the sources, out of the vault."""
    if not (body.asked and body.declared):
        raise Refused(f"revision {body.revision} was measured before its question was kept with its sources")
    question = read_question(json.loads(read(app, key, body.asked)))
    if hmac.digest(app.people_key(key), question.canonical(), "sha256").hex() != body.question:
        raise Refused(
            f"evidence {body.asked} is not the question of revision {body.revision}; tocsin verify {key}"
        )
    return question, kept_sources(read(app, key, body.declared), app.sources_file.parent)


def _again(
    app: App,
    incident: Incident,
    past: ScopeMeasured,
    asked: tuple[Question, Sources],
    engine: Engine,
    progress: Progress,
    ours: Also,
) -> ScopeRepeated:
    """Measure, and hold it against what was found then."""
    (question, sources), key, people_key = asked, incident.key, app.people_key(incident.key)
    catalog = app.catalog_of(replace(incident, catalog=past.packs))
    # As of then: what lay in the future for those who asked does so again.
    asked_at = past.asked_at or app.now()
    measurement = found_by(
        app, key, question, sources, catalog, asked_at, progress, engine, bounds=past.bounds
    )
    found = measurement.result
    # Beside the revisions, where nobody looks for people: the database puts them in order, however many they are.
    beside = -past.revision
    rows = (affected.row(key, beside, person, people_key) for person in measurement.people())
    keep_people(app, key, beside, rows, ours)
    with app.database.read() as connection:
        columns = affected.rows_digest(affected.rows(connection, key, beside))
        differs = revisions.unlike(connection, key, past.revision, beside)
    with app.database.write() as connection:
        affected.clear(connection, key, beside)
    inputs = [each.model_dump(mode="json") for each in found.inputs]
    return ScopeRepeated(
        revision=past.revision,
        same=(found.set_digest, columns) == (past.set_digest, past.rows_digest),
        set_digest=found.set_digest,
        rows_digest=columns,
        same_why=found.why_digest == past.why_digest if past.why_digest else None,
        why_digest=found.why_digest,
        differs=differs,
        otherwise=live_otherwise(sources, past.inputs, inputs),
        engine=versions(engine),
    )
