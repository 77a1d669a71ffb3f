"""The home that a flow's process works in, and what must not leave it."""

import asyncio
from collections.abc import Callable
from functools import cache
from typing import ParamSpec, TypeVar

from tocsin.app import App, open_app
from tocsin.domain.errors import TocsinError
from tocsin.settings import load_settings
from tocsin.storage.runs import Runs

P = ParamSpec("P")
T = TypeVar("T")


class Failed(TocsinError):
    """Something failed. Only its kind is said: Prefect stores and shows what an exception says."""


@cache
def home() -> App:
    """The home of this process, wired once. A flow run is one process."""
    return open_app(load_settings())


def runs() -> Runs:
    """The book of runs of this home."""
    return Runs(home().database)


async def aside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do work that blocks in a thread, so that the flow goes on beating. Failures lose their words."""
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except Exception as error:  # any failure at all may quote personal data
        raise Failed(type(error).__name__) from None
