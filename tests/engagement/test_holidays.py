"""Public holidays come from a library; what it does not know is not known."""

from __future__ import annotations

from datetime import date

import pytest

from advisor.engagement.calendars import Calendar, Window
from advisor.engagement.holidays import holiday_name, is_public_holiday, may_be_public_holiday


@pytest.mark.parametrize(
    ("day", "region", "expected"),
    [
        (date(2026, 12, 25), "GB", True),
        (date(2026, 12, 24), "GB", False),
        (date(2026, 11, 30), "GB", None),
        (date(2026, 11, 30), "GB-SCT", True),
        (date(2026, 11, 30), "GB-ENG", False),
        (date(2026, 8, 31), "GB-LND", None),
        (date(2026, 12, 25), "XX", None),
    ],
)
def test_certainty(day: date, region: str, expected: bool | None) -> None:  # noqa: FBT001 - a row of a table
    """A day that only a part of a region keeps, and a country without data, are not certain."""
    assert is_public_holiday(day, region) is expected


def test_names() -> None:
    """A holiday has an English name, also one that only a part keeps."""
    assert holiday_name(date(2026, 5, 14), "FR") == "Ascension Day"
    assert holiday_name(date(2026, 11, 30), "GB") == "Saint Andrew's Day"
    assert holiday_name(date(2026, 5, 13), "FR") is None
    assert holiday_name(date(2026, 5, 14), "XX") is None
    assert may_be_public_holiday(date(2026, 11, 30), "GB")
    assert not may_be_public_holiday(date(2026, 11, 30), "GB-ENG")


@pytest.mark.parametrize(
    ("calendar_region", "region", "expected"),
    [
        ("GB", "GB-SCT", "Saint Andrew's Day"),
        ("GB", "GB-ENG", None),
        ("GB", "GB", "Saint Andrew's Day"),
        ("GB-ENG", "GB", None),
        ("GB-SCT", None, "Saint Andrew's Day"),
        (None, None, None),
        (None, "GB-SCT", "Saint Andrew's Day"),
    ],
)
def test_quiet_days(calendar_region: str | None, region: str | None, expected: str | None) -> None:
    """The better known of place and calendar decides which holidays are kept."""
    calendar = Calendar(
        id="quiet", region=calendar_region, open={0: (Window(0, 0),)}, public_holidays=True
    )

    assert calendar.quiet_day(date(2026, 11, 30), region) == expected


def test_dates_of_the_pack() -> None:
    """Dates that a pack lists are quiet, holidays or not."""
    calendar = Calendar(
        id="quiet", open={0: (Window(0, 0),)}, quiet_dates=frozenset({date(2026, 11, 30)})
    )

    assert calendar.quiet_day(date(2026, 11, 30), "US") == "quiet day"
    assert calendar.quiet_day(date(2026, 12, 25), "US") is None
