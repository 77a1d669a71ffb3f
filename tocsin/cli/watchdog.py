"""The verb for another machine: one look at whether anybody lives, for cron or a timer."""

import sys
from typing import Annotated

from cyclopts import Parameter

from tocsin.cli.console import Flag, alarm, clean, one_line


def watchdog(
    test: Annotated[Flag, Parameter(help="Send a test mail to each, and remember nothing.")] = False,
) -> int:
    """Look once, and alarm by mail when neither bell nor watch lives. 3 when the alarm reached not everybody."""
    from datetime import UTC, datetime

    from tocsin.watchdog import guard, try_out
    from tocsin.watchdog.settings import load_watchdog

    done = (try_out if test else guard)(load_watchdog(), lambda: datetime.now(UTC))
    first, *others = map(clean, done.lines)
    lines = [alarm(first) if first.startswith("DEAD") else first, *others]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
    sys.stderr.write("".join(f"tocsin: {one_line(failure)}\n" for failure in done.failures))
    return done.status
