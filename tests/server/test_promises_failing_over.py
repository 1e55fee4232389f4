"""Promises on Sentinels and on a cluster, while the server that holds them dies."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from advisor.v1 import callback_service_pb2 as wire
from advisor.v1.call_pb2 import Call, Purpose
from advisor.v1.callback_service_pb2_grpc import CallbackServiceStub
from tests.server.running import NOW, Hands, running, settings_for
from tests.store.topologies import clustered, until, watched

#: Promises that are asked for, of which the server dies in the midst.
_MANY = 60
_DUE = NOW + timedelta(hours=1)
_SECONDS = 30.0
_AGAIN = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})


@contextmanager
def _sentinels(folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    with watched(folder) as group:
        yield group.url, lambda: group.primary.signal(signal.SIGKILL)


@contextmanager
def _cluster(folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    with clustered(folder) as group:
        first = group.servers[0]

        def dies() -> None:
            """Kill a primary; it comes back when another has taken over, and then follows it."""
            first.signal(signal.SIGKILL)
            until(lambda: group.owner_of(0) is not first, _SECONDS)
            first.start()

        yield group.url, dies


@pytest.mark.parametrize("topology", [_sentinels, _cluster], ids=["sentinels", "cluster"])
async def test_no_acknowledged_promise_is_lost_or_doubled(topology: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """Faults 5 and 9: a primary is killed as promises are made; each that was OK is owed once."""
    hands = Hands()
    folder = tmp_path / "servers"
    folder.mkdir()
    with topology(folder) as (url, dies):
        settings = settings_for(tmp_path, redis_url=url, durability="replica")
        pack = settings.rules / "pack.yaml"
        pack.write_text(
            pack.read_text().replace("  brands:\n", "  callbacks: {capacity: 1000}\n  brands:\n")
        )
        async with running(settings, hands) as client, asyncio.TaskGroup() as beside:
            callbacks: Any = CallbackServiceStub(client.channel)
            made: dict[str, str] = {}
            for number in range(_MANY):
                if number == _MANY // 3:
                    beside.create_task(asyncio.to_thread(dies))
                request = _request(number)
                answer = await _persisted(callbacks.MakePromise, request)
                made[request.context.customer_id] = answer.promise.id
            hands.now = _DUE
            claimed: Counter[str] = Counter()
            while True:
                page = await _persisted(
                    callbacks.ClaimDuePromises,
                    wire.ClaimDuePromisesRequest(worker_id="dialer", most=100),
                )
                if not page.claimed:
                    break
                claimed.update(each.promise.id for each in page.claimed)

    assert claimed == Counter(made.values())


async def _persisted(method: Any, request: Any) -> Any:  # noqa: ANN401 - a stub without types
    """Send the same request until it is answered."""
    async with asyncio.timeout(_SECONDS):
        while True:
            try:
                return await method(request, timeout=5)
            except grpc.aio.AioRpcError as error:
                if error.code() not in _AGAIN:
                    raise


def _request(number: int) -> wire.MakePromiseRequest:
    request = wire.MakePromiseRequest(
        request_id=f"r-{number}",
        context=wire.CallbackContext(
            customer_id=f"K-{number}",
            call=Call(call_id=f"c-{number}", brand="acme", time_zones=["Europe/London"]),
            purpose=Purpose(id="pin-migration"),
        ),
    )
    request.due_at.FromDatetime(_DUE)
    return request
