"""Clocks that are known to be wrong: what a right one would have shown."""

from datetime import timedelta
from typing import Any

from tocsin.domain.logkeeping import too_late
from tocsin.domain.sources import LogSource


def set_right(log: Any, source: LogSource) -> Any:
    """The log with the moments that a right clock would have shown."""
    if source.clock_offset is None:
        return log
    wrong = too_late(source.clock_offset) // timedelta(microseconds=1)
    return log.mutate(at=log.at - wrong, again=log.again - wrong)
