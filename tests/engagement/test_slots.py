"""The grid of times that can be promised, on every kind of day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.slots import Callbacks, Capacity, Slot, grid

HALF_HOUR = timedelta(minutes=30)
LONDON = ZoneInfo("Europe/London")
ZONES = ("Europe/London", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC")


def _walls(zone: str, begin: datetime, hours: int) -> list[str]:
    slots = grid(ZoneInfo(zone), begin, begin + timedelta(hours=hours), HALF_HOUR)
    return [slot.start.astimezone(slot.zone).strftime("%d %H:%M") for slot in slots]


def test_a_time_that_the_clock_leaves_out_is_no_slot() -> None:
    """On the night when the clock is put forward, half past one is on no clock in London."""
    walls = _walls("Europe/London", datetime(2026, 3, 29, 0, tzinfo=UTC), 2)
    assert walls == ["29 00:00", "29 00:30", "29 02:00", "29 02:30"]


def test_a_time_that_the_clock_shows_twice_is_one_slot() -> None:
    """On the night when the clock is put back, half past one is promised once: the first one."""
    begin = datetime(2026, 10, 25, 0, tzinfo=UTC)
    starts = list(grid(LONDON, begin, begin + timedelta(hours=2), HALF_HOUR))
    assert [slot.start.astimezone(LONDON).strftime("%H:%M %Z") for slot in starts] == [
        "01:00 BST",
        "01:30 BST",
    ]


@pytest.mark.parametrize(
    ("begin", "expected"),
    [
        (datetime(2028, 2, 28, 23, tzinfo=UTC), ["28 23:00", "28 23:30", "29 00:00", "29 00:30"]),
        (datetime(2026, 12, 31, 23, tzinfo=UTC), ["31 23:00", "31 23:30", "01 00:00", "01 00:30"]),
    ],
)
def test_leap_days_and_the_end_of_a_year_are_days(begin: datetime, expected: list[str]) -> None:
    """29 February and New Year's Eve are promised like any other day."""
    assert _walls("Europe/London", begin, 2) == expected


def test_half_hour_zones_have_their_own_grid() -> None:
    """In Kathmandu a slot begins on its clock's half hours, a quarter of an hour off ours."""
    assert _walls("Asia/Kathmandu", datetime(2026, 1, 1, 0, tzinfo=UTC), 1) == [
        "01 06:00",
        "01 06:30",
    ]


@given(
    zone=st.sampled_from(ZONES),
    begin=st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    minutes=st.sampled_from([15, 30, 45, 60]),
)
def test_slots_ascend_and_stay_within(zone: str, begin: datetime, minutes: int) -> None:
    """Whatever the zone, day and length, slots ascend, none begins outside, each is whole."""
    end = begin + timedelta(days=2)
    slots = list(grid(ZoneInfo(zone), begin, end, timedelta(minutes=minutes)))
    assert all(begin <= slot.start < end for slot in slots)
    assert [slot.start for slot in slots] == sorted({slot.start for slot in slots})
    assert all(slot.end - slot.start == timedelta(minutes=minutes) for slot in slots)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"slot": timedelta(0)}, "divide a day"),
        ({"slot": timedelta(minutes=20)}, "divide a day"),
        ({"slot": timedelta(hours=5)}, "divide a day"),
        ({"ahead": timedelta(days=61)}, "60 days ahead"),
        ({"notice": timedelta(days=14)}, "nothing can be promised"),
        ({"grace": timedelta(days=8)}, "more than 7 days"),
        ({"lease": timedelta(minutes=61)}, "more than an hour"),
        ({"patience": timedelta(minutes=90)}, "no team may ring"),
    ],
)
def test_what_cannot_be_kept_to_is_refused(wrong: dict[str, timedelta], words: str) -> None:
    """A slot that divides no day, or a length of time that loses promises, is a mistake."""
    with pytest.raises(ValueError, match=words):
        Callbacks(**wrong)  # type: ignore[arg-type]


def test_what_a_snapshot_does_not_name_has_room() -> None:
    """Only a slot that is known to be full has none, for its own team."""
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    capacity = Capacity(frozenset({("cards", noon)}))
    slot = Slot(start=noon + timedelta(minutes=10), end=noon + timedelta(minutes=40), zone=LONDON)
    assert not capacity.has_room("cards", slot)
    assert capacity.has_room("loans", slot)
    assert Capacity().has_room("cards", slot)


def test_where_nothing_is_kept_only_what_somebody_said_has_room() -> None:
    """Of a pack that keeps no call-backs by itself, a slot has room if somebody said so."""
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    one = Slot(start=noon, end=noon + timedelta(minutes=30), zone=LONDON)
    other = Slot(start=one.end, end=one.end + timedelta(minutes=30), zone=LONDON)
    said = frozenset({("cards", one.start)})
    assert Capacity(only=said).has_room("cards", one)
    assert not Capacity(only=said).has_room("cards", other)
    assert not Capacity(full=said, only=said).has_room("cards", one)
