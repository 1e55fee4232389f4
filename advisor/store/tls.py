"""TLS connections to Redis that share what they read of certificates.

The driver reads all authorities of the machine for each connection, which takes longer than a call
may wait for its store.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from redis.asyncio import SSLConnection
from redis.asyncio.connection import RedisSSLContext
from redis.asyncio.sentinel import SentinelManagedSSLConnection

#: Contexts by what they are made of; more than one only where certificates were replaced.
_CONTEXTS: Final[dict[str, RedisSSLContext]] = {}
_MOST: Final = 16


class TlsConnection(SSLConnection):
    """A connection to a server."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 -- the driver's own form
        """Take the driver's options."""
        super().__init__(**options)
        self.ssl_context = _shared(self.ssl_context)


class TlsSentinelConnection(SentinelManagedSSLConnection):
    """A connection to a primary of Sentinels."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 -- the driver's own form
        """Take the driver's options."""
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self.ssl_context = _shared(self.ssl_context)


def _shared(context: RedisSSLContext) -> RedisSSLContext:
    """Return the context that was made of the same before; files that were replaced are others."""
    options = [getattr(context, name) for name in RedisSSLContext.__slots__ if name != "context"]
    files = [
        Path(name).stat().st_mtime_ns
        for name in (context.keyfile, context.certfile, context.ca_certs)
        if name is not None and Path(name).exists()
    ]
    known = repr((options, files))
    if known not in _CONTEXTS and len(_CONTEXTS) >= _MOST:
        _CONTEXTS.clear()
    return _CONTEXTS.setdefault(known, context)
