"""The watchdog's mails: what is dead, what that means, what to do. In both languages, since it knows no reader.

The words are here and not in incident_templates, which may be what cannot be read.
"""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import uuid4

from tocsin.channels.email import MailChannel
from tocsin.domain.errors import TocsinError
from tocsin.domain.message import Undelivered
from tocsin.rendering.mime import build_mail
from tocsin.watchdog.looking import GUARDED, Look
from tocsin.watchdog.settings import Watchdog

Occasion = Literal["dead", "alive", "test"]

#: Seconds for one mail, all steps together.
_PATIENCE = 60.0

_SUBJECTS = {
    "dead": "Tocsin is dead: nobody is called",
    "alive": "Tocsin lives again",
    "test": "Tocsin watchdog: a test",
}
_DEAD = """\
Neither the bell nor the watch of Tocsin has given a sign of life for {silent}.
While this lasts nobody is called, nothing warns of a deadline, and every clock of the law runs on.

{seen}

What to do, in this order:
1. On the machine of Tocsin: systemctl restart tocsin-bell     (or: tocsin up)
2. tocsin status     then     tocsin doctor
3. RUNBOOK, chapter 6, "The watchdog". Incidents are open, and it stays dead: telephone, chapter 0.

This is said again every {again} until it is over.

---
Cả bell và watch của Tocsin đều không có dấu hiệu hoạt động trong {silent}.
Trong lúc này không ai được gọi, không có cảnh báo thời hạn, còn mọi thời hạn theo luật vẫn chạy.
Việc cần làm: 1. systemctl restart tocsin-bell  2. tocsin status, tocsin doctor  3. RUNBOOK, chương 6.
"""
_ALIVE = """\
Bell or watch of Tocsin lives again.

{seen}

What became due meanwhile happens now. Telephone whoever should have been called in between: tocsin status, tocsin list.

---
Tocsin đã hoạt động trở lại. Những việc đến hạn trong lúc đó đang được thực hiện.
"""
_TEST = """\
This is a test of the watchdog of Tocsin. Nothing is wrong because of this mail; who reads it would be alarmed.

{seen}

---
Đây là thư thử của watchdog. Không cần làm gì.
"""
_TEXTS = {"dead": _DEAD, "alive": _ALIVE, "test": _TEST}


@dataclass(frozen=True)
class Sent:
    """Who took it, and why the others did not: a line for each; `later` are those whom the next try may reach."""

    to: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


def send(config: Watchdog, occasion: Occasion, seen: Sequence[str], silent: str, now: datetime) -> Sent:
    """One mail to each, by the watchdog's own relay. One that cannot be had keeps no other from hearing of it."""
    text = _TEXTS[occasion].format(
        silent=silent, seen="\n".join(seen), again=span(config.again) if occasion == "dead" else ""
    )
    return asyncio.run(_send(config, f"{_SUBJECTS[occasion]} ({socket.gethostname()} says so)", text, now))


async def _send(config: Watchdog, subject: str, text: str, now: datetime) -> Sent:
    channel, taken, failed, later = MailChannel(config.relay), list[str](), list[str](), list[str]()
    try:
        for to in config.to:
            try:
                mail = build_mail(
                    message_id=f"watchdog-{uuid4().hex}@{config.sender.rpartition('@')[2]}",
                    date=now,
                    sender=("Tocsin watchdog", config.sender),
                    to=("", to),
                    subject=subject,
                    text=text,
                    headers={"X-Priority": "1"},
                )
                async with asyncio.timeout(_PATIENCE):
                    await channel.send(mail)
                taken.append(to)
            except TimeoutError:
                failed.append(f"{to}: no answer in {_PATIENCE:.0f} s")
                later.append(to)
            except Exception as error:  # any failure at all: the others hear of it
                failed.append(f"{to}: {error if isinstance(error, TocsinError) else type(error).__name__}")
                # What was perhaps taken, or never will be, waits for its turn.
                if not isinstance(error, Undelivered) or error.outcome in ("retry", "down"):
                    later.append(to)
    finally:
        await channel.close()
    return Sent(tuple(taken), tuple(failed), tuple(later))


def words(looks: Sequence[Look], now: datetime, skew: timedelta) -> tuple[str, ...]:
    """What each place says, a line for each part; clocks that differ are named."""
    lines = []
    for each in looks:
        if each.trouble:
            lines.append(f"{each.place} cannot be asked: {each.trouble}")
            continue
        for name in GUARDED:
            beat = each.beats.get(name)
            if beat is None:
                lines.append(f"{name} never beat, says the {each.place}")
            elif name not in each.signs(now) or beat > now + skew:
                lines.append(f"{name} beat at {_at(beat)}, which is in the future: set the clocks (NTP)")
            else:
                lines.append(f"{name} beat {span(max(now - beat, timedelta(0)))} ago, at {_at(beat)}")
    return tuple(lines)


def span(length: timedelta) -> str:
    """`14 s`, `4 min`, `3 h`."""
    seconds = int(length.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
