"""Where Prefect stands on this machine: its folder, port and password, and the environment that its parts share.

Prefect as it comes lets any local process, and any web page in a local browser, start runs: no password, no CSRF
protection, any origin. Here it has all three, listens on loopback only and reports to nobody.
"""

import os
import secrets
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import cache_from_source, find_spec
from pathlib import Path

import sqlalchemy

from tocsin.domain.errors import Refused
from tocsin.settings import Settings, config_file

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Ground:
    """One Prefect: `folder` is its home, `auth` its `user:password`."""

    folder: Path
    port: int
    auth: str

    @property
    def dashboard_url(self) -> str:
        """What a person opens."""
        return f"http://{HOST}:{self.port}"

    @property
    def url(self) -> str:
        """What programs ask."""
        return f"{self.dashboard_url}/api"

    @property
    def auth_file(self) -> Path:
        """The password, readable by its owner only."""
        return self.folder / "auth"

    @property
    def temporary(self) -> Path:
        """Where the parts keep what they need for a moment, for nobody else to see."""
        return self.folder.resolve() / "tmp"

    def environment(self, settings: Settings, *, poll: float) -> dict[str, str]:
        """The environment of server, worker and bell. What the caller had set for another Prefect is left out."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PREFECT_") and name != "PYTHONDONTWRITEBYTECODE"
        }
        return {
            **inherited,
            **_of_tocsin(settings, self),
            **_bytecode(settings),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{inherited.get('PATH', os.defpath)}",
            **_past_proxies(inherited),
            "DO_NOT_TRACK": "1",
            # A worker keeps files under one name for all users of a machine: the first would lock the second out.
            "TMPDIR": str(self.temporary),
            "PREFECT_HOME": str(self.folder),
            "PREFECT_PROFILES_PATH": str(self.folder / "profiles.toml"),
            "PREFECT_API_URL": self.url,
            "PREFECT_API_AUTH_STRING": self.auth,
            "PREFECT_SERVER_API_AUTH_STRING": self.auth,
            "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": self.dashboard_url,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            # The newer dashboard asks a maker of statistics for its settings, whatever Prefect is told.
            "PREFECT_SERVER_UI_V2_ENABLED": "false",
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
            **_pages(self.folder),
            "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
            # A watch each minute is half a million runs a year; Prefect keeps them for ever unless told.
            "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": '["events","flow_runs"]',
            "PREFECT_WORKER_QUERY_SECONDS": str(poll),
            # A run that a worker took ahead of its time cannot be woken earlier.
            "PREFECT_WORKER_PREFETCH_SECONDS": "0",
        }


def prepare(settings: Settings, port: int | None = None) -> Ground:
    """The ground of a home; its password is made on first use, and its port is left for shells to read.

    Raises Refused when the port is taken.
    """
    folder = settings.home / "prefect"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ground = Ground(folder, port or settings.prefect.port, "")
    ground.temporary.mkdir(exist_ok=True, mode=0o700)
    if not ground.auth_file.exists():
        draft = os.open(ground.auth_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(draft, "w", encoding="utf-8") as file:
            file.write(f"tocsin:{secrets.token_urlsafe(24)}\n")
    if not _free(ground.port):
        raise Refused(f"port {ground.port} is taken; stop what listens there, or say --port N")
    settings.prefect_port_file.write_text(f"{ground.port}\n", encoding="ascii")
    return Ground(folder, ground.port, ground.auth_file.read_text(encoding="utf-8").strip())


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _past_proxies(inherited: Mapping[str, str]) -> Mapping[str, str]:
    """No proxy sees what the parts say to each other, password included. Both spellings: programs read one or other."""
    names = "NO_PROXY", "no_proxy"
    hosts = ",".join(filter(None, (*(inherited.get(name) for name in names), HOST)))
    return dict.fromkeys(names, hosts)


def _bytecode(settings: Settings) -> Mapping[str, str]:
    """Each wake is a fresh Python, and compiling all that it imports takes it longer than its work. Where neither the
    installation brings bytecode nor anybody may write it beside the sources, it is kept in the home.
    """
    if (
        not sys.dont_write_bytecode
        or sys.pycache_prefix
        or Path(cache_from_source(sqlalchemy.__file__)).exists()
    ):
        return {}
    return {"PYTHONPYCACHEPREFIX": str(settings.home.resolve() / "cache" / "bytecode")}


def _pages(folder: Path) -> Mapping[str, str]:
    """Prefect unpacks its dashboard beside its own code. Where only root may write there, it is kept in the home."""
    prefect = find_spec("prefect")
    beside = Path(prefect.origin).parent / "server" if prefect and prefect.origin else folder
    if os.access(beside, os.W_OK):
        return {}
    return {"PREFECT_SERVER_UI_STATIC_DIRECTORY": str(folder.resolve() / "pages")}


def _of_tocsin(settings: Settings, ground: Ground) -> Mapping[str, str]:
    file = config_file()
    return {
        **({"TOCSIN_CONFIG": str(file.resolve())} if file else {}),
        "TOCSIN_HOME": str(settings.home.resolve()),
        "TOCSIN_MODE": settings.mode,
        "TOCSIN_PREFECT__URL": ground.url,
        "TOCSIN_PREFECT__AUTH_FILE": str(ground.auth_file.resolve()),
    }
