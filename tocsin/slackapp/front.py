"""The front desk: Bolt. What comes in is kept, acknowledged, and left to the hands; only a modal is opened here.

Slack wants an answer within 3 seconds (docs.slack.dev/tools/bolt-python/concepts/acknowledge), and a modal within 3
seconds of the click; nothing here waits for an incident, a route or another person.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from tocsin.actors import in_slack
from tocsin.app import App
from tocsin.channels.slack import SlackChannel
from tocsin.domain.errors import TocsinError
from tocsin.domain.message import Undelivered
from tocsin.logs import Log
from tocsin.slackapp import modals
from tocsin.slackapp.identity import Identity
from tocsin.slackapp.keeping import keep
from tocsin.slackapp.received import Received, received
from tocsin.slackapp.refusing import tell
from tocsin.slackapp.voice import Voice
from tocsin.slackapp.wording import words_for
from tocsin.storage import inbound

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp
    from slack_bolt.context.ack.async_ack import AsyncAck

log = Log("tocsin.slackapp")

#: How long a modal may take to open before others say that it did not.
OPENING = timedelta(seconds=10)
#: The signed request that is being dispatched; empty in Socket Mode, where nothing is signed.
signed: ContextVar[dict[str, str]] = ContextVar("signed")
#: Whether Slack itself sends once more what is being dispatched. Over HTTP the gate has told replays apart before.
once_more: ContextVar[bool] = ContextVar("once_more", default=True)
#: Why what is being dispatched cannot be kept, where the way in has found that out already.
away: ContextVar[TocsinError | None] = ContextVar("away", default=None)
_OURS = re.compile(r"tocsin:.*")


class Front:
    """Bolt's listeners. `home` gives the home with the contacts of now; `nudge` tells the hands."""

    def __init__(
        self,
        home: Callable[[], App],
        channel: SlackChannel,
        identity: Identity,
        voice: Voice,
        nudge: Callable[[], None],
    ) -> None:
        self._home, self._channel, self._identity = home, channel, identity
        self._voice, self._nudge = voice, nudge
        # Beside the hands: however busy these are, what comes in is kept at once.
        self._desk = ThreadPoolExecutor(2, thread_name_prefix="desk")

    def bolt(self) -> "AsyncApp":
        """The app, with its listeners. What nobody listens to is acknowledged and forgotten."""
        from slack_bolt.async_app import AsyncApp

        # It warns of a client that has a token of its own: ours does, for what the hands say.
        quiet = logging.getLogger("tocsin.slackapp.bolt")
        quiet.setLevel(logging.ERROR)
        bolt = AsyncApp(
            logger=quiet,
            client=self._channel.client(),
            authorize=_authorized(self._channel, self._identity),
            # The guard has verified already, on the raw bytes and on a clock that tests can pass.
            request_verification_enabled=False,
        )
        bolt.command("/tocsin")(self._command)
        bolt.action(_OURS)(self._click)
        bolt.action(re.compile(".*"))(self._nothing)
        bolt.view(_OURS)(self._submission)
        bolt.event("reaction_added", middleware=[self._kept_first])(self._event)
        bolt.event("message", middleware=[self._kept_first])(self._event)
        bolt.event(re.compile(".*"))(self._nothing)
        bolt.error(_failed)
        return bolt

    async def _nothing(self, ack: "AsyncAck") -> None:
        await ack()

    async def _command(self, ack: "AsyncAck", body: dict[str, Any]) -> None:
        it = received(body)
        try:
            fresh = await self._kept(it, modals.wanted(it))
        except TocsinError as error:
            await ack(text=self._not_kept(it, error))
            return
        await ack()
        await self._go_on(it, fresh)

    async def _click(self, ack: "AsyncAck", body: dict[str, Any]) -> None:
        it = received(body)
        try:
            fresh = await self._kept(it, modals.wanted(it))
        except TocsinError as error:
            await ack()
            await self._voice.answer(it, [self._not_kept(it, error)])
            return
        await ack()
        await self._go_on(it, fresh)

    async def _submission(self, ack: "AsyncAck", body: dict[str, Any]) -> None:
        it = received(body)
        try:
            wrong = await self._beside(modals.mistakes, self._home(), it)
            fresh = not wrong and await self._kept(it, False)
        except TocsinError as error:
            # The modal stays open, with what was written in it.
            wrong = {modals.first_asked(it.payload["view"]): self._not_kept(it, error)}
        if wrong:
            await ack(response_action="errors", errors=wrong)
            return
        await ack()
        await self._go_on(it, fresh)

    async def _kept_first(
        self, body: dict[str, Any], context: dict[str, Any], next_: Callable[[], Awaitable[Any]]
    ) -> None:
        """Bolt acknowledges an event before its listener runs: what must not be lost is kept before that.

        Where it cannot be kept, Slack hears an error and sends it again.
        """
        it = received(body)
        context["fresh"] = _matters(it, self._home().settings.slack.emoji) and await self._kept(it, False)
        await next_()

    async def _event(self, body: dict[str, Any], context: dict[str, Any]) -> None:
        await self._go_on(received(body), bool(context["fresh"]))

    def _not_kept(self, it: Received, error: TocsinError) -> str:
        """What is said to who typed or clicked where nothing was kept of it, in the words that they read."""
        log.error("what came in was not kept", kind=it.kind, error=type(error).__name__)
        app = self._home()
        return words_for(app, in_slack(app, it.user)).phrase("say_slack_not_kept")

    async def _kept(self, it: Received, modal: bool) -> bool:
        if error := away.get():
            raise error
        held = OPENING if modal else timedelta(0)
        fresh = bool(await self._beside(keep, self._home(), it, signed.get({}), held))
        if not fresh and not once_more.get():
            await self._beside(tell, self._home(), it, "replayed")
        return fresh

    async def _go_on(self, it: Received, fresh: bool) -> None:
        if fresh and modals.wanted(it):
            await self._open(it)
        elif fresh:
            self._nudge()

    async def _open(self, it: Received) -> None:
        app = self._home()
        try:
            view = await self._beside(modals.view_for, app, it)
            said = await self._channel.call("views_open", trigger_id=it.trigger, view=view)
            if not said.get("view"):
                raise Undelivered("ambiguous", "reply", "Slack says ok and names no view")
        except (Undelivered, TocsinError) as failure:
            log.error("a modal did not open", why=type(failure).__name__)
            # The hands tell who asked.
            await self._beside(_settled, app, inbound.release, it.id)
            self._nudge()
        else:
            await self._beside(_settled, app, inbound.settle, it.id)

    async def _beside(self, work: Callable[..., Any], *arguments: Any) -> Any:
        work = partial(copy_context().run, work)  # which knows when it arrived
        return await asyncio.get_running_loop().run_in_executor(self._desk, work, *arguments)


def _authorized(channel: SlackChannel, identity: Identity) -> Callable[..., Awaitable[Any]]:
    """Who we are, as Bolt wants to be told; it asks a function of just these names."""

    async def authorized(enterprise_id: str | None, team_id: str | None) -> Any:
        from slack_bolt.authorization import AuthorizeResult

        return AuthorizeResult(**identity.asked(), bot_token=channel.client().token)

    return authorized


async def _failed(error: Exception) -> Any:
    """What was not kept is not acknowledged: Slack sends an event again, and shows a click as failed."""
    from slack_bolt.response import BoltResponse

    log.error("what came in was not kept", error=type(error).__name__)
    return BoltResponse(status=503, body="")


def _settled(app: App, how: Callable[..., None], id_: str) -> None:
    with app.database.write() as connection:
        how(connection, id_)


def _matters(it: Received, emoji: str) -> bool:
    """Whether an event can become anything here: our emoji on a message, or a file in a thread."""
    event = it.payload.get("event")
    if not isinstance(event, dict):
        return False
    if event.get("type") == "reaction_added":
        # Skin tones make another name of the same emoji.
        return str(event.get("reaction", "")).partition("::")[0] == emoji
    return bool(event.get("files") and event.get("thread_ts"))
