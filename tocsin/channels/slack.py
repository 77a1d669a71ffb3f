"""Slack by its Web API: post once, never silently twice, and say exactly how it went.

The SDK's own retry posts again after a lost connection, and the room then reads the alarm twice; so its retries are
off and every attempt is the outbox's. Errors: docs.slack.dev/reference/methods/chat.postMessage.
"""

import asyncio
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tocsin.channels import one_line
from tocsin.channels.pauses import retry_after
from tocsin.channels.slack_text import fitted
from tocsin.domain.addresses import host_of, is_loopback
from tocsin.domain.errors import Refused
from tocsin.domain.message import Outcome, Receipt, SlackPost, Undelivered

if TYPE_CHECKING:
    from slack_sdk.errors import SlackApiError
    from slack_sdk.web.async_client import AsyncWebClient

EVENT_TYPE = "tocsin_message"
_SDK = "slack_sdk.web.async_client"
_PAGES = 5  # of 200 messages each: as far back as `find` reads

_DOWN = [
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "missing_scope",
    "no_permission",
    "team_access_not_granted",
    "ekm_access_denied",
    "org_login_required",
    "access_denied",
]
#: Slack did nothing, and gives no other answer for now: said twice, that is no better than silence.
_UNABLE = ["request_timeout", "service_unavailable"]
_NOT_DONE = ["ratelimited", "rate_limited", "team_added_to_org", *_UNABLE]
#: Slack's own words: "It's possible some aspect of the operation succeeded before the error was raised."
_PERHAPS_DONE = ["fatal_error", "internal_error"]
_OUTCOMES: Mapping[str, Outcome] = {
    **dict.fromkeys(_DOWN, "down"),
    **dict.fromkeys(_NOT_DONE, "retry"),
    **dict.fromkeys(_PERHAPS_DONE, "ambiguous"),
}


@dataclass(frozen=True)
class SlackConfig:
    """The workspace app. `timeout` in seconds, for connecting, asking and reading together.

    Refused where the token would travel in clear text to another machine.
    """

    token: str = field(repr=False)
    base_url: str = "https://slack.com/api/"
    timeout: float = 10.0

    def __post_init__(self) -> None:
        scheme, host = host_of(self.base_url)
        if not host:
            raise Refused(
                f"{self.base_url!r} is no address of a Slack API; set slack.base_url, or leave it out"
            )
        if scheme == "http" and not is_loopback(host):
            raise Refused(
                f"the Slack token would travel to {host} in clear text; use https in slack.base_url"
            )


class SlackChannel:
    """Posts to one workspace. Channels are given by id, people by their user id."""

    name = "slack"

    def __init__(self, config: SlackConfig) -> None:
        self._config = config
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: AsyncWebClient | None = None

    @property
    def loaded(self) -> bool:
        """Whether the SDK, and the HTTP client that it stands on, were loaded in this process before."""
        return _SDK in sys.modules

    async def send(self, item: SlackPost) -> Receipt:
        """Post one message, cut to Slack's limits; the receipt is `channel ts`. Raises Undelivered.

        Phases: connect (certainly not sent), reply (what Slack said, or failed to say).
        """
        post = fitted(item)
        said = await self.call(
            "chat_postMessage",
            channel=post.channel,
            text=post.text,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"message_id": post.message_id}},
            unfurl_links=False,
            unfurl_media=False,
            **({"blocks": list(post.blocks)} if post.blocks else {}),
            **({"thread_ts": post.thread} if post.thread else {}),
        )
        if not said.get("ts"):
            raise Undelivered(
                "ambiguous", "reply", "an answer that is not Slack's (ok, and no message named)"
            )
        return Receipt(f"{said.get('channel', post.channel)} {said['ts']}")

    async def find(self, channel: str, message_id: str, since: datetime) -> Receipt | None:
        """Whether a doubtful message is there: its receipt, read from the channel's history after `since`.

        None: it is not among the last 1,000 messages, or the history could not be read. Then send again.
        """
        try:
            place = await self._place(channel)
            cursor = ""
            for _ in range(_PAGES):
                page = await self.call(
                    "conversations_history",
                    channel=place,
                    oldest=f"{since.timestamp():.6f}",
                    include_all_metadata=True,
                    limit=200,
                    **({"cursor": cursor} if cursor else {}),
                )
                for message in page.get("messages", []):
                    payload = (message.get("metadata") or {}).get("event_payload") or {}
                    if payload.get("message_id") == message_id:
                        return Receipt(f"{place} {message['ts']}")
                cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
                if not cursor:
                    break
        except (Undelivered, LookupError, TypeError, AttributeError):  # or what answers is not Slack
            # For an alarm to our own people a repetition is better than silence.
            return None
        return None

    async def check(self) -> str:
        """Ask Slack who we are, and post nothing: for `doctor`. Raises Undelivered."""
        said = await self.ourselves()
        return one_line(f"{said.get('team', 'a workspace')} as {said.get('user', 'an unnamed app')}")

    async def ourselves(self) -> Mapping[str, Any]:
        """Who we are, and in which workspace. Raises Undelivered, also for an answer that names none."""
        said = await self.call("auth_test")
        if not said.get("team_id"):
            raise Undelivered("ambiguous", "reply", "Slack says ok and names no workspace")
        return said

    async def scopes(self) -> frozenset[str] | None:
        """What the workspace lets this app do, None where it does not say: for `doctor`. Raises Undelivered."""
        answer = await self._answer("auth_test")
        granted = answer.headers.get("x-oauth-scopes") or answer.headers.get("X-OAuth-Scopes")
        return frozenset(granted.replace(" ", "").split(",")) if granted else None

    async def close(self) -> None:
        """Give the session back."""
        client, self._client = self._client, None
        if client is not None and client.session is not None and self._loop is asyncio.get_running_loop():
            await client.session.close()

    async def _place(self, channel: str) -> str:
        if not channel.startswith(("U", "W")):
            return channel
        return str((await self.call("conversations_open", users=channel))["channel"]["id"])

    async def call(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """Call a method of the Web API, as the SDK names it; what Slack answered. Raises Undelivered."""
        answer = await self._answer(method, **arguments)
        return answer.data if isinstance(answer.data, dict) else {}

    async def _answer(self, method: str, **arguments: Any) -> Any:
        import aiohttp
        from slack_sdk.errors import SlackApiError, SlackClientError

        try:
            return await getattr(self.client(), method)(**arguments)
        except SlackApiError as error:
            raise _verdict(error) from None
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
            aiohttp.ClientHttpProxyError,
        ) as error:
            raise Undelivered("down", "connect", one_line(f"Slack cannot be reached: {error}")) from None
        except aiohttp.InvalidURL as error:
            raise Undelivered("down", "connect", one_line(f"{error} is no address of a Slack API")) from None
        except TimeoutError:
            reason = f"no answer within {self._config.timeout:g} s"
            raise Undelivered("ambiguous", "reply", reason) from None
        # AttributeError: the SDK asks a body that is not an object for its `ok`.
        except (aiohttp.ClientError, OSError, ValueError, AttributeError, SlackClientError) as error:
            reason = one_line(f"the answer was lost or is none: {error or type(error).__name__}")
            raise Undelivered("ambiguous", "reply", reason) from None

    def client(self) -> "AsyncWebClient":
        """The SDK's client in this loop, fenced and without retries: for Bolt and Socket Mode."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._loop, self._client = loop, _client(self._config)
        return self._client


def _client(config: SlackConfig) -> "AsyncWebClient":
    import aiohttp
    from slack_sdk.web.async_client import AsyncWebClient

    patience = aiohttp.ClientTimeout(total=config.timeout, sock_connect=config.timeout / 2)
    # A kept connection that Slack has closed meanwhile would make a doubt out of a message that never left.
    connector = aiohttp.TCPConnector(force_close=True)
    session = aiohttp.ClientSession(timeout=patience, connector=connector)
    client = AsyncWebClient(
        token=config.token,
        base_url=config.base_url,
        timeout=math.ceil(config.timeout),
        session=session,
        retry_handlers=[],
    )
    if is_loopback(host_of(config.base_url)[1]):
        # The SDK takes HTTPS_PROXY from the environment: a sink's messages would leave the machine.
        client.proxy = None
    return client


def _verdict(error: "SlackApiError") -> Undelivered:
    # For a body that is not JSON the SDK hands over aiohttp's response, which has neither `data` nor `status_code`.
    response = error.response
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)
    data = getattr(response, "data", None)
    code = str(data["error"]) if isinstance(data, dict) and data.get("error") else ""
    reason = one_line(f"Slack says {code}" if code else f"an answer that is not Slack's (HTTP {status})")
    if status == 429 or _OUTCOMES.get(code) == "retry":
        header = getattr(response, "headers", {}).get("Retry-After")
        pause = retry_after(header, datetime.now(UTC)) if header or status == 429 else None
        said = reason if code else "Slack says ratelimited"
        return Undelivered("retry", "reply", said, pause, silent=status != 429 and code in _UNABLE)
    if status >= 500:
        return Undelivered("ambiguous", "reply", reason)
    if code:
        needed = f" (needs {data['needed']})" if isinstance(data, dict) and data.get("needed") else ""
        # What we do not know is for a person to read, not for a machine to try again.
        return Undelivered(_OUTCOMES.get(code, "refused"), "reply", one_line(reason + needed), code=code)
    # An empty `data` is a page of somebody in between, a portal or a proxy; a body cut short may be anybody's.
    return Undelivered("down" if data == {} else "ambiguous", "reply", reason)
