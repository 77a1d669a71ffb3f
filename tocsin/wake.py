"""Waking: asks Prefect, over its REST API, to run an incident now. There is one waker, the bell (`watch` in its stead).

`domain.waking` says what is to be done; here it is done. No part of this may fail into the bell: without Prefect it
says why and returns. Long, since whom it wakes and how it asks are read side by side.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from tocsin.domain.errors import Refused
from tocsin.domain.waking import DISPLAY_EVERY, RunState, Sleeper, Verdict, too_soon, verdict
from tocsin.settings import Settings

if TYPE_CHECKING:
    import httpx

#: The deployment of `flows/respond.py`.
DEPLOYMENT = "respond/respond"
#: A `watch` ends within a minute. One that still runs after so long lost its process, and holds the place of the next.
WATCH_LOST = timedelta(minutes=3)
#: How often lost watches are looked for.
_LOOK_EVERY = timedelta(minutes=1)
#: Seconds that Prefect may take to answer: the bell has deadlines to keep meanwhile.
_TIMEOUT = 2.0
#: Seconds for one look, however many sleep: whoever is not come to is first at the next.
_LOOK = 2.0
#: Runs whose states are asked for at a time.
_BATCH = 100
#: After a failure Prefect is left alone for a while, doubled each time, in seconds.
_FIRST_REST, _LONGEST_REST = 1.0, 30.0


class Runs(Protocol):
    """Our own half of the protocol: `storage.runs.Runs`."""

    def next_generation(self, key: str, clock: datetime) -> int: ...
    def adopt(self, key: str, generation: int, flow_run_id: str) -> None: ...
    def woken(self, key: str, clock: datetime) -> None: ...
    def end(self, key: str, generation: int) -> None: ...


@dataclass(frozen=True)
class Wakes:
    """What one look of the waker did, by incident; `trouble` says why it could do no more."""

    woken: tuple[str, ...] = ()
    anew: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    trouble: str | None = None


@dataclass
class Waker:
    """One connection to Prefect. `auth` is `user:password`; both ends of a home read it from the same file."""

    url: str
    auth: str | None = None
    #: Drills, whose hours pass in seconds, want the display fresher.
    display_every: timedelta = DISPLAY_EVERY
    _client: "httpx.Client | None" = field(default=None, init=False, repr=False)
    _deployment: str | None = field(default=None, init=False, repr=False)
    _rest: float = field(default=0.0, init=False, repr=False)
    _resting_until: datetime | None = field(default=None, init=False, repr=False)
    _trouble: str | None = field(default=None, init=False, repr=False)
    _looked: datetime | None = field(default=None, init=False, repr=False)
    _left: frozenset[str] = field(default=frozenset(), init=False, repr=False)

    def wake(self, sleepers: Sequence[Sleeper], runs: Runs, clock: datetime) -> Wakes:
        """Wake what sleeps and should not. Never raises: what Prefect is not told in time is tried at the next look."""
        if self._resting_until and clock < self._resting_until:
            return Wakes(left=tuple(s.incident for s in sleepers), trouble=self._trouble)
        import httpx

        done: dict[Verdict, list[str]] = {"now": [], "anew": [], "leave": [], "rest": []}
        trouble: str | None = None
        try:
            self._wake(sleepers, runs, clock, done)
            if self._looked is None or clock - self._looked > _LOOK_EVERY:
                self._bury_lost_watches(clock)
                self._looked = clock
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError) as error:
            trouble = self._troubled(error, clock)
        else:
            self._rest, self._resting_until, self._trouble = 0.0, None, None
        return Wakes(tuple(done["now"]), tuple(done["anew"]), tuple(done["leave"]), trouble)

    @classmethod
    def of(cls, settings: Settings) -> "Waker | None":
        """The waker of a home, or None where no Prefect is configured. Raises Refused for an unreadable password."""
        if settings.prefect.url is None:
            return None
        display = timedelta(seconds=1) if settings.mode == "drill" else DISPLAY_EVERY
        return cls(settings.prefect.url, auth_of(settings), display)

    def close(self) -> None:
        """Give the connection back."""
        if self._client:
            self._client.close()
            self._client = None

    def _wake(
        self, sleepers: Sequence[Sleeper], runs: Runs, clock: datetime, done: dict[Verdict, list[str]]
    ) -> None:
        until = time.monotonic() + _LOOK
        waiting = sorted(sleepers, key=lambda sleeper: sleeper.incident not in self._left)
        states: dict[str, RunState] = {}
        # Whom Prefect refuses was come to all the same: it holds up nobody behind it twice.
        come = 0
        try:
            for number, sleeper in enumerate(waiting):
                if number and time.monotonic() > until:
                    break
                if number % _BATCH == 0:
                    batch = waiting[number : number + _BATCH]
                    states = self._states([each.flow_run_id for each in batch if each.flow_run_id])
                come = number + 1
                done[self._one(sleeper, states, runs, clock)].append(sleeper.incident)
        finally:
            self._left = frozenset(each.incident for each in waiting[come:])
            done["leave"] += self._left

    def _one(self, sleeper: Sleeper, states: dict[str, RunState], runs: Runs, clock: datetime) -> Verdict:
        state = states.get(sleeper.flow_run_id or "")
        doing = verdict(sleeper, state, clock)
        if doing == "leave" or too_soon(sleeper, doing, clock, self.display_every):
            return "leave"
        if doing == "now":
            assert sleeper.flow_run_id is not None
            # Said first: a crash in between costs one look, the other order would wake it twice.
            runs.woken(sleeper.incident, clock)
            self._schedule(sleeper.flow_run_id, clock)
        elif doing == "rest":
            runs.end(sleeper.incident, sleeper.generation)
        else:
            if state and state.type == "CANCELLING":
                # Nobody else will ever say that it has ended, and until then it holds a place in the pool.
                self._set(str(sleeper.flow_run_id), {"type": "CANCELLED", "message": "It was parked."})
            generation = runs.next_generation(sleeper.incident, clock)
            runs.adopt(sleeper.incident, generation, self._create(sleeper, generation))
        return doing

    def _states(self, ids: list[str]) -> dict[str, RunState]:
        found: dict[str, RunState] = {}
        wanted = {"id": {"any_": ids}}
        for row in (
            self._ask("POST", "flow_runs/filter", {"flow_runs": wanted, "limit": _BATCH}) if ids else ()
        ):
            state = row["state"]
            if state:
                scheduled = state["state_details"].get("scheduled_time")
                found[row["id"]] = RunState(
                    type=state["type"],
                    since=datetime.fromisoformat(state["timestamp"]),
                    scheduled=datetime.fromisoformat(scheduled) if scheduled else None,
                )
        return found

    def _bury_lost_watches(self, clock: datetime) -> None:
        wanted = {
            "flows": {"name": {"any_": ["watch"]}},
            "flow_runs": {"state": {"type": {"any_": ["PENDING", "RUNNING"]}}},
        }
        for row in self._ask("POST", "flow_runs/filter", wanted):
            if clock - datetime.fromisoformat(row["state"]["timestamp"]) > WATCH_LOST:
                self._set(row["id"], {"type": "CRASHED", "message": "Its process died."})

    def _schedule(self, flow_run_id: str, clock: datetime) -> None:
        # Under its usual name, so that Prefect marks it Late when no worker takes it.
        when = {"scheduled_time": clock.isoformat()}
        self._set(flow_run_id, {"type": "SCHEDULED", "state_details": when})

    def _set(self, flow_run_id: str, state: dict[str, Any]) -> None:
        self._ask("POST", f"flow_runs/{flow_run_id}/set_state", {"state": state, "force": True})

    def _create(self, sleeper: Sleeper, generation: int) -> str:
        if self._deployment is None:
            self._deployment = self._ask("GET", f"deployments/name/{DEPLOYMENT}")["id"]
        run = {
            "name": ("DRILL " if sleeper.drill else "") + f"{sleeper.incident} {sleeper.code_name}",
            "parameters": {"incident": sleeper.incident},
            "idempotency_key": f"{sleeper.incident}/{generation}",
            "tags": [
                f"incident:{sleeper.incident}",
                f"type:{sleeper.type}",
                f"sev:{sleeper.severity.removeprefix('sev')}",
                *(["drill"] if sleeper.drill else []),
            ],
            "state": {"type": "SCHEDULED"},
        }
        return str(self._ask("POST", f"deployments/{self._deployment}/create_flow_run", run)["id"])

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._connected().request(method, path, json=body)
        if answer.status_code in (401, 403, 404):
            # Another server, or one that lost its memory: learn its token and its deployments again.
            self.close()
            self._deployment = None
        answer.raise_for_status()
        return answer.json()

    def _connected(self) -> "httpx.Client":
        if self._client is None:
            self._client = connect(self.url, self.auth)
        return self._client

    def _troubled(self, error: Exception, clock: datetime) -> str:
        import httpx

        if isinstance(error, httpx.HTTPStatusError):
            said = f"answered {error.response.status_code} to {error.request.url.path}"
        else:
            said = f"does not answer ({type(error).__name__})"
        self._rest = min(max(self._rest * 2, _FIRST_REST), _LONGEST_REST)
        self._resting_until = clock + timedelta(seconds=self._rest)
        self._trouble = f"Prefect at {self.url} {said}"
        return self._trouble


def auth_of(settings: Settings) -> str | None:
    """Prefect's `user:password`, from the file that the settings name."""
    path = settings.prefect.auth_file
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Refused(f"Prefect's password file {path}: {error.strerror}; tocsin up writes it") from None


def connect(url: str, auth: str | None, *, timeout: float = _TIMEOUT) -> "httpx.Client":
    """A client for Prefect's API, with its password and a CSRF token if it wants one. Raises httpx.HTTPError."""
    import httpx

    user, _, password = (auth or "").partition(":")
    client = httpx.Client(
        base_url=url.rstrip("/") + "/",
        auth=(user, password) if auth else None,
        timeout=timeout,
        trust_env=False,
    )
    try:
        name = str(uuid4())
        answer = client.get("csrf-token", params={"client": name})
        if answer.status_code != 422:  # 422 says that the server wants no token
            token = answer.raise_for_status().json()["token"]
            client.headers.update({"Prefect-Csrf-Client": name, "Prefect-Csrf-Token": token})
    except BaseException:
        client.close()
        raise
    return client
