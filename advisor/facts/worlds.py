"""Candidate worlds: the customer's local time, weekday, date, holiday and region move together.

Judged one by one, a Monday in New York and an evening in Los Angeles would make a Monday evening
that exists nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from advisor.engagement.holidays import is_public_holiday
from advisor.engagement.places import Place


@dataclass(frozen=True, slots=True)
class World:
    """One candidate: a place, and what the clock and the calendar on its wall say.

    Attributes:
        place: Zone and region.
        local: The instant of the decision in that zone.
        is_holiday: Whether it is a public holiday there; None where that is not known.
    """

    place: Place
    local: datetime
    is_holiday: bool | None


def worlds_at(places: Iterable[Place], now: datetime) -> tuple[World, ...]:
    """Turn candidate places into worlds at an instant.

    Args:
        places: Candidate places, most trusted first.
        now: Aware instant.

    Returns:
        One world a place, but only one of those that nothing could tell apart now (same region,
        same wall clock): a country of thirty zones costs a call its distinct offsets, not thirty
        passes.
    """
    worlds: dict[tuple[str | None, datetime], World] = {}
    for place in places:
        local = now.astimezone(place.zone)
        key = (place.region, local.replace(tzinfo=None))
        if key not in worlds:
            holiday = (
                None if place.region is None else is_public_holiday(local.date(), place.region)
            )
            worlds[key] = World(place, local, holiday)
    return tuple(worlds.values())
