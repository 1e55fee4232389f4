"""What a call pays for Redis, staged for real: slow, hanging, gone, full, read-only."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis

from advisor.store.client import ClientSettings, StoreClient
from advisor.store.embedded.server import EmbeddedServer
from advisor.store.errors import (
    Reason,
    StoreError,
    StoreFull,
    StoreMisconfigured,
    StoreReadOnly,
    StoreUnavailable,
)
from tests.faultproxy import FaultProxy

#: The budget of a read, and what a busy machine may add.
_BUDGET, _MARGIN = 0.030, 0.050
_WITHIN = 10.0


@asynccontextmanager
async def _connected(
    url: str, settings: ClientSettings | None = None
) -> AsyncIterator[StoreClient]:
    client = StoreClient(url, settings)
    try:
        yield client
    finally:
        await client.aclose()


@pytest.fixture(name="proxy")
async def _proxy(own_redis: EmbeddedServer) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(urlsplit(own_redis.url).path) as proxy:
        yield proxy


async def _get(redis: Redis) -> object:
    return await redis.get("k")


async def _incr(redis: Redis) -> object:
    return await redis.incr("n")


async def _echo(word: str, redis: Redis) -> object:
    return await redis.echo(word)


async def _failing(call: Callable[[], Awaitable[object]]) -> tuple[StoreError, float]:
    """Make a call that must fail; give its error and the seconds it took."""
    started = time.monotonic()
    with pytest.raises(StoreError) as caught:
        await call()
    return caught.value, time.monotonic() - started


async def _closed(client: StoreClient) -> None:
    async with asyncio.timeout(_WITHIN):
        while client.is_open:
            await asyncio.sleep(0.002)


async def _server(server: EmbeddedServer, *command: str) -> None:
    """Give the server an order of its operator."""
    async with Redis.from_url(server.url) as redis:
        await redis.execute_command(*command)  # type: ignore[no-untyped-call]


async def test_hanging_redis_costs_one_call_its_budget(own_redis: EmbeddedServer) -> None:
    """A hung Redis costs a read its budget once, the next ones nothing, and works again after."""
    assert own_redis.pid is not None
    async with _connected(own_redis.url) as client:
        await client.warm_up()
        os.kill(own_redis.pid, signal.SIGSTOP)
        try:
            first, first_took = await _failing(lambda: client.read(_get))
            second, second_took = await _failing(lambda: client.read(_get))
            third, third_took = await _failing(lambda: client.write(_incr))
        finally:
            os.kill(own_redis.pid, signal.SIGCONT)

        assert (first.reason, second.reason, third.reason) == (
            Reason.TIMEOUT,
            Reason.BREAKER_OPEN,
            Reason.BREAKER_OPEN,
        )
        assert _BUDGET * 0.9 < first_took < _BUDGET + _MARGIN
        assert second_took < 0.005
        assert third_took < 0.005
        await _closed(client)
        assert await client.read(_get) is None


async def test_a_busy_loop_makes_no_late_answer(own_redis: EmbeddedServer) -> None:
    """What Redis answered in time is heard, although the loop was busy until long after."""
    async with _connected(own_redis.url) as client:
        await client.warm_up()

        async def busy() -> None:
            until = time.monotonic() + 3 * _BUDGET
            while time.monotonic() < until:
                sum(range(100))

        answers = await asyncio.gather(*(client.read(_get) for _ in range(8)), busy(), busy())
    assert answers[:8] == [None] * 8


async def test_many_calls_in_flight_all_end_within_the_budget(own_redis: EmbeddedServer) -> None:
    """More calls than connections wait no longer than one budget when Redis hangs."""
    assert own_redis.pid is not None
    async with _connected(own_redis.url, ClientSettings(connections=4)) as client:
        await client.warm_up()
        os.kill(own_redis.pid, signal.SIGSTOP)
        try:
            started = time.monotonic()
            answers = await asyncio.gather(
                *(client.read(_get) for _ in range(40)), return_exceptions=True
            )
            took = time.monotonic() - started
        finally:
            os.kill(own_redis.pid, signal.SIGCONT)

        assert {type(answer) for answer in answers} == {StoreUnavailable}
        assert took < _BUDGET + 2 * _MARGIN


async def test_killed_redis_is_unreachable_and_comes_back(own_redis: EmbeddedServer) -> None:
    """A killed Redis is an error of ours at once, and is used again once it was restarted."""
    assert own_redis.pid is not None
    async with _connected(own_redis.url) as client:
        await client.warm_up()
        os.kill(own_redis.pid, signal.SIGKILL)
        error, took = await _failing(lambda: client.write(_incr))

        assert isinstance(error, StoreUnavailable)
        assert error.reason is Reason.UNREACHABLE
        assert took < _MARGIN
        await _closed(client)
        assert await client.write(_incr) == 1


async def test_nobody_listens(tmp_path: Path) -> None:
    """A socket that is not there is UNREACHABLE, within the budget."""
    async with _connected(f"unix://{tmp_path}/none.sock") as client:
        error, took = await _failing(lambda: client.read(_get))

        assert error.reason is Reason.UNREACHABLE
        assert took < _BUDGET + _MARGIN
        assert client.is_open


async def test_slow_redis_costs_a_read_its_budget(proxy: FaultProxy) -> None:
    """With 200 ms of delay each way, a read ends with its budget."""
    async with _connected(proxy.url) as client:
        await client.warm_up()
        proxy.delay = 0.2
        error, took = await _failing(lambda: client.read(_get))

        assert error.reason is Reason.TIMEOUT
        assert took < _BUDGET + _MARGIN


async def test_lost_reply_is_not_sent_again(proxy: FaultProxy, own_redis: EmbeddedServer) -> None:
    """A write whose answer is lost is reported as unknown, and happened once at most."""
    async with _connected(proxy.url) as client:
        await client.warm_up()
        proxy.swallow_replies = True
        error, _took = await _failing(lambda: client.write(_incr))

        assert error.reason is Reason.TIMEOUT
    async with _connected(own_redis.url) as direct:
        assert await direct.write(_incr) == 2


async def test_swallowed_request_times_out(proxy: FaultProxy) -> None:
    """A request that never arrives ends with the budget."""
    async with _connected(proxy.url) as client:
        await client.warm_up()
        proxy.swallow_requests = True
        error, took = await _failing(lambda: client.read(_get))

        assert error.reason is Reason.TIMEOUT
        assert took < _BUDGET + _MARGIN


@pytest.mark.parametrize("fault", ["cut", "reset"])
async def test_broken_connections_are_replaced(proxy: FaultProxy, fault: str) -> None:
    """A read on a broken connection is answered on a new one, within the same budget."""
    async with _connected(proxy.url) as client:
        await client.warm_up()
        opened = proxy.accepted
        getattr(proxy, fault)()

        assert await client.read(_get) is None
        assert not client.is_open
        assert proxy.accepted > opened


async def test_cancelled_calls_do_not_mix_up_answers(proxy: FaultProxy) -> None:
    """A call that was given up leaves no answer behind for the next one."""
    settings = ClientSettings(connections=1, warm_connections=1, write_within=5.0)
    async with _connected(proxy.url, settings) as client:
        await client.warm_up()
        for number in range(20):
            proxy.delay = 0.01
            given_up = asyncio.create_task(client.write(partial(_echo, "wrong")))
            await asyncio.sleep(0.001 * number)
            given_up.cancel()
            await asyncio.wait((given_up,))
            proxy.delay = 0.0
            answer = await client.write(partial(_echo, str(number)))
            assert answer == str(number).encode()


async def test_full_redis_refuses_writes_and_answers_reads(own_redis: EmbeddedServer) -> None:
    """Over its memory limit Redis is FULL for writes; reads go on and the breaker stays closed."""
    await _server(own_redis, "CONFIG", "SET", "maxmemory", "1")
    async with _connected(own_redis.url) as client:
        with pytest.raises(StoreFull) as caught:
            await client.write(_incr)

        assert caught.value.reason is Reason.FULL
        assert await client.read(_get) is None
        assert not client.is_open


async def test_full_redis_refuses_scripts_alike(own_redis: EmbeddedServer) -> None:
    """A script that writes meets the same error as a command."""
    await _server(own_redis, "CONFIG", "SET", "maxmemory", "1")
    async with _connected(own_redis.url) as client:
        with pytest.raises(StoreFull):
            await client.write(
                lambda redis: redis.eval("return redis.call('SET', KEYS[1], 'v')", 1, "k")
            )


async def test_replica_is_read_only(own_redis: EmbeddedServer) -> None:
    """A replica's refusal is an error of its own."""
    await _server(own_redis, "REPLICAOF", "127.0.0.1", "1")
    async with _connected(own_redis.url) as client:
        with pytest.raises(StoreReadOnly) as caught:
            await client.write(_incr)

        assert caught.value.reason is Reason.READ_ONLY


async def test_replica_is_left_when_its_name_leads_elsewhere(
    proxy: FaultProxy, own_redis: EmbeddedServer
) -> None:
    """Fault 7: connections to a replica are given up, so that the next write resolves its name."""
    async with _connected(proxy.url) as client:
        await client.warm_up()
        await _server(own_redis, "REPLICAOF", "127.0.0.1", "1")
        opened = proxy.accepted
        error, _took = await _failing(lambda: client.write(_incr))
        await _server(own_redis, "REPLICAOF", "NO", "ONE")

        assert error.reason is Reason.READ_ONLY
        assert await client.write(_incr) == 1
        assert proxy.accepted > opened
        assert not client.is_open


async def test_too_few_replicas(own_redis: EmbeddedServer) -> None:
    """A server that wants replicas and has none takes no writes."""
    await _server(own_redis, "CONFIG", "SET", "min-replicas-to-write", "1")
    async with _connected(own_redis.url) as client:
        error, _took = await _failing(lambda: client.write(_incr))

        assert isinstance(error, StoreUnavailable)
        assert error.reason is Reason.NO_REPLICAS


async def test_wrong_password_is_for_the_operator(own_redis: EmbeddedServer) -> None:
    """A refused account is a misconfiguration, and the message does not show the password."""
    await _server(own_redis, "CONFIG", "SET", "requirepass", "right-one")
    path = urlsplit(own_redis.url).path
    for url in (own_redis.url, f"unix://:wrong-one@{path}"):
        async with _connected(url) as client:
            error, _took = await _failing(partial(client.read, _get))

            assert isinstance(error, StoreMisconfigured)
            assert error.reason is Reason.REFUSED
            assert "wrong-one" not in str(error)


async def test_forbidden_command_is_for_the_operator(own_redis: EmbeddedServer) -> None:
    """An account without the right to a command is a misconfiguration."""
    await _server(own_redis, "ACL", "SETUSER", "default", "-incrby")
    async with _connected(own_redis.url) as client:
        error, _took = await _failing(lambda: client.write(_incr))

        assert isinstance(error, StoreMisconfigured)


async def test_unknown_answers_are_not_repeated(own_redis: EmbeddedServer) -> None:
    """An error nobody foresaw is OTHER, named by its code, without what was sent."""
    await _server(own_redis, "SET", "n", "a private word")
    async with _connected(own_redis.url) as client:
        wrong_type, _took = await _failing(lambda: client.write(lambda r: r.lpush("n", "secret")))
        no_number, _took = await _failing(lambda: client.write(_incr))

        assert str(wrong_type) == "Redis answered with an error (WRONGTYPE)."
        assert wrong_type.reason is Reason.OTHER
        assert str(no_number) == "Redis answered with an error (ResponseError)."


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://localhost:6379", "it begins with 'http'"),
        ("localhost:6379", "it begins with 'localhost'"),
        ("", "it begins with ''"),
        ("redis://localhost:many/0", "cannot be read"),
    ],
)
def test_url_of_another_form_is_refused(url: str, said: str) -> None:
    """A URL that is none of the three forms is refused before anything is connected."""
    with pytest.raises(StoreMisconfigured, match=said):
        StoreClient(url)


async def test_closing_stops_the_probes(tmp_path: Path) -> None:
    """Closing a client whose Redis is gone leaves nothing running."""
    before = asyncio.all_tasks()
    async with _connected(f"unix://{tmp_path}/none.sock") as client:
        await _failing(lambda: client.read(_get))

    assert asyncio.all_tasks() == before
