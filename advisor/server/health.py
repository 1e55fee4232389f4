"""The standard health service, with a status for each service of the contract."""

from __future__ import annotations

from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError, Message
from grpc_health.v1 import health, health_pb2
from grpc_status import rpc_status

from advisor.server import errors

SERVICE: Final = "grpc.health.v1.Health"

_SERVING: Final = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING: Final = health_pb2.HealthCheckResponse.NOT_SERVING
# The base class of messages has this method but not its body.
_REPLY: Final = health_pb2.HealthCheckResponse.SerializeToString

_Context = grpc.aio.ServicerContext[Any, Any]


class Health:
    """What the service says of itself.

    The whole (the empty name) serves while `Advise` can be answered, which needs no store.
    """

    __slots__ = ("_servicer",)

    def __init__(self) -> None:
        """Begin with nothing serving."""
        self._servicer = health.aio.HealthServicer()

    async def say(self, service: str, *, serving: bool) -> None:
        """Set the status of a service by its full name; the empty name is the whole."""
        await self._servicer.set(service, _SERVING if serving else _NOT_SERVING)

    async def drain(self) -> None:
        """Say of everything, and for good, that it does not serve."""
        await self._servicer.enter_graceful_shutdown()

    def handler(self) -> grpc.GenericRpcHandler:
        """Make the handler; bytes that are no message are refused as everywhere else."""

        async def check(raw: bytes, context: _Context) -> Message:
            request = await _read(raw, context)
            reply: Message = await self._servicer.Check(request, context)
            return reply

        async def watch(raw: bytes, context: _Context) -> None:
            await self._servicer.Watch(await _read(raw, context), context)

        return grpc.method_handlers_generic_handler(
            SERVICE,
            {
                "Check": grpc.unary_unary_rpc_method_handler(check, response_serializer=_REPLY),
                "Watch": grpc.unary_stream_rpc_method_handler(watch, response_serializer=_REPLY),
            },
        )


async def _read(raw: bytes, context: _Context) -> health_pb2.HealthCheckRequest:
    try:
        return health_pb2.HealthCheckRequest.FromString(raw)
    except DecodeError:
        await context.abort_with_status(rpc_status.to_status(errors.malformed().status()))
        raise AssertionError("unreachable: abort raises") from None
