"""Verbs of the web door: the server of the pages, and a link that signs the shell's user in at a browser."""

from typing import Annotated

from cyclopts import Parameter

from tocsin.cli.console import READING, Reading, Words
from tocsin.cli.incidents import split, which
from tocsin.domain.errors import WrongUsage

_LAST_PORT = 65535


def console(
    port: Annotated[int | None, Parameter(help="Where it listens; [console] port if left out.")] = None,
) -> None:
    """The pages behind the links of our mails, until stopped."""
    if port is not None and not 0 < port <= _LAST_PORT:
        raise WrongUsage(f"--port {port}: a port is a number from 1 to {_LAST_PORT}")
    from tocsin.app import open_app
    from tocsin.console.site import serve
    from tocsin.logs import configure
    from tocsin.settings import load_settings

    settings = load_settings()
    configure(settings)
    app = open_app(settings)
    try:
        serve(app, host=settings.console.host, port=port or settings.console.port)
    finally:
        app.close()


def open_(*words: Words, door: Reading = READING) -> None:
    """A personal link that signs you in at a browser, good for one time."""
    from tocsin.actors import known
    from tocsin.links import expiry, link
    from tocsin.views.access import seen

    with door.open() as shell:
        person = known(shell.actor)
        key = which(shell, split(words)[0]) if words else ""
        if key:
            seen(shell.app, shell.actor, key)
        until = expiry(shell.app, None, None)
        address = link(shell.app, person.id, key, until, "console")
        shell.say(address)
        shell.tell(f"for {person.name} alone, once, until {shell.at(until)}")
        shell.give({"url": address, "until": until, "person": person.id})
