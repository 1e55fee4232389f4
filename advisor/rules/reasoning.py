"""What rules can and cannot do, whatever is known: impossible, overlapping, covered by another.

Facts are taken to be independent of each other, each unknown, of one value, or of several that it
may have; every answer is exact for that. A fact whose absence means a value is never unknown; where
the product reads it itself, it has one value. (Where two facts exclude each other, as a date and a
weekday may, a rule may be called possible that is not.) For each fact only the values that the
rules distinguish are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from operator import or_
from typing import Final

from advisor.facts.catalogue import Catalogue, Fact
from advisor.facts.values import UNKNOWN, Answer, FactType, Possible, Scalar, Special, Value
from advisor.rules.conditions import Leaf, Operator
from advisor.rules.domains import OTHER, cells
from advisor.rules.groups import Group, Joined, Node, enough, judged, nodes_of, truth
from advisor.rules.operators import ANY_CLOCK, Clock
from advisor.rules.pack import Rule

#: Words that one set is tried with at most, of those that rules tell apart.
MAX_WORDS: Final = 10


@dataclass(frozen=True, slots=True)
class Demand:
    """A tree that must come to at least an answer, or (`unmet`) to less."""

    node: Node
    least: Answer
    unmet: bool = False

    def of(self, node: Node) -> Demand:
        """Demand the same of another tree."""
        return Demand(node, self.least, self.unmet)


def impossible(rule: Rule, catalogue: Catalogue, clock: Clock = ANY_CLOCK) -> bool:
    """Tell whether a rule can never be certain: its own conditions contradict each other.

    Args:
        rule: Any rule.
        catalogue: Declares its facts.
        clock: From where relative operators look beside absolute ones.
    """
    return not can_all(_demands(rule, Answer.YES), catalogue, clock)


def overlap(
    first: Rule,
    second: Rule,
    catalogue: Catalogue,
    clock: Clock = ANY_CLOCK,
    *,
    certain: bool = False,
) -> bool:
    """Tell whether two rules can fire together.

    Args:
        first: Any rule.
        second: Any other.
        catalogue: Declares their facts.
        clock: From where relative operators look beside absolute ones.
        certain: Whether both must hold for certain, rather than also for want of knowledge.
    """
    demands = [
        demand
        for rule in (first, second)
        for demand in (_demands(rule, Answer.YES) if certain else fires(rule))
    ]
    return can_all(demands, catalogue, clock)


def covers(stronger: Rule, weaker: Rule, catalogue: Catalogue, clock: Clock = ANY_CLOCK) -> bool:
    """Tell whether one rule fires whenever another does; in one group, the other never speaks.

    Args:
        stronger: The rule that would always be there.
        weaker: The rule that would be shadowed.
        catalogue: Declares their facts.
        clock: From where relative operators look beside absolute ones.
    """
    return not can_all([*fires(weaker), silent(stronger)], catalogue, clock)


def fires(rule: Rule) -> list[Demand]:
    """Demand that a rule counts, also for want of knowledge where it says so."""
    return _demands(rule, enough(rule.if_unsure))


def silent(rule: Rule) -> Demand:
    """Demand that a rule does not count."""
    whole = Joined(conjunction=True, parts=nodes_of(rule))
    return Demand(whole, enough(rule.if_unsure), unmet=True)


def can_all(
    demands: Sequence[Demand],
    catalogue: Catalogue,
    clock: Clock = ANY_CLOCK,
    step: Callable[[], None] | None = None,
) -> bool:
    """Tell whether one situation, in one world, can meet all demands.

    Args:
        demands: What must be so.
        catalogue: Declares the facts.
        clock: From where relative operators look beside absolute ones; in a world.
        step: Called for each combination that is tried, which may be very many; it ends the search
            by raising an error.
    """
    return _search((tuple(demands), (), {}), catalogue, clock, step) is not None


def witness(
    demands: Sequence[Demand],
    choices: Sequence[Sequence[Demand]],
    catalogue: Catalogue,
    step: Callable[[], None] | None = None,
) -> Mapping[str, Value] | None:
    """Find a situation that meets all demands, and at least one of each choice.

    Args:
        demands: What must be so.
        choices: Demands of each of which one is enough.
        catalogue: Declares the facts.
        step: Called for each combination that is tried, as by `can_all`.

    Returns:
        What the facts are that the demands met are about; None where there is no such situation.
    """
    begin: _Todo = (tuple(demands), tuple(map(tuple, choices)), {})
    known = _search(begin, catalogue, ANY_CLOCK, step)
    if known is None:
        return None
    found = {name: _feasible(catalogue[name], met, ANY_CLOCK) for name, met in known.items()}
    return {name: value for name, value in found.items() if value is not None}


_Known = Mapping[str, tuple[Demand, ...]]
_Choices = tuple[tuple[Demand, ...], ...]
#: Demands to be met, choices of which one each must be, and what is demanded of facts already.
_Todo = tuple[tuple[Demand, ...], _Choices, _Known]


def _search(
    begin: _Todo, catalogue: Catalogue, clock: Clock, step: Callable[[], None] | None
) -> _Known | None:
    """Try one choice after the other; return what is then demanded of each fact."""
    todo = [begin]
    while todo:
        if step is not None:
            step()
        settled = _settled(todo.pop(), catalogue, clock)
        if settled is None:
            continue
        choices, known = settled
        if not choices:
            return known
        todo.extend(((one,), choices[1:], known) for one in reversed(choices[0]))
    return None


def has_one_value(fact: Fact) -> bool:
    """Tell whether a fact is never unknown, and never one of several values."""
    return fact.read is not None and fact.absent_means is not UNKNOWN


def _demands(rule: Rule, least: Answer) -> list[Demand]:
    return [Demand(node, least) for node in nodes_of(rule)]


def _settled(todo: _Todo, catalogue: Catalogue, clock: Clock) -> tuple[_Choices, _Known] | None:
    """Settle what leaves no choice; None where that contradicts itself."""
    demands, choices, known = list(todo[0]), list(todo[1]), dict(todo[2])
    while demands:
        demand = demands.pop()
        node = demand.node
        if isinstance(node, Group):
            together = (*known.get(node.fact, ()), demand)
            if _feasible(catalogue[node.fact], together, clock) is None:
                return None
            known[node.fact] = together
        elif node.conjunction is not demand.unmet:
            demands.extend(map(demand.of, node.parts))
        else:
            choices.append(tuple(map(demand.of, node.parts)))
    return tuple(choices), known


def _feasible(fact: Fact, demands: Sequence[Demand], clock: Clock) -> Value | None:
    """Return what a fact may be that meets all demands on it; None where nothing does."""
    groups = [(one.node, one) for one in demands if isinstance(one.node, Group)]
    if fact.absent_means is UNKNOWN and all(
        (judged(group, fact, UNKNOWN, clock) >= demand.least) is not demand.unmet
        for group, demand in groups
    ):
        return UNKNOWN
    binding = [_binds(demand, fact) for _, demand in groups]
    met = [False for _ in groups]
    found: list[Scalar | Special] = []
    for value in _values(fact, [leaf for group, _ in groups for leaf, _ in group.literals], clock):
        meets = [truth(group, fact, value, clock) is not one.unmet for group, one in groups]
        # A value that no demand forbids may be among several: the more, the more they meet.
        if all(meet or not binds for meet, binds in zip(meets, binding, strict=True)):
            more = list(map(or_, met, meets))
            if more != met:
                met = more
                found.append(value)
            if all(met):
                return found[0] if len(found) == 1 else Possible(tuple(found))
    return None


def _binds(demand: Demand, fact: Fact) -> bool:
    """Tell whether every value that a fact may have must meet a demand, or one is enough."""
    return has_one_value(fact) or (demand.least is Answer.YES) is not demand.unmet


def _values(fact: Fact, leaves: Sequence[Leaf], clock: Clock) -> Iterator[Scalar | Special]:
    asked = [leaf for leaf in leaves if leaf.operator not in (Operator.KNOWN, Operator.UNKNOWN)]
    if fact.type is FactType.CHOICES:
        yield from _sets(fact, asked)
    else:
        yield from cells(fact, asked, clock)


def _sets(fact: Fact, leaves: Sequence[Leaf]) -> Iterator[frozenset[str]]:
    """Iterate over sets, at least one of every kind that comparisons tell apart."""
    lists = [
        leaf.operand if isinstance(leaf.operand, tuple) else (leaf.operand,) for leaf in leaves
    ]
    named = dict.fromkeys(str(word) for some in lists for word in some)
    alike = {tuple(word in some for some in lists): word for word in fact.choices or named}
    kinds = [*alike.values()] if fact.choices else [*alike.values(), OTHER]
    for size in range(min(len(kinds), MAX_WORDS) + 1):
        for some in combinations(kinds, size):
            yield frozenset(some)
