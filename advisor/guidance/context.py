"""What a decision could see: the facts it rests on, and those that were missing or unsure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from advisor.facts.freshness import stale_fields
from advisor.facts.values import UNKNOWN
from advisor.facts.view import Facts
from advisor.guidance.decision import ContextReport, UsedFact
from advisor.guidance.rendering import Renderer
from advisor.rules.pack import Pack, Rule

#: The fact that stands for a history that nobody sent.
_HISTORY: Final = "history.last_attempt.at"

#: Facts that a rule's match rests on, as they may be shown, and whether it is unsure.
Grounds = Callable[[Rule], tuple[tuple[UsedFact, ...], bool]]


class Ledger:
    """Keeps account of the facts that one decision rests on."""

    __slots__ = ("_explain", "_facts", "_known", "_renderer", "_unsure", "_used")

    def __init__(
        self,
        facts: Facts,
        unsure: Callable[[Rule], bool],
        renderer: Renderer,
        *,
        explain: bool,
    ) -> None:
        """Begin with nothing used.

        Args:
            facts: What is so.
            unsure: Tells whether a rule applies only because what is unknown counts so.
            renderer: Shows facts to the agent, and knows which it could not.
            explain: Whether rules name their facts.
        """
        self._facts = facts
        self._unsure = unsure
        self._renderer = renderer
        self._explain = explain
        self._known: dict[str, tuple[tuple[UsedFact, ...], bool]] = {}
        self._used: dict[str, UsedFact] = {}

    def grounds(self, rule: Rule) -> tuple[tuple[UsedFact, ...], bool]:
        """Return the facts that a rule's conditions speak of, and whether it is unsure."""
        known = self._known.get(rule.id)
        if known is None:
            known = self._known[rule.id] = (self._named(rule), self._unsure(rule))
        return known

    def report(self, *, degraded: str | None, pack: Pack) -> ContextReport:
        """Sum up."""
        situation = self._facts.situation
        missing = set(self._renderer.missing)
        unsure: set[str] = set()
        for fact in self._used.values():
            if fact.unsure:
                unknown = self._facts.value(fact.name) is UNKNOWN
                (missing if unknown else unsure).add(fact.name)
        if pack.limits and situation.history.contacts is None:
            missing.add(_HISTORY)
        return ContextReport(
            used=tuple(self._used[name] for name in sorted(self._used)),
            missing=tuple(sorted(missing)),
            unsure=tuple(sorted(unsure)),
            stale=stale_fields(situation.profile, situation.now),
            degraded=degraded,
            zones=tuple(dict.fromkeys(place.zone.key for place in situation.places)),
            zones_from=situation.zones_from,
        )

    def _named(self, rule: Rule) -> tuple[UsedFact, ...]:
        if not self._explain:
            return ()
        facts = []
        for name in rule.speaks_of:
            fact = self._used.get(name)
            if fact is None:
                fact = self._used[name] = self._renderer.used(name)
            facts.append(fact)
        return tuple(facts)
