"""What the watchdog remembers from one look to the next, and the turn that two of them take."""

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from tocsin.domain.moments import iso
from tocsin.watchdog.looking import Look

_MOMENTS = ("lived", "looked", "told")
#: Seconds to wait for another watchdog that is at work. Then a second mail is better than none.
_TURN = 60.0


class Patience(NamedTuple):
    """How long nobody may live, and how far two clocks may differ where they must be compared."""

    silence: timedelta
    skew: timedelta


@dataclass(frozen=True)
class Memory:
    """On our own clock: the last known sign of life (None: not known), the last look, the last alarm that left.

    `beats` are those of the last look as the other machine wrote them: one that differs is a sign of life. `missed` are
    those to whom the last mail could not be brought yet.
    """

    lived: datetime | None = None
    looked: datetime | None = None
    told: datetime | None = None
    beats: Mapping[str, str] = field(default_factory=dict)
    missed: tuple[str, ...] = ()

    def silent(self, now: datetime, silence: timedelta) -> bool:
        """Whether nobody has lived for so long."""
        return self.lived is None or now - self.lived >= silence


def judged(before: Memory | None, looks: Sequence[Look], now: datetime, patience: Patience) -> Memory:
    """What to remember after these looks. `before` is None at the first one ever.

    Two clocks are never compared where two beats can be: a beat that changed since the last look is a sign of life
    between then and now, whatever it says itself.
    """
    read = [(each.exact, name, beat) for each in looks for name, beat in each.signs(now).items()]
    signs = [beat if exact else _sign(before, name, beat, now, patience) for exact, name, beat in read]
    kept = before or Memory()
    known = kept.lived
    if known and kept.looked and kept.looked > now:
        # Our own clock was set back: the silence is as long as it was.
        known -= kept.looked - now
    # Nobody has lived before the first look: the silence begins with it.
    lived = max(filter(None, [known, *signs]), default=now if before is None else None)
    beats = {name: iso(beat) for exact, name, beat in read if not exact}
    return Memory(min(lived, now) if lived else None, now, kept.told, beats or kept.beats, kept.missed)


def _sign(
    before: Memory | None, name: str, beat: datetime, now: datetime, patience: Patience
) -> datetime | None:
    """The sign of life that a beat is, on our clock."""
    if before is None:
        # Perhaps only the clocks differ: the next look will know.
        return beat if now - beat > patience.silence + patience.skew else now
    if before.looked is None:
        return min(beat, now) if -patience.skew <= now - beat < patience.silence else None
    if before.beats.get(name) == iso(beat):
        return None
    return min(max(beat, before.looked), now)


def remembered(path: Path) -> Memory | None:
    """What was kept; None where nothing was. A file that cannot be read is a memory of nothing, which alarms."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        moments = {name: kept[name] and _aware(kept[name]) for name in _MOMENTS}
        beats = {str(name): str(beat) for name, beat in kept["beats"].items()}
        return Memory(**moments, beats=beats, missed=tuple(map(str, kept.get("missed", ()))))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Memory()


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment


def keep(path: Path, memory: Memory) -> None:
    """Write it whole or not at all. Raises OSError."""
    moments = {name: (moment := getattr(memory, name)) and iso(moment) for name in _MOMENTS}
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(
        json.dumps({**moments, "beats": dict(memory.beats), "missed": memory.missed}), encoding="utf-8"
    )
    fresh.replace(path)


@contextmanager
def turn(path: Path, patience: float = _TURN) -> Iterator[None]:
    """Be the only watchdog at work with this memory, where that can be had."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        door = path.with_name(f"{path.name}.lock").open("a", encoding="ascii")
    except OSError:  # said when the memory is kept
        yield
        return
    with door:
        until = time.monotonic() + patience
        while time.monotonic() < until:
            try:
                fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                time.sleep(0.05)
        yield
