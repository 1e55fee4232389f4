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
from grpc_status import rpc_status
from structlog.typing import FilteringBoundLogger

from advisor.server import errors
from advisor.server.errors import Refusal
from advisor.server.logs import frames
from advisor.server.metrics import Metrics
from advisor.server.receiving import Call, loggable, read, seconds_given
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

    __slots__ = ("_held", "_idle", "_in_progress", "_log", "_metrics", "_new_id", "limit")

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
        self._log = log
        self._metrics = metrics
        self._new_id = new_id
        self._held = Streams(limit=streams, log=log, metrics=metrics, new_id=new_id)
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
    ) -> Callable[[bytes, grpc.aio.ServicerContext[bytes, bytes]], Awaitable[bytes]]:
        checker = Checker(request_class)

        async def receive(raw: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
            begun = time.monotonic()
            given = seconds_given(context)
            call = Call(begun + (method.deadline if given is None else given - _MARGIN))
            self._metrics.started.labels(name).inc()
            try:
                reply = await self._admitted(raw, request_class, checker, method, call)
            except Refusal as refusal:
                call.note(reason=refusal.reason.value, **loggable(refusal))
                self._done(name, method.event, refusal.code, time.monotonic() - begun, call)
                await context.abort_with_status(rpc_status.to_status(refusal.status()))
                raise AssertionError("unreachable: abort raises") from refusal
            except asyncio.CancelledError:
                gone = grpc.StatusCode.CANCELLED
                self._done(name, method.event, gone, time.monotonic() - begun, call)
                raise
            self._done(name, method.event, grpc.StatusCode.OK, time.monotonic() - begun, call)
            return reply

        return receive

    async def _admitted(
        self,
        raw: bytes,
        request_class: type[Message],
        checker: Checker,
        method: Method,
        call: Call,
    ) -> bytes:
        if self._in_progress >= self.limit:
            raise errors.too_many_calls(self.limit, retry_after=RETRY_AFTER)
        self._change_in_progress(+1)
        try:
            request = read(raw, request_class, checker)
            call.must_have_time()
            return (await self._answer(request, method, call)).SerializeToString()
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
            self._change_in_progress(-1)

    def _change_in_progress(self, by: int) -> None:
        self._in_progress += by
        self._metrics.in_progress.set(self._in_progress)
        if self._in_progress:
            self._idle.clear()
        else:
            self._idle.set()

    async def _answer(self, request: Message, method: Method, call: Call) -> Message:
        limit = asyncio.timeout(call.remaining())
        try:
            async with limit:
                return await method.answer(request, call)
        except TimeoutError:
            if limit.expired():
                raise errors.deadline_exceeded() from None
            raise

    def _done(
        self, name: str, event: str, code: grpc.StatusCode, seconds: float, call: Call
    ) -> None:
        """Count and log a call, before its caller hears how it ended."""
        self._metrics.handled.labels(name, code.name).inc()
        self._metrics.duration.labels(name).observe(seconds)
        fields = {
            "method": name,
            "code": code.name,
            "duration_ms": round(seconds * 1000, 3),
            **call.notes,
        }
        if code is grpc.StatusCode.OK:
            self._log.info(event, **fields)
        elif code is grpc.StatusCode.INTERNAL:
            self._log.error("advisor.request_failed", **fields)
        else:
            self._log.warning("advisor.request_refused", **fields)
