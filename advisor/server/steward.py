"""The steward: what must be done to the store while nobody waits for it."""

from __future__ import annotations

from typing import Final

from structlog.typing import FilteringBoundLogger

from advisor.server.clocks import Clock
from advisor.server.metrics import Metrics
from advisor.server.rounds import Round, Rounds
from advisor.store.drain import drained
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

    __slots__ = ("_clock", "_journal", "_log", "_metrics", "_rounds", "_vault", "_weather")

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
        self._rounds = Rounds(log)

    async def run(self) -> None:
        """Work for ever; when it is cancelled, drain the journal once more."""
        try:
            await self._rounds.run(
                (
                    Round(OFTEN, "weather", self.look_at_weather),
                    Round(OFTEN, "journal", self.drain),
                    Round(SELDOM, "outcomes", self.settle),
                )
            )
        finally:
            await self._rounds.tried("journal", self.drain)

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
