"""The queue of promises: what is due longest comes first, to each who claims something else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest
from redis.asyncio import Redis

from advisor.engagement.slots import Capacity
from advisor.store.client import ClientSettings, StoreClient
from advisor.store.keys import Keys
from advisor.store.queued import Place
from advisor.store.slots import SlotStore
from advisor.store.suitability import check
from advisor.store.vault import Vault
from tests.store.promises import NOW, SETTINGS, Desk, later

_T = TypeVar("_T")

_LEASE = timedelta(minutes=1)


@pytest.fixture(name="desk")
async def _desk(redis_url: str, namespace: str) -> AsyncIterator[Desk]:
    client = StoreClient(redis_url, ClientSettings(read_within=5.0, write_within=10.0))
    keys = Keys(b"a secret of the tests", namespace=namespace)
    await check(client, keys)
    yield Desk(Vault(client, keys))
    await client.aclose()


async def test_all_that_one_customer_is_owed(desk: Desk) -> None:
    """Whoever asks for so many gets so many, though all of them lie in one shard."""
    for number in range(12):
        await desk.make(f"r-{number}", due_at=later(-number))

    found = await desk.queue.peek(NOW, 10)
    claims = await desk.queue.claim(NOW, 10, (), worker="w", lease=_LEASE)

    assert [each.at for each in found] == [later(-number) for number in range(11, 1, -1)]
    assert [each.place for each in claims] == [each.place for each in found]


async def test_the_one_due_longest_comes_first(desk: Desk) -> None:
    """However many are due, each claim has the one that has been due longest."""
    for number in range(40):
        await desk.make("r", f"K-{number}", due_at=later(-((number * 7) % 40)))
    first: list[Place] = []
    while claims := await desk.queue.claim(NOW, 1, (), worker="w", lease=_LEASE):
        first += [each.place for each in claims]

    expected = sorted(range(40), key=lambda number: -((number * 7) % 40))
    assert first == [desk.queue.place(f"K-{number}", "r") for number in expected]


async def test_many_who_claim_at_once_come_away_with_one_each(desk: Desk) -> None:
    """Of workers that claim at the same time nobody goes without, and no two have the same."""
    for number in range(20):
        await desk.make("r", f"K-{number}")
    claims = await asyncio.gather(
        *(desk.queue.claim(NOW, 1, (), worker=f"w-{number}", lease=_LEASE) for number in range(20))
    )

    assert [len(each) for each in claims] == [1] * 20
    assert len({claim.place for each in claims for claim in each}) == 20


async def test_put_off_it_is_its_owners_first_again(desk: Desk) -> None:
    """A promise that was given back for later has the patience of one that becomes due."""
    await desk.make("r", owner="sam")
    [claim] = await desk.queue.claim(NOW, 1, ("sam",), worker="w", lease=_LEASE)
    assert await desk.queue.unclaim(claim.place, claim.token, later(10))

    team = [await desk.queue.peek(later(minutes), 1, ("cards",)) for minutes in (10, 14, 15)]
    assert [len(found) for found in team] == [0, 0, 1]
    assert len(await desk.queue.peek(later(10), 1, ("sam",))) == 1


async def test_what_somebody_owes_fills_their_pages(desk: Desk) -> None:
    """However much others owe before it, a page of somebody's promises holds theirs alone."""
    for number in range(30):
        owner = "sam" if number % 10 == 9 else "kim"
        await desk.make(f"r-{number}", due_at=later(number), owner=owner)
    first = await desk.queue.listed(None, None, 2, ["sam"])
    last = first[-1]
    second = await desk.queue.listed((last.at, last.place.id), None, 2, ["sam", "nobody"])

    sams = [desk.queue.place("K-1", f"r-{number}") for number in (9, 19, 29)]
    assert [each.place for each in (*first, *second)] == sams
    assert len(await desk.queue.listed(None, None, 50, ["cards"])) == 30
    assert len(await desk.queue.listed(None, first[0].at, 50, ["kim"])) == 9


async def test_a_slot_of_which_nobody_spoke_is_not_kept(desk: Desk) -> None:
    """Whatever times are asked for, what is refused for want of room leaves nothing behind."""
    none = replace(SETTINGS, capacity=0)
    place = desk.queue.place("K-1", "r-1")
    room = await desk.slots.hold(place, "cards", later(60), none)
    await desk.slots.refresh(none)

    assert not room.free
    assert desk.slots.capacity == Capacity(only=frozenset())


class _Late(StoreClient):
    """A client whose first answer comes only when it is let through."""

    def __init__(self, url: str) -> None:
        """Connect when it is needed."""
        super().__init__(url, ClientSettings(read_within=5.0, write_within=10.0))
        self.answered, self.through = asyncio.Event(), asyncio.Event()

    async def write(self, command: Callable[[Redis], Awaitable[_T]]) -> _T:
        """Send a command."""
        first = not self.answered.is_set()
        answer = await super().write(command)
        self.answered.set()
        if first:
            await self.through.wait()
        return answer


async def test_an_answer_that_comes_late_is_no_news(desk: Desk, redis_url: str) -> None:
    """What an operator has just said of a slot is not undone by a look that began before."""
    client = _Late(redis_url)
    slots = SlotStore(Vault(client, desk.vault.keys))
    late = asyncio.create_task(slots.refresh(SETTINGS))
    await client.answered.wait()
    await desk.slots.set("cards", {NOW: 0}, SETTINGS)
    await slots.refresh(SETTINGS)
    client.through.set()
    await late
    await client.aclose()

    assert slots.capacity.full == frozenset({("cards", NOW)})


async def test_every_full_slot_is_counted_again(desk: Desk) -> None:
    """However many slots are full, each is counted again in its turn: none stays full for ever."""
    starts = [later(30 * number) for number in range(600)]
    await desk.slots.set("cards", dict.fromkeys(starts, 0), SETTINGS)
    await desk.slots.refresh(SETTINGS)
    assert len(desk.slots.capacity.full) == 600
    said = desk.vault.keys.slots("capacity")
    await desk.vault.client.write(lambda redis: redis.delete(said))
    for _time in range(2):
        await desk.slots.recount(NOW, SETTINGS)
    await desk.slots.refresh(SETTINGS)

    assert desk.slots.capacity.full == frozenset()


@pytest.mark.parametrize(
    ("session", "given_back"),
    [
        (("decision", "d-1"), True),
        (("decision", "d-2"), False),
        (("decision", "d-1", "dialled", "1"), False),
        ((), False),
    ],
)
async def test_a_promise_stays_with_a_call_that_is_made_after_all(
    desk: Desk,
    session: tuple[str, ...],
    given_back: bool,  # noqa: FBT001
) -> None:
    """A promise that is given back late is not taken from a call decided anew, or dialled."""
    await desk.make("r")
    [claim] = await desk.queue.claim(NOW, 1, (), worker="w", lease=_LEASE)
    name = desk.vault.call_name("c-1")
    key = desk.vault.keys.shard(claim.place.shard).part(f"session:{name}")
    if session:
        await desk.vault.client.write(lambda redis: redis.hset(key, items=list(session)))
    free = await desk.queue.unclaim(
        claim.place, claim.token, None, call_id="c-1", decision_id="d-1"
    )

    assert free is given_back
    again = await desk.queue.claim(NOW, 1, (), worker="x", lease=_LEASE)
    assert bool(again) is given_back
