"""What time decides about promises: those that are due are shown, those overdue are settled.

Every replica may do it: whoever is first settles a promise, and the others find it settled.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from structlog.typing import FilteringBoundLogger

from advisor.engagement.promises import Promise, PromiseState
from advisor.facts.events import ENDS, UNNOTICED
from advisor.facts.memory import Memory
from advisor.facts.situation import Profile
from advisor.guidance.promising import Changed, by_time
from advisor.server.metrics import Metrics
from advisor.server.packs import LoadedPack
from advisor.server.rounds import Round, Rounds
from advisor.server.steward import OFTEN, SELDOM
from advisor.server.stores import Store
from advisor.store.errors import RecordUnreadable, StoreError
from advisor.store.memories import Remembered, Remembering
from advisor.store.queued import Claim, Due, Place, queue_change

#: Promises of one shard that are settled at once, and promises that are shown at once.
_BATCH: Final = 50
_MOST: Final = 1_000


class Shown:
    """Promises that are due, or were missed lately."""

    __slots__ = ("_promises",)

    def __init__(self, promises: Mapping[Due, Promise] = MappingProxyType({})) -> None:
        """Show these."""
        self._promises = promises

    def since(self, before: Shown) -> Iterator[Promise]:
        """Iterate over what was not shown before, or was due at another time."""
        known = before._promises
        return (promise for due, promise in self._promises.items() if due not in known)


class PromiseKeeper:
    """Looks at the queue of promises while nobody waits for it."""

    __slots__ = (
        "_changed",
        "_clock",
        "_known",
        "_loaded",
        "_log",
        "_metrics",
        "_rounds",
        "_shown",
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
        self._known: dict[Due, Promise | None] = {}
        self._shown = Shown()
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Work for ever."""
        await self._rounds.run(
            (
                Round(OFTEN, "promises due", self.look),
                Round(OFTEN, "promises overdue", self.settle),
                Round(SELDOM, "slots", self.count_room),
                Round(SELDOM, "promises waiting", self.measure),
            )
        )

    async def after(self, before: Shown, patience: timedelta) -> Shown:
        """Return what is to be shown as soon as it is another than before.

        Args:
            before: What was shown last.
            patience: After how long to return all the same, as where the store does not answer.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience.total_seconds()):
                while self._shown is before:
                    await self._changed.wait()
        return self._shown

    async def look(self) -> None:
        """Look at what is due, for those who watch.

        Raises:
            StoreError: It cannot be read.
        """
        now = self._clock()
        await self._store.slots.refresh(self._loaded().guide.pack.settings.callbacks)
        due = await self._store.queue.peek(now, _MOST)
        missed = await self._store.queue.missed(now, _MOST)
        await self._read((*due, *missed), now)

    async def measure(self) -> None:
        """Measure what is due and nobody has claimed, for the metrics.

        Raises:
            StoreError: It cannot be read.
        """
        now = self._clock()
        backlog = await self._store.queue.backlog(now)
        self._metrics.promises_due.set(backlog.due)
        oldest = timedelta() if backlog.oldest is None else now - backlog.oldest
        self._metrics.promise_oldest.set(oldest.total_seconds())

    async def _read(self, found: Sequence[Due], now: datetime) -> None:
        """Read what was not in the queue at the last look, and show what is in it."""
        new = [each for each in found if each not in self._known]
        promises = await self._store.queue.promises([each.place for each in new])
        if not new and len(found) == len(self._known):
            return
        read = dict(zip(new, promises, strict=True))
        self._known = {each: read[each] if each in read else self._known[each] for each in found}
        self._shown = Shown(
            {due: each.at(now) for due, each in self._known.items() if each is not None}
        )
        self._changed.set()
        self._changed = asyncio.Event()

    async def settle(self) -> None:
        """Settle promises whose time is over.

        Raises:
            StoreError: The queue cannot be read, or a settlement could not be stored.
            Exception: A fault of one promise; it is raised when the others are settled.
        """
        fault: Exception | None = None
        for due in await self._store.queue.overdue(self._clock(), _BATCH):
            try:
                await self.owed(due.place)
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it is of this one alone
                fault = error
        if fault is not None:
            raise fault

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

    async def owed(self, place: Place) -> Promise | None:
        """Return a promise in the queue if it is owed, as it stands; what is not leaves the queue.

        What is over of its customer's promises is settled: one to somebody who must not be called
        any more is released. One that only a newer replica can read is none for this one, and
        stays.

        Raises:
            StoreError: Nobody can tell.
        """
        try:
            memory = await self._settled(place)
        except RecordUnreadable:
            return None
        return next((each for each in memory.promises if _waits(each, place)), None)

    async def to_ring(self, claim: Claim) -> Promise | None:
        """Return a claimed promise if it is owed and nobody is ringing for it already.

        A call that has gone on for long without a report has lost its claim, and still goes on.

        Raises:
            StoreError: Nobody can tell.
        """
        promise = await self.owed(claim.place)
        if promise is None:
            return None
        memory = (await self._store.memories.read_of(self._store.queue.owner(claim.place))).memory
        for hold in memory.holds:
            if hold.promise_id == promise.id and await self._goes_on(hold.id or ""):
                again = self._clock() + self._loaded().guide.pack.settings.callbacks.retry
                await self._store.queue.unclaim(claim.place, claim.token, again)
                return None
        return promise

    async def _goes_on(self, call_id: str) -> bool:
        """Tell whether somebody has answered a call, and nobody has hung up."""
        live = await self._store.live.read(call_id)
        kinds = frozenset() if live is None else {event.kind for event in live.events}
        return not kinds <= UNNOTICED and ENDS.isdisjoint(kinds)

    async def _settled(self, place: Place) -> Memory:
        """Settle what is over of one customer's promises; return what is remembered after it."""
        guide, now = self._loaded().guide, self._clock()
        settings = guide.pack.settings.callbacks
        owner = self._store.queue.owner(place)

        def work(before: Remembered) -> Changed:
            profile = Profile() if before.stored is None else before.stored.profile
            return by_time(guide, before.memory, profile, now)

        before = await self._store.memories.read_of(owner)
        if not any(_waits(each, place) for each in before.memory.promises):
            await self._store.queue.drop(place, before.found.memory)
            return before.memory
        if not work(before).promises:
            return before.memory
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
        return done[-1].memory


def _waits(promise: Promise, place: Place) -> bool:
    """Tell whether a promise is the one at a place, and owed."""
    return promise.id == place.id and promise.state.is_open
