"""The gRPC endpoint: where requests come in, and how it begins and ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import grpc
from grpc_reflection.v1alpha import reflection

from advisor.server import health
from advisor.server.calls import Reception
from advisor.server.health import Health

#: Room beyond the limit on calls at once, for health checks and for saying no with a reason.
_SPARE_CALLS: Final = 64

#: What the last answers may take to leave, after all are made: seconds.
_LAST_WORDS: Final = 0.25


class Endpoint:
    """A gRPC server on one address."""

    __slots__ = ("_health", "_reception", "_server")

    def __init__(
        self,
        *,
        handlers: Iterable[grpc.GenericRpcHandler],
        reception: Reception,
        health_service: Health,
        max_message_bytes: int,
    ) -> None:
        """Make the server; nothing listens yet."""
        self._reception = reception
        self._health = health_service
        self._server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", max_message_bytes),
                # Nobody else may share the port without being noticed.
                ("grpc.so_reuseport", 0),
            ],
            maximum_concurrent_rpcs=reception.limit + reception.streams + _SPARE_CALLS,
        )
        self._server.add_generic_rpc_handlers([*handlers, health_service.handler()])

    def reflect(self, services: Iterable[str]) -> None:
        """Let clients ask for the contract of these services."""
        names = [*services, health.SERVICE, reflection.SERVICE_NAME]
        reflection.enable_server_reflection(names, self._server)

    def bind(self, address: str) -> int:
        """Take an address and return its port (0 for a socket file).

        Raises:
            OSError: The address is taken, or cannot be had.
        """
        try:
            port = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise OSError(
                f"cannot listen on {address}: it is taken or not of this machine"
            ) from error
        return 0 if address.startswith("unix:") else port

    async def start(self) -> None:
        """Begin to answer."""
        await self._server.start()

    async def stop(self, grace: timedelta) -> None:
        """Say that nothing is served, take no more calls, and finish those in progress.

        Args:
            grace: How long they may take; then they are cut off.
        """
        await self._health.drain()
        stopping = asyncio.create_task(self._server.stop(grace.total_seconds()))
        # Somebody who watches the health keeps a stream open; that must not hold us up.
        idle = asyncio.create_task(self._reception.idle())
        await asyncio.wait({stopping, idle}, return_when=asyncio.FIRST_COMPLETED)
        idle.cancel()
        if not stopping.done():
            await self._server.stop(_LAST_WORDS)
        await stopping
