"""What promises cost: how many are made and claimed in a second, and a claim beside a million.

Run by ``python -m bench.promises``, with another number than a million if need be; one process, one
server that syncs every write. Promises are made by the steps of the service, without its gRPC: room
is held, the promise is stored, its slot is told. The queue beside which claims are measured is
filled directly, as `commit.lua` would leave it: when each is due, when it is missed, what a claim
must know. Customers' memories are not filled; a claim reads those of the promises that it claims
and of no others.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from typing import Final

import uvloop
from redis.asyncio import Redis

from advisor.engagement.promises import MOST_OPEN, Promise, PromiseState
from advisor.engagement.slots import Callbacks
from advisor.guidance.promising import made
from advisor.store.client import ClientSettings, StoreClient
from advisor.store.keys import SHARDS, Keys
from advisor.store.memories import MemoryStore, Remembered, Remembering
from advisor.store.queue import QueueStore
from advisor.store.queued import Claim, Place, queue_change
from advisor.store.slots import SlotStore
from advisor.store.suitability import check
from advisor.store.vault import Identity, Vault
from bench.processes import redis
from bench.report import line

ROUNDS: Final = 9
EACH: Final = 50
FEW: Final = 10
MANY: Final = 1_000_000
#: How many make promises at once, and how many claim them.
AT_ONCE: Final = 8
#: Customers of each who makes promises, and promises to each of them: the most that can be owed.
CUSTOMERS: Final = 5
OWED: Final = MOST_OPEN
#: Promises put into the queue by one command.
_CHUNK: Final = 1_000
_LEASE: Final = timedelta(minutes=10)
_SECRET: Final = b"of the bench alone"
_NOW: Final = datetime(2026, 1, 12, 15, tzinfo=UTC)
_SETTINGS: Final = Callbacks(capacity=1_000_000)


class _Desk:
    """Makes and claims promises in a namespace of its own."""

    def __init__(self, client: StoreClient, namespace: str) -> None:
        self.vault = Vault(client, Keys(_SECRET, namespace=namespace))
        self.queue = QueueStore(self.vault)
        self._slots = SlotStore(self.vault)
        self._memories = MemoryStore(self.vault)
        self._numbers = count(1)

    async def make(self, customer: str) -> None:
        """Make a promise."""
        number = next(self._numbers)
        place = self.queue.place(customer, f"request-{number}")
        await self._slots.hold(place, _SETTINGS.team, _NOW, _SETTINGS)

        def decide(before: Remembered) -> Remembering:
            changed = made(before.memory, _promise(place, _NOW))
            change = queue_change(changed.promises[0], _SETTINGS)
            return Remembering(memory=changed.memory, queue=(change,))

        identity = Identity(kind="promise", id=f"request-{number}", digest=f"{number:064x}")
        await self._memories.settle_of(self.queue.owner(place), identity, decide)
        await self._slots.say_of(_SETTINGS, place)

    async def claim(self, most: int) -> float:
        """Claim promises and read them, then give them back; the seconds of the claim alone."""
        begun = time.perf_counter()
        claims = await self.queue.claim(_NOW, most, (), worker="bench", lease=_LEASE)
        await self.queue.promises([each.place for each in claims])
        taken = time.perf_counter() - begun
        if len(claims) != most:
            raise SystemExit(f"{len(claims)} of {most} promises were claimed")
        for each in claims:
            await self.queue.unclaim(each.place, each.token, None)
        return taken

    async def fill(self, many: int) -> None:
        """Let so many promises wait, due already, shard by shard."""
        for shard in range(SHARDS):
            share = range(shard, many, SHARDS)
            for begin in range(0, len(share), _CHUNK):
                await self._put(shard, share[begin : begin + _CHUNK])

    async def _put(self, shard: int, numbers: range) -> None:
        due, _leases, owed, _claims, overdue, _missed, _rooms = self.vault.keys.shard(shard).queue
        changes = [
            queue_change(
                _promise(
                    Place(shard=shard, customer=f"{number:032x}", name=f"{number:016x}"),
                    _NOW - timedelta(milliseconds=number),
                ),
                _SETTINGS,
            )
            for number in numbers
        ]

        async def put(redis: Redis) -> None:
            async with redis.pipeline(transaction=False) as pipe:
                pipe.zadd(due, {each.member: each.due or 0 for each in changes})
                pipe.zadd(overdue, {each.member: each.overdue for each in changes})
                pipe.hset(owed, mapping={each.member: each.owed for each in changes})
                await pipe.execute()

        await self.vault.client.write(put)


def _promise(place: Place, due_at: datetime) -> Promise:
    return Promise(
        state=PromiseState.MADE,
        id=place.id,
        due_at=due_at,
        due_until=due_at + _SETTINGS.slot,
        missed_at=due_at + _SETTINGS.slot + _SETTINGS.grace,
        owner=_SETTINGS.team,
        fallback=_SETTINGS.team,
    )


async def measure(url: str, many: int) -> None:
    """Measure the rates, then claims beside few and beside many, in interleaved rounds."""
    client = StoreClient(url, ClientSettings(read_within=30.0, write_within=30.0))
    try:
        rates, few, large = (_Desk(client, name) for name in ("rates", "few", "many"))
        for desk in (rates, few, large):
            await check(client, desk.vault.keys)
        await _rates(rates)
        for desk, size in ((few, FEW), (large, many)):
            await desk.fill(size)
        waiting = (await large.queue.backlog(_NOW)).due
        if waiting != many:
            raise SystemExit(f"{waiting} promises wait, not {many}")
        for most in (1, FEW):
            taken: dict[int, list[float]] = {FEW: [], many: []}
            for _round in range(ROUNDS):
                for desk, size in ((few, FEW), (large, many)):
                    each = [await desk.claim(most) for _claim in range(EACH)]
                    taken[size].append(median(each) * 1e6)
            for size, found in taken.items():
                print(line(f"claim of {most}, {size:,} waiting", found, "us"))
            ratios = [one / other for one, other in zip(taken[many], taken[FEW], strict=True)]
            print(line(f"claim of {most}, {many:,} to {FEW}", ratios, "times", 2))
    finally:
        await client.aclose()


async def _rates(desk: _Desk) -> None:
    """Make promises and claim them, several at once."""
    begun = time.perf_counter()
    await asyncio.gather(*(_made(desk, worker) for worker in range(AT_ONCE)))
    total = AT_ONCE * CUSTOMERS * OWED
    print(f"  made, {AT_ONCE} at once: {total / (time.perf_counter() - begun):.0f} a second")
    for most in (1, FEW):
        claims: list[Claim] = []
        begun = time.perf_counter()
        await asyncio.gather(*(_claimed(desk, most, claims, total) for _worker in range(AT_ONCE)))
        rate = total / (time.perf_counter() - begun)
        print(f"  claimed by {most}, {AT_ONCE} workers at once: {rate:.0f} a second")
        for each in claims:
            await desk.queue.unclaim(each.place, each.token, None)


async def _made(desk: _Desk, worker: int) -> None:
    for customer in range(CUSTOMERS):
        for _promise_to_them in range(OWED):
            await desk.make(f"customer-{worker}-{customer}")


async def _claimed(desk: _Desk, most: int, claims: list[Claim], total: int) -> None:
    """Claim until nothing is left, whoever had it."""
    while len(claims) < total:
        found = await desk.queue.claim(_NOW, most, (), worker="bench", lease=_LEASE)
        await desk.queue.promises([each.place for each in found])
        claims += found


def main(many: int = MANY) -> None:
    """Measure promises."""
    with (
        tempfile.TemporaryDirectory(prefix="advisor-bench-") as scratch,
        redis(Path(scratch)) as url,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(measure(url, many))


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:2]))
