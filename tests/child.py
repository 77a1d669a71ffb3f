"""What other processes do in tests: race, and die at the worst moment. Each is started afresh (`spawn`)."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from multiprocessing.process import BaseProcess
from typing import Any

from tocsin import actions, rounds
from tocsin.actions.declaring import Declaration
from tocsin.actors import at_the_shell
from tocsin.app import App, open_app
from tocsin.channels import Channel
from tocsin.channels.slack import SlackChannel, SlackConfig
from tocsin.channels.wiring import mail
from tocsin.delivery.outbox import deliver
from tocsin.delivery.rooms import keep_rooms
from tocsin.domain.message import Receipt, Undelivered
from tocsin.domain.moves import SendLetters
from tocsin.engine import advance, peek, perform
from tocsin.settings import Settings


class Mortal:
    """A channel that hands so many items over, and takes its process with it before anybody hears of the last."""

    name = "email"

    def __init__(self, channel: Channel, lives: int) -> None:
        self._channel, self._lives = channel, lives

    async def send(self, item: Any, following: Any = None) -> Receipt:
        receipt = await self._channel.send(item, following)
        self._lives -= 1
        if self._lives == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return receipt

    async def close(self) -> None:
        await self._channel.close()


class Stricken:
    """A channel that takes its process with it before anybody hears that a letter was refused."""

    name = "email"

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def send(self, item: Any, following: Any = None) -> Receipt:
        try:
            return await self._channel.send(item, following)
        except Undelivered:
            os.kill(os.getpid(), signal.SIGKILL)
            raise

    async def close(self) -> None:
        await self._channel.close()


def perish_at_a_refusal(settings: Settings, moment: datetime, key: str) -> None:
    app = replace(opened(settings, moment), routes={"email": lambda app: Stricken(mail(app))}, in_order=True)
    advance(app, key)


def opened(settings: Settings, moment: datetime, lives: int = 0) -> App:
    app = open_app(settings, now=lambda: moment)
    if lives:
        # One mail after the other: which one its death leaves in doubt is known.
        app = replace(app, routes={"email": lambda app: Mortal(mail(app), lives)}, in_order=True)
    return app


def deliver_and_die(settings: Settings, moment: datetime) -> None:
    deliver(opened(settings, moment, lives=1))


def advance_and_die(settings: Settings, moment: datetime, key: str, lives: int) -> None:
    advance(opened(settings, moment, lives), key)


def send_all(settings: Settings, moment: datetime, key: str) -> None:
    """Send a notice until nothing is left of it, alone or beside others."""
    app = opened(settings, moment)
    while moves := [move for move in peek(app, key).plan.moves if isinstance(move, SendLetters)]:
        if not perform(app, key, moves[0]):
            time.sleep(0.05)


def ring_on(settings: Settings, moment: datetime) -> None:
    """The bell, round after round, until SIGTERM."""
    rounds.run(opened(settings, moment))


def advance_once(settings: Settings, moment: datetime, key: str) -> None:
    advance(opened(settings, moment), key)


def note_and_advance(settings: Settings, moment: datetime, key: str, name: str, count: int) -> None:
    app = opened(settings, moment)
    for number in range(count):
        actions.note(app, at_the_shell(app, "linh"), key, f"{name} {number}")
        advance(app, key)


def say_once(settings: Settings, moment: datetime, key: str, count: int) -> None:
    app = opened(settings, moment)
    for number in range(count):
        actions.note(app, at_the_shell(app, "an"), key, f"said once: {number}", command=f"note-{number}")


def declare_many(settings: Settings, moment: datetime, name: str, count: int) -> None:
    app = opened(settings, moment)
    for number in range(count):
        what = Declaration(f"{name} {number}", drill=True)
        advance(app, actions.declare(app, at_the_shell(app, "linh"), what).incident.key)


def together(*deeds: tuple[Callable[..., None], tuple[Any, ...]]) -> list[int]:
    """Do these in a process each, at once; returns how they ended (-9: killed)."""
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=deed, args=words) for deed, words in deeds]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    return [child.exitcode if child.exitcode is not None else 1 for child in children]


@contextmanager
def beside(deed: Callable[..., None], *words: Any) -> Iterator[BaseProcess]:
    """Do this in a process beside ours; it has ended when the block has."""
    child = multiprocessing.get_context("spawn").Process(target=deed, args=words)
    child.start()
    try:
        yield child
        child.join(60)
    finally:
        child.kill()
        child.join()


def until(true: Callable[[], object]) -> None:
    """Wait for what another process is about to do; fails after a minute."""
    give_up = time.monotonic() + 60
    while not true():
        assert time.monotonic() < give_up, "it never happened"
        time.sleep(0.01)


class Felled(SlackChannel):
    """Slack, of which one call is carried out and takes its process with it before anybody hears of it."""

    def __init__(self, config: SlackConfig, fatal: str) -> None:
        super().__init__(config)
        self._fatal = fatal

    async def call(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        said = await super().call(method, **arguments)
        if method == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return said


def keep_rooms_and_die(settings: Settings, moment: datetime, fatal: str) -> None:
    token = settings.slack.token
    config = SlackConfig(token.get_secret_value() if token else "", settings.slack.base_url)
    keep_rooms(replace(opened(settings, moment), routes={"slack": lambda app: Felled(config, fatal)}))


def keep_rooms_often(settings: Settings, moment: datetime, passes: int) -> None:
    app = opened(settings, moment)
    for _ in range(passes):
        keep_rooms(app)
