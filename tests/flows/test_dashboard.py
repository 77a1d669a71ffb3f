"""What Prefect may know, who may ask it, what managers see, and that both ways of deploying say the same."""

import inspect
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prefect import Flow

from flows.contain import contain
from flows.notify import notify
from flows.report import report
from flows.respond import respond
from flows.scope import scope
from flows.watch import watch
from tests.flows.place import Place
from tocsin import actions

pytestmark = pytest.mark.xdist_group("prefect")

REPOSITORY = Path(__file__).parents[2]
CANARY = "Zanzibar canary 7791"


@pytest.fixture(scope="module")
def shown(place: Place) -> Iterator[tuple[Place, str]]:
    """An incident with a canary for a title, whose run has parked; nobody has answered."""
    if not place.bell.alive:
        place.bell.start()
    key = place.declare(CANARY)
    place.until(lambda: place.parked(key), "the run never parked")
    yield place, key
    actions.decline(place.app, place.who("linh"), key, because="it was a canary")


@pytest.mark.parametrize("flow", [respond, contain, scope, notify, report, watch], ids=lambda flow: flow.name)
def test_a_flow_takes_the_key_of_an_incident_and_nothing_else(flow: Flow[..., object]) -> None:
    parameters = {name: each.annotation for name, each in inspect.signature(flow.fn).parameters.items()}
    assert parameters in ({}, {"incident": str})
    assert flow.log_prints is False
    assert flow.persist_result is False


def test_an_incident_is_shown_by_one_run_that_parks_under_what_it_waits_for(
    shown: tuple[Place, str],
) -> None:
    place, key = shown
    run = place.run_of(key)
    assert run["name"] == f"DRILL {key} {place.incident(key).code_name}"
    assert run["parameters"] == {"incident": key}
    assert set(run["tags"]) == {f"incident:{key}", "type:credential-leak", "sev:1", "drill"}
    # Something may have woken it just now: it parks again.
    waits = "Waiting: incident-commander and dpo to answer"
    place.until(lambda: place.run_of(key)["state"]["name"] == waits, "it does not say what it waits for")


def test_what_people_and_the_bell_did_is_shown_in_words_without_what_they_wrote(
    shown: tuple[Place, str],
) -> None:
    place, key = shown
    actions.note(place.app, place.who("linh"), key, CANARY)
    actions.done(place.app, place.who("linh"), key, "1.1", note=CANARY)

    def told() -> set[str]:
        wanted = {"flow_runs": {"parent_flow_run_id": {"any_": [place.run_of(key)["id"]]}}}
        runs = [
            place.run_of(key)["id"],
            *(each["id"] for each in place.asked("POST", "flow_runs/filter", wanted)),
        ]
        tasks = place.asked("POST", "task_runs/filter", {"task_runs": {"flow_run_id": {"any_": runs}}})
        return {each["name"] for each in tasks}

    place.until(
        lambda: "Step done: 1.1, by linh" in told(), "what was done at a shell is not shown", every=0.5
    )
    assert {"Paged: incident-commander, linh", "Noted, by linh"} <= told()
    assert ("Containment", "COMPLETED") in place.phases_of(key)


def test_prefect_never_learns_a_title(shown: tuple[Place, str]) -> None:
    place, key = shown
    home = place.app.settings.home
    files = [*(home / "prefect").glob("prefect.db*"), *(home / "log").iterdir()]
    assert len(files) > 2
    assert not [path.name for path in files if CANARY.encode() in path.read_bytes()]
    with_its_key = [path for path in files if key.encode() in path.read_bytes()]
    assert with_its_key, "the search would not have found it"


def test_both_pages_are_written_and_say_when(shown: tuple[Place, str]) -> None:
    place, key = shown
    found = place.asked("POST", "artifacts/latest/filter", {"limit": 200})
    pages = {each["key"]: each["data"] for each in found}
    for page in (pages[key.lower()], pages["incidents"]):
        assert f"{key} {place.incident(key).code_name}" in page
        assert "incident-commander and dpo to answer" in page
        assert "If this is older than 3 minutes, the engine is dead: RUNBOOK 6." in page


def test_parking_is_no_error_in_the_log_that_managers_read(shown: tuple[Place, str]) -> None:
    place, key = shown
    wanted = {"logs": {"flow_run_id": {"any_": [place.run_of(key)["id"]]}}}
    place.until(lambda: "Waiting" in str(place.asked("POST", "logs/filter", wanted)), "no log")
    lines = place.asked("POST", "logs/filter", wanted)
    assert [line["message"] for line in lines if line["level"] >= 30] == []


def test_prefect_wants_its_password_and_its_token(place: Place) -> None:
    assert place.house is not None
    ground = place.house.ground
    auth = httpx.BasicAuth(*ground.auth.split(":"))
    deployments = f"{ground.url}/deployments/filter"
    assert httpx.get(f"{ground.url}/deployments/name/respond/respond").status_code == 401
    assert httpx.post(deployments, json={}, auth=auth).status_code == 403
    evil = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in httpx.options(deployments, headers=evil).headers
    assert stat.S_IMODE(ground.auth_file.stat().st_mode) == 0o600


def test_prefect_deploy_says_what_up_says(place: Place) -> None:
    ours = deployed(place)
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    subprocess.run(
        command, cwd=REPOSITORY, env=dict(place.worker.environment), check=True, capture_output=True
    )
    assert deployed(place) == ours


def test_a_watch_is_scheduled_for_each_minute(place: Place) -> None:
    wanted = {
        "flows": {"name": {"any_": ["watch"]}},
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
    }
    place.until(lambda: len(place.asked("POST", "flow_runs/filter", wanted)) > 2, "Prefect schedules nothing")


def deployed(place: Place) -> dict[str, dict[str, object]]:
    """What Prefect has of our deployments, without ids, versions and times."""
    kept = (
        "name",
        "description",
        "entrypoint",
        "parameters",
        "parameter_openapi_schema",
        "enforce_parameter_schema",
        "work_pool_name",
        "work_queue_name",
        "job_variables",
        "pull_steps",
        "path",
        "tags",
        "concurrency_limit",
        "concurrency_options",
        "global_concurrency_limit",
        "paused",
    )
    found = {}
    for name in ("respond", "watch"):
        said = place.asked("GET", f"deployments/name/{name}/{name}")
        found[name] = {key: said.get(key) for key in kept}
        found[name]["schedules"] = [
            (each["schedule"]["interval"], each["active"]) for each in said["schedules"]
        ]
        limit = found[name].pop("global_concurrency_limit")
        found[name]["limit"] = limit and limit["limit"]
    return found
