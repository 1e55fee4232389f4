"""The clock of the service: the machine's, or one that starts at a stated instant."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

#: Tells the time: aware, UTC.
Clock = Callable[[], datetime]


def machine_clock() -> datetime:
    """Tell the machine's time, aware, UTC."""
    return datetime.fromtimestamp(time.time(), UTC)


def clock_from(start: datetime | None) -> Clock:
    """Return the clock that a setting asks for.

    Args:
        start: The instant at which the clock starts now, and from which it runs on; None for the
            machine's clock.
    """
    if start is None:
        return machine_clock
    begun = time.monotonic()
    first = start.astimezone(UTC)
    return lambda: first + timedelta(seconds=time.monotonic() - begun)
