"""Values in plain words."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.facts.catalogue import Fact
from advisor.facts.shown import MAX_LENGTH, cleaned, shown
from advisor.facts.values import NEVER, UNKNOWN, FactType, Possible, Value


def _fact(type_: FactType) -> Fact:
    return Fact(name="test.fact", type=type_, about="A fact.")


@pytest.mark.parametrize(
    ("type_", "value", "locale", "expected"),
    [
        (FactType.DATE, date(2026, 2, 1), "en-GB", "1 February"),
        (FactType.DATE, date(2026, 2, 1), "en-US", "February 1"),
        (FactType.DATE, date(2026, 2, 1), "fr", "1 février"),
        (FactType.DATE, date(2026, 2, 1), None, "1 February"),
        (FactType.DATE, date(2026, 2, 1), "tlh", "1 February"),
        (FactType.DATE, date(2026, 2, 1), "not a locale!", "1 February"),
        (FactType.DATE, NEVER, "en-GB", "never"),
        (FactType.CLOCK_TIME, time(19, 5), "en-GB", "19:05"),
        (FactType.YES_NO, True, "en-GB", "yes"),
        (FactType.YES_NO, False, "en-GB", "no"),
        (FactType.WHOLE_NUMBER, 1, "en-GB", "1"),
        (FactType.WHOLE_NUMBER, 12345, "en-GB", "12,345"),
        (FactType.DECIMAL, 12345.678, "de", "12.345,68"),
        (FactType.DECIMAL, float("nan"), "en-GB", "unknown"),
        (FactType.WEEKDAY, 0, "en-GB", "Monday"),
        (FactType.WEEKDAY, 6, "fr", "dimanche"),
        (FactType.CHOICE, "outside_legal_window", "en-GB", "outside legal window"),
        (FactType.ORDERED_CHOICE, "pre_call", "en-GB", "pre call"),
        (FactType.TEXT, "snake_case stays", "en-GB", "snake_case stays"),
        (FactType.TEXT, "", "en-GB", "nothing"),
        (FactType.REGION, "US", "en-GB", "United States"),
        (FactType.REGION, "US-FL", "en-GB", "US-FL"),
        (FactType.CHOICES, frozenset(), "en-GB", "none"),
        (FactType.CHOICES, frozenset({"large_print"}), "en-GB", "large print"),
        (FactType.CHOICES, frozenset({"b", "a", "c"}), "en-GB", "a, b and c"),
        (FactType.DURATION, timedelta(days=10), "en-GB", "10 days"),
        (FactType.DURATION, timedelta(days=1), "en-GB", "1 day"),
        (FactType.DURATION, timedelta(hours=36), "en-GB", "36 hours"),
        (FactType.DURATION, timedelta(minutes=5), "en-GB", "5 minutes"),
        (FactType.DURATION, timedelta(0), "en-GB", "0 seconds"),
        (FactType.DURATION, timedelta(seconds=90), "en-GB", "90 seconds"),
        (FactType.TEXT, UNKNOWN, "en-GB", "unknown"),
        (FactType.TEXT, Possible(("a", "b", "a")), "en-GB", "a or b"),
    ],
)
def test_a_value_is_said_in_the_words_of_its_locale(
    type_: FactType, value: Value, locale: str | None, expected: str
) -> None:
    """A value reads as a person of that locale would say it."""
    assert shown(value, _fact(type_), locale) == expected


def test_an_instant_is_said_on_the_listeners_clock() -> None:
    """An instant is shown in the listener's zone, and says UTC where none is known."""
    instant = datetime(2026, 2, 1, 23, 30, tzinfo=UTC)
    fact = _fact(FactType.INSTANT)
    assert shown(instant, fact, "en-GB", zone=ZoneInfo("Europe/Paris")) == "2 February, 00:30"
    assert shown(instant, fact, "en-GB") == "1 February, 23:30 UTC"


def test_the_last_instant_of_the_calendar_is_shown_in_utc() -> None:
    """An instant that a zone cannot write down is still shown."""
    last = datetime(9999, 12, 31, 23, 30, tzinfo=UTC)
    fact = _fact(FactType.INSTANT)
    assert shown(last, fact, "en-GB", zone=ZoneInfo("Asia/Tokyo")) == "31 December, 23:30 UTC"


def test_a_far_date_says_its_year() -> None:
    """A date of another year cannot be mistaken for one of this year."""
    fact = _fact(FactType.DATE)
    assert shown(date(2028, 2, 1), fact, "en-GB", today=date(2026, 1, 1)) == "1 February 2028"
    assert shown(date(2026, 2, 1), fact, "en-GB", today=date(2025, 12, 1)) == "1 February"


def test_values_that_are_equal_but_differ_in_type_are_told_apart() -> None:
    """Yes is not the number 1, whatever was shown before."""
    fact = _fact(FactType.WHOLE_NUMBER)
    assert [shown(value, fact, "en-GB") for value in (1, True, 1.0)] == ["1", "yes", "1"]


def test_a_long_list_is_counted() -> None:
    """A set of a thousand words does not drown the agent."""
    words = frozenset(f"w{n:03}" for n in range(1000))
    assert shown(words, _fact(FactType.CHOICES), "en-GB").endswith("w011 and 988 more")


def test_direction_and_control_characters_are_removed() -> None:
    """A name cannot turn the direction of writing, break a line or ring a bell."""
    name = "Ms\u202e K\u2066\u0007irk\u200bby\n\u2028was\there\u0000"
    assert shown(name, _fact(FactType.TEXT), "en-GB") == "Ms Kirkby was here"


def test_joiners_that_a_script_needs_stay() -> None:
    """A Persian name keeps the joiner it is written with."""
    written = "\u0645\u06cc\u200c\u0631\u0648\u062f"
    assert cleaned(written) == written


def test_a_long_text_ends_in_an_ellipsis() -> None:
    """What is too long is visibly cut."""
    text = cleaned("x" * 5000)
    assert (len(text), text[-1]) == (MAX_LENGTH, "…")


_SCALARS = st.one_of(
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=400),
    st.frozensets(st.text(max_size=20), max_size=20),
    st.times(),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.timedeltas(),
    st.sampled_from([UNKNOWN, NEVER]),
)


@given(
    value=st.one_of(
        _SCALARS, st.lists(_SCALARS, min_size=2, max_size=3).map(lambda v: Possible(tuple(v)))
    ),
    type_=st.sampled_from(FactType),
    locale=st.sampled_from([None, "en-GB", "en_US", "fr", "ar", "fa", "hi", "zz"]),
    zone=st.sampled_from([None, UTC, ZoneInfo("America/New_York")]),
)
def test_any_value_of_any_type_is_shown_on_one_bounded_line(
    value: Value, type_: FactType, locale: str | None, zone: ZoneInfo | None
) -> None:
    """Whatever a caller sends, one harmless line comes out."""
    text = shown(value, _fact(type_), locale, zone=zone, today=date(2026, 1, 1))
    kinds = {unicodedata.category(c) for c in text if c not in "\u200c\u200d"}
    assert 0 < len(text) <= MAX_LENGTH
    assert not kinds & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
