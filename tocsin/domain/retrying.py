"""When a letter is tried again that was put off (4xx, or a lost connection), and until when.

Pure. Waits double, each with a jitter of its own, so that letters which were put off together do not come back
together; the jitter follows from letter and attempt, so that a drill replays. The end is a margin before the first
duty is due that the letter discharges: from then on there is just time to tell its reader in another way.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

#: First wait, doubled each time, and the longest: greylisting asks for 5 to 30 minutes. Jitter adds up to a half.
FIRST, LONGEST = timedelta(minutes=5), timedelta(hours=4)
_JITTER = 0.5
#: For so long a letter is tried whatever is due: sooner no greylist lets it in.
_AT_LEAST = timedelta(hours=1)
#: Without a dated duty a letter is tried for as long as mail servers do (RFC 5321, 4.5.4.1: four to five days).
_WITHOUT_DATE = timedelta(days=5)


@dataclass(frozen=True)
class Until:
    """Up to when letters are tried: what the first of their duties is due, and the margin to be kept before it."""

    due_at: datetime | None
    margin: timedelta

    def end(self, first_tried: datetime) -> datetime:
        """The last moment for a letter that was first tried then.

        Each has an hour. One that is late already has the margin: a late letter is better than none.
        """
        if self.due_at is None:
            return first_tried + _WITHOUT_DATE
        bounded = self.margin if first_tried >= self.due_at else min(self.margin, _AT_LEAST)
        return max(self.due_at - self.margin, first_tried + bounded)


def wait(letter: str, number: int, asked: timedelta) -> timedelta:
    """How long to wait after the attempt with this number; at least as long as the other side `asked`."""
    share = int.from_bytes(sha256(f"{letter}/{number}".encode()).digest()[:8], "big") / 2**64
    doubled: int = 2 ** min(number - 1, 10)
    return max(min(FIRST * doubled, LONGEST), asked) * (1 + _JITTER * share)


def next_try(now: datetime, wait: timedelta, end: datetime) -> datetime | None:
    """When to try again, the last time at the end itself; None where it is over."""
    if now + wait <= end:
        return now + wait
    return end if end - now >= FIRST else None


#: How the reply of a letter begins that is tried no longer.
GIVEN_UP = "given up after "


def given_up(tries: int, reply: str) -> str:
    """The reply that a letter keeps which is tried no longer."""
    return f"{GIVEN_UP}{tries} {'try' if tries == 1 else 'tries'}: {reply}"
