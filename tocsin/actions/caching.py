"""The rows of an incident's logs, kept sealed for its next question, and taken away where it ends."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.actions.measuring import Progress, limits_of, workspace_of
from tocsin.app import App
from tocsin.domain.incident import Incident
from tocsin.domain.scope.question import Question
from tocsin.logs import Log
from tocsin.scoping import workspace
from tocsin.sealing import derived
from tocsin.setting_tables import megabytes
from tocsin.storage import timeline

if TYPE_CHECKING:
    from tocsin.sources.caches import Cache

log = Log("tocsin.scoping")


def cache_of(app: App, key: str) -> "Cache | None":
    """Where the rows of an incident's logs are kept; None where this home keeps none."""
    most = megabytes(app.settings.scoping.cache)
    if not most:
        return None
    from tocsin.sources.caches import Cache

    return Cache(_place(app) / key, derived(app.people_key(key), "log cache"), most * 10**6)


def keep_rows(app: App, incident: Incident, question: Question, progress: Progress) -> None:
    """Keep what the latest question has read, for the next one. Whatever ends this, the answer stands.

    Nothing where this home keeps none, and nothing that was not read to this answer.
    """
    from tocsin.scoping.caching import keep_rows as keep
    from tocsin.scoping.declaration import read_sources
    from tocsin.sources.times import latest

    key, scope = incident.key, incident.scope
    cache = cache_of(app, key)
    if cache is None or scope is None or scope.asked_at is None:
        return
    read = {(each["source"], each["name"]): each["sha256"] for each in scope.inputs}
    try:
        keep(
            question,
            read_sources(app.sources_file),
            read,
            cache,
            workspace=workspace_of(app),
            until=latest(scope.asked_at),
            limits=limits_of(app),
            progress=progress,
        )
    finally:
        # Somebody may have closed the incident meanwhile.
        sweep(app)


def sweep(app: App) -> None:
    """Take away what was kept for incidents that are closed, or are not here, and what killed measurements left."""
    workspace.sweep(workspace_of(app))
    place = _place(app)
    if not place.is_dir():
        return
    with app.database.read() as connection:
        alive = {row["key"] for row in timeline.listed(connection, only_open=True)}
    for folder in [each for each in place.iterdir() if each.name not in alive]:
        # Who is just writing there makes files anew, of which none is found once the folder is gone.
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            log.error("sealed rows of an incident that ended stay", incident=folder.name)


def _place(app: App) -> Path:
    return app.settings.home / "cache" / "logs"
