"""Where a customer may be: candidate places, each a time zone and a region that belong together.

Zones are IANA names, regions ISO 3166 countries or subdivisions. Which zones a number may stand in
comes from `phonenumbers`, which country a zone lies in from CLDR through `Babel`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

import phonenumbers
from babel.core import get_global
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number

#: Parts of a country that ISO 3166 also lists as countries of their own: one place, one region.
_ALSO_COUNTRIES: Final = MappingProxyType(
    {
        "AS": "US-AS",
        "GF": "FR-973",
        "GP": "FR-971",
        "GU": "US-GU",
        "MP": "US-MP",
        "MQ": "FR-972",
        "PR": "US-PR",
        "RE": "FR-974",
        "VI": "US-VI",
        "YT": "FR-976",
    }
)
_TERRITORY_OF: Final = MappingProxyType({own: code for code, own in _ALSO_COUNTRIES.items()})

#: Names that mean another zone on every machine, or none.
_NO_PLACES: Final = frozenset({"localtime", "posixrules", "Factory"})


class UnknownZoneError(ValueError):
    """A name that is no IANA time zone."""

    def __init__(self, name: str) -> None:
        """Name the zone that is not known."""
        super().__init__(f"{name!r} is no IANA time zone; write it as in Europe/London")
        self.name = name


class ZonesFrom(StrEnum):
    """Which source the candidate zones come from, the most trusted one that had any."""

    STATED = "stated"
    ADDRESS = "address"
    CALL = "call"
    NUMBERS = "numbers"
    DEFAULT = "default"
    #: Nothing was known but the country.
    REGION = "region"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Place:
    """One candidate: a zone, and the region it lies in as far as it is known."""

    zone: ZoneInfo
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Where a customer may be.

    Attributes:
        places: Most trusted first; empty where nothing at all is known, and then nobody can say
            that it is a good time to call.
        basis_of_choice: Which source they come from.
    """

    places: tuple[Place, ...]
    basis_of_choice: ZonesFrom


# The cache of `zoneinfo` itself keeps eight zones; the others it reads from disk each time.
@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name.

    Raises:
        UnknownZoneError: There is no such zone.
    """
    if name in _NO_PLACES:
        raise UnknownZoneError(name)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UnknownZoneError(name) from None


def region_within(region: str, whole: str) -> bool:
    """Tell whether a region lies in another: US-FL and US lie in US, US does not lie in US-FL."""
    return region == whole or region.startswith(whole + "-")


def region_fits(rule: str | None, place: str | None) -> bool | None:
    """Tell whether what holds in a region holds at a place.

    Args:
        rule: Region of the rule; None is everywhere.
        place: Region of the place, as far as it is known; None is unknown.

    Returns:
        True or False where it is certain; None where the place may lie inside: its region is not
        known, or only the whole that the rule's region is part of.
    """
    if rule is None:
        return True
    if place is None:
        return None
    if region_within(place, rule):
        return True
    return None if region_within(rule, place) else False


def country_of_zone(name: str) -> str | None:
    """Return the region a zone lies in (``FR``, ``US-PR``); None for zones of no one country."""
    canonical = _zone_aliases().get(name, name)
    territory = _territories().get(canonical)
    return None if territory is None else _ALSO_COUNTRIES.get(territory, territory)


def zones_of_region(region: str) -> tuple[str, ...]:
    """List the zones of a region by name: those of its whole country, parts are not told apart.

    A part that ISO 3166 also lists as a country (Puerto Rico) has its own.
    """
    territory = _TERRITORY_OF.get(region, region.partition("-")[0])
    return _zones_by_territory().get(territory, ())


def zones_of_number(e164: str) -> tuple[str, ...]:
    """List the zones in which a number may ring; empty for what is no number.

    Args:
        e164: The number with its country code (``+12085550100``).

    Returns:
        Names of zones: several along a border or for a number without a place, and all of the
        country where the number says nothing more.
    """
    number = _parsed(e164)
    if number is None:
        return ()
    zones = tuple(zone for zone in time_zones_for_number(number) if zone != UNKNOWN_TIMEZONE)
    if zones:
        return zones
    region = _region(number)
    return () if region is None else zones_of_region(region)


def region_of_number(e164: str) -> str | None:
    """Return the country of a number, or a part that has codes of its own; None if it has none.

    A number that belongs to no one country of a shared code counts as the code's main country.
    """
    number = _parsed(e164)
    return None if number is None else _region(number)


def candidate_places(
    *,
    stated_zone: str | None = None,
    address_zone: str | None = None,
    address_region: str | None = None,
    call_zones: Sequence[str] = (),
    call_regions: Sequence[str] = (),
    numbers: Sequence[str] = (),
    default_zone: str | None = None,
    default_region: str | None = None,
) -> Candidates:
    """Work out where a customer may be.

    What the caller lists is always candidate. Of the other sources only the most trusted that
    says anything counts: what the customer stated, the verified address, every possible zone of
    every number, the account's default. With nothing but a region, its whole country counts.

    A zone is joined with the regions it can belong to. A zone that only a number suggests and
    that lies in none of the regions is dropped, unless nothing would be left; any other zone then
    stands for its own country.

    Args:
        stated_zone: IANA zone that the customer told us.
        address_zone: IANA zone of the verified address.
        address_region: Region of the verified address.
        call_zones: IANA zones that the caller lists.
        call_regions: Regions that the caller lists.
        numbers: The numbers that may be rung, E.164.
        default_zone: IANA zone that the account assumes where nothing is known.
        default_region: Region that the account assumes where nothing is known.

    Raises:
        UnknownZoneError: A zone that the caller, the customer, the address or the account names
            does not exist.
    """
    derived = [address_region] if address_region else map(region_of_number, numbers)
    regions = _regions(call_regions, [region for region in derived if region is not None])
    trusted = stated_zone or address_zone
    sure = list(dict.fromkeys(([trusted] if trusted else []) + list(call_zones)))
    guessed = [] if trusted else _zones_of_numbers(numbers)
    if not sure and not guessed:
        regions = regions or _regions([], [default_region] if default_region else [])
        guessed = [default_zone] if default_zone else []
        basis = ZonesFrom.DEFAULT
    else:
        basis = _basis(stated_zone, address_zone, call_zones)
    places = [place for zone in sure for place in _standing(zone, regions, keep=True)]
    places += [place for zone in guessed for place in _standing(zone, regions, keep=not regions)]
    firm = _regions(call_regions, [address_region] if address_region else [])
    without = [region for region in firm if all(place.region != region for place in places)]
    if not places:
        without = regions
        basis = ZonesFrom.REGION
    places += [
        Place(zone_of(zone), region) for region in without for zone in zones_of_region(region)
    ]
    return Candidates(tuple(dict.fromkeys(places)), basis if places else ZonesFrom.NOTHING)


def _basis(
    stated_zone: str | None, address_zone: str | None, call_zones: Sequence[str]
) -> ZonesFrom:
    if stated_zone:
        return ZonesFrom.STATED
    if address_zone:
        return ZonesFrom.ADDRESS
    return ZonesFrom.CALL if call_zones else ZonesFrom.NUMBERS


def _regions(listed: Iterable[str], derived: Iterable[str]) -> list[str]:
    """Join regions; a derived one that only says less than a listed one adds nothing."""
    listed = [_ALSO_COUNTRIES.get(region, region) for region in listed]
    more = [
        region
        for region in (_ALSO_COUNTRIES.get(region, region) for region in derived)
        if not any(region_within(finer, region) for finer in listed)
    ]
    return list(dict.fromkeys(listed + more))


def _zones_of_numbers(numbers: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(zone for number in numbers for zone in zones_of_number(number)))


def _standing(zone: str, regions: Sequence[str], *, keep: bool) -> list[Place]:
    """Join a zone with the regions it can lie in; with its own country where there is none."""
    own = country_of_zone(zone)
    found = zone_of(zone)
    places = [
        Place(found, region) for region in regions if own is None or region_within(region, own)
    ]
    return places or ([Place(found, own)] if keep else [])


def _region(number: phonenumbers.PhoneNumber) -> str | None:
    country = phonenumbers.region_code_for_number(
        number
    ) or phonenumbers.region_code_for_country_code(number.country_code or 0)
    # Codes that no country has (satellites, free phone of the world) have the region "001".
    if not country.isalpha() or country == phonenumbers.UNKNOWN_REGION:
        return None
    return _ALSO_COUNTRIES.get(country, country)


def _parsed(e164: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return None


@lru_cache(maxsize=1)
def _territories() -> Mapping[str, str]:
    """Read the territory of each zone, by its canonical CLDR name."""
    return {
        zone: territory
        for zone, territory in get_global("zone_territories").items()
        if territory.isalpha() and territory != phonenumbers.UNKNOWN_REGION
    }


@lru_cache(maxsize=1)
def _zone_aliases() -> Mapping[str, str]:
    return dict(get_global("zone_aliases"))


@lru_cache(maxsize=1)
def _zones_by_territory() -> Mapping[str, tuple[str, ...]]:
    zones: defaultdict[str, list[str]] = defaultdict(list)
    for zone, territory in sorted(_territories().items()):
        zones[territory].append(zone)
    return {territory: tuple(names) for territory, names in zones.items()}
