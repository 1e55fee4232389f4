"""Which rules can never apply together, told cheaply by the values that they name.

A rule that asks for one of a few values of a fact never applies beside one that asks for others, so
ten thousand rules of as many products need not be held against each other. What is told here only
saves work: rules left in one family may exclude each other all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from advisor.facts.catalogue import Catalogue
from advisor.facts.values import FactType
from advisor.rules.conditions import Operator
from advisor.rules.groups import Group, Node, nodes_of
from advisor.rules.pack import IfUnsure, Rule
from advisor.rules.reasoning import has_one_value

#: Rules that are not worth telling apart.
FEW: Final = 4
#: Facts by which rules are told apart, one after the other, and by how much that may copy rules
#: that name no value of one: beyond it, telling apart would cost more than it saves.
GROWTH: Final = (8, 2, 2)

#: Types whose values hold each other, so that different words may both be so.
_INSIDE: Final = frozenset({FactType.REGION, FactType.CHOICES})

#: By number of a rule: by fact: the values that it asks for.
_Keys = dict[int, dict[str, frozenset[object]]]


def families(rules: Sequence[Rule], catalogue: Catalogue) -> Iterator[Sequence[Rule]]:
    """Iterate over families of rules: those that can apply together all lie in one of them.

    Args:
        rules: Any rules, each once.
        catalogue: Declares their facts.
    """
    keys = {rule.number: _keys(rule, catalogue) for rule in rules}
    return _families(rules, keys, frozenset())


def _families(rules: Sequence[Rule], keys: _Keys, told: frozenset[str]) -> Iterator[Sequence[Rule]]:
    named: Counter[str] = Counter()
    values: dict[str, Counter[object]] = {}
    if len(rules) > FEW and len(told) < len(GROWTH):
        for rule in rules:
            for fact, words in keys[rule.number].items():
                if fact not in told:
                    named[fact] += 1
                    values.setdefault(fact, Counter()).update(words)
    if not named:
        yield rules
        return
    # The fact that tells most apart: its largest family is the smallest.
    best = min(
        named, key=lambda fact: max(values[fact].values(), default=0) + len(rules) - named[fact]
    )
    places: dict[object, list[Rule]] = {}
    for rule in rules:
        for value in keys[rule.number].get(best, ()):
            places.setdefault(value, []).append(rule)
    loose = [rule for rule in rules if best not in keys[rule.number]]
    if sum(len(own) + len(loose) for own in places.values()) > GROWTH[len(told)] * len(rules):
        yield rules
        return
    # Rules that ask for two values at once never apply; without others, the rest is left.
    for own in places.values() or [[]]:
        yield from _families([*own, *loose], keys, told | {best})


def _keys(rule: Rule, catalogue: Catalogue) -> dict[str, frozenset[object]]:
    found: dict[str, frozenset[object]] = {}
    nodes: list[Node] = list(nodes_of(rule))
    while nodes:
        node = nodes.pop()
        if not isinstance(node, Group):
            nodes.extend(node.parts if node.conjunction else ())
            continue
        fact = catalogue[node.fact]
        sure = rule.if_unsure is IfUnsure.SKIP or has_one_value(fact)
        if not sure or fact.type in _INSIDE or not node.conjunction:
            continue
        for leaf, wanted in node.literals:
            if wanted and leaf.operator in {Operator.IS, Operator.IN}:
                operand = leaf.operand
                values = frozenset(operand if isinstance(operand, tuple) else (operand,))
                found[node.fact] = found.get(node.fact, values) & values
    return found
