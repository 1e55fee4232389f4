"""Outcomes while Redis is killed, hangs or is slow: refused in time, never lost, never twice."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from urllib.parse import urlsplit

import grpc
import pytest

from advisor.server.errors import ErrorReason
from advisor.store.embedded.server import EmbeddedServer
from advisor.v1.advisor_service_pb2 import RecordOutcomeRequest, RecordOutcomeResponse
from advisor.v1.customer_service_pb2 import ExportCustomerRequest, ExportCustomerResponse
from advisor.v1.vocabulary_customer_pb2 import DISPOSITION_COMPLETED_SERVICE
from advisor.v1.vocabulary_decision_pb2 import DECISION_DEFER
from tests.faultproxy import FaultProxy
from tests.server.desk import Refused
from tests.server.running import NOW, Client, pin_call, running, settings_for

#: Seconds in which a store that is back must be used again, and a request settled.
_PATIENCE = 15
#: Seconds of a write's budget, and what a busy machine may add.
_BUDGET, _MARGIN = 0.5, 0.5


def _outcome(number: int) -> RecordOutcomeRequest:
    request = RecordOutcomeRequest(
        customer_id="K-1", outcome_id=f"o-{number}", call_id=f"c-{number}"
    )
    request.call.disposition = DISPOSITION_COMPLETED_SERVICE
    request.call.at.FromDatetime(NOW)
    return request


async def _told(client: Client, number: int) -> RecordOutcomeResponse:
    raw = await client.raw("AdvisorService/RecordOutcome", _outcome(number).SerializeToString())
    return RecordOutcomeResponse.FromString(raw)


async def _settled(client: Client, number: int) -> int:
    """Tell an outcome again until it is acknowledged; return how often it was refused."""
    refused = 0
    async with asyncio.timeout(_PATIENCE):
        while (refusal := await _refusal(client, number)) is not None:
            assert refusal.code is grpc.StatusCode.UNAVAILABLE
            assert refusal.reason == ErrorReason.STORE_UNAVAILABLE
            refused += 1
            await asyncio.sleep(0.02)
    return refused


async def _refusal(client: Client, number: int) -> Refused | None:
    """Tell an outcome; return how it was refused, or None."""
    try:
        await _told(client, number)
    except Refused as refusal:
        return refusal
    return None


async def _calls(client: Client) -> list[str]:
    request = ExportCustomerRequest(customer_id="K-1")
    raw = await client.raw("CustomerService/ExportCustomer", request.SerializeToString())
    contacts = ExportCustomerResponse.FromString(raw).history.contacts
    return sorted(each.call_id for each in contacts)


async def test_outcomes_outlive_a_redis_that_is_killed(
    tmp_path: Path, own_redis: EmbeddedServer
) -> None:
    """Faults 1 and 4, K4: killed while outcomes come in, nothing is lost, nothing counts twice."""
    async with running(settings_for(tmp_path, redis_url=own_redis.url)) as client:
        tellers = [asyncio.create_task(_settled(client, number)) for number in range(20)]
        await _told(client, 100)
        assert own_redis.pid is not None
        os.kill(own_redis.pid, signal.SIGKILL)
        more = [asyncio.create_task(_settled(client, number)) for number in range(20, 30)]
        refused = sum(await asyncio.gather(*tellers, *more))
        calls = await _calls(client)
    assert refused > 0
    assert calls == sorted([*(f"c-{number}" for number in range(30)), "c-100"])


async def test_a_redis_that_hangs_holds_nobody_up(
    tmp_path: Path, own_redis: EmbeddedServer
) -> None:
    """Fault 2, K4: an outcome ends within its budget, a call is deferred, a retry settles it."""
    settings = settings_for(tmp_path, redis_url=own_redis.url, store_budget_ms=30)
    async with running(settings) as client:
        await _told(client, 1)
        assert own_redis.pid is not None
        os.kill(own_redis.pid, signal.SIGSTOP)
        try:
            begun = time.monotonic()
            with pytest.raises(Refused) as refused:
                await _told(client, 2)
            took = time.monotonic() - begun
            waiting = await client.advise(pin_call(customer_id="K-1"))
        finally:
            os.kill(own_redis.pid, signal.SIGCONT)
        await _settled(client, 2)
        calls = await _calls(client)
    assert refused.value.code is grpc.StatusCode.UNAVAILABLE
    assert took < _BUDGET + _MARGIN
    assert waiting.verdict.decision == DECISION_DEFER
    assert waiting.context_report.degraded
    assert [call for call in calls if call.startswith("c-")] == ["c-1", "c-2"]


async def test_a_slow_redis_is_never_ok_and_lost(tmp_path: Path, own_redis: EmbeddedServer) -> None:
    """Fault 3: with 100 ms each way an outcome is OK and there, or refused and settled later."""
    proxy = FaultProxy(urlsplit(own_redis.url).path)
    async with proxy, running(settings_for(tmp_path, redis_url=proxy.url)) as client:
        await _told(client, 1)
        proxy.delay = 0.1
        slowly = [await _refusal(client, number) for number in range(2, 6)]
        proxy.delay = 0
        for number in range(2, 6):
            await _settled(client, number)
        calls = await _calls(client)
    codes = {refusal.code for refusal in slowly if refusal is not None}
    assert codes <= {grpc.StatusCode.UNAVAILABLE}
    assert calls == ["c-1", "c-2", "c-3", "c-4", "c-5"]
