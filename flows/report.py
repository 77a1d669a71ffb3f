"""The phase 'report': the moves that prepare papers and warn of their deadlines."""

from prefect import flow

from flows.work import work_phase


@flow(name="report", flow_run_name="Reports to authorities", log_prints=False, persist_result=False)
async def report(incident: str) -> None:
    """Make what this phase has to do now. `incident` is a key."""
    await work_phase(incident, "report")
