"""Generated calendars, quiet times, places and instants."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from advisor.engagement.calendars import Calendar, QuietTime, Window
from advisor.engagement.places import Place, zone_of

#: Zones that change their clocks in either hemisphere or never, by an hour or half of one, at
#: half and quarter hours from UTC, and on both sides of the date line.
ZONES = (
    "America/New_York",
    "America/Phoenix",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
)
REGIONS = (None, "US", "US-FL", "GB", "GB-SCT", "AU")
WORDS = ("marketing", "service", "renewal")

windows = st.builds(Window, st.integers(0, 1439), st.integers(0, 1440))
days_of_2026 = st.dates(date(2026, 1, 1), date(2026, 12, 31))

calendars = st.builds(
    Calendar,
    id=st.uuids().map(str),
    open=st.dictionaries(
        st.integers(0, 6), st.lists(windows, min_size=1, max_size=2).map(tuple), min_size=4
    ),
    region=st.sampled_from(REGIONS),
    applies_to=st.sets(st.sampled_from(WORDS), max_size=2).map(frozenset),
    public_holidays=st.booleans(),
    quiet_dates=st.sets(days_of_2026, max_size=3).map(frozenset),
    from_=st.none() | days_of_2026,
    through=st.none() | days_of_2026,
)
places = st.builds(Place, st.sampled_from(ZONES).map(zone_of), st.sampled_from(REGIONS))
#: Around the nights on which clocks change, and any other time of a year.
instants = st.one_of(
    st.sampled_from(
        [
            datetime(2026, 3, 8, tzinfo=UTC),
            datetime(2026, 3, 29, tzinfo=UTC),
            datetime(2026, 4, 4, tzinfo=UTC),
            datetime(2026, 10, 3, tzinfo=UTC),
            datetime(2026, 10, 25, tzinfo=UTC),
            datetime(2026, 11, 1, tzinfo=UTC),
        ]
    ).flatmap(lambda day: st.integers(-720, 1440).map(lambda m: day + timedelta(minutes=m))),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - Hypothesis wants naive bounds
)
quiet_times = st.builds(
    QuietTime,
    window=windows,
    days=st.sets(st.integers(0, 6)).map(frozenset),
    zone=st.none() | st.sampled_from(ZONES).map(zone_of),
    expires_at=st.none() | instants,
)
