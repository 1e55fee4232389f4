"""A desk on loopback, always stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from advisor.desk.app import desk
from tests.server.running import NOW


@asynccontextmanager
async def served(address: str, port: int = 0) -> AsyncIterator[str]:
    """Serve the desk on a port of loopback; a free one where none is named."""
    config = uvicorn.Config(
        desk(address, lambda: NOW), host="127.0.0.1", port=port, log_level="warning", lifespan="on"
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.01)
    taken = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{taken}"
    finally:
        server.should_exit = server.force_exit = True
        # As when a process ends: whoever is connected hears of it.
        for connection in list(server.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()
        await task
