"""The web door as an ASGI application, and the server that it runs in.

/o/TOKEN            what a link would do, and the button that does it; /letters behind it
/inc/KEY            an incident, for those who are signed in; /letters/NOTICE and /papers/ITEM behind it
/                   the incidents that one may know of
/healthz, /readyz   whether anybody rings, and whether the database answers
"""

import os
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tocsin.app import App
from tocsin.bell import READ_AGAIN, read_again
from tocsin.console import doors, incident
from tocsin.console.asked import Asked, form_of
from tocsin.console.pages import HEADERS, Page, answer
from tocsin.domain.errors import Refused, TocsinError
from tocsin.logs import Log
from tocsin.storage import clock as heartbeats
from tocsin.storage.database import Unavailable

if TYPE_CHECKING:
    import uvicorn

log = Log("tocsin.console")

#: Seconds between two signs of life.
BEAT = 10.0

_GET, _BOTH = ["GET", "HEAD"], ["GET", "HEAD", "POST"]


class Home:
    """The home behind the pages; its contacts are read again now and then, as the bell does."""

    def __init__(self, app: App) -> None:
        self._app, self._read_at, self._lock = app, app.clock(), threading.Lock()

    @property
    def app(self) -> App:
        """The home as it is configured now."""
        with self._lock:
            if abs(self._app.clock() - self._read_at) >= READ_AGAIN:
                self._app, self._read_at = read_again(self._app), self._app.clock()
            return self._app


def site(app: App) -> Callable[..., Awaitable[None]]:
    """The pages of a home, every one with the headers that keep its address secret."""
    home = Home(app)

    def page(show: Callable[[Asked], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def shown(request: Request) -> Response:
            try:
                form = await form_of(request)
            except ClientDisconnect:
                return Response(status_code=400)  # nobody is there to read it
            if form is None:
                return PlainTextResponse("too long\n", 413)
            return await run_in_threadpool(_told, home, show, request, form)

        return shown

    routes = [
        Route("/", page(incident.all_incidents), methods=_GET),
        Route("/o/{token}", page(doors.door), methods=_BOTH),
        Route("/o/{token}/letters", page(doors.letters), methods=_GET),
        Route("/inc/{key}", page(incident.incident_page), methods=_GET),
        Route("/inc/{key}/letters/{notice}", page(incident.letters), methods=_GET),
        Route("/inc/{key}/papers/{item}", page(incident.paper), methods=["POST"]),
        Route("/healthz", page(_alive), methods=_GET),
        Route("/readyz", page(_ready), methods=_GET),
        Route("/robots.txt", lambda _: PlainTextResponse("User-agent: *\nDisallow: /\n"), methods=_GET),
    ]
    return _guarded(Starlette(routes=routes))


def serve(app: App, *, host: str, port: int) -> None:
    """Listen until stopped; Refused where the port is somebody else's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise Refused(
            f"{host} port {port}: {error.strerror}; stop what listens there, or set [console] port"
        ) from None
    for number in (signal.SIGTERM, signal.SIGINT):
        # Uvicorn stops by them, and raises them once more when it has: to be told to stop is a good end.
        signal.signal(number, lambda *_: None)
    with listening, _beating(app):
        server(app).run(sockets=[listening])


@contextmanager
def _beating(app: App) -> Iterator[None]:
    """Say at once, and then now and then, that the pages are served, for as long as the block lasts."""
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(BEAT):
            _beat(app)

    _beat(app)
    thread = threading.Thread(target=go_on, name="beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(BEAT)


def _beat(app: App) -> None:
    try:
        with app.database.write() as connection:
            heartbeats.beat(connection, "console", app.clock(), {"pid": os.getpid()})
    except Exception as error:  # the database is away: the next beat may find it back
        log.error("a sign of life failed", error=type(error).__name__)


def server(app: App) -> "uvicorn.Server":
    """The server of a home's pages. No address is logged: that of a link is the key to it."""
    import uvicorn

    config = uvicorn.Config(
        site(app), access_log=False, log_config=None, server_header=False, timeout_graceful_shutdown=5
    )
    return uvicorn.Server(config)


def _told(home: Home, show: Callable[[Asked], Response], request: Request, form: dict[str, str]) -> Response:
    """The page, or what went wrong in one plain sentence. Nothing of the address is told to the log."""
    app = home.app
    try:
        return show(Asked(app, request, form))
    # In English, and from nothing that could fail once more: perhaps the words cannot be read.
    except Unavailable:
        return _trouble("The database does not answer", "Nothing was lost. Try again in a moment.", 503)
    except Refused as error:
        return _trouble("This was not done", f"{error}.", 404)
    except Exception as error:  # a page that fails keeps no other from being shown
        log.error("page failed", page=show.__name__, error=type(error).__name__)
        return _trouble(
            "Something went wrong here", "Nothing was lost. Every deed has its command at a shell.", 503
        )


def _trouble(title: str, why: str, status: int) -> Response:
    again = {"Retry-After": "5"} if status == 503 else {}
    return answer(Page("en", title, alarm=True, lead=(why,)), status, headers=again)


def _alive(asked: Asked) -> Response:
    from tocsin.views.heartbeats import lives, since_beats

    beats = since_beats(asked.app)
    return JSONResponse(beats, 200 if lives(beats) else 503)


def _ready(asked: Asked) -> Response:
    try:
        with asked.app.database.read() as connection:
            connection.exec_driver_sql("SELECT 1")
    except TocsinError:
        return JSONResponse({"database": "away"}, 503)
    return JSONResponse({"database": "answers"})


def _guarded(inner: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Every answer with the guarding headers, those of the framework too."""
    guarding = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

    async def outer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        async def told(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *guarding]
            await send(message)

        await inner(scope, receive, told)

    return outer
