"""Faults 5, 7, 8 and 9: servers that die and are replaced while callers go on."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.store.calls import Begun, CallStore
from advisor.store.changes import ChangeFeed
from advisor.store.customers import Unavailable
from advisor.store.drain import drained
from advisor.store.durability import Promise
from advisor.store.errors import Reason, StoreError, StoreReadOnly, StoreUnavailable
from advisor.store.journal import Journal
from advisor.store.memories import MemoryStore
from advisor.store.scripts import together
from advisor.store.vault import Vault
from tests.store.outcomes import NOW, causes, settle
from tests.store.services import BOTH_REPLICAS, ONE_REPLICA, SWIFT, a_call, opened, told
from tests.store.topologies import Clustered, Watched, clustered, until, watched

#: Seconds in which writes must be back.
_SENTINEL_BACK, _CLUSTER_BACK = 3.0, 4.0


@pytest.fixture(name="sentinels")
def _sentinels(tmp_path: Path) -> Iterator[Watched]:
    with watched(tmp_path) as group:
        yield group


@pytest.fixture(name="cluster")
def _cluster(tmp_path: Path) -> Iterator[Clustered]:
    with clustered(tmp_path) as group:
        yield group


def now() -> float:
    """Read the loop's clock, in seconds."""
    return asyncio.get_running_loop().time()


async def written(vault: Vault, key: str, since: float) -> float:
    """Write until it is answered with OK; give the seconds that it took."""
    while True:
        with contextlib.suppress(StoreError):
            await vault.client.write(lambda redis: redis.set(key, "v"))
            return now() - since
        await asyncio.sleep(0.005)


async def test_killed_primary_of_sentinels(sentinels: Watched, namespace: str) -> None:
    """Fault 5: writes are back within 3 s of SIGKILL, 0 acknowledged lost, 0 twice, no restart."""
    async with opened(sentinels.url, namespace, promise=ONE_REPLICA, settings=SWIFT) as vault:
        async with told(vault) as line:
            begun = now()
            sentinels.primary.signal(signal.SIGKILL)
            took = await line.back(begun)

        assert took < _SENTINEL_BACK
        assert await line.lost_or_twice() == []
        assert {Reason.LOST, Reason.OTHER, Reason.READ_ONLY}.isdisjoint(line.callers.refused)


async def test_hung_primary_of_sentinels(sentinels: Watched, namespace: str) -> None:
    """A primary that hangs is left like one that died, and does no harm when it goes on."""
    async with opened(sentinels.url, namespace, promise=ONE_REPLICA, settings=SWIFT) as vault:
        hung = sentinels.primary
        feed = ChangeFeed(vault.client, vault.keys)
        listening = asyncio.create_task(feed.run())
        async with told(vault) as line, feed.watching("channel") as changed:
            begun = now()
            hung.signal(signal.SIGSTOP)
            took = await line.back(begun)
            # Whoever watched the one that hangs is told to look again, and hears of the new one.
            await changed.wait()
            changed.clear()
            while not changed.is_set():
                await vault.client.write(lambda redis: redis.publish("channel", ""))
                await asyncio.sleep(0.01)
            hung.signal(signal.SIGCONT)
            await asyncio.to_thread(until, lambda: hung.fact("role") == "slave")
        listening.cancel()
        await asyncio.wait((listening,))

        assert took < 2 * _SENTINEL_BACK
        assert await line.lost_or_twice() == []


async def test_failover_by_hand(sentinels: Watched, namespace: str) -> None:
    """Fault 7: an old primary that lives on is left within 1 s, 0 that both replicas had is lost.

    Sentinels tell it only after a while that it is a replica; until then it takes writes that will
    be thrown away.
    """
    old, key = sentinels.primary, f"{namespace}:key"
    memory = Promise()
    async with (
        opened(sentinels.url, namespace, promise=BOTH_REPLICAS, settings=SWIFT) as vault,
        opened(sentinels.url, namespace, promise=memory, settings=SWIFT) as other,
    ):
        async with told(vault) as line:
            begun = now()
            sentinels.sentinels[0].command("SENTINEL", "FAILOVER", "calls")
            while (new := await asyncio.to_thread(lambda: sentinels.primary)) is old:
                await asyncio.sleep(0.01)
            named, whole = now(), 0.0
            while new.command("EXISTS", key) == 0:
                whole = await written(other, key, begun)
            left = now() - named
            await line.back(begun)

        assert left < 1.0
        assert whole < _SENTINEL_BACK
        assert await line.lost_or_twice() == []
        assert {Reason.LOST, Reason.OTHER}.isdisjoint(line.callers.refused)


async def test_sentinels_are_gone(sentinels: Watched, namespace: str) -> None:
    """Without Sentinels nothing can take over, and the primary is used as before."""
    async with opened(sentinels.url, namespace, settings=SWIFT) as vault:
        primary = sentinels.primary
        for sentinel in sentinels.sentinels:
            sentinel.signal(signal.SIGKILL)
        primary.command("CLIENT", "KILL", "TYPE", "normal")
        key = vault.keys.weather

        assert await written(vault, key, now()) < 1.0
        # Not even a breaker that opened needs them.
        primary.signal(signal.SIGSTOP)
        with pytest.raises(StoreUnavailable):
            await vault.client.write(lambda redis: redis.set(key, "v"))
        primary.signal(signal.SIGCONT)
        assert await written(vault, key, now()) < _SENTINEL_BACK


async def test_replicas_are_gone(sentinels: Watched, namespace: str, tmp_path: Path) -> None:
    """Fault 8: without replicas no write is answered with OK, calls go on, and ids settle it."""
    journal = Journal(tmp_path / "journal")
    async with opened(sentinels.url, namespace, promise=ONE_REPLICA) as vault:
        memories, replicas = MemoryStore(vault), sentinels.replicas
        for replica in replicas:
            replica.signal(signal.SIGKILL)
        begun = now()
        with pytest.raises(StoreUnavailable) as caught:
            await settle(memories, 1)
        took = now() - begun
        with pytest.raises(StoreUnavailable) as undrained:
            await drained(vault, journal, NOW)

        assert caught.value.reason is undrained.value.reason is Reason.NOT_DURABLE
        assert took < 1.0
        assert isinstance(await CallStore(vault).begin(a_call(1)), Begun)
        assert journal.heads() == {}
        for replica in replicas:
            replica.start()
        until(lambda: sentinels.primary.confirmed(2))
        assert (await settle(memories, 1)).repeated
        assert await drained(vault, journal, NOW) == 1
        assert await causes(memories, "K-1") == ["o-1"]


async def test_killed_primary_of_a_cluster(cluster: Clustered, namespace: str) -> None:
    """Fault 9: the next success is within 4 s of SIGKILL; 0 acknowledged lost, 0 twice.

    Writes that must be on a replica are back when the new primary has one.
    """
    async with (
        opened(cluster.url, namespace, promise=ONE_REPLICA, settings=SWIFT) as vault,
        opened(cluster.url, namespace, promise=ONE_REPLICA, settings=SWIFT) as other,
    ):
        async with told(vault) as line:
            key = next(
                key
                for key in (f"{namespace}:{{{number}}}" for number in range(99))
                if cluster.owner(key) is cluster.servers[0]
            )
            begun = now()
            cluster.servers[0].signal(signal.SIGKILL)
            took = await written(other, key, begun)
            cluster.servers[0].start()
            await line.back(begun)

        assert took < _CLUSTER_BACK
        assert await line.lost_or_twice() == []
        assert {Reason.LOST, Reason.OTHER, Reason.READ_ONLY}.isdisjoint(line.callers.refused)


async def test_slot_that_moves(cluster: Clustered, namespace: str) -> None:
    """Fault 9: a slot that moves costs no call, and a write is confirmed by who has it then."""
    async with opened(cluster.url, namespace) as vault:
        key = vault.keys.call("call-1")
        slot = int(str(cluster.servers[0].command("CLUSTER", "KEYSLOT", key)))
        old = cluster.owner_of(slot)
        new = next(each for each in cluster.servers[:3] if each is not old)
        follower = next(
            each for each in cluster.servers[3:] if each.fact("master_port") == new.port
        )
        asked = (("INCR", key), ("WAIT", 1, 300), ("GET", vault.keys.layout))

        async def answers() -> list[object]:
            return (await vault.client.write(lambda redis: together(redis, *asked)))[:2]

        cluster.begin_move(slot, new)
        assert await answers() == [1, 1]
        follower.signal(signal.SIGKILL)
        cluster.end_move(slot, old, new)
        # The server that had the slot still has its replica, which would say 1.
        assert await answers() == [2, 0]
        assert await answers() == [3, 0]
        assert await vault.client.read(lambda redis: redis.get(key)) == b"3"


async def test_slot_on_its_way(cluster: Clustered, namespace: str) -> None:
    """While a slot moves, its customers are unknown and their writes told to come again.

    Nobody else is held up.
    """
    async with opened(cluster.url, namespace) as vault:
        memories, calls = MemoryStore(vault), CallStore(vault)
        mark = vault.keys.customer("K-1").of.generation
        slot = int(str(cluster.servers[0].command("CLUSTER", "KEYSLOT", mark)))
        old = cluster.owner_of(slot)
        new = next(each for each in cluster.servers[:3] if each is not old)
        cluster.begin_move(slot, new)
        with pytest.raises(StoreUnavailable) as caught:
            await settle(memories, 1)
        unknown = await calls.begin(a_call(1))
        await settle(memories, 2, "K-2")
        old.command("MIGRATE", "127.0.0.1", new.port, mark, 0, 1_000)
        cluster.end_move(slot, old, new)
        committed = await settle(memories, 1)

        assert caught.value.reason is Reason.CONTENDED
        assert unknown == Unavailable(reason=Reason.CONTENDED)
        assert not committed.repeated
        assert isinstance(await calls.begin(a_call(1)), Begun)


async def test_primary_that_is_demoted(sentinels: Watched, namespace: str) -> None:
    """Fault 7: the answer READONLY makes the service look for the primary, until there is one."""
    primary = sentinels.primary
    async with opened(sentinels.url, namespace, settings=SWIFT) as vault:
        primary.command("REPLICAOF", "127.0.0.1", sentinels.replicas[0].port)
        with pytest.raises(StoreReadOnly):
            await vault.client.write(lambda redis: redis.set(vault.keys.weather, "v"))
        assert vault.client.is_open
        primary.command("REPLICAOF", "NO", "ONE")

        assert await written(vault, vault.keys.weather, now()) < _SENTINEL_BACK
