"""Local time runs along UTC in stretches of one offset, split exactly where clocks change."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement import clock
from advisor.engagement.places import zone_of
from tests.engagement.strategies import ZONES, instants

parts = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=6).map(
    lambda pairs: clock.joined([(start, start + length) for start, length in pairs])
)


def members(stretches: clock.Stretches) -> set[int]:
    """List the seconds that stretches hold."""
    return {second for start, end in stretches for second in range(start, end)}


def test_change_of_clocks() -> None:
    """The day on which clocks change is split at the very second."""
    day = clock.day_number(date(2026, 3, 29))
    change = clock.seconds_of(datetime(2026, 3, 29, 1, tzinfo=UTC))

    actual = clock.stretches(zone_of("Europe/London"), day)

    assert actual == ((day * 86_400, change, 0), (change, (day + 1) * 86_400, 3600))


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("Europe/London", date(2026, 6, 1), datetime(2026, 5, 31, 23, tzinfo=UTC)),
        ("Pacific/Kiritimati", date(2026, 6, 1), datetime(2026, 5, 31, 10, tzinfo=UTC)),
        ("Pacific/Pago_Pago", date(2026, 6, 1), datetime(2026, 6, 1, 11, tzinfo=UTC)),
        # Samoa skipped this day; it had none, and the next begins in its place.
        ("Pacific/Apia", date(2011, 12, 30), datetime(2011, 12, 30, 10, tzinfo=UTC)),
        # Midnight does not happen on this day: clocks go from 23:59 to 01:00.
        ("Africa/Cairo", date(2026, 4, 24), datetime(2026, 4, 23, 22, tzinfo=UTC)),
        # Midnight nearly happens: clocks go from 24:00 back to 23:00.
        ("America/Santiago", date(2026, 4, 5), datetime(2026, 4, 5, 4, tzinfo=UTC)),
    ],
)
def test_beginning_of_a_day(zone: str, day: date, expected: datetime) -> None:
    """A day begins when its date is on the wall for good, wherever the wall stands."""
    begins = clock.day_begins(zone_of(zone), clock.day_number(day))

    assert clock.instant_of(begins) == expected


@given(st.sampled_from(ZONES).map(zone_of), instants)
def test_stretches_agree_with_the_wall(zone: ZoneInfo, at: datetime) -> None:
    """In a stretch, UTC plus its offset is what the wall shows."""
    seconds = clock.seconds_of(at)
    local = at.astimezone(zone)

    (offset,) = [
        offset
        for start, end, offset in clock.stretches(zone, seconds // clock.DAY)
        if start <= seconds < end
    ]

    assert timedelta(seconds=offset) == local.utcoffset()
    day = clock.local_day(zone, seconds)
    assert clock.date_of(day) == local.date()
    assert clock.weekday_of(day) == local.weekday()
    assert clock.day_begins(zone, day) <= seconds < clock.day_begins(zone, day + 1)


@given(parts, parts)
def test_stretches_are_sets(left: clock.Stretches, right: clock.Stretches) -> None:
    """Intersecting, subtracting and joining stretches is what it is with sets of seconds."""
    assert members(clock.intersect(left, right)) == members(left) & members(right)
    assert members(clock.subtract(left, right)) == members(left) - members(right)
    whole = clock.joined(left + right)
    assert members(whole) == members(left) | members(right)
    assert all(early[1] < late[0] for early, late in itertools.pairwise(whole))
