"""Work that comes round again and again while nobody waits for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from structlog.typing import FilteringBoundLogger

from advisor.server.logs import frames
from advisor.store.errors import StoreError


@dataclass(frozen=True, slots=True)
class Round:
    """Something to be done again and again.

    Attributes:
        seconds: Between the end of one time and the next.
        name: What it is, for the log.
        work: Does it once; whatever goes wrong is said, and it is tried again.
    """

    seconds: float
    name: str
    work: Callable[[], Awaitable[None]]


class Rounds:
    """Does rounds, and says once that one fails, and once that it works again."""

    __slots__ = ("_failing", "_log")

    def __init__(self, log: FilteringBoundLogger) -> None:
        """Say it in this log."""
        self._log = log
        self._failing: set[str] = set()

    async def run(self, rounds: Sequence[Round]) -> None:
        """Work for ever, each round by itself."""
        async with asyncio.TaskGroup() as group:
            for each in rounds:
                group.create_task(self._every(each))

    async def tried(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do something once, and say if it fails."""
        try:
            await work()
        except (StoreError, OSError) as error:
            why = error.reason.value if isinstance(error, StoreError) else type(error).__name__
            self._fails(name, why=why)
        except Exception as error:  # noqa: BLE001 - a fault in one round must not end the others
            self._fails(name, why=type(error).__name__, frames=frames(error))
        else:
            with contextlib.suppress(KeyError):
                self._failing.remove(name)
                self._log.info("advisor.steward_working", task=name)

    def _fails(self, name: str, **why: object) -> None:
        if name not in self._failing:
            self._log.warning("advisor.steward_failing", task=name, **why)
        self._failing.add(name)

    async def _every(self, each: Round) -> NoReturn:
        while True:
            await self.tried(each.name, each.work)
            await asyncio.sleep(each.seconds)
