"""What tests of the web door share: a story whose mails carry links, and a browser that follows them."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email import message_from_bytes, policy

import httpx
import pytest
import structlog

from tests.story import Story
from tocsin.app import App
from tocsin.console.site import server
from tocsin.domain.offers import Deed
from tocsin.links import key_of, read

_LINK = re.compile(r"http://[^/\s]+(/o/[\w-]+)(?![\w/-])")


@contextmanager
def served(app: App, listening: socket.socket) -> Iterator[httpx.Client]:
    """A browser before the pages of a home, which are served by the real server on loopback."""
    pages = server(app)
    thread = threading.Thread(target=pages.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    host, port = listening.getsockname()[:2]
    try:
        with httpx.Client(base_url=f"http://{host}:{port}", trust_env=False, timeout=30) as browser:
            yield browser
    finally:
        pages.should_exit = True
        thread.join(20)


@dataclass
class Visited(Story):
    """A story whose home has a console."""

    def mail_texts(self, person: str) -> list[str]:
        """The texts of the mails that somebody of the house got, oldest first."""
        address = self.app.catalog.contacts.person(person).email
        mails = [mail for mail in self.mail.messages if mail.recipients == (address,)]
        parsed = [message_from_bytes(mail.content, policy=policy.default) for mail in mails]
        return [str(part.get_content()) for mail in parsed if (part := mail.get_body(("plain",)))]

    def links(self, person: str, deed: Deed | None = None) -> list[str]:
        """Paths of the links for a deed in somebody's mails, oldest first; None for those that open the incident."""
        found = [path for text in self.mail_texts(person) for path in _LINK.findall(text)]
        return [path for path in found if self.deed(path) == deed]

    def deed(self, path: str) -> str | None:
        """What a link does."""
        offer = read(key_of(self.app), path.removeprefix("/o/")).offer
        return offer.deed if offer else None


@pytest.fixture(autouse=True)
def log_of_this_test() -> Iterator[None]:
    """A log that was set up while a test listened to stderr would write into what is closed after it."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        yield opened


@pytest.fixture
def visited(tale: Story, listening: socket.socket) -> Visited:
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    app = replace(tale.app, settings=tale.app.settings.model_copy(update={"console_url": url}))
    return Visited(app, tale.clock, tale.mail, tale.slack, tale.folder)


@pytest.fixture
def browser(visited: Visited, listening: socket.socket) -> Iterator[httpx.Client]:
    with served(visited.app, listening) as client:
        yield client
