"""Watches whether the store answers, so that health and metrics know before a caller does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from structlog.typing import FilteringBoundLogger

from advisor.server.health import Health
from advisor.server.metrics import Metrics
from advisor.store.errors import StoreError

#: Seconds between two looks.
INTERVAL: Final = 1.0


class StoreWatch:
    """Says of the services that need the store whether they serve."""

    __slots__ = ("_available", "_health", "_log", "_look", "_metrics", "_services")

    def __init__(
        self,
        *,
        look: Callable[[], Awaitable[object]],
        services: tuple[str, ...],
        health: Health,
        log: FilteringBoundLogger,
        metrics: Metrics,
    ) -> None:
        """Take the collaborators.

        Args:
            look: Asks the store for anything; raises a StoreError where it does not answer.
            services: Full names of the services that need the store.
            health: Where their status is said.
            log: Takes a line at every change.
            metrics: Where it is counted.
        """
        self._look = look
        self._services = services
        self._health = health
        self._log = log
        self._metrics = metrics
        self._available: bool | None = None

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(INTERVAL)

    async def look(self) -> None:
        """Look once, and say what has changed."""
        try:
            await self._look()
        except StoreError as error:
            await self._say(available=False, why=error.reason.value)
        else:
            await self._say(available=True, why="")

    async def _say(self, *, available: bool, why: str) -> None:
        if available is self._available:
            return
        self._available = available
        self._metrics.store_available.set(available)
        for service in self._services:
            await self._health.say(service, serving=available)
        if available:
            self._log.info("advisor.store_available")
        else:
            self._log.warning("advisor.store_unavailable", why=why)
