"""Moments worded for speech."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from advisor.facts.catalogue import Fact
from advisor.facts.shown import said, shown
from advisor.facts.spoken import spoken
from advisor.facts.values import FactType

TODAY = date(2026, 1, 12)


@pytest.mark.parametrize(
    ("day", "clock", "locale", "words"),
    [
        (12, "18:30", "en_GB", "today at half past six"),
        (13, "18:30", "en_GB", "tomorrow at half past six"),
        (13, "08:00", "en_GB", "tomorrow at eight o'clock in the morning"),
        (13, "20:45", "en_US", "tomorrow at quarter to nine in the evening"),
        (14, "12:00", "en_GB", "on Wednesday at noon"),
        (14, "12:15", "en_GB", "on Wednesday at quarter past twelve"),
        (14, "17:50", "en_GB", "on Wednesday at 17:50"),
        (20, "15:00", "en_GB", "on Tuesday, 20 January, at three o'clock"),
        (11, "15:00", "en_GB", "on Sunday, 11 January, at three o'clock"),
        (12, "18:30", "de_DE", "heute um halb sieben"),
        (13, "13:00", "de_DE", "morgen um ein Uhr"),
        (14, "18:45", "de_DE", "am Mittwoch um Viertel vor sieben"),
        (14, "18:15", "de_DE", "am Mittwoch um Viertel nach sechs"),
        (14, "08:20", "de_AT", "am Mittwoch um 8 Uhr 20"),
        (14, "20:00", "de_AT", "am Mittwoch um acht Uhr abends"),
        (13, "18:30", "fr_FR", "demain à 18 heures 30"),
        (13, "01:00", "fr_FR", "demain à 1 heure"),
        (13, "18:30", "es_ES", "mañana a las 18 y 30"),
        (13, "18:00", "pt_PT", "amanhã às 18 horas"),
        (13, "01:00", "it_IT", "domani all'una"),
        (13, "18:30", "nl_NL", "morgen om 18 uur 30"),
        (13, "18:30", "pl_PL", "wtorek, 13 stycznia, 18:30"),
    ],
)
def test_a_moment_is_worded_as_it_is_said(day: int, clock: str, locale: str, words: str) -> None:
    """004-21: the day by its name, the clock in words, the half of the day where need be."""
    hour, minute = map(int, clock.split(":"))
    moment = datetime(2026, 1, day, hour, minute, tzinfo=UTC)
    assert spoken(moment, UTC, TODAY, Locale.parse(locale)) == words


@pytest.mark.parametrize(
    ("clock", "locale", "words"),
    [
        (time(18), "en-GB", "six o'clock"),
        (time(18, 30), "en", "half past six"),
        (time(12), "en", "noon"),
        (time(18, 30), "de", "halb sieben"),
        (time(18, 30), "fr", "18 heures 30"),
        (time(18, 30), "pl", "18:30"),
    ],
)
def test_a_time_of_day_is_worded_as_it_is_said(clock: time, locale: str, words: str) -> None:
    """004-22: "you asked me to ring at six": a spoken time of day is in words, by itself."""
    fact = Fact(name="a.clock", type=FactType.CLOCK_TIME, about="When.", spoken=True)
    assert shown(clock, fact, locale) == words


@given(
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    locale=st.sampled_from(["en", "de", "fr", "es", "pt", "it", "nl", "pl", "ja", "xx"]),
)
def test_every_moment_has_words(moment: datetime, locale: str) -> None:
    """Whatever the moment and the language, there is one plain line to say."""
    line = said(moment, locale, zone=ZoneInfo("Asia/Kathmandu"), now=moment)
    assert line
    assert "\n" not in line
