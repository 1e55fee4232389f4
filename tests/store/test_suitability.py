"""Which Redis may be used, and what is said about what it could lose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from redis.asyncio import Redis

from advisor.store.client import StoreClient
from advisor.store.embedded.server import EmbeddedServer
from advisor.store.errors import Reason, StoreError, StoreMisconfigured, StoreUnavailable
from advisor.store.keys import Keys
from advisor.store.suitability import StoreReport, check, examined, server_name

_SECRET = b"a secret of the tests"


@pytest.fixture(name="client")
async def _client(redis_url: str) -> AsyncIterator[StoreClient]:
    client = StoreClient(redis_url)
    yield client
    await client.aclose()


@pytest.fixture(name="own_client")
async def _own_client(own_redis: EmbeddedServer) -> AsyncIterator[StoreClient]:
    client = StoreClient(own_redis.url)
    yield client
    await client.aclose()


async def _set(server: EmbeddedServer, *setting: str) -> None:
    async with Redis.from_url(server.url) as redis:
        await redis.config_set(*setting)


async def test_embedded_server_has_nothing_to_be_concerned_about(own_client: StoreClient) -> None:
    """The embedded server keeps everything, and says what it is."""
    report = await check(own_client, Keys(_SECRET))

    assert (report.append_only, report.synced, report.replicas) == (True, "always", 0)
    assert report.server.split()[0] in {"valkey", "redis"}
    assert report.concerns == ()


async def test_evicting_server_is_refused(
    own_redis: EmbeddedServer, own_client: StoreClient
) -> None:
    """A server that would throw records away when full is refused, with the setting to change."""
    await _set(own_redis, "maxmemory-policy", "allkeys-lru")

    with pytest.raises(StoreMisconfigured, match=r"`maxmemory-policy allkeys-lru`.*noeviction"):
        await check(own_client, Keys(_SECRET))


async def test_volatile_eviction_is_refused_too(
    own_redis: EmbeddedServer, own_client: StoreClient
) -> None:
    """Sessions expire as well, so evicting only what expires is no better."""
    await _set(own_redis, "maxmemory-policy", "volatile-ttl")

    with pytest.raises(StoreMisconfigured, match="volatile-ttl"):
        await check(own_client, Keys(_SECRET))


async def test_server_without_append_only_file(
    own_redis: EmbeddedServer, own_client: StoreClient
) -> None:
    """A server that keeps nothing on disk may be used, and the report says what it would lose."""
    await _set(own_redis, "appendonly", "no")
    report = await check(own_client, Keys(_SECRET))

    assert not report.append_only
    (concern,) = report.concerns
    assert "a restart loses suppressions and consents. Set `appendonly yes`." in concern


async def test_server_that_syncs_every_second(
    own_redis: EmbeddedServer, own_client: StoreClient
) -> None:
    """Syncing every second without a replica loses a second, and the report says so."""
    await _set(own_redis, "appendfsync", "everysec")
    (concern,) = (await check(own_client, Keys(_SECRET))).concerns

    assert "'everysec'" in concern


def test_replica_makes_up_for_syncing_every_second() -> None:
    """With a replica, or where the server does not tell, there is no concern."""
    report = StoreReport(server="redis 8.2.3", append_only=True, synced="everysec", replicas=1)
    hosted = StoreReport(server="redis 8.2.3", append_only=True, synced=None, replicas=0)

    assert report.concerns == hosted.concerns == ()


async def test_hosted_server_need_not_tell_its_configuration(
    own_redis: EmbeddedServer, own_client: StoreClient
) -> None:
    """A server that refuses CONFIG, as hosted ones do, may be used."""
    async with Redis.from_url(own_redis.url) as redis:
        await redis.acl_setuser(
            "default", enabled=True, nopass=True, keys="*", commands=["-config"]
        )

    assert (await check(own_client, Keys(_SECRET))).synced is None


async def test_namespace_is_claimed_once(client: StoreClient, namespace: str) -> None:
    """The same service may come back as often as it likes, also many replicas at once."""
    keys = Keys(_SECRET, namespace=namespace)
    reports = await asyncio.gather(*(check(client, keys) for _ in range(5)))

    assert len(set(reports)) == 1


async def test_another_secret_is_refused(client: StoreClient, namespace: str) -> None:
    """A service with another secret would find nobody, and is refused rather than blind."""
    await check(client, Keys(_SECRET, namespace=namespace))

    with pytest.raises(StoreMisconfigured, match="stored under another secret"):
        await check(client, Keys(b"another secret of the tests", namespace=namespace))


@pytest.mark.parametrize("stored", ["{", "[]", "{}"])
async def test_damaged_layout_is_refused(client: StoreClient, namespace: str, stored: str) -> None:
    """A layout that cannot be read is not written over."""
    keys = Keys(_SECRET, namespace=namespace)
    await client.write(lambda redis: redis.set(keys.layout, stored))

    with pytest.raises(StoreMisconfigured, match="another secret"):
        await check(client, keys)


async def test_another_number_of_shards_is_refused(client: StoreClient, namespace: str) -> None:
    """Data in another number of shards would not be found, and is refused."""
    keys = Keys(_SECRET, namespace=namespace)
    stored = f'{{"layout": 1, "shards": 64, "secret": "{keys.fingerprint}"}}'
    await client.write(lambda redis: redis.set(keys.layout, stored))

    with pytest.raises(StoreMisconfigured, match="64 shards by layout 1; this service reads 128"):
        await check(client, keys)


async def _refusal(client: StoreClient) -> StoreError:
    with pytest.raises(StoreError) as caught:
        await client.read(lambda redis: redis.get("k"))
    return caught.value


async def test_unsuitable_server_is_not_used_once_it_answers(tmp_path: Path) -> None:
    """A Redis that was away at the start is examined before it is used, and refused if unfit."""
    keys = Keys(_SECRET)
    server = EmbeddedServer(tmp_path / "data")
    async with server:
        away = StoreClient(server.url)
        await check(away, Keys(b"another secret of the tests"))
        await away.aclose()
    client = StoreClient(server.url, probe=partial(examined, keys=keys))
    with pytest.raises(StoreUnavailable):
        await check(client, keys)
    async with server, asyncio.timeout(10):
        refused = await _refusal(client)
        while refused.reason is Reason.BREAKER_OPEN:
            await asyncio.sleep(0.01)
            refused = await _refusal(client)
        await client.aclose()

    assert isinstance(refused, StoreMisconfigured)
    assert "stored under another secret" in str(refused)


@pytest.mark.parametrize(
    ("version", "suitable"), [("6.2.14", False), ("7.0.15", True), ("10.0.1", True)]
)
def test_old_server_is_refused(version: str, *, suitable: bool) -> None:
    """Redis before 7 lacks what the service relies on, and is refused by its version."""
    info = {"redis_version": version}

    if suitable:
        assert server_name(info) == f"redis {version}"
    else:
        with pytest.raises(StoreMisconfigured, match=r"Redis 6\.2\.14 is too old"):
            server_name(info)
