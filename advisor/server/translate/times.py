"""Instants and lengths of time, both ways. The contract's limits hold before anything is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

#: Weekdays as the contract writes them, in the order of their numbers.
WEEKDAYS: Final = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)


def instant(message: Timestamp) -> datetime:
    """Read an instant, aware, UTC, to the microsecond."""
    return message.ToDatetime(UTC)


def instant_of(message: Message, name: str) -> datetime | None:
    """Read an instant from a field; None where it is absent."""
    return instant(getattr(message, name)) if message.HasField(name) else None


def timestamp(at: datetime | None) -> Timestamp | None:
    """Write an instant; None leaves the field absent."""
    if at is None:
        return None
    message = Timestamp()
    message.FromDatetime(at)
    return message


def span(message: Duration) -> timedelta:
    """Read a length of time, to the microsecond."""
    return message.ToTimedelta()


def duration(length: timedelta) -> Duration:
    """Write a length of time."""
    message = Duration()
    message.FromTimedelta(length)
    return message
