"""Entries about one fact, judged together, and conditions as trees of such groups.

A number that is above 3 and below 3 is *no*, even when unknown; so the leaves about one fact in the
same *all* or *any* are one question, asked of each value that the fact may have. Different groups
combine by Kleene's logic. What is unsure stays unsure up to the rule, which says how it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC

from advisor.facts.catalogue import Fact
from advisor.facts.values import NEVER, Answer, FactType, Scalar, Special, Value, possible_values
from advisor.facts.view import Facts
from advisor.facts.worlds import World
from advisor.rules.conditions import All, AnyOf, Condition, Leaf, NoneOf, Operator, normal
from advisor.rules.domains import over_domain
from advisor.rules.operators import Clock, counts_days, holds, inside
from advisor.rules.pack import IfUnsure, Rule, Scope

#: A leaf, and whether it must hold (False: must not).
Literal = tuple[Leaf, bool]


@dataclass(frozen=True, slots=True)
class Group:
    """Entries about one fact in the same *all* (`conjunction`) or *any*."""

    fact: str
    conjunction: bool
    literals: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """Nodes of which all (`conjunction`) or at least one must hold."""

    conjunction: bool
    parts: tuple[Node, ...]


Node = Group | Joined


def grouped(condition: Condition) -> Node:
    """Turn a condition into a tree of groups; its shape is that of `conditions.normal`."""
    return _grouped(normal(condition))


def _grouped(node: Condition) -> Node:
    literal = _literal(node)
    if literal is not None:
        return Group(literal[0].fact, conjunction=True, literals=(literal,))
    conjunction = isinstance(node, All)
    together: dict[str, list[Literal]] = {}
    nested: list[Node] = []
    for part in node.parts if isinstance(node, All | AnyOf) else ():
        literal = _literal(part)
        if literal is None:
            nested.append(_grouped(part))
        else:
            together.setdefault(literal[0].fact, []).append(literal)
    groups = [Group(fact, conjunction, tuple(literals)) for fact, literals in together.items()]
    parts = (*groups, *nested)
    return parts[0] if len(parts) == 1 else Joined(conjunction, parts)


def _literal(node: Condition) -> Literal | None:
    if isinstance(node, Leaf):
        return (node, True)
    if isinstance(node, NoneOf) and isinstance(node.parts[0], Leaf):
        return (node.parts[0], False)
    return None


def scope_leaves(scope: Scope) -> tuple[Leaf, ...]:
    """Write a scope as comparisons, each judged on its own: brand, campaign, region, dates."""
    leaves = [
        Leaf(fact, Operator.IN, tuple(sorted(words)))
        for fact, words in (
            ("call.brand", scope.brands),
            ("call.campaign", scope.campaigns),
            ("call.region", scope.regions),
        )
        if words
    ]
    match scope.from_, scope.through:
        case None, None:
            pass
        case first, None:
            leaves.append(Leaf("now.date", Operator.AT_LEAST, first))
        case None, last:
            leaves.append(Leaf("now.date", Operator.AT_MOST, last))
        case both:
            leaves.append(Leaf("now.date", Operator.BETWEEN, both))
    return tuple(leaves)


def nodes_of(rule: Rule) -> tuple[Node, ...]:
    """List what must hold for a rule: its scope and dates, `when`, and no entry of `unless`.

    Each is judged on its own: an entry of `unless` does not join one of `when` about the same fact.
    """
    return (
        *(grouped(leaf) for leaf in scope_leaves(rule.scope)),
        grouped(rule.when),
        *(grouped(NoneOf((entry,))) for entry in rule.unless),
    )


def groups_in(node: Node) -> Iterator[Group]:
    """Iterate over the groups of a tree, left to right."""
    if isinstance(node, Group):
        yield node
    else:
        for part in node.parts:
            yield from groups_in(part)


def judged(group: Group, fact: Fact, value: Value, clock: Clock) -> Answer:
    """Answer a group for what its fact may be.

    An unknown fact leaves a single comparison unsure, whatever it says; several together are
    answered over all values of the fact's type. Where no world is known, comparisons that count
    days are answered as if the fact were unknown, unless it is *never*.
    """
    values = possible_values(value)
    adrift = clock.zone is None and any(counts_days(leaf) for leaf, _ in group.literals)
    if values and not (adrift and values != (NEVER,)):
        return over(truth(group, fact, one, clock) for one in candidates(group, fact, values))
    told, asked = split(group, known=bool(values))
    if told is not None:
        return Answer.YES if told else Answer.NO
    if len(asked) == 1:
        return Answer.UNSURE
    if clock.zone is None:
        clock = Clock(clock.now, UTC, clock.now.date())
    return over_domain(fact, asked, clock, conjunction=group.conjunction)


def candidates(
    group: Group, fact: Fact, values: Iterable[Scalar | Special]
) -> Iterator[Scalar | Special]:
    """List the values to try: for a country, also each part of it that the group names."""
    for value in values:
        yield value
        if fact.type is FactType.REGION:
            yield from {
                place
                for leaf, _ in group.literals
                for place in (leaf.operand if isinstance(leaf.operand, tuple) else (leaf.operand,))
                if inside(str(place), str(value))
            }


def truth(group: Group, fact: Fact, value: Scalar | Special, clock: Clock) -> bool:
    """Answer a group for one known value."""
    together = all if group.conjunction else any
    return together(holds(leaf, value, fact, clock) is wanted for leaf, wanted in group.literals)


def split(group: Group, *, known: bool) -> tuple[bool | None, tuple[Literal, ...]]:
    """Settle what `known` and `unknown` say.

    Returns:
        The answer if they decide the group, else None; and the literals that are still asked.
    """
    asked = []
    for leaf, wanted in group.literals:
        if leaf.operator not in (Operator.KNOWN, Operator.UNKNOWN):
            asked.append((leaf, wanted))
        elif ((leaf.operand is (leaf.operator is Operator.KNOWN)) is known) is not wanted:
            if group.conjunction:
                return False, ()
        elif not group.conjunction:
            return True, ()
    return (None if asked else group.conjunction), tuple(asked)


def over(answers: Iterable[bool]) -> Answer:
    """Say yes if all are yes, no if none is, else unsure; of at least one answer."""
    seen = set(answers)
    if len(seen) > 1:
        return Answer.UNSURE
    return Answer.YES if True in seen else Answer.NO


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges trees in one world of one situation; a world of None is one of which nothing is known.

    Attributes:
        clock: From where relative operators look.
    """

    facts: Facts
    world: World | None
    clock: Clock

    @classmethod
    def each(cls, facts: Facts) -> tuple[Judge, ...]:
        """Make one judge for each candidate world, or one for none."""
        now = facts.situation.now
        worlds: Sequence[World | None] = facts.worlds or (None,)
        return tuple(cls(facts, world, Clock.of(now, world)) for world in worlds)

    def value(self, fact: str) -> Value:
        """Return what a fact may be in this world."""
        if self.world is None:
            return self.facts.value(fact)
        return self.facts.value_in(fact, self.world)

    def answer(self, node: Node) -> Answer:
        """Answer a tree."""
        if isinstance(node, Group):
            fact = self.facts.catalogue[node.fact]
            return judged(node, fact, self.value(node.fact), self.clock)
        if node.conjunction:
            return min(map(self.answer, node.parts), default=Answer.YES)
        return max(map(self.answer, node.parts), default=Answer.NO)

    def every(self, nodes: Iterable[Node]) -> Answer:
        """Answer whether all of several trees hold."""
        return min(map(self.answer, nodes), default=Answer.YES)


def enough(if_unsure: IfUnsure) -> Answer:
    """Return the least answer that counts as yes."""
    return Answer.UNSURE if if_unsure is IfUnsure.APPLY else Answer.YES
