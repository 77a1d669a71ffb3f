"""The verb for another machine: one look at whether anybody lives, for cron or a timer."""

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from tocsin.cli.console import Flag, alarm, clean, one_line

if TYPE_CHECKING:
    from tocsin.watchdog import Guarded


def watchdog(
    test: Annotated[Flag, Parameter(help="Send a test mail to each, and remember nothing.")] = False,
    json: Annotated[Flag, Parameter(help="One JSON document on stdout.")] = False,
) -> int:
    """Look once, and alarm by mail when neither bell nor watch lives. 3 when the alarm reached not everybody."""
    from datetime import UTC, datetime

    from tocsin.watchdog import guard, try_out
    from tocsin.watchdog.settings import load_watchdog

    done = (try_out if test else guard)(load_watchdog(), lambda: datetime.now(UTC))
    lines = [_document(done)] if json else [clean(line) for line in done.lines]
    if done.dead and not json:
        lines[0] = alarm(lines[0])
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
    sys.stderr.write("".join(f"tocsin: {one_line(failure)}\n" for failure in done.failures))
    return done.status


def _document(done: "Guarded") -> str:
    from json import dumps

    said = {"dead": done.dead, "verdict": done.verdict, "seen": done.seen, "told": done.told}
    return dumps({**said, "failures": done.failures}, ensure_ascii=False, indent=2)
