"""Whole services about promises while Redis or they themselves are killed, hang or go wrong."""

# ruff: noqa: ANN401 -- stubs without types

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import grpc
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from advisor.server.settings import Settings
from advisor.store.client import ClientSettings, StoreClient
from advisor.store.embedded.server import EmbeddedServer
from advisor.store.keys import Keys
from advisor.store.vault import Vault
from advisor.v1 import callback_service_pb2 as wire
from advisor.v1.call_pb2 import Call, Purpose
from advisor.v1.callback_service_pb2_grpc import CallbackServiceStub
from tests.server.running import NOW, PATIENT, SECRET, Client, Hands, running, settings_for
from tests.server.test_process import PROGRAM, line
from tests.store.promises import Desk

#: Tomorrow at four in the afternoon, in London.
_FOUR: Final = NOW + timedelta(days=1, hours=1)
_CALLBACKS: Final = """\
  callbacks: {slot: 30 minutes, grace: 1 hours, capacity: 1000, team: cards}
"""
#: Seconds in which a request must be acknowledged once Redis or another service is there.
_PATIENCE: Final = 30
#: Seconds that a busy machine may add.
_ROOM: Final = 0.25
#: What a caller hears while Redis or the service is away.
_AWAY: Final = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})


def _settings(tmp_path: Path, redis_url: str, **changed: object) -> Settings:
    name = re.sub("[^a-z0-9]+", "-", tmp_path.name.lower()).strip("-")
    settings = settings_for(
        tmp_path, redis_url=redis_url, namespace=name, heartbeat_ms=2_000, **changed
    )
    pack = settings.rules / "pack.yaml"
    pack.write_text(pack.read_text().replace("  brands:\n", _CALLBACKS + "  brands:\n"))
    return settings


@asynccontextmanager
async def _inside(settings: Settings) -> AsyncIterator[Desk]:
    """Look into the Redis of a service."""
    assert settings.redis_url is not None
    limits = ClientSettings(read_within=5.0, write_within=10.0)
    client = StoreClient(settings.redis_url.get_secret_value(), limits)
    try:
        yield Desk(Vault(client, Keys(SECRET.encode(), namespace=settings.namespace)))
    finally:
        await client.aclose()


def _made(number: int, customer_id: str, due_at: datetime = _FOUR) -> wire.MakePromiseRequest:
    request = wire.MakePromiseRequest(
        request_id=f"r-{number}",
        context=wire.CallbackContext(
            customer_id=customer_id,
            call=Call(call_id="c-1", brand="acme", time_zones=["Europe/London"]),
            purpose=Purpose(id="pin-migration", subject="pin"),
        ),
    )
    request.due_at.FromDatetime(due_at)
    return request


def _moved(promise_id: str) -> wire.ReschedulePromiseRequest:
    request = wire.ReschedulePromiseRequest(request_id="m", promise_id=promise_id)
    request.due_at.FromDatetime(_FOUR + timedelta(hours=1))
    return request


@dataclass(slots=True)
class _Callers:
    """Callers that ask for promises, each again by its id until it is acknowledged.

    Attributes:
        acknowledged: The promise that each request was told of; None of those it was asked for.
        refused: How often one had to be sent again, by what the caller heard.
    """

    acknowledged: dict[int, str] = field(default_factory=dict)
    refused: Counter[grpc.StatusCode] = field(default_factory=Counter)

    async def insist(self, stub: Callable[[], Any], number: int) -> None:
        """Ask for a promise until it is acknowledged; `stub` is whom to ask now."""
        request = _made(number, f"K-{number % 10}")
        async with asyncio.timeout(_PATIENCE):
            while number not in self.acknowledged:
                try:
                    answer = await stub().MakePromise(request, timeout=2)
                except grpc.aio.AioRpcError as error:
                    self.refused[error.code()] += 1
                    await asyncio.sleep(0.02)
                else:
                    self.acknowledged[number] = answer.promise.id


async def _must_agree(desk: Desk, callers: _Callers) -> None:
    """Assert that what was acknowledged is there once, in memories, queue and slot."""
    await desk.reconciled()
    promised = await desk.open_promises(*(f"K-{number}" for number in range(10)))
    assert set(callers.refused) <= _AWAY
    assert promised == sorted(callers.acknowledged.values())
    assert await desk.in_queue("due", "leases") == promised
    assert await desk.in_queue("overdue") == await desk.owed() == promised
    assert await desk.in_slots(_FOUR) == sorted(map(desk.member, promised))


async def test_promises_outlive_a_redis_that_is_killed(
    tmp_path: Path, own_redis: EmbeddedServer
) -> None:
    """Fault 1: killed while promises come in: 0 lost, 0 twice, going on 1 s after it is back."""
    settings, callers = _settings(tmp_path, own_redis.url), _Callers()
    clock = asyncio.get_running_loop().time
    async with running(settings) as client:
        stub: Any = CallbackServiceStub(client.channel)
        making = [asyncio.create_task(callers.insist(lambda: stub, number)) for number in range(40)]
        while len(callers.acknowledged) < 10:
            await asyncio.sleep(0.001)
        assert own_redis.pid is not None
        os.kill(own_redis.pid, signal.SIGKILL)
        await asyncio.gather(*making)
        os.kill(own_redis.pid, signal.SIGKILL)
        last = asyncio.create_task(callers.insist(lambda: stub, 100))
        async with Redis.from_url(own_redis.url) as operator:
            back = await _answers(operator)
        await last
        recovered = clock() - back
        async with _inside(settings) as desk:
            await _must_agree(desk, callers)

    assert callers.refused
    assert len(callers.acknowledged) == 41
    assert recovered < 1 + _ROOM


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


async def test_a_redis_that_hangs_holds_no_promise_up(
    tmp_path: Path, own_redis: EmbeddedServer
) -> None:
    """Fault 2: every call about promises ends 50 ms after its deadline; late writes count once."""
    settings, callers = _settings(tmp_path, own_redis.url), _Callers()
    within = 0.4
    async with running(settings) as client:
        stub: Any = CallbackServiceStub(client.channel)
        for number in range(3):
            await callers.insist(lambda: stub, number)
        kept, moved, given_up = callers.acknowledged.values()
        capacity = wire.SetSlotCapacityRequest()
        capacity.slots.add(capacity=1_000).starts_at.FromDatetime(_FOUR)
        context = _made(0, "K-0").context
        asks: list[tuple[Any, Any]] = [
            *((stub.MakePromise, _made(number, f"K-{number}")) for number in range(3, 10)),
            (stub.ProposeSlots, wire.ProposeSlotsRequest(context=context)),
            (stub.ReschedulePromise, _moved(moved)),
            (stub.CancelPromise, wire.CancelPromiseRequest(request_id="x", promise_id=given_up)),
            (stub.ClaimDuePromises, wire.ClaimDuePromisesRequest(worker_id="w")),
            (stub.ReleaseClaim, wire.ReleaseClaimRequest(promise_id=kept, claim_token=1)),
            (stub.ListPromises, wire.ListPromisesRequest()),
            (stub.SetSlotCapacity, capacity),
        ]
        assert own_redis.pid is not None
        client.log.truncate(0)
        client.log.seek(0)
        os.kill(own_redis.pid, signal.SIGSTOP)
        try:
            codes = await asyncio.gather(
                *(_code(ask(request, timeout=within)) for ask, request in asks)
            )
        finally:
            os.kill(own_redis.pid, signal.SIGCONT)
        # A caller's own clock may end a call a moment before the service says that it did.
        async with asyncio.timeout(10):
            while len(taken := _refused(client)) < len(asks):
                await asyncio.sleep(0.01)
        for number in range(3, 10):
            await callers.insist(lambda: stub, number)
        for ask, request in asks[8:10]:
            answer = await ask(request, timeout=10)
            callers.acknowledged[1 if ask is stub.ReschedulePromise else 2] = answer.promise.id
        async with _inside(settings) as desk:
            promised = await desk.open_promises(*(f"K-{number}" for number in range(10)))
            assert await desk.in_queue("due", "leases") == promised

    assert set(codes) <= _AWAY
    assert len(taken) == len(asks)
    assert max(taken) <= within * 1_000 + 50
    del callers.acknowledged[2]
    assert promised == sorted(callers.acknowledged.values())


def _refused(client: Client) -> list[float]:
    """Say how long each refused request took, in milliseconds."""
    lines = map(json.loads, client.log.getvalue().splitlines())
    return [each["duration_ms"] for each in lines if each["event"] == "advisor.request_refused"]


async def _code(answer: Any) -> grpc.StatusCode:
    try:
        await answer
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize(
    ("setting", "undone", "code"),
    [
        (("min-replicas-to-write", "1"), "0", grpc.StatusCode.UNAVAILABLE),
        (("maxmemory", "1"), "0", grpc.StatusCode.UNAVAILABLE),
        (("requirepass", "a password"), "", grpc.StatusCode.FAILED_PRECONDITION),
    ],
)
async def test_a_redis_that_refuses(
    tmp_path: Path,
    own_redis: EmbeddedServer,
    setting: tuple[str, str],
    undone: str,
    code: grpc.StatusCode,
) -> None:
    """Faults 10, 11: a refusal of Redis is a documented status; the same request works later."""
    settings, callers = _settings(tmp_path, own_redis.url), _Callers()
    async with running(settings) as client, Redis.from_url(own_redis.url) as operator:
        stub: Any = CallbackServiceStub(client.channel)
        await operator.config_set(*setting)
        await operator.client_kill_filter(_type="normal", skipme=True)
        refused = await _code(stub.MakePromise(_made(1, "K-1"), timeout=5))
        await operator.config_set(setting[0], undone)
        async with asyncio.timeout(_PATIENCE):
            while await _code(stub.MakePromise(_made(1, "K-1"), timeout=5)) is not _OK:
                await asyncio.sleep(0.02)
        await callers.insist(lambda: stub, 1)
        async with _inside(settings) as desk:
            await _must_agree(desk, callers)

    assert refused is code


_OK: Final = grpc.StatusCode.OK


async def test_services_that_are_killed(tmp_path: Path, own_redis: EmbeddedServer) -> None:
    """Fault 15: real processes, killed one after the other under load: 0 lost, 0 twice."""
    settings, callers = _settings(tmp_path, own_redis.url), _Callers()
    stubs: list[Any] = []
    rounds, each = 3, 20
    making: list[asyncio.Task[None]] = []
    async with AsyncExitStack() as stack:
        next_one = asyncio.create_task(_born(settings))
        for kills in range(1, rounds + 1):
            process, address = await next_one
            next_one = asyncio.create_task(_born(settings))
            channel = await stack.enter_async_context(grpc.aio.insecure_channel(address))
            stubs.append(CallbackServiceStub(channel))
            making += [
                asyncio.create_task(callers.insist(lambda: stubs[-1], number))
                for number in range((kills - 1) * each, kills * each)
            ]
            # Killed with requests under way, which the next one is asked again.
            while len(callers.acknowledged) < kills * each - each // 2:
                await asyncio.sleep(0.001)
            process.kill()
            await process.wait()
        process, address = await next_one
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(address))
        stubs.append(CallbackServiceStub(channel))
        await asyncio.gather(*making)
        process.kill()
        await process.wait()
    async with _inside(settings) as desk:
        await _must_agree(desk, callers)

    assert callers.refused
    assert len(callers.acknowledged) == rounds * each


async def _born(settings: Settings) -> tuple[Process, str]:
    """Start a service as a process; give it and its address."""
    assert settings.redis_url is not None
    environment = {
        **os.environ,
        "ADVISOR_LISTEN": "127.0.0.1:0",
        "ADVISOR_METRICS_LISTEN": "",
        "ADVISOR_RULES": str(settings.rules),
        "ADVISOR_DATA": str(settings.data),
        "ADVISOR_REDIS_URL": settings.redis_url.get_secret_value(),
        "ADVISOR_NAMESPACE": settings.namespace,
        "ADVISOR_HMAC_KEY": SECRET,
        "ADVISOR_CLOCK_START": NOW.isoformat(),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, env=environment, stderr=PIPE
    )
    return process, (await line(process, "advisor.started"))["address"]


async def test_the_clock_of_a_service_is_put_wrong(tmp_path: Path, redis_url: str) -> None:
    """Fault 36: an hour back and two ahead: each promise is claimed once, and none is skipped."""
    settings, hands = _settings(tmp_path, redis_url), Hands()
    claimed: list[str] = []
    async with running(settings, hands) as client:
        stub: Any = CallbackServiceStub(client.channel)
        made = []
        for number in range(4):
            due_at = _FOUR + timedelta(minutes=30 * number)
            answer = await stub.MakePromise(_made(number, f"K-{number}", due_at))
            made.append(answer.promise.id)
        request = wire.ClaimDuePromisesRequest(worker_id="w", most=10)
        request.lease.FromTimedelta(timedelta(hours=1))
        # Never past the grace of any, so that nobody calls one missed.
        for minutes in (0, -60, 60, 0, 30, -60, 80, 89):
            hands.now = _FOUR + timedelta(minutes=minutes)
            answer = await stub.ClaimDuePromises(request)
            claimed += [each.promise.id for each in answer.claimed]
        assert claimed == made[:3]
        hands.now = _FOUR + timedelta(minutes=120)
        answer = await stub.ClaimDuePromises(request)
        claimed += [each.promise.id for each in answer.claimed]

    assert sorted(claimed) == sorted(made)


@pytest.mark.parametrize("part", ["memory", "permissions"])
async def test_one_record_that_nobody_can_read(tmp_path: Path, redis_url: str, part: str) -> None:
    """What a newer replica wrote, or a fault damaged, keeps nobody else's promise from its call."""
    settings, hands = _settings(tmp_path, redis_url), Hands()
    async with (
        running(settings, hands) as client,
        _inside(settings) as desk,
        grpc.aio.insecure_channel(client.running.address, options=PATIENT) as channel,
    ):
        stub: Any = CallbackServiceStub(channel)
        made = [
            (await stub.MakePromise(_made(number, f"K-{number}"))).promise.id for number in range(3)
        ]
        bad: str = getattr(desk.queue.owner(desk.queue.place("K-1", "r-1")), part)
        was = await desk.vault.client.write(lambda redis: redis.get(bad))
        await desk.vault.client.write(lambda redis: redis.set(bad, b'{"version":99}'))
        hands.now = _FOUR
        request = wire.ClaimDuePromisesRequest(worker_id="w", most=10)
        request.lease.FromTimedelta(timedelta(seconds=1))
        claimed = [each.promise.id for each in (await stub.ClaimDuePromises(request)).claimed]
        listed = [
            each.id for each in (await stub.ListPromises(wire.ListPromisesRequest())).promises
        ]
        if was is None:
            await desk.vault.client.write(lambda redis: redis.delete(bad))
        else:
            await desk.vault.client.write(lambda redis: redis.set(bad, was))
        later: list[str] = []
        async with asyncio.timeout(_PATIENCE):
            while made[1] not in later:
                answer = await stub.ClaimDuePromises(request)
                later += [each.promise.id for each in answer.claimed]

    assert sorted(claimed) == sorted([made[0], made[2]])
    assert set(claimed) <= set(listed)
