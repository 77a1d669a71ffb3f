"""What the app says in Slack, and fetches from it: to whoever asked, by the first way that works.

Hands that work things off are threads; the one connection lives in the loop of the process.
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tocsin.channels.slack import SlackChannel
from tocsin.channels.slack_text import fitted
from tocsin.domain.errors import Refused
from tocsin.domain.message import SlackPost, Undelivered, slack_escape
from tocsin.logs import Log
from tocsin.slackapp.received import Received

T = TypeVar("T")
log = Log("tocsin.slackapp")

#: Seconds for one call of Slack, for a file to come, and for which a hand waits when Slack says "later".
PATIENCE, FILE_PATIENCE, LATER = 15.0, 120.0, 10.0
#: Seconds for a call that is asked once more.
_ASKING = PATIENCE + LATER + PATIENCE
#: Bytes that are read of a file at a time.
_PIECE = 1 << 16


class Voice:
    """One workspace, spoken to from any thread."""

    def __init__(self, channel: SlackChannel, base_url: str, loop: asyncio.AbstractEventLoop) -> None:
        self._channel, self._loop = channel, loop
        self._slack = urlsplit(base_url)
        self._asked_for: set[Future[Any]] = set()

    def ask(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """Slack's answer to one call of its Web API; asked once more where it says "later". Raises Undelivered."""
        return self._wait(self._asked(method, arguments), _ASKING)

    def reply(self, it: Received, lines: Sequence[str]) -> None:
        """Tell who asked, from a thread."""
        self._wait(self.answer(it, lines), PATIENCE + 2 * _ASKING + LATER)

    async def answer(self, it: Received, lines: Sequence[str]) -> None:
        """Tell who asked, and nobody else: where they clicked, else in a message of their own.

        Each way that fails is logged. What was asked for is done by then, and stands in the timeline.
        """
        post = post_of(lines)
        for way in (self._respond, self._whisper, self._write):
            try:
                if await way(it, post):
                    return
            except Exception as failure:  # whatever one way stumbles over, the next may get through
                why = failure.reason if isinstance(failure, Undelivered) else type(failure).__name__
                log.error("an answer did not reach Slack", way=way.__name__.strip("_"), why=why)

    async def _asked(self, method: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return await self._channel.call(method, **arguments)
        except Undelivered as later:
            if later.retry_after is None or later.retry_after > LATER:
                raise
            await asyncio.sleep(later.retry_after)
            return await self._channel.call(method, **arguments)

    async def _respond(self, it: Received, post: SlackPost) -> bool:
        if not it.response_url or not self.is_slacks(it.response_url, "hooks"):
            return False
        said = {"response_type": "ephemeral", "replace_original": False, **_said(post)}
        async with asyncio.timeout(PATIENCE):
            return await self._posted(it.response_url, said)

    async def _whisper(self, it: Received, post: SlackPost) -> bool:
        if not it.channel or it.channel.startswith("D"):
            return False
        whispered = {"channel": it.channel, "user": it.user, **_said(post)}
        async with asyncio.timeout(_ASKING):
            return named(await self._asked("chat_postEphemeral", whispered), "message_ts")

    async def _write(self, it: Received, post: SlackPost) -> bool:
        if not it.user:
            return False
        written = {"channel": it.user, "unfurl_links": False, "unfurl_media": False, **_said(post)}
        async with asyncio.timeout(_ASKING):
            return named(await self._asked("chat_postMessage", written), "ts")

    def is_slacks(self, url: str, door: str) -> bool:
        """Whether an address is the configured Slack's own: its host, or its `door` beside it."""
        slack = self._slack
        try:
            parts = urlsplit(url)
            same = (parts.scheme, parts.port) == (slack.scheme, slack.port)
        except ValueError:
            # No address at all: a bracket that is left open, a port that is no number.
            return False
        return same and parts.hostname in (slack.hostname, f"{door}.{slack.hostname}")

    def fetch(self, url: str, path: Path, most: int) -> None:
        """A file of Slack's into `path`, with our token. Refused where it lies elsewhere, is too large or no file."""
        if not self.is_slacks(url, "files"):
            raise Refused("the file does not lie at Slack; keep it by tocsin done --evidence FILE")
        self._wait(self._fetched(url, path, most), FILE_PATIENCE)

    async def _posted(self, url: str, said: Mapping[str, Any]) -> bool:
        import aiohttp

        client = self._channel.client()
        assert client.session is not None
        try:
            async with client.session.post(
                url, json=said, proxy=client.proxy, allow_redirects=False
            ) as answer:
                # A page of somebody in between is a 200 too, and may be in any encoding or none.
                return answer.status == 200 and (await answer.read()).strip() in (b"ok", b'{"ok":true}')
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Undelivered("retry", "reply", type(error).__name__) from None

    async def _fetched(self, url: str, path: Path, most: int) -> None:
        import aiohttp

        client = self._channel.client()
        assert client.session is not None
        token = {"Authorization": f"Bearer {client.token}"}
        patience = aiohttp.ClientTimeout(total=FILE_PATIENCE)
        try:
            # A redirect would carry the token to wherever it points.
            async with client.session.get(
                url, headers=token, proxy=client.proxy, allow_redirects=False, timeout=patience
            ) as answer:
                _refuse_no_file(answer)
                path.touch(mode=0o600)
                with path.open("wb") as file:
                    async for piece in answer.content.iter_chunked(_PIECE):
                        if file.tell() + len(piece) > most:
                            raise Refused(_too_large(most))
                        file.write(piece)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Refused(f"Slack did not give the file ({type(error).__name__}); upload it again") from None

    def hush(self) -> None:
        """Wait no longer for Slack: whoever is not told by now, the next process tells."""
        for asked in self._asked_for.copy():
            asked.cancel()

    def _wait(self, asked: Coroutine[Any, Any, T], seconds: float) -> T:
        found = asyncio.run_coroutine_threadsafe(asked, self._loop)
        self._asked_for.add(found)
        try:
            return found.result(seconds)
        except TimeoutError:
            found.cancel()
            raise Undelivered("ambiguous", "reply", f"no answer within {seconds:g} s") from None
        finally:
            self._asked_for.discard(found)


def _refuse_no_file(answer: Any) -> None:
    # To a token that may not read files, Slack answers with its page for logging in, and 200.
    login = answer.content_type == "text/html" and "attachment" not in answer.headers.get(
        "Content-Disposition", ""
    )
    if answer.status != 200 or login:
        raise Refused(
            f"Slack did not give the file (HTTP {answer.status}); tocsin doctor says whether files:read is missing"
        )


def _too_large(most: int) -> str:
    return f"the file is larger than {most:,} bytes; keep it by tocsin done --evidence FILE at the shell"


def post_of(lines: Sequence[str]) -> SlackPost:
    """Lines as one message within Slack's limits; what stands in them is data, and calls nobody."""
    text = slack_escape("\n".join(lines))
    block = {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
    return fitted(SlackPost("", "", text, blocks=(block,)))


def named(said: Mapping[str, Any], *names: str) -> bool:
    """True for an answer that names the message. Raises Undelivered for another: who says only ok may not be Slack."""
    if not all(said.get(name) for name in names):
        raise Undelivered("ambiguous", "reply", "Slack says ok and names no message")
    return True


def _said(post: SlackPost) -> dict[str, Any]:
    return {"text": post.text, "blocks": list(post.blocks)}
