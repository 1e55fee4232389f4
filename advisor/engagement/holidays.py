"""Public holidays, from the `holidays` library; nothing else here knows of it.

A region is an ISO 3166 country or subdivision. Of a country whose parts keep different days, and
of a part that the library does not know, only what all parts keep is certain.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from holidays import country_holidays, list_supported_countries


class _Year(NamedTuple):
    #: Days kept everywhere in the region.
    everywhere: Mapping[date, str]
    #: Days kept in some part of it; empty where the part is known.
    somewhere: Mapping[date, str]


def is_public_holiday(day: date, region: str) -> bool | None:
    """Tell whether a day is a public holiday.

    Args:
        day: The local date.
        region: ISO 3166 country (``GB``) or subdivision (``GB-SCT``).

    Returns:
        True or False where it is certain; None where nobody knows: a country without data, or a
        day that only some parts of the region keep.
    """
    year = _year(region, day.year)
    if year is None:
        return None
    if day in year.everywhere:
        return True
    return None if day in year.somewhere else False


def may_be_public_holiday(day: date, region: str) -> bool:
    """Tell whether a day is known to be a public holiday in the region or in some part of it."""
    return holiday_name(day, region) is not None


def holiday_name(day: date, region: str) -> str | None:
    """Return the English name of a day kept in the region or some part of it; None for others."""
    year = _year(region, day.year)
    if year is None:
        return None
    return year.everywhere.get(day) or year.somewhere.get(day)


@lru_cache(maxsize=1)
def _subdivisions() -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType(
        {country: tuple(parts) for country, parts in list_supported_countries().items()}
    )


# A process serves a handful of regions and, around the turn of a year, two years.
@lru_cache(maxsize=1024)
def _year(region: str, year: int) -> _Year | None:
    country, _, part = region.partition("-")
    parts = _subdivisions().get(country)
    if parts is None:
        return None
    if part in parts:
        return _Year(_days(country, part, year), {})
    everywhere = _days(country, None, year)
    somewhere = {
        day: name
        for each in parts
        for day, name in _days(country, each, year).items()
        if day not in everywhere
    }
    return _Year(everywhere, somewhere)


def _days(country: str, part: str | None, year: int) -> Mapping[date, str]:
    return dict(country_holidays(country, subdiv=part, years=year, expand=False, language="en_US"))
