"""The service as a process: it says where it listens, drains on a signal, and leaves nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from advisor.v1.advisor_service_pb2 import (
    AdviseResponse,
    GuideCallRequest,
    WatchGuidanceRequest,
)
from advisor.v1.advisor_service_pb2_grpc import AdvisorServiceStub
from advisor.v1.callback_service_pb2 import WatchDuePromisesRequest
from advisor.v1.callback_service_pb2_grpc import CallbackServiceStub
from tests.server.desk import ADVISE
from tests.server.running import pin_call, settings_for

PROGRAM = """\
from advisor.server.run import run
from advisor.server.settings import Settings

run(Settings())
"""


@asynccontextmanager
async def started(tmp_path: Path) -> AsyncIterator[Process]:
    """Start the service with an embedded server of its own."""
    settings = settings_for(tmp_path)
    environment = {
        **os.environ,
        "ADVISOR_LISTEN": "127.0.0.1:0",
        "ADVISOR_METRICS_LISTEN": "",
        "ADVISOR_RULES": str(settings.rules),
        "ADVISOR_DATA": str(settings.data),
        "ADVISOR_CLOCK_START": "2026-01-12T15:00:00+00:00",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, env=environment, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def line(process: Process, event: str) -> dict[str, Any]:
    """Read the log until a line of an event."""
    assert process.stderr is not None
    async with asyncio.timeout(30):
        async for raw in process.stderr:
            fields: dict[str, Any] = json.loads(raw)
            if fields["event"] == event:
                return fields
    raise AssertionError(f"no line {event}")


async def test_a_process_answers_and_drains_on_a_signal(tmp_path: Path) -> None:
    """On a fresh machine it serves on its own embedded server, and SIGTERM ends it cleanly."""
    async with started(tmp_path) as process:
        address = (await line(process, "advisor.started"))["address"]
        async with grpc.aio.insecure_channel(address) as channel:
            call: Any = channel.unary_unary(ADVISE)
            request = pin_call(customer_id="cust-1")
            answer = AdviseResponse.FromString(await call(request.SerializeToString(), timeout=10))
        process.send_signal(signal.SIGTERM)
        await line(process, "advisor.stopped")
        code = await asyncio.wait_for(process.wait(), 20)
    assert [item.id for item in answer.items] == ["headline-first/headline"]
    assert code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signals_at_any_time_end_it_without_a_traceback(
    tmp_path: Path, number: signal.Signals
) -> None:
    """A signal while it starts, and a second one while it drains, end it cleanly too."""
    async with started(tmp_path) as process:
        await line(process, "advisor.embedded_server_ready")
        process.send_signal(number)
        process.send_signal(number)
        assert process.stderr is not None
        rest = await asyncio.wait_for(process.stderr.read(), 20)
        code = await asyncio.wait_for(process.wait(), 20)
    assert code == 0
    assert b"Traceback" not in rest


async def test_streams_that_are_held_open_do_not_hold_up_the_end(tmp_path: Path) -> None:
    """SIGTERM with watchers and a guided call open: each is told, and the service ends in time."""
    async with started(tmp_path) as process:
        address = (await line(process, "advisor.started"))["address"]
        async with grpc.aio.insecure_channel(address) as channel:
            advisor: Any = AdvisorServiceStub(channel)
            callbacks: Any = CallbackServiceStub(channel)
            request = pin_call(customer_id="cust-1")
            await advisor.Advise(request, timeout=10)
            guided = advisor.GuideCall()
            await guided.write(GuideCallRequest(context=request))
            streams = [
                guided,
                advisor.WatchGuidance(WatchGuidanceRequest(call_id="c-1")),
                callbacks.WatchDuePromises(WatchDuePromisesRequest()),
            ]
            for stream in streams:
                assert await stream.read() is not grpc.aio.EOF
            process.send_signal(signal.SIGTERM)
            await line(process, "advisor.stopped")
            code = await asyncio.wait_for(process.wait(), 20)
            ends = [await _end(stream) for stream in streams]
    assert code == 0
    assert set(ends) <= {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}


async def _end(stream: Any) -> grpc.StatusCode:  # noqa: ANN401 - of two kinds, without types
    """Read what a stream still had to say, without which nobody hears how it ended."""
    with contextlib.suppress(grpc.aio.AioRpcError):
        while await stream.read() is not grpc.aio.EOF:
            """There is more."""
    code: grpc.StatusCode = await stream.code()
    return code
