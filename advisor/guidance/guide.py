"""A pack that is ready to decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from advisor.engagement.basis import Basis
from advisor.rules.matching import Matcher
from advisor.rules.pack import Item, Pack, Rule, Section

#: The fact that has to be worked out before the rules that ask for it.
FORECAST: Final = "card.forecast"


@dataclass(frozen=True, slots=True)
class Guide:
    """A pack with its rules indexed.

    Attributes:
        earning: The engagement rules by themselves, numbered anew: a forecast asks them about
            every way in which a call may come out, and looks up no fact of any other rule.
        forecasts: Whether any rule that judges a call or guides it asks what the call is expected
            to earn; where none does, nobody works it out.
        binding: The eligibility rules that a customer's own wish does not lift, by themselves.
        items: What any rule may ask for, by ``rule/item``.
        teaching: Events that any reaction may remember something from.
    """

    pack: Pack
    matcher: Matcher
    earning: Matcher
    forecasts: bool
    binding: Matcher
    items: Mapping[str, Item]
    teaching: frozenset[str]

    @classmethod
    def of(cls, pack: Pack) -> Guide:
        """Index the rules of a pack."""
        matcher = Matcher.of(pack)
        forecasts = any(
            FORECAST in matcher.asks(rule)
            or any(FORECAST in item.text.facts for item in rule.items)
            for rule in pack.rules
            if rule.section is not Section.ENGAGEMENT
        )
        engagement = (rule for rule in pack.rules if rule.section is Section.ENGAGEMENT)
        items = {f"{rule.id}/{item.name}": item for rule in pack.rules for item in rule.items}
        teaching = frozenset(
            event for rule in pack.rules if rule.remembers for event in rule.events
        )
        return cls(
            pack,
            matcher,
            _alone(pack, engagement),
            forecasts=forecasts,
            binding=_alone(
                pack,
                (
                    rule
                    for rule in pack.rules
                    if rule.section is Section.ELIGIBILITY and rule.basis > Basis.POLICY
                ),
            ),
            items=items,
            teaching=teaching,
        )


def _alone(pack: Pack, rules: Iterable[Rule]) -> Matcher:
    """Index some rules of a pack by themselves, numbered anew."""
    numbered = [replace(rule, number=number) for number, rule in enumerate(rules)]
    return Matcher(numbered, pack.catalogue)
