"""How streams are held: admitted, read, checked, written in time, counted, logged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import grpc
from google.protobuf.message import Message
from grpc_status import rpc_status
from structlog.typing import FilteringBoundLogger

from advisor.server import errors
from advisor.server.errors import Refusal
from advisor.server.logs import frames
from advisor.server.metrics import Metrics
from advisor.server.receiving import Call, loggable, read, seconds_given
from advisor.server.validation import Checker

#: When a stream that found no room may be worth opening again.
RETRY_AFTER: Final = timedelta(seconds=1)

#: Seconds for which one message may wait for a client that does not read.
_WRITTEN_WITHIN: Final = 30.0

#: Seconds that stand for "no deadline".
_ENDLESS: Final = 1e9

Context = grpc.aio.ServicerContext[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Watch:
    """How a method is answered that streams to whoever asks once.

    Attributes:
        event: Name of its log line.
        answer: Gives what is to be sent, until nobody listens any more.
    """

    event: str
    answer: Callable[[Any, Call], AsyncGenerator[Message]]


@dataclass(frozen=True, slots=True)
class Conversation:
    """How a method is answered that streams both ways: one answer a message, in order.

    Attributes:
        event: Name of its log line.
        deadline: Seconds that one answer may take.
        begin: Makes what answers the messages of one stream.
    """

    event: str
    deadline: float
    begin: Callable[[], Callable[[Any, Call], Awaitable[Message]]]


class Streams:
    """Holds the streams of all services; the limit is over all of them."""

    __slots__ = ("_log", "_metrics", "_new_id", "_open", "limit")

    def __init__(
        self,
        *,
        limit: int,
        log: FilteringBoundLogger,
        metrics: Metrics,
        new_id: Callable[[], str],
    ) -> None:
        """Take the collaborators.

        Args:
            limit: Streams held open at once.
            log: Where the lines go.
            metrics: Where streams are counted.
            new_id: Makes correlation ids.
        """
        self.limit = limit
        self._log = log
        self._metrics = metrics
        self._new_id = new_id
        self._open = 0

    def watch(
        self, name: str, request_class: type[Message], method: Watch
    ) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Make the handler of a method that streams to whoever asks once."""
        checker = Checker(request_class)

        async def receive(raw: bytes, context: Context) -> None:
            async def answer(call: Call) -> None:
                request = read(raw, request_class, checker)
                given = method.answer(request, call)
                try:
                    async for message in given:
                        await _write(context, message)
                finally:
                    await given.aclose()

            await self._held(name, method.event, context, answer)

        return grpc.unary_stream_rpc_method_handler(receive)

    def converse(
        self, name: str, request_class: type[Message], method: Conversation
    ) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Make the handler of a method that streams both ways."""
        checker = Checker(request_class)

        async def receive(messages: AsyncIterator[bytes], context: Context) -> None:
            async def answer(call: Call) -> None:
                step = method.begin()
                async for raw in messages:
                    request = read(raw, request_class, checker)
                    one = Call(min(call.deadline, time.monotonic() + method.deadline), call.notes)
                    await _write(context, await _in_time(step(request, one), one))

            await self._held(name, method.event, context, answer)

        return grpc.stream_stream_rpc_method_handler(receive)

    async def _held(
        self,
        name: str,
        event: str,
        context: Context,
        answer: Callable[[Call], Awaitable[None]],
    ) -> None:
        begun = time.monotonic()
        given = seconds_given(context)
        call = Call(begun + (_ENDLESS if given is None else given))
        self._metrics.started.labels(name).inc()
        try:
            await self._admitted(answer, call)
        except Refusal as refusal:
            call.note(reason=refusal.reason.value, **loggable(refusal))
            self._done(name, event, refusal.code, begun, call)
            await context.abort_with_status(rpc_status.to_status(refusal.status()))
        except asyncio.CancelledError:
            self._done(name, event, grpc.StatusCode.CANCELLED, begun, call)
            raise
        self._done(name, event, grpc.StatusCode.OK, begun, call)

    async def _admitted(self, answer: Callable[[Call], Awaitable[None]], call: Call) -> None:
        if self._open >= self.limit:
            raise errors.too_many_streams(self.limit, retry_after=RETRY_AFTER)
        self._change_open(+1)
        try:
            await answer(call)
        except Refusal:
            raise
        except Exception as error:  # noqa: BLE001 - the last line before the wire
            correlation_id = self._new_id()
            call.note(
                correlation_id=correlation_id,
                exception=type(error).__name__,
                frames=frames(error),
            )
            raise errors.internal(correlation_id) from None
        finally:
            self._change_open(-1)

    def _change_open(self, by: int) -> None:
        self._open += by
        self._metrics.streams.set(self._open)

    def _done(self, name: str, event: str, code: grpc.StatusCode, begun: float, call: Call) -> None:
        self._metrics.handled.labels(name, code.name).inc()
        fields = {
            "method": name,
            "code": code.name,
            "duration_ms": round((time.monotonic() - begun) * 1000, 3),
            **call.notes,
        }
        if code in (grpc.StatusCode.OK, grpc.StatusCode.CANCELLED):
            self._log.info(event, **fields)
        elif code is grpc.StatusCode.INTERNAL:
            self._log.error("advisor.request_failed", **fields)
        else:
            self._log.warning("advisor.request_refused", **fields)


async def _write(context: Context, message: Message) -> None:
    """Send one message; who does not read it in time is let go."""
    await _in_time(
        context.write(message.SerializeToString()), Call(time.monotonic() + _WRITTEN_WITHIN)
    )


async def _in_time(work: Awaitable[Any], call: Call) -> Any:  # noqa: ANN401 - whatever it gives
    limit = asyncio.timeout(call.remaining())
    try:
        async with limit:
            return await work
    except TimeoutError:
        if limit.expired():
            raise errors.deadline_exceeded() from None
        raise
