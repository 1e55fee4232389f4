"""The service dies between any two steps of a promise: nothing is lost, nothing happens twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Final

import pytest

from advisor.server.packs import LoadedPack
from advisor.store.client import StoreClient
from advisor.store.keys import Keys
from advisor.store.pack_files import read_pack_files
from advisor.store.suitability import check
from advisor.v1 import advisor_service_pb2 as advisor
from advisor.v1 import callback_service_pb2 as wire
from advisor.v1 import vocabulary_customer_pb2 as terms
from advisor.v1.call_pb2 import Call, Purpose
from advisor.workbench.preparing import prepare
from tests.server.lives import Killed, Life, call, living
from tests.server.running import NOW, Hands, settings_for
from tests.store.promises import Desk

_CALLBACKS: Final = """\
  callbacks: {slot: 30 minutes, grace: 1 hours, capacity: 1000, team: cards}
"""
_POINTS: Final = """
engagement:
  - {id: kept, because: We rang as we said., when: {promise.settled_as: kept}, then: {credit: 6}}
  - {id: missed, because: We did not ring., when: {promise.settled_as: missed}, then: {debit: 12}}
  - {id: moved, because: Planning again costs.,
     when: {promise.settled_as: rescheduled_by_customer}, then: {debit: 1}}
"""
_FOUR: Final = NOW + timedelta(days=1, hours=1)
_LEASE: Final = 1.0
#: Seconds that a busy machine may add.
_ROOM: Final = 1.0

_Work = Callable[[Life], Awaitable[None]]


@dataclass(slots=True)
class _World:
    """Redis, a pack, and what its callers remember.

    Attributes:
        acknowledged: Ids of promises of which somebody was told that they were made.
        deaths: How often a process died.
        customers: Everybody to whom something was promised.
    """

    url: str
    keys: Keys
    loaded: LoadedPack
    hands: Hands = field(default_factory=Hands)
    acknowledged: set[str] = field(default_factory=set)
    deaths: int = 0
    customers: list[str] = field(default_factory=list)
    random: Random = field(default_factory=lambda: Random(15))

    def life(
        self, dies_at: int | None = None, *, unheard: bool = False
    ) -> AbstractAsyncContextManager[Life]:
        """Begin a process."""
        return living(
            self.url, self.keys, self.loaded, self.hands, dies_at=dies_at, unheard=unheard
        )

    def customer(self) -> str:
        """Return somebody new."""
        self.customers.append(f"K-{len(self.customers)}")
        return self.customers[-1]

    async def make(self, life: Life, customer_id: str, request_id: str = "r") -> None:
        """Ask for a promise, and remember that it was made."""
        request = wire.MakePromiseRequest(
            request_id=request_id,
            context=wire.CallbackContext(
                customer_id=customer_id,
                call=Call(call_id="c-1", brand="acme", time_zones=["Europe/London"]),
                purpose=Purpose(id="pin-migration", subject="pin"),
            ),
        )
        request.due_at.FromDatetime(_FOUR)
        answer = await life.callbacks.make_promise(request, call())
        self.acknowledged.add(answer.promise.id)

    async def move(self, life: Life, promise_id: str) -> None:
        """Ask for another time."""
        request = wire.ReschedulePromiseRequest(request_id="r", promise_id=promise_id)
        request.due_at.FromDatetime(_FOUR + timedelta(minutes=30))
        answer = await life.callbacks.reschedule_promise(request, call())
        self.acknowledged.add(answer.promise.id)

    async def cancel(self, life: Life, promise_id: str) -> None:
        """Give a promise up."""
        request = wire.CancelPromiseRequest(request_id="r", promise_id=promise_id)
        await life.callbacks.cancel_promise(request, call())

    async def keep(self, life: Life, customer_id: str, promise_id: str) -> None:
        """Tell that the promised call was made."""
        request = advisor.RecordOutcomeRequest(
            customer_id=customer_id, outcome_id="o", call_id=f"call-{customer_id}"
        )
        request.call.disposition = terms.DISPOSITION_COMPLETED_SERVICE
        request.call.at.FromDatetime(_FOUR)
        request.call.promise_id = promise_id
        await life.outcomes.record_outcome(request, call())

    async def dies_everywhere(self, prepared: Callable[[], Awaitable[_Work]]) -> int:
        """Let a process die at every command of some work; others try again until it is done.

        Returns:
            At how many commands it could die.
        """
        for at in count():
            died = False
            for unheard in (False, True):
                work = await prepared()
                died = await self._tried(work, at, unheard=unheard)
                # Whoever tries again may die as well.
                await self._tried(work, self.random.randrange(at + 1), unheard=unheard)
                async with self.life() as healthy:
                    await work(healthy)
                    await healthy.finish()
            if not died:
                return at
        raise AssertionError("unreachable: it counts for ever")

    async def _tried(self, work: _Work, dies_at: int, *, unheard: bool) -> bool:
        async with self.life(dies_at, unheard=unheard) as life:
            try:
                await work(life)
                await life.finish()
            except Killed:
                pass
            self.deaths += life.client.dead
            return life.client.dead


@pytest.fixture(name="world")
async def _world(tmp_path: Path, redis_url: str, namespace: str) -> _World:
    settings = settings_for(tmp_path)
    pack = settings.rules / "pack.yaml"
    pack.write_text(pack.read_text().replace("  brands:\n", _CALLBACKS + "  brands:\n"))
    (settings.rules / "more.yaml").write_text(_POINTS)
    prepared = prepare(read_pack_files(settings.rules))
    assert prepared.guide is not None, list(map(str, prepared.problems))
    keys = Keys(b"a secret of the tests", namespace=namespace)
    client = StoreClient(redis_url)
    await check(client, keys)
    await client.aclose()
    return _World(redis_url, keys, LoadedPack(prepared.guide, NOW))


async def _points(life: Life, customer_id: str) -> Counter[str]:
    page = await life.store.memories.ledger(customer_id)
    return Counter(str(entry.rule) for entry in page.entries)


async def test_a_service_that_dies_between_any_two_steps(world: _World) -> None:
    """Fault 15: more than 200 deaths, each tried again by its id: 0 lost, 0 twice.

    What callers were told is there; memories, queue and slots agree once a steward came round.
    """
    async with world.life() as healthy:

        async def owed() -> tuple[str, str]:
            customer_id = world.customer()
            await world.make(healthy, customer_id)
            await healthy.finish()
            return customer_id, healthy.store.queue.place(customer_id, "r").id

        async def making() -> _Work:
            customer_id = world.customer()
            return lambda life: world.make(life, customer_id)

        async def moving() -> _Work:
            _customer_id, promise_id = await owed()
            return lambda life: world.move(life, promise_id)

        async def cancelling() -> _Work:
            _customer_id, promise_id = await owed()
            return lambda life: world.cancel(life, promise_id)

        async def keeping() -> _Work:
            customer_id, promise_id = await owed()
            return lambda life: world.keep(life, customer_id, promise_id)

        done: Counter[str] = Counter()
        for prepared in (making, moving, cancelling, keeping) * 2 + (making, moving):
            steps = await world.dies_everywhere(prepared)
            assert steps >= 3
            done[prepared.__name__] += 2 * (steps + 1)
        await healthy.keeper.count_room()
        desk = Desk(healthy.vault)
        promised = await desk.open_promises(*world.customers)
        slots = await desk.in_slots(_FOUR, _FOUR + timedelta(minutes=30))
        points: Counter[str] = Counter()
        for customer_id in world.customers:
            promises = (await healthy.store.memories.read(customer_id)).memory.promises
            assert len({each.id for each in promises}) == len(promises)
            assert {each.id for each in promises} <= world.acknowledged
            found = await _points(healthy, customer_id)
            assert max(found.values(), default=1) == 1
            points += found

        assert world.deaths >= 200
        assert world.acknowledged >= set(promised)
        assert await desk.in_queue("due", "leases") == promised
        assert await desk.in_queue("overdue") == await desk.owed() == promised
        assert slots == sorted(map(desk.member, promised))
        assert points == Counter(kept=done["keeping"], moved=done["moving"])
        # Each customer has one open promise, but for those who gave it up, or whom we rang.
        assert len(promised) == done["making"] + done["moving"]


async def test_claims_of_the_dead_come_back(world: _World) -> None:
    """Fault 15: whoever dies at any step of a claim or a look: all comes back within its lease."""
    clock = asyncio.get_running_loop().time
    async with world.life() as healthy:
        for _promise in range(30):
            await world.make(healthy, world.customer())
        await healthy.finish()
        world.hands.now = _FOUR
        request = wire.ClaimDuePromisesRequest(worker_id="killed", most=1)
        request.lease.FromTimedelta(timedelta(seconds=_LEASE))

        async def claim(life: Life) -> None:
            await life.due.claim_due_promises(request, call())

        async def look(life: Life) -> None:
            await life.keeper.look()

        for work in (claim, look):
            for unheard in (False, True):
                for at in range(6):
                    async with world.life(at, unheard=unheard) as life:
                        try:
                            await work(life)
                        except Killed:
                            world.deaths += 1
        begun = clock()
        taken: Counter[str] = Counter()
        request.most = 100
        request.lease.FromTimedelta(timedelta(minutes=10))
        while len(taken) < 30 and clock() - begun < _LEASE + _ROOM:
            answer = await healthy.due.claim_due_promises(request, call())
            taken.update(each.promise.id for each in answer.claimed)

        assert world.deaths >= 16
        assert set(taken) == world.acknowledged
        assert max(taken.values()) == 1


async def test_what_time_settles_is_settled_once(world: _World) -> None:
    """Faults 15, 16: stewards die in the midst of settling and reconciling; others do it, once."""
    async with world.life() as healthy:
        for _promise in range(20):
            await world.make(healthy, world.customer())
        await healthy.finish()
        world.hands.now = _FOUR + timedelta(minutes=90)
        for at in range(12):
            for unheard in (False, True):
                async with world.life(at, unheard=unheard) as life:
                    rounds = (life.keeper.settle, life.keeper.count_room)
                    for work in rounds if at % 2 else reversed(rounds):
                        try:
                            await work()
                        except Killed:
                            world.deaths += 1
        await asyncio.gather(*(healthy.keeper.settle() for _steward in range(3)))
        await healthy.keeper.count_room()
        desk = Desk(healthy.vault)

        assert world.deaths >= 24
        assert await desk.open_promises(*world.customers) == []
        assert await desk.in_queue("due", "leases", "overdue") == await desk.owed() == []
        assert set(await desk.in_queue("missed")) == world.acknowledged
        assert await desk.in_slots(_FOUR) == []
        for customer_id in world.customers:
            assert await _points(healthy, customer_id) == Counter({"missed": 1})


async def test_a_promise_is_not_refused_when_it_is_asked_for_again(world: _World) -> None:
    """Fault 4: a promise that was made is answered the same, though its slot is full by now."""
    async with world.life() as healthy:
        customer_id = world.customer()
        await world.make(healthy, customer_id)
        await world.cancel(healthy, healthy.store.queue.place(customer_id, "r").id)
        await healthy.finish()
        settings = world.loaded.pack.settings.callbacks
        await healthy.store.slots.set("cards", {_FOUR: 0}, settings)
        await world.make(healthy, customer_id)
        await healthy.finish()

        assert len(world.acknowledged) == 1
        assert await Desk(healthy.vault).in_slots(_FOUR) == []


async def test_a_move_may_have_the_id_of_the_making(world: _World) -> None:
    """A request to move a promise is another than the one to make it, though their ids are one."""
    async with world.life() as healthy:
        customer_id = world.customer()
        await world.make(healthy, customer_id)
        await world.move(healthy, healthy.store.queue.place(customer_id, "r").id)
        world.hands.now = _FOUR + timedelta(minutes=30)
        request = wire.ClaimDuePromisesRequest(worker_id="w", most=5)
        [claimed] = (await healthy.due.claim_due_promises(request, call())).claimed

        assert len(world.acknowledged) == 2
        assert claimed.promise.id in world.acknowledged
        assert claimed.promise.replaces in world.acknowledged
