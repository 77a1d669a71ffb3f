"""The phase 'notify': the moves that draft, check and send the letters."""

from prefect import flow

from flows.work import work_phase


@flow(name="notify", flow_run_name="Notice to people", log_prints=False, persist_result=False)
async def notify(incident: str) -> None:
    """Make what this phase has to do now. `incident` is a key."""
    await work_phase(incident, "notify")
