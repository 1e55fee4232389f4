"""The steward: what must be done to the store while nobody waits for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final, NoReturn

from structlog.typing import FilteringBoundLogger

from advisor.server.clocks import Clock
from advisor.server.metrics import Metrics
from advisor.store.drain import drained
from advisor.store.errors import StoreError
from advisor.store.journal import Journal
from advisor.store.overdue import settled
from advisor.store.vault import Vault
from advisor.store.weather import WeatherStore

#: Seconds between two looks at the weather, and between two drains of the journal.
OFTEN: Final = 1.0
#: Seconds between two looks for overdue outcomes.
SELDOM: Final = 10.0


class Steward:
    """Drains the journal, settles calls without an outcome and looks at the weather.

    Every replica may have one: two of them do each thing once, or twice without harm.
    """

    __slots__ = ("_clock", "_failing", "_journal", "_log", "_metrics", "_vault", "_weather")

    def __init__(
        self,
        *,
        vault: Vault,
        journal: Journal | None,
        weather: WeatherStore,
        clock: Clock,
        log: FilteringBoundLogger,
        metrics: Metrics,
    ) -> None:
        """Take the collaborators; without a journal nothing is drained."""
        self._vault = vault
        self._journal = journal
        self._weather = weather
        self._clock = clock
        self._log = log
        self._metrics = metrics
        self._failing: set[str] = set()

    async def run(self) -> None:
        """Work for ever; when it is cancelled, drain the journal once more."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._every(OFTEN, "weather", self.look_at_weather))
                group.create_task(self._every(OFTEN, "journal", self.drain))
                group.create_task(self._every(SELDOM, "outcomes", self.settle))
        finally:
            await self._tried("journal", self.drain)

    async def look_at_weather(self) -> None:
        """Refresh the snapshot of the weather."""
        await self._weather.refresh(self._clock())

    async def drain(self) -> None:
        """Write the journal until nothing is left to write."""
        if self._journal is not None:
            while count := await drained(self._vault, self._journal, self._clock()):
                self._metrics.journalled.inc(count)

    async def settle(self) -> None:
        """Settle calls whose outcome is overdue."""
        count = await settled(self._vault, self._clock())
        if count:
            self._metrics.outcomes_missing.inc(count)
            self._log.warning("advisor.outcomes_missing", count=count)

    async def _every(
        self, seconds: float, name: str, work: Callable[[], Awaitable[None]]
    ) -> NoReturn:
        while True:
            await self._tried(name, work)
            await asyncio.sleep(seconds)

    async def _tried(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do it, and say once that it fails, and once that it works again."""
        try:
            await work()
        except (StoreError, OSError) as error:
            if name not in self._failing:
                why = error.reason.value if isinstance(error, StoreError) else type(error).__name__
                self._log.warning("advisor.steward_failing", task=name, why=why)
            self._failing.add(name)
        else:
            with contextlib.suppress(KeyError):
                self._failing.remove(name)
                self._log.info("advisor.steward_working", task=name)
