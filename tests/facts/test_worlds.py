"""Candidate worlds, and facts seen in each of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from advisor.engagement.places import Place
from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.facts.situation import Brand, Call, Occasion, Situation
from advisor.facts.view import Facts
from advisor.facts.vocabulary import LegalClass, PurposeKind
from advisor.facts.worlds import worlds_at

NOW = datetime(2026, 1, 12, 15, 0, tzinfo=UTC)


def test_zones_that_nothing_tells_apart_are_one_world() -> None:
    """London and Belfast show the same clock in one region: one pass, not two."""
    london = Place(ZoneInfo("Europe/London"), "GB")
    belfast = Place(ZoneInfo("Europe/Belfast"), "GB")
    elsewhere = Place(ZoneInfo("Europe/Lisbon"), "PT")
    assert [world.place for world in worlds_at([london, belfast, elsewhere], NOW)] == [
        london,
        elsewhere,
    ]


def test_a_fact_that_does_not_move_is_the_same_in_every_world() -> None:
    """The brand is the same wherever the customer may be, and a stated clock is stated for all."""
    worlds = worlds_at([Place(ZoneInfo("Europe/London")), Place(ZoneInfo("Asia/Tokyo"))], NOW)
    situation = Situation(
        now=NOW,
        call=Call(id="c1", brand="acme"),
        occasion=Occasion(
            id="p", kind=PurposeKind.SERVICE_INFORMATION, legal_class=LegalClass.SERVICE
        ),
        brand=Brand(id="acme", name="Acme"),
        worlds=worlds,
    )
    facts = Facts(BUILT_IN, situation)
    assert {facts.value_in("brand.name", world) for world in worlds} == {"Acme"}
    assert [facts.value_in("now.weekday", world) for world in worlds] == [0, 1]
    stated = Facts(BUILT_IN, replace(situation, stated=MappingProxyType({"now.weekday": 3})))
    assert {stated.value_in("now.weekday", world) for world in worlds} == {3}
