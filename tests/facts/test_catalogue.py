"""The catalogue of facts, and looking facts up through it."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.facts.catalogue import Catalogue, Fact, UnknownFactError
from advisor.facts.values import UNKNOWN, FactType, Possible, Value, possible_values

OWN = Fact(name="bank.pin_used", type=FactType.YES_NO, about="Was the PIN ever used?")


def test_a_company_adds_its_own_facts_beside_the_built_in_ones() -> None:
    """An extended catalogue holds both, and the built-in one stays as it was."""
    extended = BUILT_IN.extended([OWN])
    assert extended["bank.pin_used"] is OWN
    assert "bank.pin_used" not in BUILT_IN
    assert [*extended][-1] is OWN


def test_a_fact_has_one_declaration() -> None:
    """A name declared twice is refused."""
    with pytest.raises(ValueError, match=r"bank\.pin_used is declared twice"):
        Catalogue.of([OWN, OWN])


def test_a_misspelt_fact_gets_its_nearest_name() -> None:
    """Whoever misspells a fact is told which one was meant."""
    with pytest.raises(UnknownFactError) as caught:
        BUILT_IN["customer.prefered_name"]
    assert caught.value.nearest[0] == "customer.preferred_name"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(UNKNOWN, ()), (Possible((1, 2)), (1, 2)), ("word", ("word",))],
)
def test_a_value_lists_what_may_be(value: Value, expected: tuple[Value, ...]) -> None:
    """An unknown fact may be anything, and so lists nothing."""
    assert possible_values(value) == expected


def test_a_catalogue_cannot_be_changed() -> None:
    """What a pack was checked against stays as it is."""
    assert isinstance(BUILT_IN.facts, MappingProxyType)


def test_only_the_clock_the_calendar_and_the_region_move_with_the_zone() -> None:
    """What moves between candidate zones is what the wall there shows, and the place itself."""
    assert {fact.name for fact in BUILT_IN if fact.moves_with_zone} == {
        "call.region",
        "now.local_time",
        "now.weekday",
        "now.date",
        "now.is_holiday",
        "now.quiet_time",
        "now.quiet_time_ends",
    }
