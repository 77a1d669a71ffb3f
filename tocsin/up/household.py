"""The household of one machine: server, worker and bell, kept alive by one keeper.

    with started(settings) as house:
        print(house.dashboard_url)

The keeper looks twice a second. It restarts what died, a bell that no longer beats, a server that no longer answers,
and the worker after every outage of the server: a worker that lived through one goes on picking up runs but no longer
hears of cancellations. The console is kept where people can find it (`console_url`), the door in Slack where it is
configured. Long, since starting, looking and stopping speak of the same parts.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tocsin.domain.errors import Refused
from tocsin.settings import Settings
from tocsin.up.child import Child
from tocsin.up.deploying import deploy, free_the_watch
from tocsin.up.ground import HOST, Ground, prepare
from tocsin.up.keeping import MARK, end_marked, kept
from tocsin.up.pulse import Pulse

if TYPE_CHECKING:
    import httpx

#: Seconds between two looks of the keeper.
LOOK = 0.5
#: Seconds between two questions to the server, and how many may go unanswered.
PROBE, PATIENCE = 5.0, 6
#: Seconds that a first start, which builds Prefect's database, may take.
FIRST_START = 120.0
#: How often the deployments are offered, a third of a second apart.
DEPLOY_TRIES = 30

Name = Literal["bell", "server", "slack", "worker", "console"]


@dataclass(frozen=True)
class Part:
    """One line of what runs: its name, whether it is well, and a few words."""

    name: str
    well: bool
    words: str


@dataclass
class Household:
    """What `tocsin up` and a live drill keep running. `start`, then `stop`; `started` does both."""

    settings: Settings
    ground: Ground
    #: Seconds between two looks of the worker for runs to start.
    poll: float = 1.0
    #: Whether the first look of `watch` is asked for at once, and not waited for.
    look_at_once: bool = True
    extra: Mapping[str, str] = field(default_factory=dict)
    #: Whether the bell is kept here too, and not elsewhere.
    bell: bool = True
    #: Whether all ends with this process, however that ends: for a home that nobody starts again.
    leashed: bool = False
    children: dict[str, Child] = field(default_factory=dict, init=False)
    trouble: str | None = field(default=None, init=False)
    _stop: threading.Event = field(default_factory=threading.Event, init=False, repr=False)
    _keeper: threading.Thread | None = field(default=None, init=False, repr=False)
    _silent: int = field(default=0, init=False, repr=False)
    _probed: float = field(default=0.0, init=False, repr=False)
    _pulse: Pulse = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._pulse = Pulse(self.settings)

    @property
    def dashboard_url(self) -> str:
        """What a person opens to look at Prefect."""
        return self.ground.dashboard_url

    def start(self) -> None:
        """Bring everything up and keep it so. Raises Refused when Prefect's server does not come up."""
        environment = {**self.ground.environment(self.settings, poll=self.poll), **self.extra}
        prefect = [sys.executable, "-m", "prefect"]
        commands: dict[Name, list[str]] = {
            "bell": [sys.executable, "-m", "tocsin", "bell"],
            "slack": [sys.executable, "-m", "tocsin", "slack"],
            "server": [*prefect, "server", "start", "--host", HOST, "--port", str(self.ground.port)],
            "worker": [*prefect, "worker", "start", "--pool", "tocsin", "--type", "process"],
            "console": [sys.executable, "-m", "tocsin", "console"],
        }
        for name, command in commands.items():
            log = self.settings.home / "log" / f"{name}.log"
            self.children[name] = Child(name, command, environment, log, self.ground.folder, self.leashed)
        if not self.bell:
            del self.children["bell"]
        if self.settings.console_url is None:
            # Nobody would find its pages.
            del self.children["console"]
        if not (self.bell and self.settings.slack.listens):
            del self.children["slack"]
        self._mind_the_bell()
        self.children["server"].start()
        self._await_server()
        self._deploy()
        self.children["worker"].start()
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._keeper.start()

    def stop(self) -> None:
        """Stop all that was started, the bell last."""
        self._stop.set()
        if self._keeper:
            self._keeper.join()
        else:
            self._stop_children()

    def _stop_children(self) -> None:
        # The worker is told first, so that it does not take the end of its server for an outage.
        for name in ("worker", "server", "console", "slack", "bell"):
            if name in self.children:
                self.children[name].stop()
        self._pulse.close()

    def parts(self) -> tuple[Part, ...]:
        """How everything is, for the lines that people read."""
        server = Part("Prefect", self.children["server"].alive and not self._silent, f":{self.ground.port}")
        # The worker runs it: whatever is wrong there shows here, at the latest.
        watched = not self._pulse.stopped("watch")
        others = [child for name, child in self.children.items() if name != "server"]
        return (
            server,
            *(self._part(child) for child in others),
            Part("watch", watched, "looks each minute" if watched else "SILENT; see worker.log"),
        )

    def _part(self, child: Child) -> Part:
        if not child.alive:
            return Part(child.name, False, f"restarting; see {child.log.name}")
        where = self.settings.console_url if child.name == "console" else None
        return Part(child.name, True, where or f"pid {child.pid}")

    def _keep(self) -> None:
        while not self._stop.wait(LOOK):
            try:
                self._look()
                self.trouble = None
            except Exception as error:  # the keeper outlives whatever goes wrong
                self.trouble = f"{type(error).__name__}: {error}"
        # By the keeper itself: what it started anew would feel its leash when this thread ends.
        self._stop_children()

    def _look(self) -> None:
        self._mind_the_bell()
        server, worker = self.children["server"], self.children["worker"]
        if time.monotonic() - self._probed > PROBE:
            self._probed = time.monotonic()
            self._silent = 0 if self._answers() else self._silent + 1
            if self._silent > PATIENCE:
                server.stop()
        if not server.alive:
            # Before its server is back: what an old worker took then would be lost with it.
            worker.stop(grace=0)
            if server.revive():
                self._await_server()
                self._deploy()
                worker.start()
            return
        worker.revive()

    def _mind_the_bell(self) -> None:
        self._pulse.listen()
        for name in ("console", "slack"):
            if name in self.children:
                self.children[name].revive()
        bell = self.children.get("bell")
        if bell is None:
            return
        if bell.alive and self._pulse.hangs(bell):
            bell.stop(grace=0)
        bell.revive()

    def _answers(self) -> bool:
        import httpx

        try:
            url = f"{self.ground.url}/health"
            return httpx.get(url, timeout=2, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def _await_server(self) -> None:
        server, until = self.children["server"], time.monotonic() + FIRST_START
        while not self._answers():
            if not server.alive or time.monotonic() > until or self._stop.is_set():
                words = server.last_words()
                server.stop()
                raise Refused(f"Prefect's server did not come up ({words}); its log is {server.log}")
            self._mind_the_bell()
            time.sleep(0.05)
        self._silent = 0

    def _deploy(self) -> None:
        import httpx

        for left in reversed(range(DEPLOY_TRIES)):
            try:
                return self._deploy_once()
            except httpx.HTTPError as error:
                # A server that has just built its database answers 503 for a moment: the file is locked.
                if not left:
                    raise Refused(f"Prefect did not take the deployments: {error}") from error
                time.sleep(0.3)
        return None

    def _deploy_once(self) -> None:
        from tocsin.wake import connect

        with closing(connect(self.ground.url, self.ground.auth, timeout=10)) as client:
            ids = deploy(client, limit=max(4, 2 * (os.cpu_count() or 1)))
            free_the_watch(client, ids["watch"])
            if self.look_at_once:
                self._look_at_once(client, ids["watch"])

    @staticmethod
    def _look_at_once(client: "httpx.Client", watch: str) -> None:
        state = {"type": "SCHEDULED"}
        client.post(f"deployments/{watch}/create_flow_run", json={"name": "Watch", "state": state})


@contextmanager
def started(
    settings: Settings,
    *,
    port: int | None = None,
    poll: float = 1.0,
    look_at_once: bool = True,
    bell: bool = True,
    leashed: bool = False,
    extra: Mapping[str, str] | None = None,
    mark: str | None = None,
) -> Iterator[Household]:
    """A household for as long as the block lasts. `extra` is added to the environment of all its parts.

    Whatever a household of this home that was killed has left is ended first. `mark` is of a caller who keeps the home
    already. Raises Refused when somebody else does, the port is taken or the server does not come up.
    """
    with nullcontext(mark) if mark else kept(settings.home) as mark:
        ground = prepare(settings, port)
        house = Household(settings, ground, poll, look_at_once, {**(extra or {}), MARK: mark}, bell, leashed)
        try:
            house.start()
            yield house
        finally:
            house.stop()
            # Flow runs are in groups of their own, and a start that was cut short may not know its last child.
            end_marked(mark)
