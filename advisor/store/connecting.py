"""Connections to what a Redis URL names, all with the same bounds and without retries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import Connection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import (
    Sentinel,
    SentinelConnectionPool,
    SentinelManagedConnection,
)
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.maint_notifications import MaintNotificationsConfig

from advisor.store.cluster import ClusterRedis, given_up
from advisor.store.faults import DRIVER_ERRORS
from advisor.store.tls import TlsConnection, TlsSentinelConnection
from advisor.store.urls import Address, Named, Topology, read_url, unreadable

#: The part of a connection's time after which the next Sentinel, or server of a cluster, is asked.
_ASKED: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A way to Redis.

    Attributes:
        redis: Takes commands.
        look: Finds out anew who serves; connections to others are given up.
        close: Closes all connections.
        moves: Whether another server may take the place of one that fails, and is then found.
        moved: Tells whether another server has, where the one before may not know it yet; None
            where there is no need to ask.
    """

    redis: Redis
    look: Callable[[], Awaitable[None]]
    close: Callable[[], Awaitable[None]]
    moves: bool = True
    moved: Callable[[], Awaitable[bool]] | None = None


def reached(url: str, *, connections: int, within: float) -> Reached:
    """Describe the way to what a URL names; nothing is connected yet.

    Args:
        url: One of the forms of `urls`.
        connections: Most connections at once to one server.
        within: Seconds in which a connection must stand.

    Raises:
        StoreMisconfigured: The URL is none of the forms.
    """
    named = read_url(url)
    bounds = _bounds(connections, within)
    match named.topology:
        case Topology.ONE:
            return _one(url, bounds)
        case Topology.SENTINEL:
            return _sentinel(named, bounds, within)
        case Topology.CLUSTER:
            return _cluster(named, bounds, within)


def _bounds(connections: int, within: float) -> dict[str, Any]:
    return {
        "max_connections": connections,
        # Every command has one budget, which covers waiting for a connection, making it,
        # sending and reading; a timer for each of them would only cost the call.
        "timeout": None,
        "socket_timeout": None,
        "socket_connect_timeout": within,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 3,
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }


def _one(url: str, bounds: dict[str, Any]) -> Reached:
    if not url.startswith("unix:"):
        bounds["socket_keepalive"] = True
    if url.startswith("rediss:"):
        bounds["connection_class"] = TlsConnection
    try:
        redis = Redis.from_pool(BlockingConnectionPool.from_url(url, **bounds))
    except ValueError as error:
        raise unreadable() from error
    return Reached(redis=redis, look=partial(given_up, redis), close=redis.aclose, moves=False)


class _Sentinels(Sentinel):
    """Sentinels that are asked as a client shall ask them.

    The driver reads their list of primaries instead, in which whoever leads a failover has the old
    one until all is done.
    """

    _told_at = 0.0
    _told: Address = ("", 0)

    def __init__(self, *sentinels: Any, **options: Any) -> None:  # noqa: ANN401 -- the driver's form
        """Take the driver's arguments."""
        super().__init__(*sentinels, **options)  # type: ignore[no-untyped-call]
        self._telling = asyncio.Lock()

    async def discover_master(self, service_name: str) -> Address:
        """Ask where the primary is; many connections that are made at once ask once.

        While no Sentinel answers, nobody can take over, and the primary is where it was.

        Raises:
            RedisConnectionError: No Sentinel knows.
        """
        clock = asyncio.get_running_loop().time
        asked_at = clock()
        async with self._telling:
            if self._told_at < asked_at:
                self._told = await self._ask(service_name)
                self._told_at = clock()
        return self._told

    async def _ask(self, service_name: str) -> Address:
        """Ask one after the other; who answers is asked first next time."""
        failure: Exception | None = None
        silent = 0
        for place, sentinel in enumerate(self.sentinels):
            try:
                found: Any = await sentinel.sentinel_get_master_addr_by_name(service_name)
            except DRIVER_ERRORS as error:
                failure, silent = error, silent + 1
                continue
            if found is not None:
                self.sentinels[0], self.sentinels[place] = sentinel, self.sentinels[0]
                host, port = found
                return (host.decode() if isinstance(host, bytes) else host, int(port))
        if self._told_at and silent == len(self.sentinels):
            return self._told
        raise RedisConnectionError("No Sentinel knows the service's primary.") from failure


class _SentinelPool(SentinelConnectionPool, BlockingConnectionPool):
    """A pool that asks the Sentinels where to connect, and waits when it is full."""


def _sentinel(named: Named, bounds: dict[str, Any], within: float) -> Reached:
    sentinel = _Sentinels(
        named.nodes,
        sentinel_kwargs={
            "socket_timeout": _ASKED * within,
            "socket_connect_timeout": _ASKED * within,
            "socket_keepalive": True,
            "retry": Retry(NoBackoff(), 0),
            "ssl": named.secure,
            "maint_notifications_config": bounds["maint_notifications_config"],
            **named.sentinel_options,
        },
    )
    pool = _SentinelPool(  # type: ignore[no-untyped-call]
        named.service,
        sentinel,
        **bounds,
        socket_keepalive=True,
        connection_class=TlsSentinelConnection if named.secure else SentinelManagedConnection,
        **named.options,
    )
    way = _Watched(pool, sentinel)
    return Reached(redis=way.redis, look=way.look, close=way.close, moved=way.moved)


class _Watched:
    """The way to a primary of which Sentinels say where it is."""

    def __init__(self, pool: _SentinelPool, sentinel: Sentinel) -> None:
        self.redis = Redis.from_pool(pool)
        self._pool = pool
        self._sentinel = sentinel
        self._primary: object = None

    async def look(self) -> None:
        """Have the Sentinels asked again for every connection."""
        self._primary = None
        await given_up(self.redis)

    async def moved(self) -> bool:
        """Tell whether the Sentinels name another primary than before.

        The one before does not refuse writes until they have told it, which takes seconds.
        """
        before = self._primary or self._pool.master_address
        self._primary = await self._pool.get_master_address()  # type: ignore[no-untyped-call]
        return before not in {None, self._primary}

    async def close(self) -> None:
        """Close the connections to the primary and to the Sentinels."""
        await self.redis.aclose()
        await self._sentinel.aclose()


def _cluster(named: Named, bounds: dict[str, Any], within: float) -> Reached:
    def connect(address: Address) -> Redis:
        host, port = address
        pool = BlockingConnectionPool(
            **bounds,
            socket_keepalive=True,
            connection_class=TlsConnection if named.secure else Connection,
            **dict[str, Any](named.options),
            host=host,
            port=port,
        )
        return Redis.from_pool(pool)

    redis = ClusterRedis(named.nodes, connect, ask_within=_ASKED * within)
    return Reached(redis=redis, look=redis.look, close=redis.aclose)
