"""The phase 'scope': the moves that find out who is affected."""

from prefect import flow

from flows.work import work_phase


@flow(name="scope", flow_run_name="Scope", log_prints=False, persist_result=False)
async def scope(incident: str) -> None:
    """Make what this phase has to do now. `incident` is a key."""
    await work_phase(incident, "scope")
