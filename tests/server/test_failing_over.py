"""A whole service on Sentinels and on a cluster: what it says at the start, and a dying server."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from advisor.v1.customer_pb2 import CustomerProfile
from advisor.v1.customer_service_pb2 import GetCustomerRequest, UpdateCustomerRequest
from advisor.v1.vocabulary_decision_pb2 import DECISION_ALLOW, DECISION_DEFER
from tests.server.desk import Refused
from tests.server.running import Client, pin_call, running, settings_for
from tests.server.test_stores import UPDATE, concerns
from tests.store.topologies import Clustered, Server, Watched, clustered, watched

#: Seconds in which a service must be whole again.
_BACK = 4.0
#: Customers for whom it is whole, one after the other: some of them on each server.
_IN_A_ROW = 12


@pytest.fixture(name="sentinels")
def _sentinels(tmp_path: Path) -> Iterator[Watched]:
    folder = tmp_path / "sentinels"
    folder.mkdir()
    with watched(folder) as group:
        yield group


@pytest.fixture(name="cluster")
def _cluster(tmp_path: Path) -> Iterator[Clustered]:
    folder = tmp_path / "cluster"
    folder.mkdir()
    with clustered(folder) as group:
        yield group


async def outlived(client: Client, server: Server) -> float:
    """Kill a server under a service; give the seconds until it stores and knows again.

    All the while calls are advised.
    """
    clock = asyncio.get_running_loop().time
    begun = clock()
    server.signal(signal.SIGKILL)
    number = well = 0
    while well < _IN_A_ROW:
        number += 1
        whole = await known(client, number) and await stored(client, number)
        well = well + 1 if whole else 0
        assert clock() - begun < 2 * _BACK
    return clock() - begun


async def known(client: Client, number: int) -> bool:
    """Ask advice on a call: allowed, or put off where nobody can know the customer."""
    request = pin_call(customer_id=f"cust-{number}")
    request.call.call_id = f"call-{number}"
    answer = await client.advise(request)
    assert answer.verdict.decision in {DECISION_ALLOW, DECISION_DEFER}
    return answer.verdict.decision == DECISION_ALLOW


async def stored(client: Client, number: int) -> bool:
    """Store a profile; tell whether it was, or is UNAVAILABLE."""
    profile = CustomerProfile(goal="a house")
    update = UpdateCustomerRequest(customer_id=f"cust-{number}", profile=profile)
    code = None
    try:
        await client.update_customer(update)
    except Refused as refused:
        code = refused.code
    assert code in {None, grpc.StatusCode.UNAVAILABLE}
    return code is None


async def test_service_under_sentinels_outlives_a_primary(
    sentinels: Watched, tmp_path: Path
) -> None:
    """Fault 5 through a whole service: it stores and knows again within 4 s, without a restart."""
    settings = settings_for(tmp_path, redis_url=sentinels.url, durability="replica")
    async with running(settings) as client:
        (concern,) = concerns(client)
        await client.update_customer(UPDATE)
        took = await outlived(client, sentinels.primary)
        kept = await client.get_customer(GetCustomerRequest(customer_id=UPDATE.customer_id))

    assert "ADVISOR_JOURNAL" in concern
    assert took < _BACK
    assert kept.profile.goal == "a mortgage"


async def test_service_on_a_cluster_outlives_a_primary(cluster: Clustered, tmp_path: Path) -> None:
    """Fault 9 through a whole service: as under Sentinels; what a failover may lose is said."""
    settings = settings_for(tmp_path, redis_url=cluster.url)
    async with running(settings) as client:
        _journal, concern = concerns(client)
        took = await outlived(client, cluster.servers[1])

    assert "a failover may lose answered writes" in concern
    assert took < _BACK
