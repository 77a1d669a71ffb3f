"""Scoping: ask the logs who was affected, and keep the answer as a revision with its question and its gaps."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tocsin.actions.asking import command_of, said_by
from tocsin.actions.caching import cache_of
from tocsin.actions.inputs import canonical_sources, what_was_read
from tocsin.actions.measuring import Engine, Progress, bounds_of, found_by, keep_found, measuring
from tocsin.actions.revising import alike, readers_among, upheld_cells
from tocsin.actors import Actor, known
from tocsin.app import App
from tocsin.change import Also, Change
from tocsin.domain.carrying import with_decisions
from tocsin.domain.datamap import DataMap
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.domain.kinds import FactLearned, ScopeMeasured
from tocsin.domain.scope.gaps import hiding
from tocsin.domain.scope.question import Question
from tocsin.domain.scope.result import ScopeResult
from tocsin.domain.scope.unread import UnreadLine
from tocsin.engine.addressed import Addressed
from tocsin.engine.controllers import without_letter
from tocsin.engine.mailability import tally_of
from tocsin.evidence.vault import HANDED_IN, QUESTION, SOURCES, UNREAD, Sealed, keep, put_file
from tocsin.record import Recorded, answered, record, refuse_closed
from tocsin.sealing import keyed_digest
from tocsin.storage import accounts, affected, revisions
from tocsin.storage.holding import hold
from tocsin.storage.revisions import Unsupported


def scope(
    app: App,
    actor: Actor,
    key: str,
    question: Question,
    *,
    handed_in: bytes | None = None,
    engine: Engine | None = None,
    progress: Progress = lambda words, share: None,
    command: str | None = None,
) -> Recorded:
    """Measure who was affected. The question goes into the vault; people are kept sealed; facts follow the result.

    `handed_in` are the bytes of the file that asked, if one did: they are kept beside the question. `engine` answers
    in place of the home's.

    What a person decided for single cells stays with those that are still there. The answer is
    `{seen: [{indicator, given, seen}]}`: how many of what was asked for stand in a log at all.
    """
    incident = app.incident(key)
    # The question holds tokens and numbers of customers: what is kept of it is keyed.
    said = keyed_digest(app.people_key(key), question.canonical())
    asked = said_by(actor, command_of(command, "scope", said))
    if done := answered(app, key, asked):
        return done
    known(actor, incident)
    refuse_closed(incident)
    with measuring(app, key) as ours:
        by = engine or app.settings.scoping.engine
        answer = _answered(app, key, (question, handed_in), by, ours, progress)

        def decide(change: Change) -> None:
            refuse_closed(change.incident)
            if _next(change.incident) != answer.revision:
                raise Refused("another revision was measured meanwhile; ask again")
            _write(app, change, answer, by=actor.id)
            change.also += [ours, lambda connection: hold(connection, key, answer.revision, change.now)]
            change.answer = {"seen": [each.model_dump() for each in answer.result.seen]}

        return record(app, key, decide, actor=actor.id, command=asked)


@dataclass(frozen=True)
class _Answer:
    """A revision that stands but for its entry: its people and accounts are written, its files sealed.

    `body` is what the entry will say, but for what hangs on the moment at which it is written. `companies` are those
    for whom we hold somebody, by their pseudonyms, and whether that is somebody else than the company herself.
    """

    question: Question
    revision: int
    data_map: DataMap
    result: ScopeResult
    body: ScopeMeasured
    companies: Mapping[str, bool]
    sealed: Mapping[str, Sealed]


def _answered(
    app: App,
    key: str,
    asked: tuple[Question, bytes | None],
    engine: Engine,
    ours: Also,
    progress: Progress,
) -> _Answer:
    """Measure by the declared sources, and keep what was found, and what it was asked of."""
    from tocsin.scoping.declaration import read_sources

    question, handed_in = asked
    incident, asked_at = app.incident(key), app.now()
    catalog, revision = app.catalog_of(incident), _next(incident)
    sources = read_sources(app.sources_file)
    measurement = found_by(
        app, key, question, sources, catalog, asked_at, progress, engine, cache_of(app, key)
    )
    _refuse_list_of_strangers(question, measurement.result)

    tally = tally_of(catalog, app.now())
    addressed = Addressed(catalog, app.people_key(key), tally.day)
    keep_found(app, key, revision, measurement, (tally, addressed), ours)
    declared = canonical_sources(sources, app.sources_file.parent)
    read = what_was_read(declared, catalog, engine, bounds_of(app)) | {"asked_at": asked_at}
    body = _outcome(app, key, revision, measurement.result).model_copy(
        update=tally.said() | read | {"addressed": addressed.digest}
    )
    kept = {QUESTION: question.canonical(), SOURCES: declared}
    kept |= {UNREAD: _as_ndjson(measurement.unread)} if measurement.unread else {}
    kept |= {HANDED_IN: handed_in} if handed_in else {}
    sealed = {name: put_file(app, key, content) for name, content in kept.items()}
    return _Answer(
        question, revision, catalog.data_map, measurement.result, body, addressed.companies, sealed
    )


def _write(app: App, change: Change, answer: _Answer, *, by: str) -> None:
    """The entry of a revision, and the facts that it shows."""
    body, revision = answer.body, answer.revision
    items = {name: keep(change, each, name.format(revision), by=by) for name, each in answer.sealed.items()}
    grounds = tuple(_said_of(change, each) for each in body.grounds)
    # Who is held hangs on what was decided up to this very entry.
    left, own = _no_longer_supported(app, change.incident.key, revision, answer.data_map)
    kept_with = {"asked": items[QUESTION], "declared": items[SOURCES], "unread": items.get(UNREAD, "")}
    counted = {
        "controllers_new": without_letter(app, change.incident.key, answer.companies),
        "grounds": grounds,
    }
    seq = change.add(body.model_copy(update=left | kept_with | counted))
    source = change.keep(f"scope revision {revision}, question in evidence {items[QUESTION]}")
    cells = with_decisions((*body.cells, *own), change.incident.facts)
    shown = {
        "cells": cells or _unless_stated(change.incident),
        "log_coverage": _coverage(answer.question, answer.result),
    }
    _learn(change, shown, source, seq)


def _as_ndjson(lines: Iterable[UnreadLine]) -> bytes:
    return b"".join(json.dumps(asdict(each), ensure_ascii=False).encode() + b"\n" for each in lines)


def _refuse_list_of_strangers(question: Question, result: ScopeResult) -> None:
    """Refused when a list alone was asked about and no source knows anybody on it: the list is wrong then."""
    if question.people and not question.given() and not result.people_count:
        raise Refused(
            "no customer source knows anybody on the list; write ids or addresses as the sources have them, "
            "or correct the sources (tocsin doctor)"
        )


def _next(incident: Incident) -> int:
    """The number of the revision that is measured next."""
    return (incident.scope.revision if incident.scope else 0) + 1


def _outcome(app: App, key: str, revision: int, result: ScopeResult) -> ScopeMeasured:
    """What was measured, and how it differs from the revision before."""
    with app.database.read() as connection:
        changes = revisions.changes(connection, key, revision - 1, revision)
        columns = affected.rows_digest(affected.rows(connection, key, revision))
        whose = accounts.rows_digest(connection, key, revision)
        nobodys = accounts.unowned_digest(
            connection, key, revision, app.people_key(key), [each.sha256 for each in result.inputs]
        )
    return ScopeMeasured(
        revision=revision,
        question=result.question_digest,
        set_digest=result.set_digest,
        rows_digest=columns,
        why_digest=result.why_digest,
        accounts_digest=whose,
        unowned_digest=nobodys,
        total=result.people_count,
        by_place=result.by_place,
        by_kind=result.by_kind,
        buckets={str(bucket): count for bucket, count in result.buckets.items()},
        cells=tuple(cell.canonical() for cell in result.cells),
        gaps=tuple(gap.model_dump(mode="json") for gap in result.gaps),
        inputs=tuple(each.model_dump(mode="json", exclude_none=True) for each in result.inputs),
        repeated=tuple(each.model_dump(mode="json") for each in result.repeated),
        proof=tuple(each.model_dump(mode="json") for each in result.proof),
        retained=tuple(each.model_dump(mode="json") for each in result.retained),
        controllers=result.controllers,
        grounds=tuple(each.model_dump(mode="json", exclude_defaults=True) for each in result.grounds),
        added=changes.added,
        kept=changes.kept,
        unsupported=changes.unsupported,
    )


def _said_of(change: Change, ground: Mapping[str, Any]) -> dict[str, Any]:
    """A clause as the entry holds it: what somebody called it may say anything."""
    name = ground.get("name")
    return {**ground, "name": change.keep(name)} if name else dict(ground)


def _no_longer_supported(
    app: App, key: str, revision: int, data_map: DataMap
) -> tuple[dict[str, dict[str, int]], tuple[dict[str, Any], ...]]:
    """Whom this revision leaves to a person, and whom one has upheld: counts for its entry, cells for the facts."""
    held, upheld = (Unsupported(key, revision, stand) for stand in ("held", "upheld"))
    with app.database.read() as connection:
        people = alike(affected.opened(row, app.people_key(key)) for row in upheld.people(connection))
        counts = {
            "held": held.by_place(connection),
            "held_told": held.by_place(connection, told=True),
            "upheld": readers_among(people),
        }
    return counts, upheld_cells(people, data_map)


def _learn(change: Change, facts: Mapping[str, Any], source: str, seq: int) -> None:
    """Learn what the scope shows, where it is not known so already."""
    revision = _next(change.incident)
    for name, value in facts.items():
        known_fact = change.incident.learned.get(name)
        if value is not None and (known_fact is None or known_fact.value != value):
            body = FactLearned(name=name, value=value, source=source, scope_revision=revision)
            change.add(body, cause=seq)


def _unless_stated(incident: Incident) -> list[Any] | None:
    """That nobody was found; None where it would write over cells that a person stated."""
    stated = incident.learned.get("cells")
    return [] if stated is None or stated.scope_revision is not None else None


def _coverage(question: Question, result: ScopeResult) -> str | None:
    """What the logs cover: `complete` where no request can hide in a gap; a plain list says nothing about logs."""
    if not question.given():
        return None
    return "partial" if hiding(result.gaps) else "complete"
