"""One look of the watchdog, from settings to exit status. What was seen is kept first; that a mail left, once it has.

Who dies in between tells it twice, and never not at all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.watchdog.alarm import Sent, send, span, words
from tocsin.watchdog.looking import Look, look
from tocsin.watchdog.memory import Memory, Patience, judged, keep, remembered, turn
from tocsin.watchdog.settings import Watchdog

REFUSED, UNREACHED = 1, 3


@dataclass(frozen=True)
class Guarded:
    """How a look ended: the exit status, whether anybody lives, what was seen, who was told, and what went wrong."""

    status: int
    verdict: str
    seen: tuple[str, ...]
    told: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    dead: bool = False

    @property
    def lines(self) -> tuple[str, ...]:
        """The same for people."""
        told = (f"told {', '.join(self.told)}",) if self.told else ()
        return (self.verdict, *self.seen, *told)


def guard(config: Watchdog, clock: Callable[[], datetime]) -> Guarded:
    """Look once; alarm when nobody has lived for the silence, again while that lasts, and say when it is over."""
    with turn(config.state):
        now = clock()
        before = remembered(config.state)
        looks = look(config.database, config.address, now)
        after = judged(before, looks, now, Patience(config.silence, config.skew))
        unkept = _kept(config, after)
        if unkept and before is None and not any(each.signs(now) for each in looks):
            # A silence that no look can measure is no reason to be silent.
            after = replace(after, lived=None)
        seen = words(looks, now, config.skew)
        silent = span(now - after.lived) if after.lived else "an unknown time"
        verdict = _verdict(config, after, looks, silent, now)
        dead = after.silent(now, config.silence)
        due = _due(config, after, now)
        # Who could not be reached the last time hears the last word as soon as that can be.
        to = config.to if due else tuple(each for each in config.to if each in after.missed)
        sent = send(replace(config, to=to), "dead" if dead else "alive", seen, silent, now) if to else Sent()
        if to:
            unkept = _kept(config, _having_told(after, sent, now if dead else None, due=due))
    status = UNREACHED if sent.failed else REFUSED if unkept else 0
    return Guarded(status, verdict, seen, sent.to, (*sent.failed, *unkept), dead)


def try_out(config: Watchdog, clock: Callable[[], datetime]) -> Guarded:
    """Send a test mail to each; it changes nothing that is remembered."""
    now = clock()
    seen = words(look(config.database, config.address, now), now, config.skew)
    sent = send(config, "test", seen, "", now)
    return Guarded(UNREACHED if sent.failed else 0, "a test", seen, sent.to, sent.failed)


def _verdict(config: Watchdog, memory: Memory, looks: Sequence[Look], silent: str, now: datetime) -> str:
    if memory.silent(now, config.silence):
        before = f"; told {span(now - memory.told)} ago" if memory.told and memory.told <= now else ""
        return f"DEAD for {silent}{before}"
    if any(each.signs(now) for each in looks):
        return "alive"
    return f"no sign of life for {silent}; alarms after {span(config.silence)}"


def _due(config: Watchdog, memory: Memory, now: datetime) -> bool:
    """Whether all are to be told: that nobody lives, again while that lasts, or that it is over."""
    if not memory.silent(now, config.silence):
        return memory.told is not None
    # A clock that was set back must not silence it.
    return memory.told is None or not timedelta(0) <= now - memory.told < config.again


def _having_told(memory: Memory, sent: Sent, told: datetime | None, *, due: bool) -> Memory:
    """What to remember after a mail to all, if it was due, or to those whom the last one missed."""
    if due and not sent.to:
        return replace(memory, missed=())  # all are told at the next look
    return replace(memory, told=told if due else memory.told, missed=sent.later)


def _kept(config: Watchdog, memory: Memory) -> Sequence[str]:
    try:
        keep(config.state, memory)
    except OSError as error:
        why = f"{config.state} cannot be written ({error.strerror}), and each look begins anew"
        return (f"{why}; name another file: state under [watchdog]",)
    return ()
