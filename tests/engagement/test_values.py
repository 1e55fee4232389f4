"""Bases, tiers, promises and windows are plain values in the order of the house."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from advisor.engagement.basis import Basis
from advisor.engagement.calendars import Calendar, Window, fits
from advisor.engagement.card import Card, TrustTier
from advisor.engagement.promises import Promise, PromiseState


def test_order_of_bases() -> None:
    """Law outranks safety, and so on down to what a campaign wants."""
    actual = [basis.word for basis in sorted(Basis, reverse=True)]

    assert actual == ["law", "safety", "customer", "policy", "learned", "campaign"]


def test_new_customer_is_not_hostile() -> None:
    """A tier nobody knows counts as neutral; every other counts as itself."""
    actual = {tier.word: tier.counts_as.word for tier in TrustTier}

    assert actual == {
        "unknown": "neutral",
        "low": "low",
        "guarded": "guarded",
        "neutral": "neutral",
        "warm": "warm",
        "full": "full",
    }
    assert TrustTier.LOW < TrustTier.GUARDED < TrustTier.NEUTRAL < TrustTier.WARM < TrustTier.FULL
    assert Card().tier is TrustTier.UNKNOWN


def test_open_promises() -> None:
    """A promise is owed once it is agreed, until it is settled in whatever way."""
    actual = {state for state in PromiseState if state.is_open}

    assert actual == {PromiseState.MADE, PromiseState.DUE}
    due = Promise(state=PromiseState.MADE, due_at=datetime(2026, 1, 12, 9, tzinfo=UTC))
    assert due.due_until is None


@pytest.mark.parametrize(("start", "end"), [(-1, 60), (1440, 60), (0, 1441), (0, -1)])
def test_minutes_no_clock_shows(start: int, end: int) -> None:
    """A window outside the day is refused."""
    with pytest.raises(ValueError, match="no clock"):
        Window(start, end)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Window(540, 600), 60),
        (Window(1320, 120), 240),
        (Window(0, 1440), 1440),
        (Window(600, 600), 1440),
    ],
)
def test_length_of_windows(window: Window, expected: int) -> None:
    """A window that ends before it begins ends tomorrow; one that ends as it begins lasts a day."""
    assert window.length == expected


@pytest.mark.parametrize(
    ("region", "tags", "day", "expected"),
    [
        ("US-FL", {"marketing"}, date(2026, 1, 2), True),
        ("US", {"marketing"}, date(2026, 1, 2), None),
        (None, {"marketing"}, date(2026, 1, 2), None),
        ("US-TX", {"marketing"}, date(2026, 1, 2), False),
        ("US-FL", {"service"}, date(2026, 1, 2), False),
        ("US-FL", {"marketing"}, date(2026, 1, 1), False),
        ("US-FL", {"marketing"}, date(2026, 1, 4), False),
    ],
)
def test_which_calendar_fits(
    region: str | None,
    tags: set[str],
    day: date,
    expected: bool | None,  # noqa: FBT001 - a row of a table
) -> None:
    """A calendar speaks of a call by region, class and date, and may where the region is coarse."""
    calendar = Calendar(
        id="fl",
        region="US-FL",
        open={},
        applies_to=frozenset({"marketing"}),
        from_=date(2026, 1, 2),
        through=date(2026, 1, 3),
    )

    assert fits(calendar, region, frozenset(tags), day) is expected


def test_calendar_keeps_its_windows() -> None:
    """A calendar is a value: changing what it was made of changes nothing in it."""
    open_ = {0: (Window(540, 600),)}
    calendar = Calendar(id="mondays", open=open_)
    open_[1] = (Window(0, 1440),)

    assert dict(calendar.open) == {0: (Window(540, 600),)}


def test_equal_calendars_are_one() -> None:
    """Calendars are equal by all they say, and then hash alike; one id may say two things."""
    same = [Calendar(id="a", open={0: (Window(540, 600),)}) for _ in range(2)]
    other = Calendar(id="a", open={0: (Window(540, 660),)})

    assert {*same, other} == {same[0], other}
    assert len({*same, other}) == 2
