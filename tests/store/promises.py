"""Promises for the tests of the store: made, settled and counted as a service does it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from advisor.engagement.promises import Promise, PromiseState
from advisor.engagement.slots import Callbacks
from advisor.store.keys import SHARDS
from advisor.store.memories import MemoryStore, Remembered, Remembering
from advisor.store.queue import QueueStore
from advisor.store.queued import Place, queue_change
from advisor.store.scripts import together
from advisor.store.slots import SlotStore
from advisor.store.vault import Committed, Identity, Vault

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SETTINGS = Callbacks(capacity=1_000_000, team="cards")


def identity(request_id: str, kind: str = "promise") -> Identity:
    """Make the identity of a request."""
    return Identity(kind=kind, id=request_id, digest="d" * 64)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a service does to promises, by the same steps.

    Attributes:
        vault: Where they are kept.
    """

    vault: Vault
    queue: QueueStore = field(init=False)
    slots: SlotStore = field(init=False)
    memories: MemoryStore = field(init=False)

    def __post_init__(self) -> None:
        """Open the parts of the store."""
        for name, kind in (("queue", QueueStore), ("slots", SlotStore), ("memories", MemoryStore)):
            object.__setattr__(self, name, kind(self.vault))

    async def make(
        self,
        request_id: str,
        customer_id: str = "K-1",
        due_at: datetime = NOW,
        *,
        owner: str = "cards",
    ) -> Committed:
        """Hold room, store the promise, tell its slot."""
        place = self.queue.place(customer_id, request_id)
        await self.slots.hold(place, "cards", due_at, SETTINGS)

        def decide(before: Remembered) -> Remembering:
            promise = Promise(
                state=PromiseState.MADE,
                id=place.id,
                due_at=due_at,
                due_until=due_at + SETTINGS.slot,
                missed_at=due_at + SETTINGS.slot + SETTINGS.grace,
                owner=owner,
                fallback="cards",
                customer_id=customer_id,
            )
            return Remembering(
                memory=replace(before.memory, promises=(*before.memory.promises, promise)),
                answer=place.id.encode(),
                queue=(queue_change(promise, SETTINGS),),
            )

        committed = await self.memories.settle_of(
            self.queue.owner(place), identity(request_id), decide
        )
        await self.slots.say_of(SETTINGS, place)
        return committed

    async def settle(self, place: Place, state: PromiseState, request_id: str) -> Committed:
        """Settle a promise; what is settled stays as it is."""

        def decide(before: Remembered) -> Remembering:
            [promise] = [each for each in before.memory.promises if each.id == place.id]
            if not promise.state.is_open:
                return Remembering(memory=before.memory)
            done = promise.settled(state, NOW)
            others = tuple(each for each in before.memory.promises if each.id != place.id)
            return Remembering(
                memory=replace(before.memory, promises=(*others, done)),
                queue=(queue_change(done, SETTINGS),),
            )

        owner = self.queue.owner(place)
        committed = await self.memories.settle_of(owner, identity(request_id, "settle"), decide)
        await self.slots.say_of(SETTINGS, place)
        return committed

    async def open_promises(self, *customers: str) -> list[str]:
        """List the ids of what memories owe."""
        memories = [(await self.memories.read(each)).memory for each in customers]
        return sorted(
            each.id or "" for memory in memories for each in memory.promises if each.state.is_open
        )

    async def in_queue(self, *parts: str) -> list[str]:
        """List the ids that are in some parts of the queue, each as often as it is there."""
        asked = [
            ("ZRANGE", self.vault.keys.shard(shard).part(part), 0, -1)
            for shard in range(SHARDS)
            for part in parts
        ]
        answers = await self.vault.client.write(lambda redis: together(redis, *asked))
        return sorted(
            Place.in_queue(at // len(parts), member.decode()).id
            for at, answer in enumerate(answers)
            if isinstance(answer, list)
            for member in answer
        )

    async def owed(self) -> list[str]:
        """List the ids that claims know of."""
        asked = [("HKEYS", self.vault.keys.shard(shard).part("owed")) for shard in range(SHARDS)]
        answers = await self.vault.client.write(lambda redis: together(redis, *asked))
        return sorted(
            Place.in_queue(shard, member.decode()).id
            for shard, answer in enumerate(answers)
            if isinstance(answer, list)
            for member in answer
        )

    async def in_slots(self, *starts: datetime, team: str = "cards") -> list[str]:
        """List the members that slots count, holds included."""
        asked = [
            (
                "ZRANGE",
                self.vault.keys.slots(f"room:{team}|{int(start.timestamp() * 1000)}"),
                *(0, -1),
            )
            for start in starts
        ]
        answers = await self.vault.client.write(lambda redis: together(redis, *asked))
        return sorted(
            member.decode() for answer in answers if isinstance(answer, list) for member in answer
        )

    async def reconciled(self, now: datetime = NOW) -> None:
        """Do what a steward does."""
        await self.slots.say(SETTINGS)
        await self.slots.recount(now, SETTINGS)

    def member(self, promise_id: str) -> str:
        """Name a promise as queue and slots do."""
        place = Place.of(promise_id)
        assert place is not None
        return place.member


def later(minutes: float) -> datetime:
    """Return an instant after the beginning."""
    return NOW + timedelta(minutes=minutes)
