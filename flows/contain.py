"""The phase 'contain': the moves that stop the bleeding and preserve what proves it."""

from prefect import flow

from flows.work import work_phase


@flow(name="contain", flow_run_name="Containment", log_prints=False, persist_result=False)
async def contain(incident: str) -> None:
    """Make what this phase has to do now. `incident` is a key."""
    await work_phase(incident, "contain")
