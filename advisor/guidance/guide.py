"""A pack that is ready to decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from advisor.rules.matching import Matcher
from advisor.rules.pack import Item, Pack, Section

#: The fact that has to be worked out before the rules that ask for it.
FORECAST: Final = "card.forecast"

#: The facts of times that can be promised, which have to be worked out as well.
OFFERS: Final = frozenset({"slot.1", "slot.2", "slot.3", "capacity.callback"})


@dataclass(frozen=True, slots=True)
class Guide:
    """A pack with its rules indexed.

    Attributes:
        earning: The engagement rules by themselves, numbered anew: a forecast asks them about
            every way in which a call may come out, and looks up no fact of any other rule.
        forecasts: Whether any rule that judges a call or guides it asks what the call is expected
            to earn; where none does, nobody works it out.
        offers: Whether any rule or text speaks of times that can be promised.
        items: What any rule may ask for, by ``rule/item``.
        teaching: Events that any reaction may remember something from.
    """

    pack: Pack
    matcher: Matcher
    earning: Matcher
    forecasts: bool
    offers: bool
    items: Mapping[str, Item]
    teaching: frozenset[str]

    @classmethod
    def of(cls, pack: Pack) -> Guide:
        """Index the rules of a pack."""
        matcher = Matcher.of(pack)
        spoken_of = frozenset(
            name
            for rule in pack.rules
            if rule.section is not Section.ENGAGEMENT
            for name in (
                *matcher.asks(rule),
                *(fact for item in rule.items for fact in item.text.facts),
            )
        )
        engagement = (rule for rule in pack.rules if rule.section is Section.ENGAGEMENT)
        numbered = [replace(rule, number=number) for number, rule in enumerate(engagement)]
        items = {f"{rule.id}/{item.name}": item for rule in pack.rules for item in rule.items}
        teaching = frozenset(
            event for rule in pack.rules if rule.remembers for event in rule.events
        )
        return cls(
            pack,
            matcher,
            Matcher(numbered, pack.catalogue),
            forecasts=FORECAST in spoken_of,
            offers=not OFFERS.isdisjoint(spoken_of),
            items=items,
            teaching=teaching,
        )
