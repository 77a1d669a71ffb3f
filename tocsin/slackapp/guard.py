"""The guard in front of HTTP: what is not certainly Slack's is a 401 before anybody reads it, and what is stale after.

Source: docs.slack.dev/authentication/verifying-requests-from-slack. Looked at first by form, since the SDK's verifier
raises for a timestamp that is no number, a body that is no UTF-8 and a signature that is no ASCII.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multidict import CIMultiDictProxy

TIMESTAMP, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"
#: Bytes of the largest request. A click carries its whole message, which has 50 blocks of 3,000 characters at most.
LARGEST = 1_000_000
_FORMS = {
    TIMESTAMP: re.compile(r"[0-9]{1,12}"),
    SIGNATURE: re.compile(r"v0=[0-9a-f]{64}"),
}
_CONTENT = ("application/x-www-form-urlencoded", "application/json")


#: Seconds by which Slack lets a request be late or early.
_FRESH = 300
#: Seconds by which a clock may plausibly be off: a time zone taken for another is, and what is older was recorded.
_PLAUSIBLE = 12 * 3600
#: Seconds within which two requests are late alike: a clock makes all of them so, and who plays old ones does not.
_ALIKE = 30


@dataclass
class Guard:
    """Who may come in. `clock` gives seconds since 1970.

    `askew` is by how many seconds the last two requests of which only our clock makes something old came too late or
    too early.
    """

    secret: str
    clock: Callable[[], float]
    askew: float = 0
    _newest: float = 0
    _off: float | None = None

    @property
    def trouble(self) -> str | None:
        """What a person must look at where nothing is let in for its age."""
        if not self.askew:
            return None
        return (
            f"our clock and Slack's differ by {abs(self.askew) / 60:.0f} min, so that no click is let in: set the "
            "clock of this machine; or somebody plays old clicks again"
        )

    def objection(self, headers: "CIMultiDictProxy[str]", body: bytes) -> str | None:
        """Why this request is not Slack's, in one line without a word of it; None for one that Slack has signed."""
        if len(body) > LARGEST:
            return "too large"
        if headers.get("Content-Type", "").partition(";")[0].strip().lower() not in _CONTENT:
            return "of no kind that Slack sends"
        if "Content-Encoding" in headers:
            return "in an encoding, and Slack uses none"
        for name, form in _FORMS.items():
            given = headers.getall(name, [])
            if len(given) != 1 or not form.fullmatch(given[0]):
                return f"without a {name}" if not given else f"with a {name} that is none"
        try:
            body.decode()
        except UnicodeDecodeError:
            return "not UTF-8"
        return None if self._signed(headers, body) else "not signed by Slack"

    def stale(self, headers: "CIMultiDictProxy[str]") -> bool:
        """Whether what Slack has signed comes more than five minutes too late or too early."""
        now, then = self.clock(), float(headers[TIMESTAMP])
        if abs(now - then) > _FRESH:
            return True
        self.askew, self._off, self._newest = 0, None, max(self._newest, then)
        return False

    def suspect_clock(self, headers: "CIMultiDictProxy[str]") -> None:
        """Nobody has seen this stale request before. Signed before one that came in time, it is old all the same.

        One alone says nothing about clocks either: somebody may have recorded it and kept it back.
        """
        then = float(headers[TIMESTAMP])
        off, before = self.clock() - then, self._off
        if then <= self._newest or abs(off) > _PLAUSIBLE:
            return
        self._off = off
        if before is not None and abs(off - before) <= _ALIKE:
            self.askew = off

    def _signed(self, headers: "CIMultiDictProxy[str]", body: bytes) -> bool:
        """Whether Slack has signed it, whenever that was."""
        from slack_sdk.signature import Clock, SignatureVerifier

        clock = Clock()
        clock.now = lambda: float(headers[TIMESTAMP])  # type: ignore[method-assign]
        verifier = SignatureVerifier(self.secret, clock)
        return verifier.is_valid(body=body, timestamp=headers[TIMESTAMP], signature=headers[SIGNATURE])


def digest_of(headers: "CIMultiDictProxy[str]") -> str:
    """What a request is remembered by: the same one comes in once."""
    return hashlib.sha256(f"{headers[TIMESTAMP]}:{headers[SIGNATURE]}".encode()).hexdigest()
