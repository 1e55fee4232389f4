"""When a customer may be called: what all calendars, places and quiet times come to together.

Every calendar that fits, at every place where the customer may be, must be open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from advisor.engagement.calendars import Calendar, Interval, QuietTime
from advisor.engagement.clock import (
    DAY,
    Spans,
    Stretch,
    Stretches,
    clipped,
    date_of,
    instant_of,
    intersect,
    joined,
    local_days,
    seconds_of,
    stretches,
    subtract,
    weekday_of,
)
from advisor.engagement.places import Place, region_fits

_HORIZON: Final = timedelta(days=370)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """One reason why it is not a time to call: a calendar that is closed at a place.

    Attributes:
        local: The instant on the wall clock of the place.
        holiday: Name of the quiet day; None where the hour is the reason.
        certain: Whether the calendar certainly fits the place, and keeps the holiday there;
            otherwise it may.
    """

    calendar: Calendar
    place: Place
    local: datetime
    holiday: str | None = None
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """One reason why it is not a time to call: a quiet time of the customer, at a place."""

    quiet_time: QuietTime
    place: Place
    local: datetime


def closed_reasons(
    calendars: Iterable[Calendar], places: Iterable[Place], tags: frozenset[str], at: datetime
) -> tuple[Closed, ...]:
    """List what is closed at an instant.

    Args:
        calendars: All calendars; those that do not fit are passed over.
        places: Where the customer may be. Without any, nothing can be said, and nothing is: the
            caller must not read that as open.
        tags: Legal class and kind of the call, as words.
        at: Aware instant.

    Returns:
        Each calendar at each place where it fits and is closed; empty is open everywhere.
    """
    relevant = _relevant(calendars, tags)
    closed = []
    for place in places:
        local = at.astimezone(place.zone)
        day = local.date()
        minute = local.hour * 60 + local.minute
        for calendar in relevant:
            certain = region_fits(calendar.region, place.region)
            if certain is False or _covers(calendar.spans_on(day, place.region), minute):
                continue
            holiday = calendar.quiet_day(day, place.region)
            closed.append(
                Closed(
                    calendar=calendar,
                    place=place,
                    local=local,
                    holiday=holiday,
                    certain=certain is True
                    and (holiday is None or calendar.surely_quiet(day, place.region)),
                )
            )
    return tuple(closed)


def quiet_reasons(
    quiet_times: Iterable[QuietTime], places: Iterable[Place], at: datetime
) -> tuple[Quiet, ...]:
    """List the customer's quiet times at an instant, at each place where its clock says so.

    Args:
        quiet_times: The customer's quiet times.
        places: Where the customer may be; a quiet time with a zone of its own needs none.
        at: Aware instant.
    """
    places = tuple(places)
    quiet = []
    for quiet_time in quiet_times:
        if quiet_time.expires_at is not None and at >= quiet_time.expires_at:
            continue
        for place in _where(quiet_time, places):
            local = at.astimezone(place.zone)
            spans = quiet_time.spans_on(local.weekday())
            if _covers(spans, local.hour * 60 + local.minute):
                quiet.append(Quiet(quiet_time=quiet_time, place=place, local=local))
    return tuple(quiet)


def next_open(
    calendars: Iterable[Calendar],
    places: Iterable[Place],
    tags: frozenset[str],
    after: datetime,
    *,
    quiet_times: Iterable[QuietTime] = (),
    horizon: timedelta = _HORIZON,
) -> datetime | None:
    """Find the first instant at which every fitting calendar is open at every place.

    Args:
        calendars: All calendars; those that do not fit are passed over.
        places: Where the customer may be.
        tags: Legal class and kind of the call, as words.
        after: Aware instant; itself the answer where it is open.
        quiet_times: The customer's quiet times, kept too.
        horizon: How far to look.

    Returns:
        The instant in UTC; None where there is none within the horizon, or no place is known.
    """
    start = seconds_of(after)
    end = seconds_of(after + horizon)
    for allowed in _allowed(
        calendars, tuple(places), tags, start=start, end=end, quiet_times=tuple(quiet_times)
    ):
        if allowed:
            return max(after, instant_of(allowed[0][0])).astimezone(UTC)
    return None


def open_windows(
    calendars: Iterable[Calendar],
    places: Iterable[Place],
    tags: frozenset[str],
    start: datetime,
    days: int,
    *,
    quiet_times: Iterable[QuietTime] = (),
) -> tuple[Interval, ...]:
    """List when every fitting calendar is open at every place.

    Args:
        calendars: All calendars; those that do not fit are passed over.
        places: Where the customer may be; without any, no time is allowed.
        tags: Legal class and kind of the call, as words.
        start: Aware instant from which to look.
        days: How many times 24 hours to look.
        quiet_times: The customer's quiet times, kept too.

    Returns:
        Intervals in UTC, ascending and apart.
    """
    first = seconds_of(start)
    end = first + days * DAY
    found: Stretches = []
    for allowed in _allowed(
        calendars, tuple(places), tags, start=first, end=end, quiet_times=tuple(quiet_times)
    ):
        found += allowed
    return tuple(
        Interval(max(start, instant_of(opens)).astimezone(UTC), instant_of(closes))
        for opens, closes in joined(found)
    )


def _relevant(calendars: Iterable[Calendar], tags: frozenset[str]) -> list[Calendar]:
    return [
        calendar
        for calendar in calendars
        if not calendar.applies_to or not calendar.applies_to.isdisjoint(tags)
    ]


def _covers(spans: Spans, minute: int) -> bool:
    # A loop, not any(): it runs for every calendar of every call.
    for start, end, _ in spans:  # noqa: SIM110
        if start <= minute < end:
            return True
    return False


def _where(quiet_time: QuietTime, places: Sequence[Place]) -> Sequence[Place]:
    return places if quiet_time.zone is None else (Place(quiet_time.zone),)


def _allowed(
    calendars: Iterable[Calendar],
    places: Sequence[Place],
    tags: frozenset[str],
    *,
    start: int,
    end: int,
    quiet_times: Sequence[QuietTime],
) -> Iterator[Stretches]:
    """Yield, one day of UTC at a time, what is allowed between two instants."""
    if not places:
        return
    relevant = _relevant(calendars, tags)
    hours = tuple(
        (place.zone, calendar, place.region)
        for place in places
        for calendar in relevant
        if region_fits(calendar.region, place.region) is not False
    )
    quiet = [
        (place.zone, quiet_time)
        for quiet_time in quiet_times
        for place in _where(quiet_time, places)
    ]
    for day in range(start // DAY, -(-end // DAY)):
        span = [(max(start, day * DAY), min(end, (day + 1) * DAY))]
        allowed = intersect(span, _all_open_on(day, hours))
        for zone, quiet_time in quiet:
            if allowed:
                shut = _quiet_in(stretches(zone, day), quiet_time)
                allowed = subtract(allowed, _before(shut, quiet_time.expires_at))
        yield allowed


# The calls of a campaign share a few places and calendars: a week or a year of each fits.
@lru_cache(maxsize=8192)
def _all_open_on(day: int, hours: tuple[tuple[ZoneInfo, Calendar, str | None], ...]) -> Stretches:
    """List when all calendars are open on a day of UTC; not to be changed by who gets it."""
    allowed = [(day * DAY, (day + 1) * DAY)]
    # Zones that run alike on this day are one.
    seen = set()
    for zone, calendar, region in hours:
        key = (stretches(zone, day), calendar, region)
        if allowed and key not in seen:
            seen.add(key)
            allowed = intersect(allowed, _open_in(key[0], calendar, region))
    return allowed


def _open_in(parts: Iterable[Stretch], calendar: Calendar, region: str | None) -> Stretches:
    return joined(
        [
            span
            for part in parts
            for day in local_days(part)
            for span in clipped(part, day, calendar.spans_on(date_of(day), region))
        ]
    )


def _quiet_in(parts: Iterable[Stretch], quiet_time: QuietTime) -> Stretches:
    return joined(
        [
            span
            for part in parts
            for day in local_days(part)
            for span in clipped(part, day, quiet_time.spans_on(weekday_of(day)))
        ]
    )


def _before(parts: Stretches, limit: datetime | None) -> Stretches:
    """Cut off what lies after an instant, to the second that contains it."""
    if limit is None:
        return parts
    # Rounded up: a quiet time that ends within a second holds in all of it.
    last = seconds_of(limit + timedelta(microseconds=999_999))
    return [(start, min(end, last)) for start, end in parts if start < last]
