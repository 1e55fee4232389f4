"""A service to be killed: starts the embedded server in the folder given and waits for ever.

Prints the URL and the server's pid once it is ready, or the error that kept it from starting.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from advisor.store.embedded.server import EmbeddedServer
from advisor.store.errors import EmbeddedServerError


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def serve(folder: Path) -> None:
    """Start the server, say where it is, wait to be killed."""
    try:
        async with EmbeddedServer(folder, folder_within=0.2) as server:
            _say(f"{server.url} {server.pid}")
            await asyncio.Event().wait()
    except EmbeddedServerError as error:
        _say(f"{type(error).__name__} {error}")


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
