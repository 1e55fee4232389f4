"""Calendars of law and policy, and the customer's own quiet times, as rules of the wall clock.

A clock that is put forward or back changes nothing in them: what counts is what the wall shows.
What they come to together, somewhere and at some time, is worked out in `advisor.engagement.hours`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from advisor.engagement.basis import Basis, Source
from advisor.engagement.clock import Spans
from advisor.engagement.holidays import holiday_name, is_public_holiday
from advisor.engagement.places import region_fits, region_within

_MINUTES_A_DAY: Final = 1440
_ALL_DAY: Final[Spans] = ((0, _MINUTES_A_DAY, False),)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A window of the day, in minutes after midnight of the wall clock.

    It excludes its end. An end before the start lies on the next day; an end equal to the start
    makes it 24 hours long.

    Attributes:
        start: 0 to 1439.
        end: 0 to 1440, the midnight that ends the day.

    Raises:
        ValueError: A minute is out of its range.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        """Refuse minutes that no clock shows."""
        if not (0 <= self.start < _MINUTES_A_DAY and 0 <= self.end <= _MINUTES_A_DAY):
            raise ValueError(f"a window from minute {self.start} to {self.end} is on no clock")

    @property
    def length(self) -> int:
        """Its length in minutes by the wall clock, 1 to 1440."""
        return (self.end - self.start) % _MINUTES_A_DAY or _MINUTES_A_DAY


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A stretch of time: aware instants in UTC, the end outside."""

    start: datetime
    end: datetime


#: By weekday, what is seen of the windows on its wall clock.
_Table = tuple[Spans, ...]


def _table(open_: Mapping[int, Iterable[Window]]) -> _Table:
    """Spread windows over the weekdays on whose wall clocks they are seen."""
    days: list[list[tuple[int, int, bool]]] = [[] for _ in range(7)]
    for weekday, windows in open_.items():
        for window in windows:
            end = window.start + window.length
            days[weekday].append((window.start, min(end, _MINUTES_A_DAY), False))
            if end > _MINUTES_A_DAY:
                days[(weekday + 1) % 7].append((0, end - _MINUTES_A_DAY, True))
    return tuple(tuple(sorted(day)) for day in days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When calls of some kind are allowed, somewhere.

    Attributes:
        region: ISO 3166 country or subdivision, and everything inside it; None is everywhere.
        applies_to: Legal classes or kinds of purpose; empty is all.
        open: Windows by the weekday on which they begin, 0 (Monday) to 6; a day that is not named
            is closed.
        public_holidays: Whether public holidays are closed.
        quiet_dates: Other dates that are closed.
        from_, through: First and last local date on which it holds; None is without end. On other
            dates it allows everything.
    """

    id: str
    open: Mapping[int, tuple[Window, ...]]
    region: str | None = None
    applies_to: frozenset[str] = frozenset()
    public_holidays: bool = False
    quiet_dates: frozenset[date] = frozenset()
    basis: Basis = Basis.POLICY
    source: Source | None = None
    because: str | None = None
    from_: date | None = None
    through: date | None = None
    _by_day: _Table = field(init=False, repr=False, compare=False)
    _has_quiet_days: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Spread the windows over the days once, so that no call has to."""
        object.__setattr__(self, "open", MappingProxyType(dict(self.open)))
        object.__setattr__(self, "_by_day", _table(self.open))
        object.__setattr__(self, "_has_quiet_days", self.public_holidays or bool(self.quiet_dates))

    def __hash__(self) -> int:
        """Tell calendars apart by id, so that what they come to can be looked up again."""
        return hash(self.id)

    def holds_on(self, day: date) -> bool:
        """Tell whether it is in force on a local date."""
        return (self.from_ is None or day >= self.from_) and (
            self.through is None or day <= self.through
        )

    def quiet_day(self, day: date, region: str | None) -> str | None:
        """Name the quiet day that a local date is; None where it is none.

        Where the place is known less well than the calendar's own region, the calendar's counts.
        A holiday of some part of a region whose part is not known is quiet.
        """
        if day in self.quiet_dates:
            return "quiet day"
        if not self.public_holidays:
            return None
        region = self._kept_in(region)
        return None if region is None else holiday_name(day, region)

    def surely_quiet(self, day: date, region: str | None) -> bool:
        """Tell whether a quiet day is kept for sure, not only in some part of the region."""
        if day in self.quiet_dates:
            return True
        region = self._kept_in(region)
        return region is not None and is_public_holiday(day, region) is True

    def _kept_in(self, region: str | None) -> str | None:
        """Return whose holidays count: the calendar's own region where it is the narrower one."""
        if self.region is not None and (region is None or not region_within(region, self.region)):
            return self.region
        return region

    def spans_on(self, day: date, region: str | None) -> Spans:
        """List what is open on the wall clock of a local date, for the clock arithmetic here."""
        if not self.holds_on(day):
            return _ALL_DAY
        spans = self._by_day[day.weekday()]
        if not self._has_quiet_days:
            return spans
        if self.quiet_day(day, region):
            return ()
        if any(began_before for _, _, began_before in spans) and self.quiet_day(
            day - timedelta(days=1), region
        ):
            return tuple(span for span in spans if not span[2])
        return spans


class QuietSource(StrEnum):
    """How a quiet time became known."""

    #: The customer said so.
    STATED = "stated"
    #: Noticed from how calls went.
    LEARNED = "learned"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietTime:
    """A window of the week in which the customer does not want calls.

    Attributes:
        days: Weekdays on which it begins, 0 (Monday) to 6; empty is every day.
        zone: The zone whose clock is meant; None is wherever the customer may be.
        confidence: How sure it is, from 0 to 1; None where nobody says.
        expires_at: Aware instant from which on it no longer holds; None is without end.
    """

    window: Window
    days: frozenset[int] = frozenset()
    zone: ZoneInfo | None = None
    source: QuietSource = QuietSource.STATED
    confidence: float | None = None
    expires_at: datetime | None = None
    _by_day: _Table = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Spread the window over the days once."""
        days = self.days or range(7)
        object.__setattr__(self, "_by_day", _table(dict.fromkeys(days, (self.window,))))

    @property
    def basis(self) -> Basis:
        """The customer's own word, or something learned."""
        return Basis.CUSTOMER if self.source is QuietSource.STATED else Basis.LEARNED

    def spans_on(self, weekday: int) -> Spans:
        """List what is quiet on the wall clock of a weekday, for the clock arithmetic here."""
        return self._by_day[weekday]


def fits(calendar: Calendar, region: str | None, tags: frozenset[str], day: date) -> bool | None:
    """Tell whether a calendar speaks of a call.

    Args:
        calendar: The calendar.
        region: Region of the place, as far as it is known.
        tags: Legal class and kind of the call, as words.
        day: The local date.

    Returns:
        True or False where it is certain; None where it may, which counts as fitting.
    """
    if not calendar.holds_on(day) or (calendar.applies_to and calendar.applies_to.isdisjoint(tags)):
        return False
    return region_fits(calendar.region, region)
