"""A slow and obvious reading of whole rules, to hold the index against.

Every rule is read alone, in every world, from its tree; nothing is shared, kept or prepared. For
an unknown fact the whole of a small domain is tried, value by value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date

from advisor.facts.catalogue import Fact
from advisor.facts.values import (
    NEVER,
    UNKNOWN,
    Answer,
    FactType,
    Scalar,
    Special,
    Value,
    possible_values,
)
from advisor.facts.view import Facts
from advisor.facts.worlds import World
from advisor.rules.conditions import AnyOf, Condition, Leaf, NoneOf, Operator, normal
from advisor.rules.operators import Clock, counts_days, holds
from advisor.rules.pack import IfUnsure, Rule, Scope

#: Every value of a fact, given its name, as far as the rules can tell values apart.
Domain = Callable[[str], Sequence[Scalar | Special]]

_KNOWLEDGE = (Operator.KNOWN, Operator.UNKNOWN)


@dataclass
class Naive:
    """Reads rules in one situation."""

    facts: Facts
    domain: Domain

    def fires(self, rule: Rule, rules: Iterable[Rule]) -> bool:
        """Tell whether a rule applies, among the rules that may replace it."""
        everything = list(rules)
        replacers = [other for other in everything if rule.id in other.replaces]
        holds_in = [self._stands_and_holds(rule, w, replacers, everything) for w in self._worlds()]
        return any(holds_in) if rule.if_unsure is IfUnsure.APPLY else all(holds_in)

    def _worlds(self) -> list[World | None]:
        return [*self.facts.worlds] or [None]

    def _stands_and_holds(
        self, rule: Rule, world: World | None, replacers: list[Rule], rules: list[Rule]
    ) -> bool:
        for replacer in replacers:
            within = self.scope(replacer.scope, world)
            if within is Answer.YES:
                return False
            unsure = within is Answer.UNSURE
            if unsure and rule.if_unsure is IfUnsure.SKIP and self.fires(replacer, rules):
                return False
        answer = self.rule(rule, world)
        enough = Answer.UNSURE if rule.if_unsure is IfUnsure.APPLY else Answer.YES
        return answer >= enough

    def rule(self, rule: Rule, world: World | None) -> Answer:
        """Judge scope, dates, when and unless in one world."""
        excused = max((self.condition(e, world) for e in rule.unless), default=Answer.NO)
        return min(
            self.scope(rule.scope, world),
            self.condition(rule.when, world),
            Answer(Answer.YES - excused),
        )

    def scope(self, scope: Scope, world: World | None) -> Answer:
        """Judge brand, campaign, region and dates in one world."""
        answers = [Answer.YES]
        if scope.brands:
            answers.append(self.condition(_among("call.brand", scope.brands), world))
        if scope.campaigns:
            answers.append(self.condition(_among("call.campaign", scope.campaigns), world))
        if scope.regions:
            answers.append(self.condition(_among("call.region", scope.regions), world))
        if scope.from_ is not None or scope.through is not None:
            answers.append(self._dates(scope, world))
        return min(answers)

    def _dates(self, scope: Scope, world: World | None) -> Answer:
        value = self._value("now.date", world)
        if value is UNKNOWN:
            return Answer.UNSURE
        return _over(
            isinstance(today, date)
            and (scope.from_ is None or scope.from_ <= today)
            and (scope.through is None or today <= scope.through)
            for today in possible_values(value)
        )

    def _value(self, name: str, world: World | None) -> Value:
        return self.facts.value(name) if world is None else self.facts.value_in(name, world)

    def condition(self, condition: Condition, world: World | None) -> Answer:
        """Judge a condition in one world."""
        return self._node(normal(condition), world)

    def _node(self, node: Condition, world: World | None) -> Answer:
        if isinstance(node, Leaf) or (isinstance(node, NoneOf) and isinstance(node.parts[0], Leaf)):
            return self._together([node], world, all)
        together = any if isinstance(node, AnyOf) else all
        by_fact: dict[str, list[Condition]] = {}
        answers = []
        for part in node.parts:
            leaf = part.parts[0] if isinstance(part, NoneOf) else part
            if isinstance(leaf, Leaf):
                by_fact.setdefault(leaf.fact, []).append(part)
            else:
                answers.append(self._node(part, world))
        answers += [self._together(parts, world, together) for parts in by_fact.values()]
        if together is any:
            return max(answers, default=Answer.NO)
        return min(answers, default=Answer.YES)

    def _together(
        self,
        parts: list[Condition],
        world: World | None,
        together: Callable[[Iterable[bool]], bool],
    ) -> Answer:
        """Judge entries about one fact together."""
        literals = [_literal(part) for part in parts]
        name = literals[0][0].fact
        fact = self.facts.catalogue[name]
        now = self.facts.situation.now
        value = self._value(name, world)
        values = _somewhere(possible_values(value), fact, self.domain(name))
        adrift = world is None and any(counts_days(leaf) for leaf, _ in literals)
        if values and not (adrift and values != [NEVER]):
            clock = Clock.of(now, world)
            return _over(
                together(holds(leaf, candidate, fact, clock) is wanted for leaf, wanted in literals)
                for candidate in values
            )
        told = [
            (leaf.operand is (bool(values) is (leaf.operator is Operator.KNOWN))) is wanted
            for leaf, wanted in literals
            if leaf.operator in _KNOWLEDGE
        ]
        others = [one for one in literals if one[0].operator not in _KNOWLEDGE]
        if len(others) == 1:
            return _over([together([*told, True]), together([*told, False])])
        clock = Clock.of(now, world) if world is not None else Clock(now, UTC, now.date())
        return _over(
            together([*told, *(holds(leaf, one, fact, clock) is wanted for leaf, wanted in others)])
            for one in self.domain(name)
        )


def _literal(part: Condition) -> tuple[Leaf, bool]:
    leaf = part.parts[0] if isinstance(part, NoneOf) else part
    assert isinstance(leaf, Leaf)
    return leaf, leaf is part


def _over(answers: Iterable[bool]) -> Answer:
    """Yes if yes for every value, no if for none, else unsure."""
    seen = set(answers)
    if seen == {True}:
        return Answer.YES
    return Answer.UNSURE if True in seen else Answer.NO


def _somewhere(
    values: Iterable[Scalar | Special], fact: Fact, domain: Sequence[Scalar | Special]
) -> list[Scalar | Special]:
    """Where only a country is known, every place in it is possible."""
    if fact.type is not FactType.REGION:
        return list(values)
    return [
        place
        for value in values
        for place in [value, *(p for p in domain if str(p).startswith(f"{value}-"))]
    ]


def _among(fact: str, words: Iterable[str]) -> Leaf:
    return Leaf(fact, Operator.IN, tuple(sorted(words)))
