"""The store as settings describe it: what is demanded, what is said about it, how long it lasts."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from redis.asyncio import Redis

from advisor.server.settings import Settings
from advisor.server.stores import retention_of
from advisor.store.embedded.server import EmbeddedServer
from advisor.store.errors import StoreMisconfigured
from advisor.store.retention import Retention
from advisor.v1.customer_pb2 import CustomerProfile
from advisor.v1.customer_service_pb2 import UpdateCustomerRequest
from tests.server.desk import Refused
from tests.server.running import Client, running, settings_for

UPDATE = UpdateCustomerRequest(customer_id="cust-1", profile=CustomerProfile(goal="a mortgage"))


def concerns(client: Client) -> list[str]:
    """Return what the log says that the store could lose."""
    lines = [json.loads(line) for line in client.log.getvalue().splitlines()]
    return [line["why"] for line in lines if line["event"] == "advisor.store_concern"]


def test_retention_is_what_the_settings_say() -> None:
    """Without a setting the documented time counts; with one, that."""
    assert retention_of(Settings()) == Retention()
    changed = retention_of(Settings(profile_days=1, memory_days=2, settle_minutes=3))
    assert (changed.profile, changed.memory, changed.settle) == (
        timedelta(days=1),
        timedelta(days=2),
        timedelta(minutes=3),
    )


async def test_embedded_server_gives_no_concern(tmp_path: Path) -> None:
    """Out of the box, what was answered is on the disk and in a journal beside it."""
    async with running(settings_for(tmp_path)) as client:
        await client.update_customer(UPDATE)

        assert concerns(client) == []


async def test_redis_without_a_journal(tmp_path: Path, own_redis: EmbeddedServer) -> None:
    """Who names a Redis and no journal is told what that means."""
    async with running(settings_for(tmp_path, redis_url=own_redis.url)) as client:
        (concern,) = concerns(client)

    assert "ADVISOR_JOURNAL" in concern


async def test_replica_that_is_not_there(tmp_path: Path, own_redis: EmbeddedServer) -> None:
    """Fault 8: demanded and missing, a replica is a concern at the start and UNAVAILABLE later."""
    settings = settings_for(
        tmp_path,
        redis_url=own_redis.url,
        durability="replica",
        journal=tmp_path / "journal",
    )
    async with running(settings) as client:
        (concern,) = concerns(client)
        with pytest.raises(Refused) as refused:
            await client.update_customer(UPDATE)

    assert "0 of 1 replicas follow" in concern
    assert refused.value.detail(ErrorInfo()).metadata["why"] == "not_durable"


async def test_disk_once_a_second(tmp_path: Path, own_redis: EmbeddedServer) -> None:
    """A disk that is synced once a second cannot keep up with the demand, and that is said."""
    async with Redis.from_url(own_redis.url) as operator:
        await operator.config_set("appendfsync", "everysec")
    settings = settings_for(
        tmp_path, redis_url=own_redis.url, durability="disk", journal=tmp_path / "journal"
    )
    async with running(settings) as client:
        said = concerns(client)

    assert [concern for concern in said if "many will be UNAVAILABLE" in concern]


async def test_disk_that_cannot_be_promised(tmp_path: Path, own_redis: EmbeddedServer) -> None:
    """A service that demands the disk of a Redis without a file does not start."""
    async with Redis.from_url(own_redis.url) as operator:
        await operator.config_set("appendonly", "no")
    settings = settings_for(tmp_path, redis_url=own_redis.url, durability="disk")

    with pytest.raises(StoreMisconfigured, match="ADVISOR_DURABILITY is disk"):
        async with running(settings):
            """It ends before it answers."""
