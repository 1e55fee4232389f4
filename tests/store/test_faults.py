"""Faults of Redis while outcomes come in: none is lost, none counts twice, no call waits.

The numbers are those of the catalogue of faults: budgets are the service's own (30 ms to read,
500 ms to write), with room for a busy machine.
"""

from __future__ import annotations

import asyncio
import os
import signal
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from advisor.engagement.card import posted
from advisor.engagement.contacts import Contact
from advisor.guidance.settling import CONTACTS, bounded, with_contact
from advisor.store.calls import Beginning, Begun, CallStore
from advisor.store.client import StoreClient
from advisor.store.customers import Unavailable
from advisor.store.embedded.server import EmbeddedServer
from advisor.store.errors import Reason, StoreError, StoreFull, StoreUnavailable
from advisor.store.keys import Keys
from advisor.store.memories import MemoryStore, Remembering
from advisor.store.suitability import check
from advisor.store.vault import Committed, Vault
from tests.faultproxy import FaultProxy
from tests.store.outcomes import NOW, Callers, adding, causes, earned, identity, settle

_KEYS = Keys(b"a secret of the tests")
_CUSTOMERS = 8
_EACH = 25
#: Seconds that a busy machine may add to a budget.
_ROOM = 0.25
_READ = 0.030
_WRITE = 0.500


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Vault]:
    """Open a vault with the budgets of a service."""
    client = StoreClient(url)
    await check(client, _KEYS)
    await client.warm_up()
    try:
        yield Vault(client, _KEYS)
    finally:
        await client.aclose()


def a_call(number: int) -> Beginning:
    """Make a call about which advice is asked."""
    attempt = Contact(id=f"p-{number}", at=NOW, channel="voice_outbound")
    return Beginning(
        call_id=f"p-{number}", customer_id="P-1", digest="d", now=NOW, attempt=attempt, brand="b"
    )


async def prompted(calls: CallStore, first: int, until: asyncio.Event) -> list[float]:
    """Ask for advice again and again; give the seconds of each."""
    taken: list[float] = []
    clock = asyncio.get_running_loop().time
    while not until.is_set():
        begun = clock()
        answer = await calls.begin(a_call(first + len(taken)))
        assert isinstance(answer, Begun | Unavailable)
        taken.append(clock() - begun)
        await asyncio.sleep(0.005)
    return taken


async def test_killed_while_calls_come_in(own_redis: EmbeddedServer) -> None:
    """Fault 1, K4: Redis is killed under load: prompts 0 errors, outcomes 0 lost and 0 twice."""
    async with opened(own_redis.url) as vault:
        callers = Callers(MemoryStore(vault))
        done = asyncio.Event()
        prompts = [
            asyncio.create_task(prompted(CallStore(vault), 1_000_000 * n, done)) for n in range(4)
        ]
        sending = [
            asyncio.create_task(callers.send(range(n * _EACH, (n + 1) * _EACH), f"K-{n}"))
            for n in range(_CUSTOMERS)
        ]
        while len(callers.acknowledged) < _CUSTOMERS * _EACH // 3:
            await asyncio.sleep(0.001)
        assert own_redis.pid is not None
        os.kill(own_redis.pid, signal.SIGKILL)
        await asyncio.gather(*sending)
        done.set()
        taken = sorted(t for each in await asyncio.gather(*prompts) for t in each)
        found = [await causes(callers.memories, f"K-{n}") for n in range(_CUSTOMERS)]

    assert callers.refused
    assert sorted(callers.acknowledged) == list(range(_CUSTOMERS * _EACH))
    assert [len(each) for each in found] == [_EACH] * _CUSTOMERS
    assert {f"o-{n}" for n in callers.acknowledged} == {c for each in found for c in each}
    assert callers.slowest < _WRITE * 2 + _ROOM
    assert taken[-1] < _READ + _ROOM


async def test_recovers_within_a_second(own_redis: EmbeddedServer) -> None:
    """Fault 1: outcomes are stored again at most a second after Redis answers."""
    async with opened(own_redis.url) as vault:
        callers = Callers(MemoryStore(vault))
        clock = asyncio.get_running_loop().time
        assert own_redis.pid is not None
        os.kill(own_redis.pid, signal.SIGKILL)
        sending = asyncio.create_task(callers.send(range(1), "K-1"))
        async with Redis.from_url(own_redis.url) as operator:
            back = await _answers(operator)
        await sending

    assert clock() - back < 1 + _ROOM


async def _answers(operator: Redis) -> float:
    """Wait until Redis answers, and give the time."""
    async with asyncio.timeout(10):
        while True:
            try:
                await operator.ping()
            except RedisError:
                await asyncio.sleep(0.005)
            else:
                return asyncio.get_running_loop().time()


async def test_hanging_while_calls_come_in(own_redis: EmbeddedServer) -> None:
    """Fault 2, K4: Redis hangs: every call ends in its budget, and late writes count once."""
    async with opened(own_redis.url) as vault:
        memories, calls = MemoryStore(vault), CallStore(vault)
        clock = asyncio.get_running_loop().time
        before = await memories.read_for_change("K-1", "c-1")
        assert before.memory.contacts == ()
        assert own_redis.pid is not None
        os.kill(own_redis.pid, signal.SIGSTOP)
        try:
            begun = clock()
            answers = await asyncio.gather(*(calls.begin(a_call(n)) for n in range(20)))
            prompts = clock() - begun
            begun = clock()
            refused = await asyncio.gather(
                *(settle(memories, n) for n in range(20)), return_exceptions=True
            )
            outcomes = clock() - begun
        finally:
            os.kill(own_redis.pid, signal.SIGCONT)
        callers = Callers(memories)
        await callers.send(range(20), "K-1")
        found = await causes(memories, "K-1")

    assert all(isinstance(answer, Unavailable) for answer in answers)
    assert prompts < _READ + _ROOM
    assert all(isinstance(error, StoreUnavailable) for error in refused)
    assert outcomes < _WRITE + _ROOM
    assert sorted(found, key=str) == sorted((f"o-{n}" for n in range(20)), key=str)


async def test_slow_redis(own_redis: EmbeddedServer) -> None:
    """Fault 3: 200 ms each way: no prompt waits for it; an outcome is stored or refused, not lost.

    What was acknowledged is in the ledger, and what was refused is there once, sent again.
    """
    async with (
        opened(own_redis.url) as direct,
        FaultProxy(urlsplit(own_redis.url).path) as proxy,
        opened(proxy.url) as vault,
    ):
        proxy.delay = 0.2
        memories = MemoryStore(vault)
        sent = [settle(memories, number, f"K-{number}") for number in range(4)]
        answers = await asyncio.gather(*sent, return_exceptions=True)
        clock = asyncio.get_running_loop().time
        begun = clock()
        prompt = await CallStore(vault).begin(a_call(1))
        taken = clock() - begun
        acknowledged = [
            await causes(MemoryStore(direct), f"K-{number}")
            for number, answer in enumerate(answers)
            if isinstance(answer, Committed)
        ]
        again = [await settle(MemoryStore(direct), number, f"K-{number}") for number in range(4)]
        found = [await causes(MemoryStore(direct), f"K-{number}") for number in range(4)]

    assert isinstance(prompt, Unavailable)
    assert taken < _READ + _ROOM
    assert all(isinstance(answer, Committed | StoreUnavailable) for answer in answers)
    assert all(len(each) == 1 for each in acknowledged)
    assert [each.answer for each in again] == [f"answer o-{n}".encode() for n in range(4)]
    assert found == [[f"o-{n}"] for n in range(4)]


async def test_reply_lost_after_it_was_applied(own_redis: EmbeddedServer) -> None:
    """Fault 4: an outcome whose reply was lost is one outcome, with one answer, sent again."""
    async with (
        opened(own_redis.url) as direct,
        FaultProxy(urlsplit(own_redis.url).path) as proxy,
        opened(proxy.url) as vault,
    ):
        memories = MemoryStore(vault)
        await settle(memories, 1, "K-2")
        before = await memories.read_for_change("K-1", "c-0", identity(0))
        change = adding(earned(0), before)
        proxy.swallow_replies = True
        with pytest.raises(StoreUnavailable) as caught:
            await memories.commit("K-1", "c-0", identity(0), before, change)
        again = await settle(MemoryStore(direct), 0)
        lines = await causes(MemoryStore(direct), "K-1")

    assert caught.value.reason is Reason.TIMEOUT
    assert (again.answer, again.repeated) == (change.answer, True)
    assert lines == ["o-0"]


async def test_advice_lost_on_its_way(own_redis: EmbeddedServer) -> None:
    """Fault 4: a call whose advice was lost gets the same decision when it asks again."""
    async with (
        opened(own_redis.url) as direct,
        FaultProxy(urlsplit(own_redis.url).path) as proxy,
        opened(proxy.url) as vault,
    ):
        await CallStore(vault).begin(a_call(0))
        proxy.swallow_replies = True
        lost = await CallStore(vault).begin(a_call(1))
        first = await CallStore(direct).begin(a_call(1))
        second = await CallStore(direct).begin(a_call(1))

    assert lost == Unavailable(reason=Reason.TIMEOUT)
    assert isinstance(first, Begun)
    assert isinstance(second, Begun)
    assert first.session.repeated
    assert first.session == second.session
    assert [hold.id for hold in first.memory.holds] == ["p-0"]


async def test_full_redis(own_redis: EmbeddedServer) -> None:
    """Fault 10: a full Redis refuses outcomes whole, calls go on, and the same id works later."""
    async with opened(own_redis.url) as vault, Redis.from_url(own_redis.url) as operator:
        memories = MemoryStore(vault)
        await settle(memories, 0)
        await operator.config_set("maxmemory", "1")
        with pytest.raises(StoreFull):
            await settle(memories, 1)
        prompt = await CallStore(vault).begin(a_call(0))
        kept = await memories.read("K-1")
        await operator.config_set("maxmemory", "0")
        committed = await settle(memories, 1)
        lines = await causes(memories, "K-1")

    assert prompt == Unavailable(reason=Reason.FULL)
    assert [contact.id for contact in kept.memory.contacts] == ["o-0"]
    assert not committed.repeated
    assert lines == ["o-1", "o-0"]


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        (("min-replicas-to-write", "1"), Reason.NO_REPLICAS),
        (("requirepass", "a password"), Reason.REFUSED),
    ],
)
async def test_redis_that_refuses(
    own_redis: EmbeddedServer, setting: tuple[str, str], reason: Reason
) -> None:
    """Fault 11: each refusal has its own word, for calls and for outcomes alike."""
    async with opened(own_redis.url) as vault, Redis.from_url(own_redis.url) as operator:
        await operator.config_set(*setting)
        await operator.client_kill_filter(_type="normal", skipme=True)
        prompt = await CallStore(vault).begin(a_call(0))
        with pytest.raises(StoreError) as caught:
            await settle(MemoryStore(vault), 0)
        await operator.config_set(setting[0], "" if setting[0] == "requirepass" else "0")

    assert prompt == Unavailable(reason=reason)
    assert caught.value.reason is reason


async def test_redis_became_a_replica(own_redis: EmbeddedServer) -> None:
    """Fault 11: a server that was demoted is said to be one; when it leads again, all goes on."""
    async with opened(own_redis.url) as vault, Redis.from_url(own_redis.url) as operator:
        await operator.replicaof("127.0.0.1", "1")
        prompt = await CallStore(vault).begin(a_call(0))
        with pytest.raises(StoreUnavailable) as caught:
            await settle(MemoryStore(vault), 0)
        await operator.replicaof("NO", "ONE")
        committed = await settle(MemoryStore(vault), 0)

    assert prompt == Unavailable(reason=Reason.READ_ONLY)
    assert caught.value.reason is Reason.READ_ONLY
    assert not committed.repeated


async def test_reset_connections(own_redis: EmbeddedServer) -> None:
    """Fault 13: after a reset a call is asked once more in its budget; an outcome counts once."""
    async with (
        opened(own_redis.url) as direct,
        FaultProxy(urlsplit(own_redis.url).path) as proxy,
        opened(proxy.url) as vault,
    ):
        proxy.reset()
        prompt = await CallStore(vault).begin(a_call(0))
        callers = Callers(MemoryStore(vault))
        sending = [asyncio.create_task(callers.send(range(n, n + 5), "K-1")) for n in (0, 5, 10)]
        while len(callers.acknowledged) < 15:
            proxy.reset()
            await asyncio.sleep(0.02)
        await asyncio.gather(*sending)
        lines = await causes(MemoryStore(direct), "K-1")

    assert isinstance(prompt, Begun)
    assert sorted(map(str, lines)) == sorted(f"o-{n}" for n in range(15))


async def test_cost_does_not_grow_with_age(own_redis: EmbeddedServer) -> None:
    """S10: what a call reads of a customer is no more after 3000 entries than after 300."""
    async with opened(own_redis.url) as vault:
        memories, calls = MemoryStore(vault), CallStore(vault)
        sizes: list[int] = []
        for many in (300, 2_700):
            await _aged(memories, many)
            begun = await calls.begin(a_call(many))
            assert isinstance(begun, Begun)
            sizes.append(len(begun.snapshot.memory))
            assert len(begun.memory.contacts) == CONTACTS
        total = (await memories.ledger("P-1")).total

    assert total == 3_000
    assert sizes[1] < sizes[0] * 1.02


async def _aged(memories: MemoryStore, many: int) -> None:
    """Let a customer collect entries, a hundred in each change."""
    for _change in range(many // 100):
        before = await memories.read_for_change("P-1", None)
        memory = before.memory
        entries = tuple(earned(number) for number in range(100))
        for number in range(100):
            contact = Contact(id=uuid.uuid4().hex, at=earned(number).at)
            memory = bounded(with_contact(memory, contact), NOW)
        account = posted(memory.account, entries)
        change = Remembering(memory=replace(memory, account=account), entries=entries)
        assert await memories.commit("P-1", None, None, before, change) is not None
