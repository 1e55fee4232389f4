"""What the formats of the contract's limits mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from advisor.v1 import limits_pb2 as limits

#: Names that mean another zone on every machine, or none.
_NO_PLACES: Final = frozenset({"localtime", "posixrules", "Factory"})
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2199


def fits(text: str, format_: limits.Format.ValueType) -> bool:
    """Tell whether a text, not empty, looks as a format says."""
    return _FORMATS[format_][1](text)


def described(format_: limits.Format.ValueType) -> str:
    """Say what a format expects, to finish the sentence "must be ..."."""
    return _FORMATS[format_][0]


def _pattern(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda text: compiled.fullmatch(text) is not None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_PLACES


def _is_time_zone(text: str) -> bool:
    return text in _zones()


def _is_date(text: str) -> bool:
    if not _looks_like_date(text):
        return False
    try:
        return _FIRST_YEAR <= date.fromisoformat(text).year <= _LAST_YEAR
    except ValueError:
        return False


def _is_clock_time(text: str) -> bool:
    if not _looks_like_clock_time(text):
        return False
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_pack_path(text: str) -> bool:
    parts = text.split("/")
    plain = all(part not in {"", ".", ".."} and part.isprintable() for part in parts)
    return plain and "\\" not in text and text.endswith((".yaml", ".yml"))


_looks_like_date = _pattern(r"\d{4}-\d{2}-\d{2}")
_looks_like_clock_time = _pattern(r"\d{2}:\d{2}(:\d{2})?")

_FORMATS: Final[dict[int, tuple[str, Callable[[str], bool]]]] = {
    limits.FORMAT_IDENTIFIER: ("printable ASCII without spaces", _pattern(r"[!-~]+")),
    limits.FORMAT_WORD: (
        "lower-case letters and digits, joined by - or _",
        _pattern(r"[a-z0-9]+([-_][a-z0-9]+)*"),
    ),
    limits.FORMAT_PHONE_NUMBER: (
        "a number in E.164, such as +442079460000",
        _pattern(r"\+[1-9][0-9]{6,14}"),
    ),
    limits.FORMAT_REGION: (
        "an ISO 3166 country or subdivision, such as GB or US-FL",
        _pattern(r"[A-Z]{2}(-[A-Z0-9]{1,3})?"),
    ),
    limits.FORMAT_TIME_ZONE: ("an IANA time zone, such as Europe/London", _is_time_zone),
    limits.FORMAT_LOCALE: (
        "a BCP 47 language tag, such as en-GB",
        _pattern(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*"),
    ),
    limits.FORMAT_DATE: ("a date from 1900 to 2199, as YYYY-MM-DD", _is_date),
    limits.FORMAT_CLOCK_TIME: ("a time of day, as HH:MM or HH:MM:SS", _is_clock_time),
    limits.FORMAT_FACT_NAME: (
        "the full name of a fact, such as bank.pin_used",
        _pattern(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+"),
    ),
    limits.FORMAT_NAME: ("lower-case letters, digits and _", _pattern(r"[a-z][a-z0-9_]*")),
    limits.FORMAT_PACK_PATH: (
        "the path of a .yaml or .yml file inside the pack, with / between its parts",
        _is_pack_path,
    ),
}
