"""What still works while the store does not, and what says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2

from advisor.server.app import ADVISOR, CUSTOMER
from advisor.server.errors import ErrorReason
from advisor.store.embedded.server import EmbeddedServer
from advisor.v1 import vocabulary_call_pb2 as words
from advisor.v1 import vocabulary_decision_pb2 as decision
from advisor.v1.customer_pb2 import CustomerProfile
from advisor.v1.customer_service_pb2 import GetCustomerRequest, UpdateCustomerRequest
from tests.server.desk import Refused
from tests.server.running import Client, pin_call, running, settings_for
from tests.server.test_life import NOT_SERVING, SERVING, status

UPDATE = UpdateCustomerRequest(customer_id="cust-1", profile=CustomerProfile(goal="a mortgage"))


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is so, for ten seconds at most."""
    async with asyncio.timeout(10):
        while not await condition():
            await asyncio.sleep(0.02)


async def says(client: Client, service: str, expected: int) -> None:
    """Wait until a service's health is as expected."""

    async def is_so() -> bool:
        return await status(client.channel, service) == expected

    await until(is_so)


async def test_without_its_store_the_service_advises_with_the_highest_care(
    tmp_path: Path, own_redis: EmbeddedServer
) -> None:
    """A call not yet dialled is deferred, one in progress keeps its guidance, marked degraded (K4).

    Customers cannot be read or changed meanwhile, and health says so of that service alone.
    """
    settings = settings_for(tmp_path, redis_url=own_redis.url)
    talking = pin_call(customer_id="cust-1")
    talking.call.stage = words.CALL_STAGE_GREETING
    async with running(settings) as client:
        await client.update_customer(UPDATE)
        await own_redis.stop()
        waiting = await client.advise(pin_call(customer_id="cust-1"))
        connected = await client.advise(talking)
        unknown = await client.advise(pin_call())
        refusals = []
        for call in (
            client.get_customer(GetCustomerRequest(customer_id="cust-1")),
            client.update_customer(UPDATE),
        ):
            with pytest.raises(Refused) as refused:
                await call
            refusals.append(refused.value)
        await says(client, CUSTOMER.full_name, NOT_SERVING)
        advising = await status(client.channel, ADVISOR.full_name)
        await own_redis.start()
        await says(client, CUSTOMER.full_name, SERVING)
        kept = await client.get_customer(GetCustomerRequest(customer_id="cust-1"))
        log = client.log.getvalue()

    assert waiting.verdict.decision == decision.DECISION_DEFER
    assert decision.REASON_CODE_CONTEXT_STALE in [r.code for r in waiting.verdict.reasons]
    assert waiting.context_report.degraded
    assert "could not be read" in waiting.context_report.degraded_because
    assert connected.context_report.degraded
    assert [item.id for item in connected.items] == ["headline-first/headline"]
    assert not unknown.context_report.degraded
    assert {r.code for r in refusals} == {grpc.StatusCode.UNAVAILABLE}
    assert {r.reason for r in refusals} == {ErrorReason.STORE_UNAVAILABLE}
    assert refusals[0].detail(error_details_pb2.RetryInfo()).retry_delay.seconds == 1
    assert advising == SERVING
    assert kept.profile.goal == "a mortgage"
    assert '"event": "advisor.store_unavailable"' in log
    assert '"event": "advisor.store_available"' in log


async def test_the_service_starts_without_its_store_and_finds_it_later(
    tmp_path: Path, own_redis: EmbeddedServer
) -> None:
    """A Redis that does not answer yet is no reason not to advise."""
    settings = settings_for(tmp_path, redis_url=own_redis.url)
    await own_redis.stop()
    async with running(settings) as client:
        customers = await status(client.channel, CUSTOMER.full_name)
        advising = await status(client.channel, ADVISOR.full_name)
        await own_redis.start()
        await says(client, CUSTOMER.full_name, SERVING)
    assert (customers, advising) == (NOT_SERVING, SERVING)
