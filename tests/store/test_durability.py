"""Durability: what an answer promises was reached, and what comes of less."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from redis.asyncio import Redis

from advisor.store.client import ClientSettings, StoreClient
from advisor.store.durability import Durability, Promise
from advisor.store.embedded.server import EmbeddedServer
from advisor.store.errors import Reason, StoreMisconfigured, StoreUnavailable
from advisor.store.keys import Keys
from advisor.store.memories import MemoryStore
from advisor.store.suitability import StoreReport, check
from advisor.store.vault import Vault
from tests.store.outcomes import adding, earned, identity

_KEYS = Keys(b"a secret of the tests")
_DISK = Promise(level=Durability.DISK)
_REPLICA = Promise(level=Durability.REPLICA)


@pytest.fixture(name="client")
async def _client(own_redis: EmbeddedServer) -> AsyncIterator[StoreClient]:
    client = StoreClient(own_redis.url, ClientSettings(write_within=10.0))
    await check(client, _KEYS)
    yield client
    await client.aclose()


@pytest.fixture(name="replica")
async def _replica(own_redis: EmbeddedServer, tmp_path: Path) -> AsyncIterator[EmbeddedServer]:
    """Give a second server that follows the first."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    async with Redis.from_url(own_redis.url) as primary:
        await primary.config_set("bind", "127.0.0.1")
        await primary.config_set("port", port)
        await primary.config_set("repl-diskless-sync-delay", 0)
        # A replica that writes its first file does not end when it is asked to.
        async with EmbeddedServer(tmp_path / "replica", stop_within=0.2) as follower:
            async with Redis.from_url(follower.url) as redis:
                await redis.replicaof("127.0.0.1", str(port))
                while (await redis.info("replication"))["master_link_status"] != "up":
                    """Its first copy is under way."""
            yield follower


async def test_embedded_server_reaches_the_disk(client: StoreClient) -> None:
    """What the embedded server answers is on its disk."""
    memories = MemoryStore(Vault(client, _KEYS, promise=_DISK))
    committed = await memories.settle("K-1", "c", identity(), partial(adding, earned()))

    assert committed.durability is Durability.DISK


async def test_disk_that_cannot_be_reached_is_no_answer(client: StoreClient) -> None:
    """Without an append-only file nothing is said to be on the disk."""
    memories = MemoryStore(Vault(client, _KEYS, promise=_DISK))
    await client.write(lambda redis: redis.config_set("appendonly", "no"))

    with pytest.raises(StoreUnavailable):
        await memories.settle("K-1", "c", identity(), partial(adding, earned()))


async def test_replica_has_what_was_answered(client: StoreClient, replica: EmbeddedServer) -> None:
    """An outcome whose answer says `replica` is there when it is answered."""
    vault = Vault(client, _KEYS, promise=_REPLICA)
    committed = await MemoryStore(vault).settle("K-1", "c", identity(), partial(adding, earned()))
    async with Redis.from_url(replica.url) as redis:
        lines = await redis.llen(_KEYS.customer("K-1").ledger)

    assert (committed.durability, lines) == (Durability.REPLICA, 1)


async def test_less_than_demanded_is_settled_by_the_same_id(
    client: StoreClient, replica: EmbeddedServer
) -> None:
    """Fault 8: unconfirmed is UNAVAILABLE and not OK; the same id again settles it, once."""
    assert replica.pid is not None
    promise = replace(_REPLICA, within_ms=50)
    memories = MemoryStore(Vault(client, _KEYS, promise=promise))
    os.kill(replica.pid, signal.SIGSTOP)
    try:
        for _time in range(2):
            with pytest.raises(StoreUnavailable) as caught:
                await memories.settle("K-1", "c", identity(), partial(adding, earned()))
            assert caught.value.reason is Reason.NOT_DURABLE
    finally:
        os.kill(replica.pid, signal.SIGCONT)
    patient = MemoryStore(Vault(client, _KEYS, promise=replace(promise, within_ms=5_000)))
    committed = await patient.settle("K-1", "c", identity(), partial(adding, earned()))

    assert (committed.durability, committed.repeated) == (Durability.REPLICA, True)
    assert (await patient.ledger("K-1")).total == 1


def test_memory_asks_for_nothing() -> None:
    """Where the server's memory is enough, no write waits for anything."""
    assert Promise().question is None
    assert Promise().reached([b"done"]) is Durability.MEMORY
    assert [level.word for level in Durability] == ["memory", "disk", "replica"]


def test_server_that_cannot_be_asked() -> None:
    """An old Redis that syncs always keeps the promise unasked; one that does not is refused."""
    old = StoreReport(
        server="redis 7.0.15", append_only=True, synced="always", replicas=0, confirms=False
    )
    promise = old.promise(_DISK)

    assert promise.question is None
    assert promise.reached([b"done"]) is Durability.DISK
    assert old.promise(_REPLICA) == _REPLICA
    for unfit in (replace(old, synced="everysec"), replace(old, append_only=False)):
        with pytest.raises(StoreMisconfigured, match="appendfsync always"):
            unfit.promise(_DISK)
