"""Values in plain words, for a customer's ear and an agent's eye.

Whatever a caller sent, what comes out is one line of bounded length without control characters
or characters that turn the direction of writing.
"""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time, get_day_names
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.units import format_unit

from advisor.facts.catalogue import Fact
from advisor.facts.spoken import spoken, spoken_clock
from advisor.facts.values import NEVER, UNKNOWN, FactType, Possible, Scalar, Special, Value

#: Characters of one shown value; what is longer ends in an ellipsis.
MAX_LENGTH: Final = 200

#: Values of a set that are shown; the rest are counted.
MAX_LISTED: Final = 12

#: The locale of a pack that names none that is known here.
FALLBACK_LOCALE: Final = "en_GB"

#: Joiners that some scripts cannot be written without; all other format characters are removed.
_JOINERS = frozenset("\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")

_UNITS = (
    ("duration-day", timedelta(days=1)),
    ("duration-hour", timedelta(hours=1)),
    ("duration-minute", timedelta(minutes=1)),
)

#: Numbers from here on are shown by their power of ten.
_WRITTEN_OUT = 10**15

#: A date closer than this needs no year.
_SAME_YEAR = timedelta(days=300)


def shown(
    value: Value,
    fact: Fact,
    locale: str | None,
    *,
    zone: tzinfo | None = None,
    today: date | None = None,
) -> str:
    """Write a value as it is said.

    Args:
        value: Any value, whether or not it fits the fact.
        fact: The fact it is of.
        locale: BCP 47 or POSIX name ("en-GB", "fr_CA"); one that is unknown counts as British
            English.
        zone: The listener's zone, for instants; without it they are shown in UTC, and say so.
        today: The listener's date: dates far from it show their year. Without it none does.

    Returns:
        One line of at most `MAX_LENGTH` characters, never empty.
    """
    if fact.spoken and isinstance(value, datetime) and zone is not None and today is not None:
        return cleaned(spoken(value, zone, today, _locale(locale or FALLBACK_LOCALE)))
    if fact.spoken and isinstance(value, time):
        return cleaned(spoken_clock(value, _locale(locale or FALLBACK_LOCALE)))
    return _shown(value, fact.type, locale or FALLBACK_LOCALE, zone, today)


def said(moment: datetime, locale: str, *, zone: tzinfo, now: datetime) -> str:
    """Word a moment for speech, as `advisor.facts.spoken` does.

    Args:
        moment: Aware instant.
        locale: BCP 47 or POSIX name; one that is unknown counts as British English.
        zone: The listener's zone.
        now: Aware: a moment of the same day there is "today".
    """
    today = now.astimezone(zone).date()
    return cleaned(spoken(moment, zone, today, _locale(locale or FALLBACK_LOCALE)))


def cleaned(text: str, limit: int = MAX_LENGTH) -> str:
    """Make any text one plain line: no control, direction or private characters, bounded."""
    if len(text) <= limit and text.isascii() and text.isprintable():
        return " ".join(text.split())
    # A bound before the work, so that a megabyte costs what a line does.
    composed = unicodedata.normalize("NFC", text[: limit * 4])
    flat = " ".join("".join(_plain(character) for character in composed).split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1].rstrip()}…"


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if character in _JOINERS:
        return character
    if category in ("Zl", "Zp") or character in "\t\n\r\v\f":
        return " "
    return "" if category[0] == "C" else character


# Type is part of the key, because True, 1 and 1.0 are equal.
@lru_cache(maxsize=4096, typed=True)
def _shown(
    value: Value, type_: FactType, locale: str, zone: tzinfo | None, today: date | None
) -> str:
    place = _locale(locale)
    if isinstance(value, Possible):
        words = [_one(single, type_, place, zone, today) for single in value.values]
        line = cleaned(" or ".join(dict.fromkeys(words)))
    else:
        line = cleaned(_one(value, type_, place, zone, today))
    return line or "nothing"


@lru_cache(maxsize=64)
def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(FALLBACK_LOCALE)


def _one(  # noqa: PLR0911 - one return for each kind of value
    value: Scalar | Special,
    type_: FactType,
    locale: Locale,
    zone: tzinfo | None,
    today: date | None,
) -> str:
    match value:
        case Special():
            return {UNKNOWN: "unknown", NEVER: "never"}[value]
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return _number(value, type_, locale)
        case str():
            return _text(value, type_, locale)
        case frozenset():
            return _listed(value, locale)
        case datetime():
            return _instant(value, locale, zone, today)
        case date():
            return _date(value, locale, today)
        case time():
            return format_time(value, "short", locale=locale)
        case _:
            return _duration(value, locale)


def _number(value: float, type_: FactType, locale: Locale) -> str:
    if type_ is FactType.WEEKDAY:
        return str(get_day_names("wide", locale=locale)[int(value) % 7])
    if abs(value) < _WRITTEN_OUT:
        return str(format_decimal(value, "#,##0.##", locale=locale))
    return "unknown" if value != value else f"{value:g}"  # noqa: PLR0124 - not a number


def _text(value: str, type_: FactType, locale: Locale) -> str:
    if type_ in (FactType.CHOICE, FactType.ORDERED_CHOICE):
        return value.replace("_", " ")
    if type_ is FactType.REGION:
        return str(locale.territories.get(value, value))
    return value


def _listed(values: frozenset[str], locale: Locale) -> str:
    words = sorted(value.replace("_", " ") for value in values)
    if len(words) > MAX_LISTED:
        words = [*words[:MAX_LISTED], f"{len(words) - MAX_LISTED} more"]
    return format_list(words, locale=locale) if words else "none"


def _instant(value: datetime, locale: Locale, zone: tzinfo | None, today: date | None) -> str:
    suffix = " UTC"
    if zone is not None:
        # The first and last day of the calendar lack some hours of other zones.
        with suppress(OverflowError):
            value, suffix = value.astimezone(zone), ""
    clock = format_time(value.time(), "short", locale=locale)
    return f"{_date(value.date(), locale, today)}, {clock}{suffix}"


def _date(value: date, locale: Locale, today: date | None) -> str:
    far = today is not None and abs(value - today) > _SAME_YEAR
    if far:
        return format_date(value, "long", locale=locale)
    return format_skeleton("MMMMd", value, locale=locale)


def _duration(value: timedelta, locale: Locale) -> str:
    for unit, length in _UNITS:
        if value and value % length == timedelta(0):
            return str(format_unit(value // length, unit, "long", locale=locale))
    return str(format_unit(round(value.total_seconds()), "duration-second", "long", locale=locale))
