"""Wall clocks: how the local time of a zone runs along UTC, exactly, over every change of clocks.

Instants are whole seconds since 1970 in UTC, local times whole seconds since 1970 on the wall.
Between two changes of clocks one is the other plus a constant, so all that has to do with windows
is arithmetic on integers; a local time that never happens or happens twice needs no special care.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

DAY: Final = 86_400
MINUTE: Final = 60

_EPOCH: Final = date(1970, 1, 1).toordinal()
_UTC_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)

#: No plan reaches further: the calendar of `datetime` ends soon after.
LAST_DAY: Final = date(9999, 12, 25).toordinal() - _EPOCH

#: Stretches of seconds, ascending and apart: starts are inside, ends are not.
Stretches = list[tuple[int, int]]


#: What is seen of windows on the wall clock of one day: first minute, last minute + 1, and whether
#: the window began the day before.
Spans = tuple[tuple[int, int, bool], ...]


class Stretch(NamedTuple):
    """A stretch of UTC during which a zone keeps one offset; `end` is outside."""

    start: int
    end: int
    offset: int


def seconds_of(at: datetime) -> int:
    """Return the whole seconds since 1970 of an aware instant, rounded down."""
    return (at - _UTC_EPOCH) // _SECOND


def instant_of(seconds: int) -> datetime:
    """Return the aware UTC instant of seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def day_number(day: date) -> int:
    """Return the days since 1970 of a date."""
    return day.toordinal() - _EPOCH


def date_of(number: int) -> date:
    """Return the date of a number of days since 1970."""
    return date.fromordinal(number + _EPOCH)


def weekday_of(number: int) -> int:
    """Return the weekday (Monday is 0) of a number of days since 1970."""
    return (number + 3) % 7


# Some hundred zones around the present; a plan of a year ahead for one customer fits as well.
@lru_cache(maxsize=16_384)
def stretches(zone: ZoneInfo, day: int) -> tuple[Stretch, ...]:
    """Split one day of UTC, given in days since 1970, where the zone changes its clocks."""
    start = day * DAY
    end = start + DAY
    first = offset_at(zone, start)
    last = offset_at(zone, end - 1)
    if first == last:
        return (Stretch(start, end, first),)
    before, after = start, end - 1
    while after - before > 1:
        middle = (before + after) // 2
        if offset_at(zone, middle) == first:
            before = middle
        else:
            after = middle
    return (Stretch(start, after, first), Stretch(after, end, last))


def day_begins(zone: ZoneInfo, day: int) -> int:
    """Return the instant from which on the local date is a day or a later one, for good.

    Args:
        zone: The zone.
        day: The local date, in days since 1970; one after `LAST_DAY` counts as that.
    """
    day = min(day, LAST_DAY)
    midnight = day * DAY
    begins = midnight
    # The world's clocks are within fourteen hours of UTC.
    for utc_day in range(day - 1, day + 2):
        for start, end, offset in stretches(zone, utc_day):
            if start + offset < midnight:
                begins = min(end, midnight - offset)
    return begins


def local_day(zone: ZoneInfo, seconds: int) -> int:
    """Return the local date at an instant, both since 1970."""
    return (seconds + offset_at(zone, seconds)) // DAY


def offset_at(zone: ZoneInfo, seconds: int) -> int:
    """Return the seconds by which a zone's wall clock is ahead of UTC at an instant."""
    offset = datetime.fromtimestamp(seconds, zone).utcoffset()
    assert offset is not None  # noqa: S101 - a ZoneInfo always knows its offset
    return offset.days * DAY + offset.seconds


def local_days(part: Stretch) -> range:
    """List the local dates, in days since 1970, that a stretch touches."""
    return range((part.start + part.offset) // DAY, (part.end - 1 + part.offset) // DAY + 1)


def clipped(part: Stretch, day: int, spans: Spans) -> Stretches:
    """Turn minutes of a local date into the UTC that a stretch holds of them."""
    midnight = day * DAY - part.offset
    return [
        (max(part.start, midnight + first * MINUTE), min(part.end, midnight + last * MINUTE))
        for first, last, _ in spans
        if midnight + first * MINUTE < part.end and midnight + last * MINUTE > part.start
    ]


def intersect(left: Stretches, right: Stretches) -> Stretches:
    """Return what lies in both."""
    both: Stretches = []
    i = j = 0
    while i < len(left) and j < len(right):
        start = max(left[i][0], right[j][0])
        end = min(left[i][1], right[j][1])
        if start < end:
            both.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return both


def subtract(whole: Stretches, closed: Stretches) -> Stretches:
    """Return what of `whole` lies outside `closed`; both ascending, `closed` may overlap itself."""
    left: Stretches = []
    for start, end in whole:
        free = start
        for shut, opened in closed:
            if free < shut < end:
                left.append((free, shut))
            if shut < end:
                free = max(free, opened)
        if free < end:
            left.append((free, end))
    return left


def joined(parts: Stretches) -> Stretches:
    """Return the same stretches in order, those that touch or overlap made one."""
    whole: Stretches = []
    for start, end in sorted(parts):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(whole[-1][1], end))
        else:
            whole.append((start, end))
    return whole
