"""Redis Cluster, spoken to as if it were one server: each command goes to who has its keys.

The driver's own cluster client is not used. It refuses a command when its pool is full instead of
waiting, sends a write over an idle connection without looking whether it still stands, drops all
connections at every change, and after a redirect asks `WAIT` over another connection than that of
the write: it would call safe what is on one server. Here every server has a plain client like that
of a single Redis.

A command's key is its first argument, and that of a script its first key. Commands with more than
one key need keys of one hash tag. What is sent together reaches each server in one round trip, in
order: the server of the first command is asked first, and the others, all at once, when it has
answered. `WAIT` and `WAITAOF` go to every server that was asked before them, over the same
connection, and give the least of what these say. A command that is redirected has not run, and is
sent again where it belongs; nothing else ever is.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline, PubSub
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from advisor.store.delivery import Command, Delivery, target
from advisor.store.errors import Reason, StoreMisconfigured
from advisor.store.faults import DRIVER_ERRORS
from advisor.store.urls import Address

#: How often a command is sent on to another server.
_HOPS: Final = 5


class ClusterRedis(Redis):
    """A cluster behind the face of one server."""

    def __init__(
        self,
        seeds: Sequence[Address],
        connect: Callable[[Address], Redis],
        *,
        ask_within: float,
    ) -> None:
        """Describe the cluster; nothing is connected before the first command.

        Args:
            seeds: Servers of it, through which the others are found.
            connect: Makes the client of one server.
            ask_within: Seconds for which one server is asked who the others are.
        """
        self._connect = connect
        self._ask_within = ask_within
        self._seeds = tuple(seeds)
        self._known = deque(dict.fromkeys(seeds))
        self._clients: dict[Address, Redis] = {}
        self._owners: list[Address | None] = []
        self._views = 0
        self._looking = asyncio.Lock()
        super().__init__(connection_pool=self._client(seeds[0]).connection_pool)
        self._encoder = self.connection_pool.get_encoder()  # type: ignore[no-untyped-call]

    async def look(self) -> None:
        """Ask anew which server has which keys.

        Raises:
            StoreMisconfigured: The servers are no cluster.
            RedisError: None of them answers.
        """
        await self._look_after(self._views)

    async def primaries(self) -> list[Redis]:
        """Return a client of each server that has keys of its own.

        Raises:
            RedisError: No server says who they are.
        """
        await self._look_once()
        owners = dict.fromkeys(owner for owner in self._owners if owner is not None)
        return [self._client(owner) for owner in owners]

    async def execute_command(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 -- the driver's own form
        """Send one command to who has its key; PING to every primary.

        Raises:
            RedisError: As with one server.
            ValueError: The command names no key.
        """
        if args[0] == "PING":
            await asyncio.gather(*(_alive(each) for each in await self.primaries()))
            return True
        (answer,) = await self.answers([(args, options)])
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def answers(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands together, and return their answers in order; errors are among them.

        Raises:
            RedisError: A server could not be reached, or its connection broke.
            ValueError: A command names no key.
        """
        await self._look_once()
        delivery = Delivery(commands)
        for _hop in range(_HOPS):
            batches = delivery.batches(self._owner)
            if not batches:
                break
            views = self._views
            for address, batch, said in await self._delivered(delivery, batches):
                delivery.heard(address, batch, said)
            if delivery.moved:
                await self._look_after(views)
                for error, asked in delivery.moved:
                    self._owners[error.slot_id] = target(error, asked)
        if delivery.moved:
            raise RedisConnectionError("The servers of the cluster do not agree who has a key.")
        return delivery.answers()

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> ClusterPipeline:  # noqa: FBT001, FBT002 -- the driver's own form
        """Return commands to be sent together.

        Raises:
            ValueError: A transaction is asked for; over several servers there is none.
        """
        if transaction:
            raise ValueError("A cluster knows no transactions: use a script, on one hash tag.")
        return ClusterPipeline(self, shard_hint)

    def pubsub(self, **kwargs: Any) -> PubSub:  # noqa: ANN401 -- the driver's own form
        """Return a listener at any server, as each hears of what is published at the others."""
        # The next one in turn: the last may have been the one that broke.
        self._known.rotate(-1)
        return self._client(self._known[0]).pubsub(**kwargs)

    async def aclose(self, close_connection_pool: bool | None = None) -> None:  # noqa: FBT001 -- the driver's own form
        """Close the connections to all servers."""
        for client in self._clients.values():
            await client.aclose(close_connection_pool)

    async def _delivered(
        self, delivery: Delivery, batches: Mapping[Address, list[int]]
    ) -> list[tuple[Address, list[int], list[Any]]]:
        first, *others = batches.items()
        said = [await delivery.send(self._client(first[0]), first[1])]
        said += await _all(
            [delivery.send(self._client(address), batch) for address, batch in others]
        )
        return [
            (address, batch, answers)
            for (address, batch), answers in zip(batches.items(), said, strict=True)
        ]

    def _client(self, address: Address) -> Redis:
        client = self._clients.get(address)
        if client is None:
            client = self._clients[address] = self._connect(address)
        return client

    def _owner(self, key: object) -> Address:
        owner = self._owners[key_slot(self._encoder.encode(key))]
        if owner is None:
            raise RedisConnectionError("No server of the cluster has these keys now.")
        return owner

    async def _look_once(self) -> None:
        if not self._owners:
            await self._look_after(0)

    async def _look_after(self, views: int) -> None:
        """Look, unless somebody else has since there were so many views."""
        async with self._looking:
            if self._views == views:
                await self._look()
                self._views += 1

    async def _look(self) -> None:
        """Ask one server after the other until one knows who has each slot.

        Each time another one is asked first, lest one with an old view is believed for ever.
        """
        failure: Exception | None = None
        view: _View | None = None
        for _each in range(len(self._known)):
            address = self._known[0]
            self._known.rotate(-1)
            try:
                async with asyncio.timeout(self._ask_within):
                    seen = _View(await self._slots(address), address)
            except ResponseError as error:
                raise _no_cluster() if "cluster support" in str(error) else error from error
            except DRIVER_ERRORS as error:
                failure = error
                continue
            if view is None or view.missing > seen.missing:
                view = seen
            if not view.missing:
                break
        if view is None:
            raise RedisConnectionError("No server of the cluster answers.") from failure
        self._owners = view.owners
        self._known = deque(dict.fromkeys((*view.servers, *self._seeds)))
        for address in self._clients.keys() - set(self._known):
            await given_up(self._clients.pop(address))

    async def _slots(self, address: Address) -> list[Any]:
        client = self._client(address)
        slots: list[Any] = await client.execute_command("CLUSTER SLOTS")  # type: ignore[no-untyped-call]
        return slots


class ClusterPipeline(Pipeline):
    """Commands that are sent to a cluster together."""

    def __init__(self, cluster: ClusterRedis, shard_hint: str | None = None) -> None:
        """Collect commands for this cluster."""
        super().__init__(
            cluster.connection_pool,
            cluster.response_callbacks,
            transaction=False,
            shard_hint=shard_hint,
        )
        self._cluster = cluster

    async def execute(self, raise_on_error: bool = True) -> list[Any]:  # noqa: FBT001, FBT002 -- the driver's own form
        """Send them, and return their answers in order.

        Raises:
            RedisError: A server could not be reached; or, where asked for, the first error among
                the answers.
        """
        commands = list(self.command_stack)
        try:
            answers = await self._cluster.answers(commands)
        finally:
            await self.reset()  # type: ignore[no-untyped-call]
        if raise_on_error:
            self.raise_first_error(commands, answers)
        return answers


async def primaries(redis: Redis) -> list[Redis]:
    """Return a client of each server that has keys of its own: for one server, itself.

    Raises:
        RedisError: No server of a cluster says who they are.
    """
    return await redis.primaries() if isinstance(redis, ClusterRedis) else [redis]


async def given_up(redis: Redis) -> None:
    """Close all connections to a server, those in use when they are free."""
    await redis.connection_pool.update_active_connections_for_reconnect()  # type: ignore[no-untyped-call]
    await redis.connection_pool.disconnect(inuse_connections=False)


async def _alive(redis: Redis) -> object:
    answer: object = await redis.ping()
    return answer


async def _all(sendings: Sequence[Awaitable[list[Any]]]) -> list[list[Any]]:
    """Wait for all, also where one fails: each leaves its connection in order."""
    answers = await asyncio.gather(*sendings, return_exceptions=True)
    said: list[list[Any]] = []
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
        said.append(answer)
    return said


class _View:
    """What one server knows of the cluster.

    Attributes:
        owners: The primary of each slot; None where there is none.
        servers: All servers, replicas too.
        missing: How many slots have none.
    """

    def __init__(self, slots: Sequence[Any], asked: Address) -> None:
        self.owners: list[Address | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        servers: dict[Address, None] = {}
        for first, last, *nodes in slots:
            addresses = [(_host(node[0]) or asked[0], int(node[1])) for node in nodes]
            servers.update(dict.fromkeys(addresses))
            self.owners[first : last + 1] = [addresses[0]] * (last + 1 - first)
        self.servers = tuple(servers)
        self.missing = self.owners.count(None)


def _host(name: object) -> str:
    host = name.decode() if isinstance(name, bytes) else name
    return host if isinstance(host, str) and host != "?" else ""


def _no_cluster() -> StoreMisconfigured:
    return StoreMisconfigured(
        "The Redis URL begins with redis+cluster://, and its servers are no cluster: begin it with"
        " redis:// or redis+sentinel://.",
        reason=Reason.UNSUITABLE,
    )
