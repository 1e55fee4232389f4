"""A moment worded for speech: ``tomorrow at half past six``, ``morgen um halb sieben``.

Languages without words of their own here say the weekday, the date and the clock as their locale
writes them (CLDR, by way of Babel).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from types import MappingProxyType
from typing import Final

from babel import Locale
from babel.dates import format_skeleton, format_time, get_day_names

_NOON: Final = 12
_EVENING: Final = 18
#: Hours of the clock that a day of calls meets twice, so that words alone do not tell them apart.
_TWICE: Final = frozenset({7, 8, 9})
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Words:
    """How a language says when.

    Attributes:
        on: How a weekday within the next days is said.
        clock: Words of a time of day, without what joins it to the day.
        at: What joins it.
    """

    today: str
    tomorrow: str
    on: str
    clock: Callable[[time], str]
    at: str = ""


def spoken(moment: datetime, zone: tzinfo, today: date, locale: Locale) -> str:
    """Word a moment as it is said to somebody.

    Args:
        moment: Aware instant.
        zone: The listener's zone.
        today: The listener's date: a moment of the same day is "today".
        locale: The listener's; its language decides the words.
    """
    local = moment.astimezone(zone)
    words = _LANGUAGES.get(locale.language)
    day, clock = local.date(), local.time()
    if words is None:
        weekday = get_day_names("wide", locale=locale)[day.weekday()]
        dated = format_skeleton("MMMMd", day, locale=locale)
        return f"{weekday}, {dated}, {format_time(clock, 'short', locale=locale)}"
    if day == today:
        said = words.today
    elif day == today + timedelta(days=1):
        said = words.tomorrow
    else:
        weekday = get_day_names("wide", locale=locale)[day.weekday()]
        said = words.on.format(weekday)
        if not timedelta() < day - today < _WEEK:
            said = f"{said}, {format_skeleton('MMMMd', day, locale=locale)},"
    return f"{said} {words.at}{words.clock(clock)}"


def spoken_clock(clock: time, locale: Locale) -> str:
    """Word a time of day as it is said: ``half past six``."""
    words = _LANGUAGES.get(locale.language)
    return str(format_time(clock, "short", locale=locale)) if words is None else words.clock(clock)


_ENGLISH: Final = (
    *("twelve", "one", "two", "three", "four", "five"),
    *("six", "seven", "eight", "nine", "ten", "eleven"),
)
_GERMAN: Final = (
    *("zwölf", "eins", "zwei", "drei", "vier", "fünf"),
    *("sechs", "sieben", "acht", "neun", "zehn", "elf"),
)


def _english(clock: time) -> str:
    if clock.hour == _NOON and clock.minute == 0:
        return "noon"
    hour, nxt = _ENGLISH[clock.hour % 12], _ENGLISH[(clock.hour + 1) % 12]
    quarters = {0: f"{hour} o'clock", 15: f"quarter past {hour}", 30: f"half past {hour}"}
    quarters[45] = f"quarter to {nxt}"
    said = quarters.get(clock.minute)
    if said is None:
        return f"{clock:%H:%M}"
    return f"{said}{_half_of_day(clock, ' in the morning', ' in the evening')}"


def _german(clock: time) -> str:
    hour, nxt = _GERMAN[clock.hour % 12], _GERMAN[(clock.hour + 1) % 12]
    whole = "ein" if hour == "eins" else hour
    quarters = {0: f"{whole} Uhr", 15: f"Viertel nach {hour}", 30: f"halb {nxt}"}
    quarters[45] = f"Viertel vor {nxt}"
    said = quarters.get(clock.minute)
    if said is None:
        return f"{clock.hour} Uhr {clock.minute}"
    return f"{said}{_half_of_day(clock, ' morgens', ' abends')}"


def _by_hour(one: str, many: str, half: str) -> Callable[[time], str]:
    """Return how a language says hours by number, of the 24-hour clock."""

    def clock(at: time) -> str:
        hour = (one if at.hour == 1 else many).format(at.hour)
        return hour if at.minute == 0 else f"{hour}{half.format(at.minute)}"

    return clock


def _half_of_day(clock: time, morning: str, evening: str) -> str:
    if clock.hour % 12 not in _TWICE:
        return ""
    return evening if clock.hour >= _EVENING else morning


_LANGUAGES: Final[Mapping[str, _Words]] = MappingProxyType(
    {
        "en": _Words("today", "tomorrow", "on {}", _english, at="at "),
        "de": _Words("heute", "morgen", "am {}", _german, at="um "),
        "fr": _Words(
            "aujourd'hui", "demain", "{}", _by_hour("{} heure", "{} heures", " {:02}"), at="à "
        ),
        "es": _Words("hoy", "mañana", "el {}", _by_hour("a la {}", "a las {}", " y {:02}")),
        "pt": _Words("hoje", "amanhã", "{}", _by_hour("à {} hora", "às {} horas", " e {:02}")),
        "it": _Words("oggi", "domani", "{}", _by_hour("all'una", "alle {}", " e {:02}")),
        "nl": _Words("vandaag", "morgen", "{}", _by_hour("{} uur", "{} uur", " {:02}"), at="om "),
    }
)
