"""Where a customer may be is worked out from all that is known, the most trusted first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.places import (
    Candidates,
    Place,
    UnknownZoneError,
    ZonesFrom,
    candidate_places,
    country_of_zone,
    region_fits,
    region_of_number,
    region_within,
    zone_of,
    zones_of_number,
    zones_of_region,
)


def pairs(found: Candidates) -> list[tuple[str, str | None]]:
    """Show places as zone names and regions."""
    return [(place.zone.key, place.region) for place in found.places]


def test_stated_zone_wins() -> None:
    """What the customer stated outranks the address and the number; they moved to London."""
    found = candidate_places(
        stated_zone="Europe/London", address_zone="Europe/Paris", numbers=["+33612345678"]
    )

    assert pairs(found) == [("Europe/London", "GB")]
    assert found.basis_of_choice is ZonesFrom.STATED


def test_address_outranks_numbers() -> None:
    """The verified address outranks every number, and brings its region."""
    found = candidate_places(
        address_zone="America/Chicago", address_region="US-FL", numbers=["+12125550100"]
    )

    assert pairs(found) == [("America/Chicago", "US-FL")]
    assert found.basis_of_choice is ZonesFrom.ADDRESS


def test_all_numbers_count() -> None:
    """Every zone of every number is possible: a number on a border has several."""
    found = candidate_places(numbers=["+12085550100", "+12125550100"])

    assert pairs(found) == [
        ("America/Boise", "US"),
        ("America/Los_Angeles", "US"),
        ("America/New_York", "US"),
    ]
    assert found.basis_of_choice is ZonesFrom.NUMBERS


def test_what_the_caller_lists_is_always_candidate() -> None:
    """Zones that the dialer lists count beside what the customer stated."""
    found = candidate_places(
        stated_zone="Europe/London", call_zones=["Europe/Paris", "Europe/London"]
    )

    assert pairs(found) == [("Europe/London", "GB"), ("Europe/Paris", "FR")]
    assert found.basis_of_choice is ZonesFrom.STATED


def test_zone_and_region_of_the_caller() -> None:
    """A region that the dialer lists is not blurred by the country of the number."""
    found = candidate_places(
        call_zones=["America/New_York"], call_regions=["US-FL"], numbers=["+13055550100"]
    )

    assert pairs(found) == [("America/New_York", "US-FL")]
    assert found.basis_of_choice is ZonesFrom.CALL


def test_region_without_a_zone_of_its_own() -> None:
    """A region that the dialer lists is candidate even where no zone listed lies in it."""
    found = candidate_places(call_zones=["Europe/London"], call_regions=["FR"])

    assert pairs(found) == [("Europe/London", "GB"), ("Europe/Paris", "FR")]


def test_number_without_a_place() -> None:
    """A free-phone number may ring anywhere in its country, and nowhere else."""
    found = candidate_places(numbers=["+18005550100"])

    zones = {zone for zone, _ in pairs(found)}
    assert {"America/New_York", "America/Los_Angeles", "Pacific/Honolulu"} <= zones
    assert "America/Toronto" not in zones
    assert {region for _, region in pairs(found)} == {"US"}


def test_only_a_region_is_known() -> None:
    """With nothing but a region, every zone of its whole country counts."""
    found = candidate_places(call_regions=["AU-NSW"])

    assert {zone for zone, _ in pairs(found)} == set(zones_of_region("AU"))
    assert {region for _, region in pairs(found)} == {"AU-NSW"}
    assert found.basis_of_choice is ZonesFrom.REGION


def test_default_is_the_last_resort() -> None:
    """The account's default counts only where nothing else says anything."""
    known = candidate_places(numbers=["+442079460100"], default_zone="Europe/Paris")
    unknown = candidate_places(default_zone="Europe/Paris")
    elsewhere = candidate_places(call_regions=["IE"], default_zone="Europe/Paris")
    country = candidate_places(default_region="IE")

    assert pairs(known) == [("Europe/London", "GB")]
    assert (pairs(unknown), unknown.basis_of_choice) == (
        [("Europe/Paris", "FR")],
        ZonesFrom.DEFAULT,
    )
    assert (pairs(elsewhere), elsewhere.basis_of_choice) == (
        [("Europe/Dublin", "IE")],
        ZonesFrom.REGION,
    )
    assert pairs(country) == [("Europe/Dublin", "IE")]


@pytest.mark.parametrize("number", ["", "112", "+999123", "+80012345678", "not a number"])
def test_nothing_is_known(number: str) -> None:
    """A number that belongs to no country says nothing, and then there is no place at all."""
    assert candidate_places(numbers=[number]) == Candidates((), ZonesFrom.NOTHING)


def test_region_nobody_knows() -> None:
    """A region without zones leaves no place: the caller fails closed."""
    found = candidate_places(call_regions=["XX"])

    assert found == Candidates((), ZonesFrom.NOTHING)


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "", "../etc/passwd", "America", "localtime", "Factory", "a" * 300]
)
def test_unknown_zone(name: str) -> None:
    """A name that is no zone is refused, by that name."""
    with pytest.raises(UnknownZoneError, match="IANA") as caught:
        zone_of(name)

    assert caught.value.name == name


def test_unknown_zone_of_the_caller() -> None:
    """A zone that does not exist is refused wherever it is named."""
    with pytest.raises(UnknownZoneError):
        candidate_places(call_zones=["Europe/Lundon"])


def test_territories_are_parts() -> None:
    """A territory with a country code of its own is the part of its country that it is."""
    assert region_of_number("+17875550123") == "US-PR"
    assert country_of_zone("America/Puerto_Rico") == "US-PR"
    assert zones_of_region("US-PR") == ("America/Puerto_Rico",)
    assert pairs(candidate_places(call_regions=["PR"])) == [("America/Puerto_Rico", "US-PR")]
    assert "America/Puerto_Rico" not in zones_of_region("US")


def test_aliases_of_zones() -> None:
    """An old name of a zone lies in the same country as the new one; some names lie in none."""
    assert country_of_zone("US/Eastern") == "US"
    assert country_of_zone("Etc/UTC") is None
    assert pairs(candidate_places(call_zones=["Etc/UTC"], call_regions=["IS"])) == [
        ("Etc/UTC", "IS")
    ]


def test_number_that_says_only_its_country() -> None:
    """A number of no known kind counts as its code's main country, with all its zones."""
    assert region_of_number("+447700900123") == "GB"
    assert zones_of_number("+447700900123") == ("Europe/London",)
    assert zones_of_number("+999123") == ()
    assert zones_of_number("+8835100") == ()


def test_regions_nest() -> None:
    """A country holds its parts, by whole words of the code."""
    assert region_within("US-FL", "US")
    assert region_within("US", "US")
    assert not region_within("US", "US-FL")
    assert not region_within("US-FLX", "US-FL")


@pytest.mark.parametrize(
    ("rule", "place", "expected"),
    [
        (None, None, True),
        (None, "GB", True),
        ("US", "US-FL", True),
        ("US-FL", "US", None),
        ("US-FL", None, None),
        ("US-FL", "US-TX", False),
        ("GB", "US", False),
    ],
)
def test_region_fits(rule: str | None, place: str | None, expected: bool | None) -> None:  # noqa: FBT001 - a row of a table
    """A rule holds where its region certainly is, and may where that is not known."""
    assert region_fits(rule, place) is expected


@given(
    st.sampled_from([None, "Europe/London", "America/Denver"]),
    st.sampled_from([None, "Europe/Paris", "Etc/UTC"]),
    st.lists(st.sampled_from(["America/New_York", "Europe/Dublin"]), max_size=2),
    st.lists(st.sampled_from(["US-FL", "GB", "FR"]), max_size=2),
    st.lists(st.sampled_from(["+12085550100", "+442079460100"]), max_size=2),
)
def test_nothing_listed_is_lost(
    stated: str | None,
    address: str | None,
    zones: list[str],
    regions: list[str],
    numbers: list[str],
) -> None:
    """Every zone and region that the caller lists is candidate, whatever else is known."""
    found = candidate_places(
        stated_zone=stated,
        address_zone=address,
        call_zones=zones,
        call_regions=regions,
        numbers=numbers,
    )

    known = {place.zone.key for place in found.places}
    assert set(zones) | {zone for zone in [stated or address] if zone} <= known
    assert set(regions) <= {place.region for place in found.places}
    assert all(
        country is None or place.region is None or region_within(place.region, country)
        for place in found.places
        for country in [country_of_zone(place.zone.key)]
    )
    assert len(set(found.places)) == len(found.places)
    assert all(isinstance(place, Place) for place in found.places)
