"""Hours that were named in a call, and the same in words again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.calendars import QuietTime, Window
from advisor.engagement.quiet_words import in_words, quiet_time_around, quiet_time_in

_LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("18:00-20:00", "18:00-20:00"),
        (" 22:00 – 07:00 ", "22:00-07:00"),  # noqa: RUF001 - as people write it
        ("9 to 10", "09:00-10:00"),
        ("Before 10:00", "00:00-10:00"),
        ("after 20 Europe/London", "20:00-24:00 Europe/London"),
        ("00:00-24:00", "00:00-24:00"),
        ("mon-fri 08:00-09:30", "mon,tue,wed,thu,fri 08:00-09:30"),
        ("Sat-Mon 8-9", "mon,sat,sun 08:00-09:00"),
        ("mondays, wed and sunday before 10", "mon,wed,sun 00:00-10:00"),
    ],
)
def test_hours_are_read_as_people_name_them(said: str, words: str) -> None:
    """Hours, days and a zone are understood in the few ways in which they are noted in a call."""
    quiet = quiet_time_in(said)
    assert quiet is not None
    assert in_words(quiet) == words


@pytest.mark.parametrize(
    "said",
    [
        "",
        "before ten",
        "in the evening",
        "10-10",
        "10:60-11:00",
        "25:00-26:00",
        "after 24",
        "funday 10-11",
        "10-11 pm",
        "10-11 Europe/Nowhere",
    ],
)
def test_what_cannot_be_read_is_not_guessed(said: str) -> None:
    """A mistyped hour silences no other hour."""
    assert quiet_time_in(said) is None


@given(
    st.integers(0, 1439),
    st.integers(0, 1440),
    st.frozensets(st.integers(0, 6)),
    st.sampled_from([None, _LONDON, ZoneInfo("UTC"), ZoneInfo("America/Port-au-Prince")]),
)
def test_what_is_written_is_read_again(
    start: int, end: int, days: frozenset[int], zone: ZoneInfo | None
) -> None:
    """A quiet time in words is the same quiet time."""
    if start == end:
        end = 0 if start else 1440
    quiet = QuietTime(window=Window(start, end), days=days, zone=zone)
    assert quiet_time_in(in_words(quiet)) == quiet


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2026, 7, 13, 18, 5, tzinfo=UTC), "18:35-19:35 Europe/London"),
        (datetime(2026, 1, 12, 23, 45, tzinfo=UTC), "23:15-00:15 Europe/London"),
    ],
)
def test_hours_around_a_moment_are_those_of_the_wall(at: datetime, words: str) -> None:
    """A meal at 19:05 by the customer's wall is around 19:05 there, summer and winter."""
    assert in_words(quiet_time_around(at, _LONDON, timedelta(minutes=30))) == words
