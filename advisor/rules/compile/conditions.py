"""Conditions: `when`, `unless`, `any`, `all`, `not` and the named ones of a pack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType
from typing import Any, Final

from advisor.engagement.limits import SpanUnit
from advisor.facts.catalogue import Fact
from advisor.facts.values import FactType, Scalar, Special
from advisor.rules import scalars
from advisor.rules.compile.context import Context
from advisor.rules.compile.shape import entries, ident, items
from advisor.rules.conditions import All, AnyOf, Condition, Leaf, NoneOf, Operator, leaves
from advisor.rules.operators import OPERATORS_OF, RELATIVE
from advisor.rules.problems import Problems, listed
from advisor.rules.source import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    described,
    shown,
)

#: Comparisons of one condition, those of the named conditions it uses included.
MAX_LEAVES: Final = 256
#: Groups inside each other of one condition, those of the named conditions it uses included.
MAX_GROUPS: Final = 24

_OPERATORS: Final = MappingProxyType({operator.value: operator for operator in Operator})
_KNOWLEDGE = frozenset({Operator.KNOWN, Operator.UNKNOWN})

_WORDS: Final = ("all", "any", "not", "use")
_LISTS: Final = frozenset({Operator.IN, Operator.NOT_IN, Operator.CONTAINS_ANY})


def condition(node: Node, context: Context, what: str = "a condition") -> Condition:
    """Compile a condition and bound its size; what is wrong is reported and left out."""
    compiled = _mapping(node, context, what)
    return All(()) if _too_large(compiled, node, context, what) else compiled


def bounded_excuses(node: Node, context: Context, word: str) -> tuple[Condition, ...]:
    """Compile what stands below `unless`, and bound its size."""
    parts = excuses(node, context, word)
    return () if _too_large(NoneOf(parts), node, context, word) else parts


def _too_large(compiled: Condition, node: Node, context: Context, what: str) -> bool:
    count = sum(1 for _, _ in zip(leaves(compiled), range(MAX_LEAVES + 1), strict=False))
    if count <= MAX_LEAVES and _groups(compiled) <= MAX_GROUPS:
        return False
    context.problems.error(
        node.mark,
        "condition-too-large",
        f"{what} that is too large with all that it uses",
        f"at most {MAX_LEAVES} comparisons and {MAX_GROUPS} groups inside each other",
    )
    return True


def excuses(node: Node, context: Context, word: str) -> tuple[Condition, ...]:
    """Compile what stands below `unless` or `not`: a list, any one entry of which excuses."""
    if isinstance(node, MappingNode):
        context.problems.error(
            node.mark,
            "excuses",
            f"a mapping below {word}",
            "a list, any one entry of which excuses",
            hint="A mapping would read as or, and mean and: begin each entry with a hyphen.",
        )
        return ()
    return _parts(node, context, word)


def named(nodes: Mapping[str, tuple[ScalarNode, Node]], context: Context) -> None:
    """Compile the named conditions of a pack, each after those it uses."""
    graph = {name: set(_uses(node)) & nodes.keys() for name, (_, node) in nodes.items()}
    order: Iterable[str] = ()
    while not order and graph:
        try:
            order = tuple(TopologicalSorter(graph).static_order())
        except CycleError as error:
            circle: list[str] = error.args[1][::-1]
            first = nodes[circle[0]][0]
            context.problems.error(
                first.mark, "cycle", f"conditions that use each other: {' → '.join(circle)}", "none"
            )
            for name in circle[1:]:
                context.conditions[name] = None
                graph.pop(name, None)
            for used in graph.values():
                used.difference_update(circle)
    for name in order:
        key, node = nodes[name]
        scalars.read(key, ident, context.problems)
        context.conditions[name] = condition(node, context, f"the condition {name}")


def _uses(node: Node) -> Iterable[str]:
    """Iterate over the names that `use:` gives anywhere below."""
    if isinstance(node, SequenceNode):
        for item in node:
            yield from _uses(item)
    elif isinstance(node, MappingNode):
        for key, value in node.entries:
            if key.text == "use" and isinstance(value, ScalarNode):
                yield value.text
            else:
                yield from _uses(value)


def _groups(compiled: Condition) -> int:
    """Count how many groups stand inside each other, up to one more than is allowed."""
    depth = 0
    level = [compiled]
    while level and depth <= MAX_GROUPS + 1:
        level = [part for group in level if not isinstance(group, Leaf) for part in group.parts]
        depth += 1
    return depth - 1


def _mapping(node: Node, context: Context, what: str) -> Condition:
    parts: list[Condition] = []
    found = False
    for key, value in entries(node, context.problems, f"{what}: facts and what they must be"):
        found = True
        if key.text not in _WORDS:
            parts.extend(_fact(key, value, context))
        elif key.text == "use":
            parts.extend(_use(value, context))
        elif key.text == "not":
            parts.append(NoneOf(excuses(value, context, "not")))
        else:
            group = AnyOf if key.text == "any" else All
            parts.append(group(_parts(value, context, key.text)))
    if isinstance(node, MappingNode) and not found:
        context.problems.error(node.mark, "empty", f"{what} that says nothing", "a fact")
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _parts(node: Node, context: Context, word: str) -> tuple[Condition, ...]:
    parts = tuple(
        _mapping(item, context, f"an entry of {word}")
        for item in items(node, context.problems, f"a list of conditions below {word}")
    )
    if isinstance(node, SequenceNode) and not parts:
        context.problems.error(node.mark, "empty", f"an empty list below {word}", "a condition")
    return parts


def _use(node: Node, context: Context) -> tuple[Condition, ...]:
    if not isinstance(node, ScalarNode):
        expected = "the name of a condition"
        context.problems.error(node.mark, "value", described(node), expected)
        return ()
    if node.text not in context.conditions:
        context.problems.error(
            node.mark,
            "unknown-name",
            f"{shown(node.text)}, which no condition is called",
            "the name of a condition of this pack",
            near=(node.text, context.conditions),
        )
    used = context.conditions.get(node.text)
    return () if used is None else (used,)


def _fact(key: ScalarNode, node: Node, context: Context) -> list[Leaf]:
    """Compile what one fact must be."""
    fact = context.catalogue.facts.get(key.text)
    if fact is None:
        context.problems.error(
            key.mark,
            "unknown-fact",
            f"the unknown fact {shown(key.text)}",
            f"the name of a fact, or {listed(_WORDS)}",
            near=(key.text, [*context.catalogue.facts, *_WORDS]),
        )
        return []
    if isinstance(node, ScalarNode):
        return _short(fact, node, context.problems)
    if isinstance(node, SequenceNode):
        operator = Operator.IN
        if not _fits(operator, fact, node, context.problems, "a list"):
            return []
        return _leaf(fact, operator, node, context.problems)
    found: list[Leaf] = []
    for word, operand in node.entries:
        if word.text not in _OPERATORS:
            context.problems.error(
                word.mark,
                "unknown-operator",
                f"the unknown operator {shown(word.text)}",
                _fitting(fact),
                near=(word.text, _OPERATORS),
            )
        elif _fits(_OPERATORS[word.text], fact, word, context.problems, word.text):
            found.extend(_leaf(fact, _OPERATORS[word.text], operand, context.problems))
    if not node.entries:
        context.problems.error(node.mark, "empty", "an empty mapping", "an operator")
    return found


def _fits(operator: Operator, fact: Fact, node: Node, problems: Problems, said: str) -> bool:
    fits = operator in OPERATORS_OF[fact.type]
    if not fits:
        problems.error(
            node.mark,
            "operator",
            f"{said} for {fact.name}, which is {_A_TYPE[fact.type]}",
            _fitting(fact),
        )
    return fits


def _fitting(fact: Fact) -> str:
    return listed(o.value for o in Operator if o in OPERATORS_OF[fact.type])


_A_TYPE: Final = MappingProxyType(
    {
        FactType.YES_NO: "yes or no",
        FactType.WHOLE_NUMBER: "a whole number",
        FactType.DECIMAL: "a number",
        FactType.TEXT: "a text",
        FactType.CHOICE: "one of several words",
        FactType.ORDERED_CHOICE: "one of several words in an order",
        FactType.CHOICES: "a set of words",
        FactType.REGION: "a region",
        FactType.CLOCK_TIME: "a time of day",
        FactType.WEEKDAY: "a day of the week",
        FactType.DATE: "a date",
        FactType.INSTANT: "an instant",
        FactType.DURATION: "a length of time",
    }
)


def _short(fact: Fact, node: ScalarNode, problems: Problems) -> list[Leaf]:
    """Compile a scalar, which means *is*."""
    words = {operator.value for operator in _KNOWLEDGE}
    if not node.quoted and node.text in words and node.text not in fact.choices:
        problems.error(
            node.mark,
            "operator",
            f"the word {node.text} as a value of {fact.name}",
            f"{{{node.text}: yes}}",
        )
        return []
    if fact.type is FactType.WEEKDAY:
        return _leaf(fact, Operator.IN, node, problems)
    if not _fits(Operator.IS, fact, node, problems, "a single value"):
        return []
    return _leaf(fact, Operator.IS, node, problems)


def _leaf(fact: Fact, operator: Operator, node: Node, problems: Problems) -> list[Leaf]:
    operand = _operand(fact, operator, node, problems)
    return [] if operand is None else [Leaf(fact.name, operator, operand)]


def _operand(fact: Fact, operator: Operator, node: Node, problems: Problems) -> object | None:
    if operator in _KNOWLEDGE:
        return scalars.read(node, scalars.yes_no, problems)
    if operator in RELATIVE:
        return _age(fact, node, problems)
    if operator in _LISTS:
        return _several(fact, operator, node, problems)
    if operator is Operator.BETWEEN:
        return _pair(fact, node, problems)
    if operator is Operator.IS:
        return scalars.value(node, fact, problems)
    return scalars.read(node, scalars.parser(fact.type, fact.choices), problems)


def _age(fact: Fact, node: Node, problems: Problems) -> object | None:
    span = scalars.read(node, scalars.span, problems)
    if span is not None and fact.type is FactType.DATE and span.unit is not SpanUnit.DAYS:
        problems.error(
            node.mark, "value", f"{described(node)} for {fact.name}, which is a date", "days"
        )
    return span


def _several(
    fact: Fact, operator: Operator, node: Node, problems: Problems
) -> tuple[Scalar | Special, ...] | None:
    """Read a list of values; of weekdays, each may be a range."""
    if fact.type is FactType.WEEKDAY:
        return _days(node, problems)
    if not isinstance(node, SequenceNode):
        problems.error(node.mark, "shape", described(node), f"a list below {operator.value}")
        return None
    read = [scalars.value(item, fact, problems) for item in node]
    if not read:
        problems.error(node.mark, "empty", "an empty list", "at least one value")
    values = tuple(dict.fromkeys(value for value in read if value is not None))
    return values if len(values) > 0 else None


def _days(node: Node, problems: Problems) -> tuple[int, ...] | None:
    listed_days = node if isinstance(node, SequenceNode) else (node,)
    read = [scalars.read(item, scalars.weekdays, problems) for item in listed_days]
    if not read:
        problems.error(node.mark, "empty", "an empty list", "at least one day")
    days = tuple(sorted({day for part in read if part is not None for day in part}))
    return days or None


def _pair(fact: Fact, node: Node, problems: Problems) -> tuple[Scalar, Scalar] | None:
    """Read the two ends of `between`."""
    ends = list(node) if isinstance(node, SequenceNode) else []
    if len(ends) != _ENDS:
        problems.error(node.mark, "shape", described(node), "a list of two values, first and last")
        return None
    parse = scalars.parser(fact.type, fact.choices)
    low, high = (scalars.read(end, parse, problems) for end in ends)
    if low is None or high is None:
        return None
    if fact.type is FactType.CLOCK_TIME:
        wrong = low == high
    else:
        rank: Callable[[Any], Any] = fact.choices.index if fact.choices else lambda end: end
        wrong = rank(low) > rank(high)
    if wrong:
        problems.error(
            node.mark,
            "value",
            f"between {described(ends[0])} and {described(ends[1])}, which holds nothing",
            "the first value before the last",
        )
        return None
    return (low, high)


_ENDS: Final = 2
