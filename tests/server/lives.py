"""A service about promises that dies between two of its steps, as `kill -9` would end it.

Each life is a process of its own as far as Redis can tell: from the moment of its death nothing
more comes from it, and nobody hears how its last command ended.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from typing import TypeVar

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from advisor.server.aftermath import Aftermath
from advisor.server.callbacks import CallbackService
from advisor.server.due_promises import DuePromises
from advisor.server.logs import logger
from advisor.server.metrics import Metrics
from advisor.server.outcomes import Outcomes
from advisor.server.packs import LoadedPack, Packs, Preparer
from advisor.server.promise_context import PromiseContexts
from advisor.server.promise_keeper import PromiseKeeper
from advisor.server.receiving import Call
from advisor.server.recent import RecentCalls
from advisor.server.settings import LogFormat
from advisor.server.stores import Store
from advisor.store.calls import CallStore
from advisor.store.changes import ChangeFeed
from advisor.store.client import ClientSettings, StoreClient
from advisor.store.customers import CustomerStore
from advisor.store.erasure import ErasureStore
from advisor.store.evidence import EvidenceStore
from advisor.store.keys import Keys
from advisor.store.live import LiveStore
from advisor.store.memories import MemoryStore
from advisor.store.packs import PackStore
from advisor.store.queue import QueueStore
from advisor.store.slots import SlotStore
from advisor.store.vault import Vault, ping
from advisor.store.weather import WeatherStore
from tests.server.running import Hands

_T = TypeVar("_T")


class Killed(asyncio.CancelledError):
    """The process is gone."""


class Mortal(StoreClient):
    """A connection of a process that dies at one of its commands.

    Attributes:
        dies_at: The command, counted from 0, at which it dies; None for never.
        unheard: Whether that command is still sent, and only its answer is not heard.
        sent: Commands so far.
    """

    def __init__(self, url: str, dies_at: int | None, *, unheard: bool) -> None:
        """Connect when it is needed."""
        super().__init__(url, ClientSettings(read_within=5.0, write_within=10.0))
        self.dies_at = dies_at
        self.unheard = unheard
        self.sent = 0

    @property
    def dead(self) -> bool:
        """Whether it has died."""
        return self.dies_at is not None and self.sent > self.dies_at

    async def read(self, command: Callable[[Redis], Awaitable[_T]]) -> _T:
        """Send a command, unless it dies."""
        return await self._sent(command)

    async def write(self, command: Callable[[Redis], Awaitable[_T]]) -> _T:
        """Send a command, unless it dies."""
        return await self._sent(command)

    async def _sent(self, command: Callable[[Redis], Awaitable[_T]]) -> _T:
        before, self.sent = self.dead, self.sent + 1
        if before or (self.dead and not self.unheard):
            raise Killed
        answer = await super().write(command)
        if self.dead:
            raise Killed
        return answer


@dataclass(frozen=True, slots=True)
class Life:
    """One process.

    Attributes:
        client: Its connection.
        vault, store: What it keeps.
        callbacks, due, outcomes: What it answers.
        keeper: What it does while nobody waits.
        aftermath: What it still has to do.
        metrics: What it counts.
    """

    client: Mortal
    vault: Vault
    store: Store
    callbacks: CallbackService
    due: DuePromises
    outcomes: Outcomes
    keeper: PromiseKeeper
    aftermath: Aftermath
    metrics: Metrics

    async def finish(self) -> None:
        """Do what is left to do after the answer; a dead one does nothing more."""
        await self.aftermath.finish()


@asynccontextmanager
async def living(
    url: str,
    keys: Keys,
    loaded: LoadedPack,
    clock: Hands,
    *,
    dies_at: int | None = None,
    unheard: bool = False,
) -> AsyncIterator[Life]:
    """Begin a life."""
    client = Mortal(url, dies_at, unheard=unheard)
    vault = Vault(client, keys)
    evidence = EvidenceStore(vault)
    store = Store(
        customers=CustomerStore(vault),
        calls=CallStore(vault),
        evidence=evidence,
        live=LiveStore(vault, evidence),
        changes=ChangeFeed(client, keys),
        packs=PackStore(vault),
        memories=MemoryStore(vault),
        erasure=ErasureStore(vault),
        weather=WeatherStore(vault),
        queue=QueueStore(vault),
        slots=SlotStore(vault),
        look=lambda: client.read(ping),
    )
    log, metrics = logger(StringIO(), LogFormat.JSON), Metrics(CollectorRegistry())
    preparer = Preparer()
    packs = Packs(loaded, {}, preparer=preparer, store=store.packs, clock=clock)
    contexts = PromiseContexts(packs=packs, store=store, recent=RecentCalls(), clock=clock)
    aftermath = Aftermath(log=log, metrics=metrics)
    keeper = PromiseKeeper(loaded=packs.current, store=store, clock=clock, log=log, metrics=metrics)
    try:
        yield Life(
            client=client,
            vault=vault,
            store=store,
            callbacks=CallbackService(
                loaded=packs.current,
                contexts=contexts,
                store=store,
                aftermath=aftermath,
                clock=clock,
                metrics=metrics,
            ),
            due=DuePromises(
                loaded=packs.current,
                contexts=contexts,
                store=store,
                keeper=keeper,
                clock=clock,
                heartbeat=timedelta(seconds=1),
            ),
            outcomes=Outcomes(
                loaded=packs.current,
                store=store,
                aftermath=aftermath,
                clock=clock,
                metrics=metrics,
            ),
            keeper=keeper,
            aftermath=aftermath,
            metrics=metrics,
        )
    finally:
        preparer.close()
        await aftermath.finish()
        await client.aclose()


def call() -> Call:
    """Make a request that has time."""
    return Call(deadline=time.monotonic() + 60)
