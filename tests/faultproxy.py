"""A small proxy between a client and a server that delays, swallows, cuts and resets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from types import TracebackType
from typing import Self

_CHUNK = 65_536


class FaultProxy:
    """Listens on a free TCP port of loopback and passes bytes on to a Unix socket.

    Attributes:
        delay: Seconds that every chunk waits, in each direction.
        swallow_requests: Whether what the client sends is thrown away.
        swallow_replies: Whether what the server sends is thrown away.
        accepted: Connections taken so far.
    """

    def __init__(self, upstream: str) -> None:
        """Stand before the Unix socket at this path."""
        self._upstream = upstream
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._clients: set[asyncio.StreamWriter] = set()
        self.delay = 0.0
        self.swallow_requests = False
        self.swallow_replies = False
        self.accepted = 0

    @property
    def url(self) -> str:
        """Where a Redis client connects."""
        if self._server is None:
            return ""
        port: int = self._server.sockets[0].getsockname()[1]
        return f"redis://127.0.0.1:{port}"

    def cut(self) -> None:
        """Close every connection in good order."""
        for client in self._clients:
            client.close()

    def reset(self) -> None:
        """Break every connection with a TCP reset."""
        for client in [each for each in self._clients if not each.is_closing()]:
            raw = client.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.transport.abort()

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening and end every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.create_task(self._connect(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            up_reader, up_writer = await asyncio.open_unix_connection(self._upstream)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._pump(reader, up_writer, requests=True))
                    group.create_task(self._pump(up_reader, writer, requests=False))
            finally:
                await _closed(up_writer)
        except OSError:
            pass
        finally:
            self._clients.discard(writer)
            await _closed(writer)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, requests: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                await asyncio.sleep(self.delay)
                if not (self.swallow_requests if requests else self.swallow_replies):
                    writer.write(chunk)
                    await writer.drain()
        writer.close()


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
