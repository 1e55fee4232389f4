"""Whether a call may be made is judged by the wall clock of every place where the customer is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.basis import Basis
from advisor.engagement.calendars import Calendar, Interval, QuietSource, QuietTime, Window
from advisor.engagement.hours import closed_reasons, next_open, open_windows, quiet_reasons
from advisor.engagement.places import Place, candidate_places, zone_of
from tests.engagement import strategies

MARKETING = frozenset({"marketing", "renewal"})
MINUTE = timedelta(minutes=1)


def hours(start: int, end: int) -> Window:
    """Make a window of whole hours."""
    return Window(start * 60, end * 60)


def daily(*windows: Window, id_: str = "hours", region: str | None = None) -> Calendar:
    """Make a calendar that is the same every day."""
    return Calendar(id=id_, region=region, open=dict.fromkeys(range(7), windows))


def place(zone: str, region: str | None = None) -> Place:
    """Make a place."""
    return Place(zone_of(zone), region)


def local(text: str, zone: str, *, fold: int = 0) -> datetime:
    """Read a local time as an instant in UTC."""
    wall = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return wall.astimezone(UTC)


def is_open(
    calendars: list[Calendar],
    places: list[Place],
    at: datetime,
    quiet_times: list[QuietTime] | None = None,
) -> bool:
    """Judge one instant alone."""
    return not closed_reasons(calendars, places, MARKETING, at) and not quiet_reasons(
        quiet_times or [], places, at
    )


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-03 07:59", False),
        ("2026-11-03 08:00", True),
        ("2026-11-03 19:59", True),
        ("2026-11-03 20:00", False),
    ],
)
def test_edges(at: str, expected: bool) -> None:  # noqa: FBT001 - a row of a table
    """The Florida evening ends at 20:00 sharp: a window holds its start and excludes its end."""
    florida = daily(hours(8, 20), id_="fl", region="US-FL")
    miami = place("America/New_York", "US-FL")

    assert is_open([florida], [miami], local(at, "America/New_York")) == expected


def test_what_a_reason_says() -> None:
    """A reason names the calendar, the place, its local time, and that the hour is why."""
    london = place("Europe/London", "GB")
    calendar = daily(hours(9, 20))
    at = datetime(2026, 6, 1, 19, 30, tzinfo=UTC)

    (closed,) = closed_reasons([calendar], [london], MARKETING, at)

    assert (closed.calendar, closed.place) == (calendar, london)
    assert closed.local.isoformat() == "2026-06-01T20:30:00+01:00"
    assert closed.holiday is None
    assert closed.certain is True


def test_holiday_is_named() -> None:
    """A day that is closed for a public holiday says which."""
    calendar = Calendar(
        id="fr", region="FR", open={0: (hours(10, 20),)}, public_holidays=True, basis=Basis.LAW
    )
    at = local("2026-04-06 11:00", "Europe/Paris")

    (closed,) = closed_reasons([calendar], [place("Europe/Paris", "FR")], MARKETING, at)

    assert closed.holiday == "Easter Monday"


@pytest.mark.parametrize(
    ("day", "region", "expected"),
    [
        ("2026-06-10", "PT", True),  # Kept in all of Portugal.
        ("2026-06-13", "PT", False),  # Kept in Lisbon.
        ("2026-06-13", "PT-11", True),
        ("2026-06-13", None, False),
        ("2026-02-03", "PT", True),  # A quiet date of the calendar's own.
    ],
)
def test_a_holiday_of_some_part_is_not_certain(
    day: str,
    region: str | None,
    expected: bool,  # noqa: FBT001 - a row of a table
) -> None:
    """Where only a part of the region keeps a day, it is closed, and said not to be certain."""
    calendar = Calendar(
        id="sales",
        region="PT",
        open=dict.fromkeys(range(7), (hours(8, 20),)),
        quiet_dates=frozenset({date(2026, 2, 3)}),
        public_holidays=True,
    )
    noon = local(f"{day} 12:00", "Europe/Lisbon")
    (closed,) = closed_reasons([calendar], [place("Europe/Lisbon", region)], MARKETING, noon)
    # Without a region the calendar itself may not fit.
    assert closed.certain is (expected and region is not None)


def test_a_calendar_of_everywhere_knows_no_holiday_without_a_region() -> None:
    """Nobody knows what is kept where nobody knows where it is; a date of the calendar's own is."""
    calendar = Calendar(
        id="all", open={}, public_holidays=True, quiet_dates=frozenset({date(2026, 2, 3)})
    )

    assert [calendar.surely_quiet(day, None) for day in (date(2026, 2, 3), date(2026, 12, 25))] == [
        True,
        False,
    ]


def test_unnamed_day_is_closed() -> None:
    """A day that no calendar names is closed."""
    weekdays = Calendar(id="weekdays", open=dict.fromkeys(range(5), (hours(9, 17),)))
    london = place("Europe/London")

    actual = next_open([weekdays], [london], MARKETING, local("2026-01-10 12:00", "Europe/London"))

    assert actual == local("2026-01-12 09:00", "Europe/London")


def test_every_zone_must_be_open() -> None:
    """A number without a place is called only when all of its country is awake (Hawaii too)."""
    everywhere = candidate_places(numbers=["+18005550100"]).places
    calendar = daily(hours(8, 21), region="US")

    actual = open_windows(
        [calendar], everywhere, MARKETING, datetime(2026, 1, 12, 12, tzinfo=UTC), 1
    )

    expected = (
        Interval(
            local("2026-01-12 13:00", "America/New_York"),
            local("2026-01-12 21:00", "America/New_York"),
        ),
    )
    assert actual == expected


def test_spring_night() -> None:
    """An hour that the wall clock skips is never open, and the window begins where it resumes."""
    night = daily(Window(120, 180))
    new_york = place("America/New_York")

    actual = open_windows(
        [night], [new_york], MARKETING, local("2026-03-07 12:00", "America/New_York"), 2
    )

    assert actual == (
        Interval(
            local("2026-03-09 02:00", "America/New_York"),
            local("2026-03-09 03:00", "America/New_York"),
        ),
    )


def test_autumn_night() -> None:
    """An hour that the wall clock shows twice is open twice, and twice as long."""
    night = daily(Window(60, 120))
    zone = "America/New_York"

    actual = open_windows([night], [place(zone)], MARKETING, local("2026-10-31 12:00", zone), 1)

    start = local("2026-11-01 01:00", zone)
    assert actual == (Interval(start, start + timedelta(hours=2)),)


def test_skipped_day() -> None:
    """Where a whole day was skipped at the date line, the next one follows at once."""
    samoa = place("Pacific/Apia")
    calendar = Calendar(id="fri-sat", open={4: (hours(0, 24),), 5: (hours(8, 9),)})

    actual = next_open([calendar], [samoa], MARKETING, local("2011-12-29 20:00", "Pacific/Apia"))

    assert actual == local("2011-12-31 08:00", "Pacific/Apia")


def test_wrapping_window() -> None:
    """A window across midnight belongs to the day on which it begins."""
    calendar = Calendar(id="friday-night", open={4: (Window(22 * 60, 2 * 60),)})
    zone = "Asia/Kolkata"

    actual = open_windows([calendar], [place(zone)], MARKETING, local("2026-01-15 00:00", zone), 4)

    assert actual == (Interval(local("2026-01-16 22:00", zone), local("2026-01-17 02:00", zone)),)


def test_quiet_day_closes_its_night() -> None:
    """A window that begins on a quiet day is closed to its end, after midnight too."""
    calendar = Calendar(
        id="nights",
        open=dict.fromkeys(range(7), (Window(22 * 60, 2 * 60),)),
        quiet_dates=frozenset({date(2026, 1, 16)}),
    )
    zone = "Europe/London"

    actual = open_windows([calendar], [place(zone)], MARKETING, local("2026-01-15 12:00", zone), 3)

    assert actual == (
        Interval(local("2026-01-15 22:00", zone), local("2026-01-16 00:00", zone)),
        Interval(local("2026-01-17 22:00", zone), local("2026-01-18 02:00", zone)),
    )


def test_dates_of_a_calendar() -> None:
    """A calendar holds from its first to its last local day, and closes nothing on others."""
    calendar = Calendar(id="never", open={}, from_=date(2026, 1, 16), through=date(2026, 1, 17))
    zone = "Asia/Kathmandu"

    actual = open_windows([calendar], [place(zone)], MARKETING, local("2026-01-15 00:00", zone), 4)

    assert actual == (
        Interval(local("2026-01-15 00:00", zone), local("2026-01-16 00:00", zone)),
        Interval(local("2026-01-18 00:00", zone), local("2026-01-19 00:00", zone)),
    )


def test_other_kinds_are_not_bound() -> None:
    """A calendar for marketing closes nothing to a service call."""
    calendar = Calendar(id="never", open={}, applies_to=frozenset({"marketing"}))
    at = datetime(2026, 1, 1, tzinfo=UTC)
    london = place("Europe/London")

    assert next_open([calendar], [london], frozenset({"service"}), at) == at
    assert next_open([calendar], [london], frozenset({"marketing"}), at) is None


@pytest.mark.parametrize(
    ("region", "expected"), [("US-FL", [True]), ("US", [False]), (None, [False]), ("US-TX", [])]
)
def test_unsure_region_is_bound(region: str | None, expected: list[bool]) -> None:
    """A law of Florida binds where the customer may be in Florida, and the reason says so."""
    florida = Calendar(id="fl", region="US-FL", open={})
    somewhere = place("America/New_York", region)

    closed = closed_reasons([florida], [somewhere], MARKETING, datetime(2026, 1, 1, tzinfo=UTC))

    assert [reason.certain for reason in closed] == expected
    opened = next_open([florida], [somewhere], MARKETING, datetime(2026, 1, 1, tzinfo=UTC))
    assert (opened is None) == bool(expected)


def test_nowhere_is_never_open() -> None:
    """Where nobody knows the place, no instant is offered."""
    at = datetime(2026, 1, 1, tzinfo=UTC)

    assert next_open([], [], MARKETING, at) is None
    assert open_windows([], [], MARKETING, at, 7) == ()


def test_dinner_is_quiet() -> None:
    """A customer's own quiet time is kept at each place where the customer may be (000-07)."""
    dinner = QuietTime(window=hours(18, 20), days=frozenset({0}))
    places = [place("Europe/London"), place("Europe/Paris")]
    at = local("2026-01-12 17:30", "Europe/London")

    (quiet,) = quiet_reasons([dinner], places, at)

    assert quiet.place == places[1]
    assert quiet.local.isoformat() == "2026-01-12T18:30:00+01:00"
    assert next_open([], places, MARKETING, at, quiet_times=[dinner]) == local(
        "2026-01-12 20:00", "Europe/London"
    )


def test_quiet_time_of_another_zone() -> None:
    """A quiet time stated on the clock of one zone is kept on that clock, wherever we ring."""
    night = QuietTime(window=hours(22, 7), zone=zone_of("Asia/Kolkata"))
    london = place("Europe/London")

    actual = open_windows(
        [], [london], MARKETING, local("2026-01-12 00:00", "Asia/Kolkata"), 1, quiet_times=[night]
    )

    assert actual == (
        Interval(
            local("2026-01-12 07:00", "Asia/Kolkata"), local("2026-01-12 22:00", "Asia/Kolkata")
        ),
    )


def test_quiet_time_expires() -> None:
    """A quiet time ends when it was said to end, in the middle of its window."""
    expires = datetime(2026, 1, 12, 12, 0, 30, tzinfo=UTC)
    quiet = QuietTime(window=Window(0, 0), expires_at=expires)
    london = place("Europe/London")

    assert quiet_reasons([quiet], [london], expires - MINUTE) != ()
    assert quiet_reasons([quiet], [london], expires) == ()
    assert next_open([], [london], MARKETING, expires - MINUTE, quiet_times=[quiet]) == expires
    later = expires + timedelta(days=2)
    assert next_open([], [london], MARKETING, later, quiet_times=[quiet]) == later


def test_basis_of_quiet_times() -> None:
    """What a customer said outranks what was noticed about them (001-21)."""
    said = QuietTime(window=hours(18, 20))
    noticed = QuietTime(window=hours(18, 20), source=QuietSource.LEARNED)

    assert said.basis is Basis.CUSTOMER
    assert noticed.basis is Basis.LEARNED
    assert said.basis > noticed.basis


@given(
    st.lists(strategies.calendars, max_size=3),
    st.lists(strategies.places, min_size=1, max_size=3),
    st.lists(strategies.quiet_times, max_size=2),
    strategies.instants,
)
def test_windows_agree_with_reasons(
    calendars: list[Calendar], places: list[Place], quiet: list[QuietTime], start: datetime
) -> None:
    """Minute by minute, an instant lies in an open window where nothing is closed."""
    windows = open_windows(calendars, places, MARKETING, start, 2, quiet_times=quiet)

    for step in range(0, 2 * 24 * 60, 15):
        at = start.replace(second=0, microsecond=0) + (step + 1) * MINUTE
        inside = any(window.start <= at < window.end for window in windows)
        assert inside == is_open(calendars, places, at, quiet)
    assert all(early.end < late.start for early, late in pairwise(windows))


@given(
    st.lists(strategies.calendars, max_size=2),
    st.lists(strategies.places, min_size=1, max_size=2),
    strategies.instants,
)
def test_next_open_is_the_first(
    calendars: list[Calendar], places: list[Place], after: datetime
) -> None:
    """Between an instant and the next open one, a scan minute by minute finds nothing open."""
    horizon = timedelta(days=3)
    found = next_open(calendars, places, MARKETING, after, horizon=horizon)

    assert found is None or is_open(calendars, places, found)
    if found == after:
        return
    assert not is_open(calendars, places, after)
    # All that opens, opens on a full minute, at whole minutes from UTC.
    at = after.replace(second=0, microsecond=0) + MINUTE
    end = after + horizon if found is None else found
    step = MINUTE if end - after < timedelta(hours=12) else 7 * MINUTE
    while at < end:
        assert not is_open(calendars, places, at)
        at += step


@given(
    st.lists(strategies.calendars, min_size=1, max_size=3),
    st.lists(strategies.places, min_size=2, max_size=3),
    strategies.instants,
)
def test_more_never_opens(calendars: list[Calendar], places: list[Place], start: datetime) -> None:
    """One more calendar or one more place never opens what was closed."""
    few = next_open(calendars[1:], places, MARKETING, start)
    many = next_open(calendars, places, MARKETING, start)
    less = next_open(calendars, places[1:], MARKETING, start)

    assert many is None or (few is not None and less is not None and many >= max(few, less))
