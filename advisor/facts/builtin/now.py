"""Facts of the customer's clock and calendar, one value in each place where they may be."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from advisor.engagement.calendars import QuietTime
from advisor.facts.catalogue import Fact
from advisor.facts.situation import Situation
from advisor.facts.values import NEVER, UNKNOWN, FactType, Tell, Value
from advisor.facts.worlds import World

#: A quiet time that does not end within it has no known end.
_HORIZON: Final = timedelta(days=8)


def _local_time(situation: Situation, world: World) -> Value:  # noqa: ARG001 - a world's reader
    return world.local.time()


def _weekday(situation: Situation, world: World) -> Value:  # noqa: ARG001 - a world's reader
    return world.local.weekday()


def _date(situation: Situation, world: World) -> Value:  # noqa: ARG001 - a world's reader
    return world.local.date()


def _is_holiday(situation: Situation, world: World) -> Value:  # noqa: ARG001 - a world's reader
    return UNKNOWN if world.is_holiday is None else world.is_holiday


def _quiet_time(situation: Situation, world: World) -> Value:
    quiet_times = situation.profile.quiet_times
    if quiet_times is None:
        return UNKNOWN
    return _quiet_until(quiet_times, situation.now, world.place.zone) is not None


def _quiet_time_ends(situation: Situation, world: World) -> Value:
    """Follow quiet times that touch each other to the first instant at which none holds."""
    quiet_times = situation.profile.quiet_times
    if quiet_times is None:
        return UNKNOWN
    at = situation.now
    until = _quiet_until(quiet_times, at, world.place.zone)
    if until is None:
        return NEVER
    while until is not None:
        if until - situation.now > _HORIZON:
            return UNKNOWN
        at, until = until, _quiet_until(quiet_times, until, world.place.zone)
    return at


def _quiet_until(
    quiet_times: tuple[QuietTime, ...], at: datetime, zone: ZoneInfo
) -> datetime | None:
    """Return when the longest quiet time that holds at an instant ends; None where none holds."""
    ends = (_end(quiet, at, quiet.zone or zone) for quiet in quiet_times)
    return max((end for end in ends if end is not None), default=None)


def _end(quiet: QuietTime, at: datetime, zone: ZoneInfo) -> datetime | None:
    if quiet.expires_at is not None and quiet.expires_at <= at:
        return None
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    ends = [end for start, end, _ in quiet.spans_on(local.weekday()) if start <= minute < end]
    if not ends:
        return None
    # On the wall clock, so that a day of 23 or 25 hours ends at its own midnight.
    wall = datetime.combine(local.date(), time()) + timedelta(minutes=max(ends))
    end = wall.replace(tzinfo=zone).astimezone(UTC)
    # Where clocks go back, the wall shows an earlier time again; the quiet time goes on.
    if end <= at:
        end = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return end if quiet.expires_at is None else min(end, quiet.expires_at)


FACTS: Final = (
    Fact(
        name="now.local_time",
        type=FactType.CLOCK_TIME,
        about="What the clock on the customer's wall says.",
        tell=Tell.ANYONE,
        read_in_world=_local_time,
    ),
    Fact(
        name="now.weekday",
        type=FactType.WEEKDAY,
        about="Which weekday it is where the customer is.",
        tell=Tell.ANYONE,
        read_in_world=_weekday,
    ),
    Fact(
        name="now.date",
        type=FactType.DATE,
        about="Which day it is where the customer is.",
        tell=Tell.ANYONE,
        read_in_world=_date,
    ),
    Fact(
        name="now.is_holiday",
        type=FactType.YES_NO,
        about="Is it a public holiday where the customer is?",
        tell=Tell.ANYONE,
        read_in_world=_is_holiday,
    ),
    Fact(
        name="now.quiet_time",
        type=FactType.YES_NO,
        about="Is it one of the times at which the customer does not want calls?",
        sent_by="CRM",
        read_in_world=_quiet_time,
    ),
    Fact(
        name="now.quiet_time_ends",
        type=FactType.INSTANT,
        about="When the customer's quiet time ends; never, where there is none now.",
        sent_by="CRM",
        read_in_world=_quiet_time_ends,
    ),
)
