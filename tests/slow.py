"""A relay that takes its time over letters: it waits at the first one until it is told to go on."""

import threading
from typing import Any

from tocsin.app import App
from tocsin.channels import Relay
from tocsin.domain.message import Receipt


class SlowLetters:
    """The mail route of an app, in which letters to customers wait. `reached` is set when the first one does."""

    def __init__(self, app: App) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        self._opener = app.routes["email"]

    def __call__(self, app: App) -> "_Slow":
        channel = self._opener(app)
        assert channel is not None
        return _Slow(self, channel)


class _Slow:
    name = "email"

    def __init__(self, letters: SlowLetters, channel: Relay) -> None:
        self._letters, self._channel = letters, channel

    async def send(self, item: Any, following: Any = None) -> Receipt:
        if not item.recipient.endswith("streamonapi.example"):
            self._letters.reached.set()
            self._letters.go_on.wait(30)
        return await self._channel.send(item, following)

    async def close(self) -> None:
        await self._channel.close()
