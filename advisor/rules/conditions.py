"""Conditions as data: a tree of leaves over facts, read from `when`, `unless`, `any`, `not`.

What a leaf means on a plain value is said once, in `advisor.rules.operators`; the naive evaluator
of the tests and the index both build on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from advisor.engagement.limits import Span
from advisor.facts.values import Scalar


class Operator(StrEnum):
    """How a fact is compared; the names packs use."""

    IS = "is"
    IN = "in"
    NOT_IN = "not_in"
    MORE_THAN = "more_than"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    LESS_THAN = "less_than"
    #: Numbers, dates and instants: both ends belong. Clock times: may wrap midnight, end excluded.
    BETWEEN = "between"
    IN_THE_LAST = "in_the_last"
    IN_THE_NEXT = "in_the_next"
    LONGER_AGO_THAN = "longer_ago_than"
    CONTAINS = "contains"
    CONTAINS_ANY = "contains_any"
    UNKNOWN = "unknown"
    KNOWN = "known"


#: What a leaf compares with: one scalar (or the word never), several, a pair, or a span of time.
Operand = Scalar | Span | tuple[Scalar, ...] | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """One comparison of one fact.

    `operand` is a scalar for is, more_than, at_least, at_most, less_than and contains; a tuple for
    in, not_in, contains_any and between (two values); a Span for in_the_last, in_the_next and
    longer_ago_than; True or False for unknown and known. The word *never* is read as NEVER.
    `mark` is left out of comparisons: two leaves that say the same are equal.
    """

    fact: str
    operator: Operator
    operand: object


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; an empty one always does."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds; an empty one never does."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """No part holds (`not:` and `unless:` take a list; any one entry excuses)."""

    parts: tuple[Condition, ...]


Condition = Leaf | All | AnyOf | NoneOf

#: The condition that always holds.
ALWAYS = All(())


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Iterate over the leaves of a condition, left to right."""
    stack: list[Condition] = [condition]
    while stack:
        top = stack.pop()
        if isinstance(top, Leaf):
            yield top
        else:
            stack.extend(reversed(top.parts))


def normal(condition: Condition) -> Condition:
    """Push `not` down to nothing but leaves, and join nested groups of the same kind.

    After this, entries about one fact in the same group are what `rules.md` calls *the same all
    or any*: they are judged together. A NoneOf that is left holds exactly one leaf.
    """
    return _normal(condition, negated=False)


def _normal(condition: Condition, *, negated: bool) -> Condition:
    if isinstance(condition, Leaf):
        return NoneOf((condition,)) if negated else condition
    if isinstance(condition, NoneOf):
        return _group(condition.parts, conjunction=not negated, negated=not negated)
    return _group(
        condition.parts, conjunction=isinstance(condition, All) is not negated, negated=negated
    )


def _group(parts: tuple[Condition, ...], *, conjunction: bool, negated: bool) -> Condition:
    kind = All if conjunction else AnyOf
    flat: list[Condition] = []
    for part in parts:
        inner = _normal(part, negated=negated)
        flat.extend(inner.parts if isinstance(inner, kind) else (inner,))
    return flat[0] if len(flat) == 1 else kind(tuple(flat))
