"""How every request is received: admitted, read, checked, answered in time, counted, logged.

Methods are registered with raw bytes, because grpc answers bytes that are no message with UNKNOWN
and the text of the exception. Here they are one more kind of invalid request.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from structlog.typing import FilteringBoundLogger

from advisor.server import errors
from advisor.server.metrics import Metrics
from advisor.server.receiving import Call, Context, Front, in_time, read, seconds_given
from advisor.server.streams import Conversation, Streams, Watch
from advisor.server.validation import Checker

#: When a call that found no room may be worth sending again.
RETRY_AFTER: Final = timedelta(milliseconds=100)

#: Time kept back from a deadline, so that the answer still arrives in it: seconds.
_MARGIN: Final = 0.001


#: Answers one request; anything it raises but a `Refusal` is a fault of ours.
Answer = Callable[[Any, Call], Awaitable[Message]]


@dataclass(frozen=True, slots=True)
class Method:
    """How one method is answered.

    Attributes:
        event: Name of its log line.
        deadline: Seconds it may take where the caller sets no deadline.
        answer: What answers it.
    """

    event: str
    deadline: float
    answer: Answer


class Reception:
    """Receives the requests of all services; the limit on calls at once is over all of them."""

    __slots__ = ("_front", "_held", "_idle", "_in_progress", "_metrics", "limit")

    def __init__(
        self,
        *,
        limit: int,
        streams: int = 64,
        log: FilteringBoundLogger,
        metrics: Metrics,
        new_id: Callable[[], str],
    ) -> None:
        """Take the collaborators.

        Args:
            limit: Requests answered at once.
            streams: Streams held open at once.
            log: Where the lines go.
            metrics: Where calls are counted.
            new_id: Makes correlation ids.
        """
        self.limit = limit
        self._metrics = metrics
        self._front = Front(log, metrics, new_id)
        self._held = Streams(limit=streams, front=self._front)
        self._in_progress = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def streams(self) -> int:
        """Streams held open at once."""
        return self._held.limit

    async def idle(self) -> None:
        """Wait until no request is being answered."""
        await self._idle.wait()

    def handler(
        self, service: ServiceDescriptor, methods: Mapping[str, Method | Watch | Conversation]
    ) -> grpc.GenericRpcHandler:
        """Make the handler of a service.

        Raises:
            KeyError: A method of the contract has no answer.
        """
        return grpc.method_handlers_generic_handler(
            service.full_name,
            {
                method.name: self._handler(
                    f"{service.name}/{method.name}",
                    GetMessageClass(method.input_type),
                    methods[method.name],
                )
                for method in service.methods
            },
        )

    def _handler(
        self, name: str, request_class: type[Message], method: Method | Watch | Conversation
    ) -> grpc.RpcMethodHandler[bytes, bytes]:
        match method:
            case Watch():
                return self._held.watch(name, request_class, method)
            case Conversation():
                return self._held.converse(name, request_class, method)
            case Method():
                return grpc.unary_unary_rpc_method_handler(self._unary(name, request_class, method))

    def _unary(
        self, name: str, request_class: type[Message], method: Method
    ) -> Callable[[bytes, Context], Awaitable[bytes]]:
        checker = Checker(request_class)

        async def receive(raw: bytes, context: Context) -> bytes:
            given = seconds_given(context)
            seconds = method.deadline if given is None else given - _MARGIN
            call = Call(time.monotonic() + seconds)

            async def answer() -> bytes:
                request = read(raw, request_class, checker)
                call.must_have_time()
                reply = await in_time(method.answer(request, call), call.remaining())
                return reply.SerializeToString()

            async def work() -> bytes:
                return await self._admitted(answer)

            return await self._front.answered(name, method.event, call, context, work)

        return receive

    async def _admitted(self, answer: Callable[[], Awaitable[bytes]]) -> bytes:
        if self._in_progress >= self.limit:
            raise errors.too_many_calls(self.limit, retry_after=RETRY_AFTER)
        self._change_in_progress(+1)
        try:
            return await answer()
        finally:
            self._change_in_progress(-1)

    def _change_in_progress(self, by: int) -> None:
        self._in_progress += by
        self._metrics.in_progress.set(self._in_progress)
        if self._in_progress:
            self._idle.clear()
        else:
            self._idle.set()
