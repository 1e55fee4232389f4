"""What every request has, whether one message or a stream."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import grpc
from google.protobuf.message import DecodeError, Message
from grpc_status import rpc_status
from structlog.typing import FilteringBoundLogger

from advisor.server import errors
from advisor.server.errors import Refusal
from advisor.server.logs import frames
from advisor.server.metrics import Metrics
from advisor.server.validation import Checker

_T = TypeVar("_T")

Context = grpc.aio.ServicerContext[bytes, bytes]


@dataclass(slots=True)
class Call:
    """One request while it is answered.

    Attributes:
        deadline: Until when there must be an answer, on the machine's monotonic clock (the event
            loop's own may stand still while something is worked out).
        notes: Fields for the log line.
    """

    deadline: float
    notes: dict[str, object] = field(default_factory=dict)

    def remaining(self) -> float:
        """Return the seconds left; 0 or less when there are none."""
        return self.deadline - time.monotonic()

    def must_have_time(self) -> None:
        """Raise a refusal when the deadline has passed; ask before every side effect."""
        if self.remaining() <= 0:
            raise errors.deadline_exceeded()

    def note(self, **fields: object) -> None:
        """Add fields to the call's log line; only those of the allow-list are written."""
        self.notes.update(fields)


@dataclass(frozen=True, slots=True)
class Front:
    """Counts and logs every request and every stream, and turns what goes wrong into a status.

    Attributes:
        log: Where the lines go.
        metrics: Where they are counted.
        new_id: Makes correlation ids.
    """

    log: FilteringBoundLogger
    metrics: Metrics
    new_id: Callable[[], str]

    async def answered(
        self,
        name: str,
        event: str,
        call: Call,
        context: Context,
        work: Callable[[], Awaitable[_T]],
        *,
        streams: bool = False,
    ) -> _T:
        """Do the work of a request, and say how it ended before its caller hears of it.

        Args:
            name: The method, ``Service/Method``.
            event: Name of its log line.
            call: The request.
            context: What grpc knows of it.
            work: Answers it; anything it raises but a `Refusal` is a fault of ours.
            streams: Whether it is a stream, whose length tells nothing and whose end is no fault.
        """
        begun = time.monotonic()
        self.metrics.started.labels(name).inc()
        done = partial(self._done, name, event, begun, call, streams=streams)
        try:
            answer = await self._faultless(work, call)
        except Refusal as refusal:
            call.note(reason=refusal.reason.value, **_loggable(refusal))
            done(refusal.code)
            await context.abort_with_status(rpc_status.to_status(refusal.status()))
            raise AssertionError("unreachable: abort raises") from refusal
        except asyncio.CancelledError:
            done(grpc.StatusCode.CANCELLED)
            raise
        done(grpc.StatusCode.OK)
        return answer

    async def _faultless(self, work: Callable[[], Awaitable[_T]], call: Call) -> _T:
        try:
            return await work()
        except Refusal:
            raise
        except Exception as error:  # noqa: BLE001 - the last line before the wire
            correlation_id = self.new_id()
            call.note(
                correlation_id=correlation_id,
                exception=type(error).__name__,
                frames=frames(error),
            )
            raise errors.internal(correlation_id) from None

    def _done(
        self,
        name: str,
        event: str,
        begun: float,
        call: Call,
        code: grpc.StatusCode,
        *,
        streams: bool,
    ) -> None:
        seconds = time.monotonic() - begun
        self.metrics.handled.labels(name, code.name).inc()
        if not streams:
            self.metrics.duration.labels(name).observe(seconds)
        fields = {
            "method": name,
            "code": code.name,
            "duration_ms": round(seconds * 1000, 3),
            **call.notes,
        }
        if code is grpc.StatusCode.OK or (streams and code is grpc.StatusCode.CANCELLED):
            self.log.info(event, **fields)
        elif code is grpc.StatusCode.INTERNAL:
            self.log.error("advisor.request_failed", **fields)
        else:
            self.log.warning("advisor.request_refused", **fields)


async def in_time(work: Awaitable[_T], seconds: float) -> _T:
    """Wait for work so many seconds.

    Raises:
        Refusal: They have passed.
    """
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            return await work
    except TimeoutError:
        if limit.expired():
            raise errors.deadline_exceeded() from None
        raise


def read(raw: bytes, request_class: type[Message], checker: Checker) -> Message:
    """Read a message and check it.

    Raises:
        Refusal: It is none, or breaks limits of the contract; every breach is named.
    """
    try:
        request = request_class.FromString(raw)
    except DecodeError:
        raise errors.malformed() from None
    found = checker.violations(request)
    if found:
        raise errors.invalid(found)
    return request


def seconds_given(context: Context) -> float | None:
    """Return the seconds the caller gave; None without a deadline (the stubs say otherwise)."""
    return context.time_remaining()


def _loggable(refusal: Refusal) -> dict[str, str]:
    return {
        name: value for name, value in refusal.metadata.items() if name in {"violations", "why"}
    }
