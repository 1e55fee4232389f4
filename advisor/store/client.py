"""How the service speaks to Redis: one command, one budget, no blind retries, one kind of error.

The driver's defaults (ten retries with back-off, five seconds a try) would write twice and hold a
call for many seconds; here a command is sent once, within its budget, and a Redis that failed is
not asked again before a probe has succeeded.

A URL may name one server, a service of Sentinels, or a cluster. What is sent through `read` and
`write` works on all three alike where it keeps to this:

- a command has its key as its first argument; all keys of one command, or of one script, share one
  hash tag (`keys.Keys` names them so);
- commands that go together go through `scripts.together` or a pipeline without transaction. They
  may have different hash tags. On a cluster the first one's server is asked before all others;
- the question how safe a write is (`WAIT`, `WAITAOF`) is sent together with the write, after it;
- what names no key (INFO, CONFIG, SCRIPT) is asked of each of `cluster.primaries(redis)`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Final, TypeVar

from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from advisor.store.breaker import Breaker, BreakerPolicy
from advisor.store.connecting import reached
from advisor.store.errors import Reason, StoreError, StoreMisconfigured, StoreUnavailable
from advisor.store.faults import DRIVER_ERRORS, LASTING, translated

_T = TypeVar("_T")

#: Turns in which a budget is spent, and how many budgets of the clock they may take at most.
_TURNS: Final = 5
_AT_MOST: Final = 3

#: How often the loop goes round before silence counts: it reads a socket, wakes who waits for the
#: bytes, and, where an answer came in two pieces, does so again.
_ROUNDS: Final = 6

#: Seconds between two looks whether another server has taken over, and at most between two probes
#: where one may: that is done in seconds.
_SOON: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """What a command may cost; all times in seconds.

    Attributes:
        read_within: Budget of a read on a call's path, connecting included.
        write_within: Budget of a write, connecting included.
        probe_within: Budget of the probe that asks whether Redis is back, and of connecting.
        connections: Most connections at once, to each server of a cluster; a command waits for one
            within its budget.
        warm_connections: Connections opened at the start and after another server took over, so
            that no call pays for a handshake.
        breaker: When to stop asking.
    """

    read_within: float = 0.030
    write_within: float = 0.500
    probe_within: float = 1.0
    connections: int = 16
    warm_connections: int = 16
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)


class StoreClient:
    """One process's connection to Redis: a pool, a budget for each command, and a breaker."""

    def __init__(
        self,
        url: str,
        settings: ClientSettings | None = None,
        *,
        probe: Callable[[Redis], Awaitable[object]] | None = None,
    ) -> None:
        """Describe the connection; nothing is connected before the first command.

        Args:
            url: One server (`redis://`, `rediss://` for TLS, `unix://`), Sentinels
                (`redis+sentinel://`) or a cluster (`redis+cluster://`), with name and password.
            settings: Budgets, pool and breaker.
            probe: What must succeed before a Redis that went away is used again; it may raise
                `StoreError` itself. A PING if not given, and for one that was only too slow.

        Raises:
            StoreMisconfigured: The URL is not one of these forms.
        """
        self.settings = settings or ClientSettings()
        self._reached = reached(
            url, connections=self.settings.connections, within=self.settings.probe_within
        )
        policy = self.settings.breaker
        if self.fails_over:
            policy = replace(policy, longest_pause=min(policy.longest_pause, _SOON))
        self._breaker = Breaker(policy=policy)
        self._probe = probe or _ping
        self._probing: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None
        self._finds = 0
        self._failure: StoreError | None = None

    @property
    def is_open(self) -> bool:
        """Whether the breaker is open: Redis failed, and no probe has succeeded since."""
        return self._breaker.is_open

    @property
    def finds(self) -> int:
        """How often it was found out anew who serves: connections from before may lead astray."""
        return self._finds

    @property
    def fails_over(self) -> bool:
        """Whether another server may take over, and is then found."""
        return self._reached.moves

    async def warm_up(self) -> None:
        """Open the first connections.

        Raises:
            StoreError: Redis cannot be reached or refuses us.
        """
        many = range(self.settings.warm_connections)
        await self._within(
            self.settings.probe_within,
            lambda redis: asyncio.gather(*(_ping(redis) for _ in many)),
        )

    async def read(self, command: Callable[[Redis], Awaitable[_T]]) -> _T:
        """Send a command that changes nothing, within the budget of a call.

        A connection that broke is replaced once, as reading twice does no harm.

        Raises:
            StoreError: It could not be answered; nothing else is raised for the store's sake.
        """
        return await self._guarded(self.settings.read_within, lambda redis: _twice(redis, command))

    async def write(self, command: Callable[[Redis], Awaitable[_T]]) -> _T:
        """Send a command that may change something, exactly once.

        Raises:
            StoreError: It was refused, or, for TIMEOUT and UNREACHABLE, may or may not have
                happened.
        """
        return await self._guarded(self.settings.write_within, command)

    def listener(self) -> PubSub:
        """Return a connection of its own that hears what is published; its user closes it."""
        return self._reached.redis.pubsub(ignore_subscribe_messages=True)

    async def aclose(self) -> None:
        """Close all connections and stop probing."""
        for task in (self._following, self._probing):
            if task is not None:
                task.cancel()
                await asyncio.wait((task,))
        with contextlib.suppress(*DRIVER_ERRORS):
            await self._reached.close()

    async def _guarded(self, seconds: float, command: Callable[[Redis], Awaitable[_T]]) -> _T:
        if self._breaker.is_open:
            raise self._refusal()
        try:
            answer = await self._within(seconds, command)
        except StoreError as error:
            if error.reason is Reason.READ_ONLY and not self.fails_over:
                # The name may lead to another server by now.
                with contextlib.suppress(*DRIVER_ERRORS):
                    await self._reached.look()
            elif error.reason in LASTING or error.reason is Reason.READ_ONLY:
                self._breaker = self._breaker.failed(_now())
                self._start_probing(error.reason)
            raise
        self._breaker = self._breaker.succeeded()
        if self._following is None and self._reached.moved is not None:
            self._following = asyncio.create_task(self._follow(self._reached.moved))
        return answer

    def _refusal(self) -> StoreError:
        """Say why Redis is not asked: an operator must act first, or it failed moments ago."""
        if isinstance(self._failure, StoreMisconfigured):
            return StoreMisconfigured(str(self._failure), reason=self._failure.reason)
        return StoreUnavailable(
            "Redis failed moments ago and has not answered a probe since.",
            reason=Reason.BREAKER_OPEN,
        )

    async def _within(self, seconds: float, command: Callable[[Redis], Awaitable[_T]]) -> _T:
        try:
            async with _Patience(seconds):
                return await command(self._reached.redis)
        except DRIVER_ERRORS as error:
            raise translated(error) from error

    def _start_probing(self, reason: Reason) -> None:
        if self._breaker.is_open and (self._probing is None or self._probing.done()):
            self._failure = None
            self._probing = asyncio.create_task(self._probe_until_back(reason))

    async def _probe_until_back(self, reason: Reason) -> None:
        """Ask until Redis answers: one that was only slow is the same Redis, and a word will do.

        Where another may have taken over, it is looked for and examined.
        """
        while (due := self._breaker.probe_at) is not None:
            await asyncio.sleep(due - _now())
            probe = _ping if reason is Reason.TIMEOUT else self._probe
            if self.fails_over:
                probe = self._found
            try:
                await self._within(self.settings.probe_within, probe)
            except StoreError as error:
                self._failure = error
                if error.reason is not Reason.TIMEOUT:
                    reason = error.reason
                self._breaker = self._breaker.probe_failed(_now())
            else:
                self._breaker = self._breaker.probe_succeeded()
                if self.fails_over:
                    with contextlib.suppress(StoreError):
                        await self.warm_up()

    async def _follow(self, moved: Callable[[], Awaitable[bool]]) -> None:
        """Notice that another server has taken over from one that still answers."""
        while True:
            await asyncio.sleep(_SOON)
            # Where nobody can tell, the server that answers is the one.
            with contextlib.suppress(*DRIVER_ERRORS):
                async with asyncio.timeout(self.settings.probe_within):
                    if not self._breaker.is_open and await moved():
                        self._breaker = self._breaker.failed(_now())
                        self._start_probing(Reason.READ_ONLY)

    async def _found(self, redis: Redis) -> None:
        """Find who serves now, and examine them."""
        self._finds += 1
        await self._reached.look()
        await self._probe(redis)


class _Patience:
    """Bounds what is awaited by the time in which the loop could have heard an answer.

    A loop that is busy with other calls comes to an answer later than the answer came; that is no
    fault of Redis. So the budget is spent in turns, each of which counts once however late the loop
    comes round to it, up to `_AT_MOST` budgets of the clock; and when it is spent, the loop first
    hands on what lies in its sockets.

    Raises:
        TimeoutError: Nothing had arrived.
    """

    __slots__ = ("_begun", "_handle", "_limit", "_loop", "_seconds", "_turns")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._turns = 0
        self._loop = asyncio.get_running_loop()
        self._begun = self._loop.time()
        self._limit = asyncio.timeout(None)
        self._handle: asyncio.Handle = self._loop.call_later(seconds / _TURNS, self._turn)

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._handle.cancel()
        await self._limit.__aexit__(kind, error, traceback)

    def _turn(self) -> None:
        self._turns += 1
        spent = self._loop.time() - self._begun >= _AT_MOST * self._seconds
        if self._turns < _TURNS and not spent:
            self._handle = self._loop.call_later(self._seconds / _TURNS, self._turn)
        else:
            self._hear(_ROUNDS)

    def _hear(self, rounds: int) -> None:
        if rounds:
            self._handle = self._loop.call_soon(self._hear, rounds - 1)
        else:
            self._limit.reschedule(self._loop.time())


async def _twice(redis: Redis, command: Callable[[Redis], Awaitable[_T]]) -> _T:
    try:
        return await command(redis)
    except DRIVER_ERRORS as error:
        if translated(error).reason is not Reason.UNREACHABLE:
            raise
    return await command(redis)


async def _ping(redis: Redis) -> None:
    await redis.ping()


def _now() -> float:
    return asyncio.get_running_loop().time()
