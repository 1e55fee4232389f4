"""How the service begins, what it says of itself, and how it ends."""

from __future__ import annotations

import asyncio
import io
import time
import urllib.request
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2
from prometheus_client import CollectorRegistry

from advisor.server.addresses import AddressRefused
from advisor.server.app import ADVISOR, CUSTOMER, RULE, service
from advisor.server.packs import PackRefused
from advisor.server.receiving import Call
from advisor.server.settings import Settings
from advisor.store.errors import StoreMisconfigured
from advisor.v1.advisor_service_pb2 import AdviseRequest, AdviseResponse
from tests.server.desk import at_once, open_desk, request_bytes
from tests.server.running import running, settings_for, surroundings

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
CHECK = "/grpc.health.v1.Health/Check"
WATCH = "/grpc.health.v1.Health/Watch"


@pytest.fixture(name="settings")
def _settings(tmp_path: Path, redis_url: str, namespace: str) -> Settings:
    return settings_for(tmp_path, redis_url=redis_url, namespace=namespace)


async def status(channel: grpc.aio.Channel, name: str) -> int:
    """Ask for the health of a service."""
    call: Any = channel.unary_unary(CHECK)
    request = health_pb2.HealthCheckRequest(service=name)
    reply = await call(request.SerializeToString(), timeout=5)
    return health_pb2.HealthCheckResponse.FromString(reply).status


async def watched(channel: grpc.aio.Channel, name: str) -> AsyncIterator[int]:
    """Watch the health of a service."""
    call: Any = channel.unary_stream(WATCH)
    request = health_pb2.HealthCheckRequest(service=name)
    async for reply in call(request.SerializeToString()):
        yield health_pb2.HealthCheckResponse.FromString(reply).status


async def test_every_service_has_a_health_of_its_own(settings: Settings) -> None:
    """With its store, everything serves; a service that is not there is NOT_FOUND."""
    async with running(settings) as client:
        names = ("", ADVISOR.full_name, CUSTOMER.full_name, RULE.full_name)
        statuses = [await status(client.channel, name) for name in names]
        with pytest.raises(grpc.aio.AioRpcError) as unknown:
            await status(client.channel, "advisor.v1.Nothing")
    assert statuses == [SERVING] * 4
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("method", [CHECK, WATCH])
async def test_a_malformed_health_check_is_invalid(method: str) -> None:
    """Bytes that are no health check are refused as everywhere else, not with UNKNOWN."""
    async with open_desk(at_once) as desk:
        if method == CHECK:
            unary: Any = desk.channel.unary_unary(method)
            answer = unary(b"\xff", timeout=5)
        else:
            stream: Any = desk.channel.unary_stream(method)
            answer = stream(b"\xff", timeout=5).read()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await answer
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_calls_in_progress_are_finished_before_the_end() -> None:
    """Told to stop, the service first says that it does not serve, and answers what it began."""
    release, inside = asyncio.Event(), asyncio.Event()

    async def hold(_request: AdviseRequest, _call: Call) -> AdviseResponse:
        inside.set()
        await release.wait()
        return AdviseResponse(decision_id="d-1")

    async with open_desk(hold) as desk:
        await desk.health.say("", serving=True)
        watch = watched(desk.channel, "")
        before = await anext(watch)
        answer = asyncio.create_task(desk.send(request_bytes()))
        await asyncio.wait_for(inside.wait(), 5)
        stopping = asyncio.create_task(desk.endpoint.stop(timedelta(seconds=20)))
        during = await asyncio.wait_for(anext(watch), 5)
        in_progress = not answer.done()
        release.set()
        reply = await asyncio.wait_for(answer, 5)
        begun = time.monotonic()
        await asyncio.wait_for(stopping, 5)
        # The watch is still open; nobody waits for it.
        taken = time.monotonic() - begun

    assert (before, during, in_progress) == (SERVING, NOT_SERVING, True)
    assert AdviseResponse.FromString(reply).decision_id == "d-1"
    assert taken < 2


async def test_calls_that_outlast_the_grace_are_cut_off() -> None:
    """The end does not wait longer than it was told."""
    inside = asyncio.Event()

    async def hold(_request: AdviseRequest, _call: Call) -> AdviseResponse:
        inside.set()
        await asyncio.Event().wait()
        raise AssertionError("unreachable: nothing sets the event")

    async with open_desk(hold) as desk:
        answer = asyncio.create_task(desk.refusal(request_bytes()))
        await asyncio.wait_for(inside.wait(), 5)
        begun = time.monotonic()
        await desk.endpoint.stop(timedelta(milliseconds=100))
        taken = time.monotonic() - begun
        refusal = await asyncio.wait_for(answer, 5)
    assert taken < 2
    assert refusal.code in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}


async def reflected(channel: grpc.aio.Channel) -> set[str]:
    """List the services that reflection names."""
    method = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
    call: Any = channel.stream_stream(method)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    stream = call()
    await stream.write(request.SerializeToString())
    reply = reflection_pb2.ServerReflectionResponse.FromString(await stream.read())
    stream.cancel()
    return {found.name for found in reply.list_services_response.service}


async def test_reflection_is_on_where_it_is_asked_for(
    tmp_path: Path, redis_url: str, namespace: str
) -> None:
    """Clients can ask for the contract only where the operator allows it."""
    redis = {"redis_url": redis_url, "namespace": namespace}
    async with running(settings_for(tmp_path, **redis, reflection=True)) as client:
        names = await reflected(client.channel)
    async with running(settings_for(tmp_path, **redis)) as client:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await reflected(client.channel)
    assert {ADVISOR.full_name, CUSTOMER.full_name, RULE.full_name} < names
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_metrics_are_served_on_a_port_of_their_own(
    tmp_path: Path, redis_url: str, namespace: str
) -> None:
    """Prometheus reads the pack's version and the store's state from a separate port."""
    settings = settings_for(
        tmp_path, redis_url=redis_url, namespace=namespace, metrics_listen="127.0.0.1:0"
    )
    async with running(settings) as client:
        url = f"http://{client.running.metrics_address}/metrics"
        shown = await asyncio.to_thread(lambda: urllib.request.urlopen(url).read().decode())
        version = client.running.pack.pack.version
    assert f'advisor_pack_info{{pack_version="{version}"}} 1.0' in shown
    assert "advisor_store_available 1.0" in shown


@pytest.mark.parametrize(
    "wrong", [{"listen": "0.0.0.0:0"}, {"metrics_listen": "0.0.0.0:0"}], ids=str
)
async def test_the_service_does_not_start_beyond_loopback(
    tmp_path: Path, redis_url: str, namespace: str, wrong: dict[str, str]
) -> None:
    """Neither gRPC nor metrics listen where others than this machine could reach them."""
    settings = settings_for(tmp_path, redis_url=redis_url, namespace=namespace, **wrong)
    with pytest.raises(AddressRefused, match="loopback only"):
        await _started(settings)


async def test_a_pack_with_mistakes_is_refused_with_all_of_them(settings: Settings) -> None:
    """The service does not begin with a pack that may not be used."""
    (settings.rules / "more.yaml").write_bytes(b"guidance: [{id: x}]\nrules: []\n")
    with pytest.raises(PackRefused) as refused:
        await _started(settings)
    assert {problem.mark.file for problem in refused.value.problems} == {"more.yaml"}
    assert "more.yaml" in refused.value.files


async def test_a_redis_without_a_key_is_refused(tmp_path: Path, redis_url: str) -> None:
    """Keys of the store need a secret that outlives the service."""
    with pytest.raises(StoreMisconfigured, match="ADVISOR_HMAC_KEY"):
        await _started(settings_for(tmp_path, redis_url=redis_url, hmac_key=None))


async def test_an_address_that_is_taken_is_refused(
    tmp_path: Path, redis_url: str, namespace: str
) -> None:
    """Two services cannot share a port without being noticed."""
    redis = {"redis_url": redis_url, "namespace": namespace}
    async with running(settings_for(tmp_path, **redis)) as client:
        taken = settings_for(tmp_path, **redis, listen=client.running.address)
        with pytest.raises(OSError, match="cannot listen on"):
            await _started(taken)


async def test_a_socket_file_serves_too(tmp_path: Path, redis_url: str, namespace: str) -> None:
    """A socket file of this machine is as good as a loopback port."""
    address = f"unix:{tmp_path / 'a.sock'}"
    redis = {"redis_url": redis_url, "namespace": namespace}
    async with running(settings_for(tmp_path, **redis, listen=address)) as client:
        found = await status(client.channel, "")
        reached = client.running.address
    assert (found, reached) == (SERVING, address)


async def _started(settings: Settings) -> None:
    async with service(settings, surroundings(io.StringIO(), CollectorRegistry())):
        raise AssertionError("the service started")
