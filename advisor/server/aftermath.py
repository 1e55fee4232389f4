"""What is left to do after a caller has been answered: kept off the caller's path, and finished."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Final

from structlog.typing import FilteringBoundLogger

from advisor.server.metrics import Metrics
from advisor.store.errors import StoreError

#: How much may wait to be done; more is dropped, and counted, so that memory stays bounded.
MOST: Final = 1_000


class Aftermath:
    """Does in the background what no caller waits for."""

    __slots__ = ("_log", "_metrics", "_tasks")

    def __init__(self, *, log: FilteringBoundLogger, metrics: Metrics) -> None:
        """Take the collaborators."""
        self._log = log
        self._metrics = metrics
        self._tasks: set[asyncio.Task[None]] = set()

    def later(self, name: str, work: Coroutine[None, None, object]) -> None:
        """Do something soon; what cannot be done is counted, never silent.

        Args:
            name: What it is, for log and metrics.
            work: What to do; a StoreError of it is no fault of the caller's.
        """
        if len(self._tasks) >= MOST:
            work.close()
            self._metrics.undone.labels(name).inc()
            return
        task = asyncio.create_task(self._done(name, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait until everything is done."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _done(self, name: str, work: Coroutine[None, None, object]) -> None:
        try:
            await work
        except StoreError as error:
            self._metrics.undone.labels(name).inc()
            self._log.warning("advisor.left_undone", what=name, why=error.reason.value)
