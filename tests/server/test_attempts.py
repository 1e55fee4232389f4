"""Calls that were dialled although the advice was not to: they count as attempts all the same."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from advisor.v1 import advisor_service_pb2 as wire
from advisor.v1 import customer_service_pb2 as customers
from advisor.v1 import vocabulary_call_pb2 as terms
from advisor.v1.event_pb2 import CallEvent
from advisor.v1.vocabulary_decision_pb2 import DECISION_DEFER
from tests.server.running import Client, pin_call, running, settings_for


@pytest.fixture(name="client")
async def _client(tmp_path: Path, redis_url: str) -> AsyncIterator[Client]:
    name = re.sub("[^a-z0-9]+", "-", tmp_path.name.lower()).strip("-")
    async with running(settings_for(tmp_path, redis_url=redis_url, namespace=name)) as client:
        yield client


async def _deferred(client: Client) -> None:
    """Ask about a call that is put off."""
    request = pin_call(customer_id="k-1")
    request.call.dialled_number = "+442079460123"
    request.customer.profile.complaints_open = 1
    assert (await client.advise(request)).verdict.decision == DECISION_DEFER


async def _report(client: Client, kind: terms.CallEventKind.ValueType) -> None:
    event = CallEvent(event_id=str(kind), kind=kind)
    request = wire.ReportCallEventRequest(call_id="c-1", event=event)
    await client.raw("AdvisorService/ReportCallEvent", request.SerializeToString())


async def _attempts(client: Client) -> list[str]:
    """Return the ids of the calls that count as attempts."""
    request = customers.ExportCustomerRequest(customer_id="k-1")
    raw = await client.raw("CustomerService/ExportCustomer", request.SerializeToString())
    history = customers.ExportCustomerResponse.FromString(raw).history
    return [contact.call_id for contact in history.contacts]


@pytest.mark.parametrize(
    "kind",
    [
        terms.CALL_EVENT_KIND_CALL_PLACED,
        terms.CALL_EVENT_KIND_CONNECTED,
        terms.CALL_EVENT_KIND_MACHINE_DETECTED,
    ],
)
async def test_a_call_that_was_put_off_and_dialled_counts(
    client: Client, kind: terms.CallEventKind.ValueType
) -> None:
    """Who was rung against the advice was rung: the next limit sees it, and once."""
    await _deferred(client)
    await _report(client, kind)
    await _report(client, kind)
    assert await _attempts(client) == ["c-1"]


async def test_a_call_that_was_put_off_and_only_looked_at_does_not_count(client: Client) -> None:
    """An agent who is shown the advice has rung nobody."""
    await _deferred(client)
    async with asyncio.timeout(10):
        while await _attempts(client):
            await asyncio.sleep(0.01)
    await _report(client, terms.CALL_EVENT_KIND_AGENT_ASSIGNED)
    await _report(client, terms.CALL_EVENT_KIND_GUIDANCE_SHOWN)
    assert await _attempts(client) == []
