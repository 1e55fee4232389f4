"""What every request has, whether one message or a stream."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import grpc
from google.protobuf.message import DecodeError, Message

from advisor.server import errors
from advisor.server.errors import Refusal
from advisor.server.validation import Checker


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


def seconds_given(context: grpc.aio.ServicerContext[bytes, bytes]) -> float | None:
    """Return the seconds the caller gave; None without a deadline (the stubs say otherwise)."""
    return context.time_remaining()


def loggable(refusal: Refusal) -> dict[str, str]:
    """Return what of a refusal may stand in the log."""
    return {
        name: value for name, value in refusal.metadata.items() if name in {"violations", "why"}
    }
