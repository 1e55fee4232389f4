"""Quiet times in words: how hours are named in a call, and how they are kept.

``18:00-20:00``, ``mon-fri 08:00-09:30``, ``sat, sun before 10:00``, ``after 20 Europe/London``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from advisor.engagement.calendars import QuietTime, Window
from advisor.engagement.places import UnknownZoneError, zone_of

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FULL: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MINUTES_A_DAY: Final = 1440

_CLOCK: Final = r"(\d{1,2})(?::(\d{2}))?"
_HOURS: Final = re.compile(
    rf"(?:(?P<days>[a-z][a-z ,-]*?) +)??(?:(?P<side>before|after) +{_CLOCK}"
    rf"|{_CLOCK} *(?:-|–|to) *{_CLOCK})(?: +(?P<zone>[a-z][a-z0-9_+/-]*))?",  # noqa: RUF001 - as people write it
    re.ASCII | re.IGNORECASE,
)


def quiet_time_in(text: str) -> QuietTime | None:
    """Read hours at which somebody does not want calls; None where they cannot be read.

    Days are English, in short or in full, as a list or a range; without any it is every day.
    Hours are of 24. A zone is an IANA name; without one it is the clock wherever the customer is.
    Hours that end where they begin say nothing: a whole day is ``00:00-24:00``.
    """
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        return None
    window = _window(found)
    try:
        days = frozenset(_days(found["days"] or ""))
        zone = zone_of(found["zone"]) if found["zone"] else None
    except (UnknownZoneError, ValueError):
        return None
    return None if window is None else QuietTime(window=window, days=days, zone=zone)


def quiet_time_around(at: datetime, zone: ZoneInfo, margin: timedelta) -> QuietTime:
    """Return the hours around a moment, every day, on the clock of a zone.

    Args:
        at: The moment, aware.
        zone: The zone.
        margin: How long before and after it; from a minute to half a day.
    """
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    minutes = int(margin.total_seconds()) // 60
    start, end = (minute - minutes) % _MINUTES_A_DAY, (minute + minutes) % _MINUTES_A_DAY
    return QuietTime(window=Window(start, end), zone=zone)


def in_words(quiet: QuietTime) -> str:
    """Write the hours of a quiet time so that `quiet_time_in` reads them."""
    days = ",".join(_DAYS[day] for day in sorted(quiet.days))
    window = quiet.window
    zone = "" if quiet.zone is None else quiet.zone.key
    hours = f"{_clock(window.start)}-{_clock(window.end)}"
    return " ".join(part for part in (days, hours, zone) if part)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _window(found: re.Match[str]) -> Window | None:
    side, *clocks = found.groups()[1:-1]
    minutes = [
        int(hour) * 60 + int(minute or 0)
        for hour, minute in zip(clocks[::2], clocks[1::2], strict=True)
        if hour is not None
    ]
    if side is not None:
        minutes = [0, *minutes] if side.lower() == "before" else [*minutes, _MINUTES_A_DAY]
    start, end = minutes
    written = [minute for minute in clocks[1::2] if minute is not None]
    if start == end or any(int(minute) > 59 for minute in written):  # noqa: PLR2004 - of an hour
        return None
    try:
        return Window(start, end)
    except ValueError:
        return None


def _days(text: str) -> Iterator[int]:
    """Read days; a range may run over the weekend."""
    for part in re.split(r" *, *| +and +", text.lower()) if text else ():
        first, dash, last = part.partition("-")
        begin = _day(first)
        length = (_day(last) - begin) % 7 if dash else 0
        yield from ((begin + step) % 7 for step in range(length + 1))


def _day(name: str) -> int:
    name = name.strip().removesuffix("s") if name.strip() not in _DAYS else name.strip()
    return _FULL.index(name) if name in _FULL else _DAYS.index(name)
