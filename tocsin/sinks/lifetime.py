"""How a sink lives: inside the caller's event loop (`async with`), or in a thread of its own (`with`)."""

import asyncio
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Sink(ABC):
    """A small server on 127.0.0.1. `port` is 0 until it is open, unless the caller asked for one."""

    HOST = "127.0.0.1"

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leave: asyncio.Event | None = None

    @abstractmethod
    async def open(self) -> None:
        """Listen; afterwards `port` is the real one. Raises OSError where the port is taken."""

    @abstractmethod
    async def close(self) -> None:
        """Stop listening and cut every connection."""

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._live()), name=type(self).__name__, daemon=True
        )
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._loop is not None
        assert self._leave is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._leave.set)
        self._thread.join()

    async def _live(self) -> None:
        self._loop, self._leave = asyncio.get_running_loop(), asyncio.Event()
        try:
            await self.open()
        except BaseException as failure:
            self._failure = failure
            return
        finally:
            self._ready.set()
        await self._leave.wait()
        await self.close()
