"""A reception on loopback with an answer of the test's own, and a client that sends raw bytes."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar, cast

import grpc
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from prometheus_client import CollectorRegistry

from advisor.server.calls import Answer, Method, Reception
from advisor.server.endpoint import Endpoint
from advisor.server.health import Health
from advisor.server.logs import logger
from advisor.server.metrics import Metrics
from advisor.server.receiving import Call
from advisor.server.settings import LogFormat
from advisor.v1 import advisor_service_pb2
from advisor.v1.advisor_service_pb2 import AdviseRequest, AdviseResponse
from advisor.v1.call_pb2 import Call as WireCall
from advisor.v1.call_pb2 import Purpose

ADVISE = "/advisor.v1.AdvisorService/Advise"

_Detail = TypeVar("_Detail", bound=Message)


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """A status other than OK, as a client sees it."""

    code: grpc.StatusCode
    message: str
    status: status_pb2.Status

    def detail(self, detail: _Detail) -> _Detail:
        """Fill a detail of the status, which must be there exactly once."""
        descriptor = cast("Descriptor", detail.DESCRIPTOR)
        [packed] = [each for each in self.status.details if each.Is(descriptor)]
        packed.Unpack(detail)
        return detail

    @property
    def reason(self) -> str:
        """The stable reason of the status."""
        return self.detail(error_details_pb2.ErrorInfo()).reason


@dataclass(slots=True)
class Desk:
    """A running endpoint and what it left behind."""

    endpoint: Endpoint
    health: Health
    address: str
    registry: CollectorRegistry
    log: io.StringIO
    channel: grpc.aio.Channel
    ids: list[str] = field(default_factory=list)

    async def send(self, raw: bytes, method: str = ADVISE, within: float | None = 5) -> bytes:
        """Send bytes and return bytes.

        Raises:
            Refused: The status was not OK.
        """
        multicallable: Any = self.channel.unary_unary(method)
        call = multicallable(raw, timeout=within)
        try:
            reply: bytes = await call
        except grpc.aio.AioRpcError as error:
            status = await rpc_status.aio.from_call(call)
            raise Refused(
                error.code(), error.details() or "", status or status_pb2.Status()
            ) from None
        return reply

    async def refusal(self, raw: bytes, method: str = ADVISE, within: float | None = 5) -> Refused:
        """Send bytes that must be refused, and return how."""
        try:
            await self.send(raw, method, within)
        except Refused as refusal:
            return refusal
        raise AssertionError("the request was answered")

    def counted(self, code: str) -> float | None:
        """Return how many requests were answered with a status."""
        labels = {"method": "AdvisorService/Advise", "code": code}
        return self.registry.get_sample_value("advisor_calls_handled_total", labels)


@asynccontextmanager
async def open_desk(
    answer: Answer, *, deadline: float = 5, limit: int = 8, max_message_bytes: int = 65_536
) -> AsyncIterator[Desk]:
    """Serve `Advise` with an answer of the test's own on a free port."""
    registry = CollectorRegistry()
    log = io.StringIO()
    ids: list[str] = []
    health = Health()

    def new_id() -> str:
        ids.append(f"id-{len(ids)}")
        return ids[-1]

    reception = Reception(
        limit=limit, log=logger(log, LogFormat.JSON), metrics=Metrics(registry), new_id=new_id
    )
    service = advisor_service_pb2.DESCRIPTOR.services_by_name["AdvisorService"]
    method = Method("advisor.call_advised", deadline, answer)
    endpoint = Endpoint(
        handlers=[reception.handler(service, {each.name: method for each in service.methods})],
        reception=reception,
        health_service=health,
        max_message_bytes=max_message_bytes,
    )
    endpoint.reflect([service.full_name])
    address = f"127.0.0.1:{endpoint.bind('127.0.0.1:0')}"
    await endpoint.start()
    async with grpc.aio.insecure_channel(address) as channel:
        try:
            yield Desk(endpoint, health, address, registry, log, channel, ids)
        finally:
            await endpoint.stop(timedelta(0))


def request_bytes() -> bytes:
    """Encode the least request that is within all limits."""
    request = AdviseRequest(
        call=WireCall(call_id="c-1", brand="acme"), purpose=Purpose(id="pin-migration")
    )
    return request.SerializeToString()


async def at_once(_request: AdviseRequest, call: Call) -> AdviseResponse:
    """Answer with an empty decision."""
    call.note(decision_id="d-1", customer_id="Jane Kirkby")
    return AdviseResponse(decision_id="d-1")


async def never(_request: AdviseRequest, _call: Call) -> AdviseResponse:
    """Wait for ever."""
    await asyncio.Event().wait()
    raise AssertionError("unreachable: nothing sets the event")
