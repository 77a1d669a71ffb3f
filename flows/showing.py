"""Artifacts: one page for each incident and one board, written for people who look at the dashboard."""

from typing import Any

from prefect import get_client, runtime
from prefect.artifacts import acreate_markdown_artifact
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.client.schemas.filters import ArtifactCollectionFilter, ArtifactCollectionFilterKey

from flows.home import aside, home
from tocsin.engine import Planned, peek
from tocsin.rendering.artifact import board_page, incident_page
from tocsin.storage import timeline
from tocsin.views.calls import routes, unreached

BOARD = "incidents"
#: So many closed incidents stay on the board; `tocsin list` has all.
CLOSED = 20


async def show_incident(found: Planned, *, own: bool = False) -> None:
    """Refresh the page of one incident. With `own`, a page that an earlier run wrote is left to that run."""
    app = home()
    catalog = await aside(app.catalog_of, found.incident)
    health = await aside(routes, app, app.now())
    page = incident_page(found.incident, found.plan, catalog, app.now(), health)
    title = f"{found.incident.key} {found.incident.code_name}"
    await _show(found.incident.key.lower(), page, title, own=own)


async def show_board() -> None:
    """Refresh the list of all incidents, the soonest deadline first."""
    rows, silent = await aside(_on_board), await aside(unreached, home())
    page = board_page(rows, home().catalog.contacts.organisation.zone, home().now(), silent)
    await _show(BOARD, page, "All incidents, the soonest deadline first")


async def show_open() -> None:
    """Refresh the pages of all open incidents, so that an old page means a dead engine."""
    for row in await aside(_on_board):
        if row["open"] and not row["quarantined"]:
            await show_incident(await aside(peek, home(), row["key"]))


def _on_board() -> list[dict[str, Any]]:
    with home().database.read() as connection:
        return timeline.board(connection, closed=CLOSED)


async def _show(key: str, page: str, description: str, *, own: bool = False) -> None:
    """Write over the newest version: one a minute would be half a million a year."""
    async with get_client() as client:
        known = await client.read_latest_artifacts(
            artifact_filter=ArtifactCollectionFilter(key=ArtifactCollectionFilterKey(any_=[key]))
        )
        if known and (not own or str(known[0].flow_run_id) == runtime.flow_run.id):
            await client.update_artifact(
                known[0].latest_id, ArtifactUpdate(data=page, description=description)
            )
            return
    await acreate_markdown_artifact(key=key, markdown=page, description=description)
