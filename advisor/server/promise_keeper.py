"""What time decides about promises: those that are due are shown, those overdue are settled.

Every replica may do it: whoever is first settles a promise, and the others find it settled.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from structlog.typing import FilteringBoundLogger

from advisor.engagement.promises import Promise, PromiseState
from advisor.facts.situation import Profile
from advisor.guidance.promising import Changed, by_time
from advisor.server.metrics import Metrics
from advisor.server.packs import LoadedPack
from advisor.server.rounds import Round, Rounds
from advisor.server.steward import OFTEN, SELDOM
from advisor.server.stores import Store
from advisor.store.errors import RecordUnreadable
from advisor.store.memories import Remembered, Remembering
from advisor.store.queued import Kept, Place, queue_change

#: Promises of one shard that are settled at once, and promises that are shown at once.
_BATCH: Final = 50
_SHOWN: Final = 1_000


class PromiseKeeper:
    """Looks at the queue of promises while nobody waits for it."""

    __slots__ = (
        "_clock",
        "_current",
        "_loaded",
        "_log",
        "_looked",
        "_metrics",
        "_rounds",
        "_store",
    )

    def __init__(
        self,
        *,
        loaded: Callable[[], LoadedPack],
        store: Store,
        clock: Callable[[], datetime],
        log: FilteringBoundLogger,
        metrics: Metrics,
    ) -> None:
        """Take the collaborators; `loaded` returns the pack whose rules give the points."""
        self._loaded = loaded
        self._store = store
        self._clock = clock
        self._log = log
        self._metrics = metrics
        self._rounds = Rounds(log)
        self._current: tuple[Promise, ...] = ()
        self._looked = asyncio.Event()

    async def run(self) -> None:
        """Work for ever."""
        await self._rounds.run(
            (
                Round(OFTEN, "promises due", self.look),
                Round(OFTEN, "promises overdue", self.settle),
                Round(SELDOM, "slots", self.count_room),
            )
        )

    async def changed_since(self, patience: timedelta) -> tuple[Promise, ...]:
        """Wait for the next look at the queue; return what is due or was missed lately.

        Args:
            patience: After how long to return all the same, as where the store does not answer.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience.total_seconds()):
                await self._looked.wait()
        return self._current

    async def look(self) -> None:
        """Look at what is due, for those who watch and for the metrics.

        Raises:
            StoreError: It cannot be read.
        """
        now = self._clock()
        await self._store.slots.refresh()
        due = await self._store.queue.peek(now, _SHOWN)
        missed = await self._store.queue.missed(now, _SHOWN)
        found = await self._store.queue.promises([each.place for each in (*due, *missed)])
        self._current = tuple(each.promise.at(now) for each in found if each.promise is not None)
        backlog = await self._store.queue.backlog(now)
        self._metrics.promises_due.set(backlog.due)
        oldest = timedelta() if backlog.oldest is None else now - backlog.oldest
        self._metrics.promise_oldest.set(oldest.total_seconds())
        self._looked.set()
        self._looked = asyncio.Event()

    async def settle(self) -> None:
        """Settle promises whose time is over.

        Raises:
            StoreError: The queue cannot be read, or a settlement could not be stored.
        """
        for due in await self._store.queue.overdue(self._clock(), _BATCH):
            # A record that a newer replica wrote is left to that replica.
            with contextlib.suppress(RecordUnreadable):
                await self._settled(due.place)

    async def count_room(self) -> None:
        """Tell slots what is promised, count those again that are full, and forget what is old.

        Raises:
            StoreError: It could not be done.
        """
        settings = self._loaded().guide.pack.settings.callbacks
        await self._store.slots.say(settings)
        now = self._clock()
        await self._store.slots.recount(now, settings)
        await self._store.queue.forget_missed(now)

    async def still_owed(self, kept: Kept) -> Promise | None:
        """Return a promise in the queue if it is owed; what is not leaves the queue.

        One to somebody who must not be called any more is released. One that only a newer replica
        can read is none for this one, and stays.

        Raises:
            StoreError: Nobody can tell.
        """
        promise = kept.promise
        if not kept.readable:
            return None
        if promise is None or not promise.state.is_open:
            await self._store.queue.drop(kept.place, kept.memory)
            return None
        changed = await self._settled(kept.place)
        return None if any(each.id == promise.id for each in changed) else promise

    async def _settled(self, place: Place) -> tuple[Promise, ...]:
        """Settle what is over of one customer's promises; return what was settled."""
        guide, now = self._loaded().guide, self._clock()
        settings = guide.pack.settings.callbacks
        owner = self._store.queue.owner(place)

        def work(before: Remembered) -> Changed:
            profile = Profile() if before.stored is None else before.stored.profile
            return by_time(guide, before.memory, profile, now)

        before = await self._store.memories.read_of(owner)
        if place.id not in {each.id for each in before.memory.promises}:
            await self._store.queue.drop(place, before.found.memory)
            return ()
        if not work(before).promises:
            return ()
        done: list[Changed] = []

        def decide(before: Remembered) -> Remembering:
            done.append(work(before))
            return Remembering(
                memory=done[-1].memory,
                entries=done[-1].entries,
                queue=tuple(queue_change(each, settings) for each in done[-1].promises),
            )

        await self._store.memories.settle_of(owner, None, decide)
        for each in done[-1].promises:
            self._metrics.promises.labels(each.state.value).inc()
        missed = sum(each.state is PromiseState.MISSED for each in done[-1].promises)
        if missed:
            self._log.warning("advisor.promises_missed", count=missed)
        return done[-1].promises
