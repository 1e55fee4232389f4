"""How streams are held: admitted, read, checked, written in time, counted, logged."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import grpc
from google.protobuf.message import Message

from advisor.server import errors
from advisor.server.receiving import Call, Context, Front, in_time, read, seconds_given
from advisor.server.validation import Checker

#: When a stream that found no room may be worth opening again.
RETRY_AFTER: Final = timedelta(seconds=1)

#: Seconds for which one message may wait for a client that does not read.
_WRITTEN_WITHIN: Final = 30.0

#: Seconds that stand for "no deadline".
_ENDLESS: Final = 1e9


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

    __slots__ = ("_front", "_open", "limit")

    def __init__(self, *, limit: int, front: Front) -> None:
        """Hold at most so many streams open at once."""
        self.limit = limit
        self._front = front
        self._open = 0

    def watch(
        self, name: str, request_class: type[Message], method: Watch
    ) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Make the handler of a method that streams to whoever asks once."""
        checker = Checker(request_class)

        async def receive(raw: bytes, context: Context) -> None:
            async def answer(call: Call) -> None:
                given = method.answer(read(raw, request_class, checker), call)
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
                    await _write(context, await in_time(step(request, one), one.remaining()))

            await self._held(name, method.event, context, answer)

        return grpc.stream_stream_rpc_method_handler(receive)

    async def _held(
        self,
        name: str,
        event: str,
        context: Context,
        answer: Callable[[Call], Awaitable[None]],
    ) -> None:
        given = seconds_given(context)
        call = Call(time.monotonic() + (_ENDLESS if given is None else given))

        async def work() -> None:
            if self._open >= self.limit:
                raise errors.too_many_streams(self.limit, retry_after=RETRY_AFTER)
            self._change_open(+1)
            try:
                await answer(call)
            finally:
                self._change_open(-1)

        await self._front.answered(name, event, call, context, work, streams=True)

    def _change_open(self, by: int) -> None:
        self._open += by
        self._front.metrics.streams.set(self._open)


async def _write(context: Context, message: Message) -> None:
    """Send one message; who does not read it in time is let go."""
    await in_time(context.write(message.SerializeToString()), _WRITTEN_WITHIN)
