"""What a group of comparisons looks like as a function of a value: steps, words, or hits.

A shape says when a group is true of a known value, in a form of which thousands fit into one table:
over an ordered axis as the cuts where the answer changes, over words as the words that differ from
all others, over sets as the words of which one is enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Final

from advisor.engagement.limits import Span
from advisor.facts.catalogue import Fact
from advisor.facts.values import NEVER, FactType, Special
from advisor.rules.conditions import Leaf, Operator
from advisor.rules.domains import OTHER
from advisor.rules.groups import Group, Literal, split
from advisor.rules.operators import (
    ANY_CLOCK,
    RELATIVE,
    Clock,
    counts_days,
    days_from,
    holds,
    length,
    rank,
)

#: Keys along the days that an instant may have in each day: before now, now, after now.
_PER_DAY: Final = 3


class Axis(Enum):
    """Along what a fact is looked up."""

    VALUE = "value"
    #: How far an instant lies from now; hours and minutes.
    ELAPSED = "elapsed"
    #: How many of the customer's days a date or instant lies from today; moves with the zone.
    DAYS = "days"


#: Where an answer changes: at a key (0: the key belongs to what follows) or after it (1).
Cut = tuple[Any, int]


@dataclass(frozen=True, slots=True)
class Steps:
    """True or false over an ordered axis: `first` up to the first cut, changing at each."""

    first: bool
    cuts: tuple[Cut, ...]
    never: bool


@dataclass(frozen=True, slots=True)
class Words:
    """`other` for all words but those of `but` (*never* may be one of them).

    Of regions, `too` are named ones that answer as others do although they lie in one of `but`.
    """

    other: bool
    but: frozenset[Any]
    too: frozenset[Any] = frozenset()


@dataclass(frozen=True, slots=True)
class Hits:
    """`hit` for a set that has one of the words, else its opposite."""

    hit: bool
    words: frozenset[str]


Shape = Steps | Words | Hits

#: Types that are looked up word by word.
WORD_TYPES: Final = frozenset(
    {FactType.YES_NO, FactType.TEXT, FactType.CHOICE, FactType.WEEKDAY, FactType.REGION}
)


def axis_of(group: Group) -> Axis | None:
    """Return the axis along which all leaves of a group can be looked up, or None."""
    axes = {_axis(leaf) for leaf, _ in group.literals if not _fits_any_axis(leaf)}
    if len(axes) > 1:
        return None
    return axes.pop() if axes else Axis.VALUE


def _axis(leaf: Leaf) -> Axis:
    if leaf.operator not in RELATIVE:
        return Axis.VALUE
    return Axis.DAYS if counts_days(leaf) else Axis.ELAPSED


def _fits_any_axis(leaf: Leaf) -> bool:
    return leaf.operator in (Operator.KNOWN, Operator.UNKNOWN) or leaf.operand is NEVER


def shape_of(group: Group, fact: Fact, axis: Axis) -> Shape | None:
    """Return a group's shape, or None if it has none: several comparisons of one set.

    Args:
        group: A group whose axis is `axis`.
        fact: Its fact.
        axis: Along which to look it up.
    """
    told, literals = split(group, known=True)
    if fact.type is FactType.CHOICES:
        return _hits(literals) if told is None else Hits(not told, frozenset())
    if fact.type in WORD_TYPES:
        if told is not None:
            return Words(told, frozenset())
        return _words(literals, fact, conjunction=group.conjunction)
    if told is not None:
        return Steps(told, (), told)
    return _steps(literals, fact, axis, conjunction=group.conjunction)


def _hits(literals: tuple[Literal, ...]) -> Hits | None:
    if len(literals) > 1:
        return None
    leaf, wanted = literals[0]
    operand: Any = leaf.operand
    return Hits(wanted, frozenset(operand if isinstance(operand, tuple) else (operand,)))


def _words(literals: tuple[Literal, ...], fact: Fact, *, conjunction: bool) -> Words:
    if len(literals) == 1 and fact.type is not FactType.REGION:
        leaf, wanted = literals[0]
        operand: Any = leaf.operand
        words = frozenset(operand if isinstance(operand, tuple) else (operand,))
        return Words((leaf.operator is Operator.NOT_IN) is wanted, words)
    together = all if conjunction else any

    def truth(word: object) -> bool:
        return together(holds(leaf, word, fact, ANY_CLOCK) is wanted for leaf, wanted in literals)

    other = truth(OTHER)
    named = {word for leaf, _ in literals for word in _named(leaf)}
    but = frozenset(word for word in named if truth(word) is not other)
    return Words(other, but, frozenset(named - but))


def _named(leaf: Leaf) -> tuple[Any, ...]:
    operand: Any = leaf.operand
    return operand if isinstance(operand, tuple) else (operand,)


def _steps(literals: tuple[Literal, ...], fact: Fact, axis: Axis, *, conjunction: bool) -> Steps:
    each = [_steps_of(leaf, fact, axis, wanted=wanted) for leaf, wanted in literals]
    if len(each) == 1:
        return each[0]
    together = all if conjunction else any
    never = together(one.never for one in each)
    now = [one.first for one in each]
    first = last = together(now)
    changes: dict[Cut, list[int]] = {}
    for number, one in enumerate(each):
        for cut in one.cuts:
            changes.setdefault(cut, []).append(number)
    cuts = []
    for cut in sorted(changes):
        for number in changes[cut]:
            now[number] = not now[number]
        if together(now) is not last:
            last = not last
            cuts.append(cut)
    return Steps(first, tuple(cuts), never)


def _steps_of(leaf: Leaf, fact: Fact, axis: Axis, *, wanted: bool) -> Steps:
    never = holds(leaf, NEVER, fact, ANY_CLOCK)
    cuts = tuple(_cuts(leaf, fact, axis))
    first = _FIRST.get(leaf.operator, False)
    if leaf.operator is Operator.BETWEEN:
        first = _wraps(leaf, fact)
    return Steps(first is wanted, cuts, never is wanted)


#: Whether a comparison holds for the least values of all; for the others, it does not.
_FIRST: Final = {
    Operator.NOT_IN: True,
    Operator.AT_MOST: True,
    Operator.LESS_THAN: True,
    Operator.LONGER_AGO_THAN: True,
}


def _wraps(leaf: Leaf, fact: Fact) -> bool:
    operand: Any = leaf.operand
    return fact.type is FactType.CLOCK_TIME and operand[0] > operand[1]


def _cuts(leaf: Leaf, fact: Fact, axis: Axis) -> Iterator[Cut]:
    """Iterate over the places where a comparison changes its answer, in order."""
    operand: Any = leaf.operand
    if isinstance(operand, Span):
        yield from _span_cuts(leaf.operator, operand, fact, axis)
        return
    keys = [
        rank(fact, value) if fact.type is FactType.ORDERED_CHOICE else value
        for value in _named(leaf)
        if not isinstance(value, Special)
    ]
    if leaf.operator in (Operator.IS, Operator.IN, Operator.NOT_IN):
        for key in sorted(set(keys)):
            yield from ((key, 0), (key, 1))
    elif leaf.operator is Operator.BETWEEN:
        yield from _between_cuts(keys[0], keys[1], fact)
    else:
        yield (keys[0], int(leaf.operator in (Operator.MORE_THAN, Operator.AT_MOST)))


def _between_cuts(first: Any, last: Any, fact: Fact) -> Iterator[Cut]:  # noqa: ANN401
    if fact.type is FactType.CLOCK_TIME:
        if first != last:
            yield from sorted([(first, 0), (last, 0)])
    elif first <= last:
        yield from ((first, 0), (last, 1))


def _span_cuts(operator: Operator, span: Span, fact: Fact, axis: Axis) -> Iterator[Cut]:
    here: Any
    if axis is Axis.DAYS:
        reach: Any = span.amount - 1
        if fact.type is FactType.INSTANT:
            reach = reach * _PER_DAY + 1
        here = 0
    else:
        reach = length(span)
        here = reach - reach
    if operator is Operator.LONGER_AGO_THAN:
        yield (-reach, 0)
    elif operator is Operator.IN_THE_LAST:
        yield from ((-reach, 0), (here, 1))
    else:
        yield from ((here, 0), (reach, 1))


def day_key(value: date, clock: Clock) -> int:
    """Return what a date or an instant is looked up by along the days.

    Args:
        value: A date, or an aware instant.
        clock: From where the days are counted, in a world.

    Returns:
        Of a date, its days from today. Of an instant, three for each day, and which side of now it
        lies on; so what is later today and what was earlier today differ.
    """
    days = days_from(value, clock)
    if not isinstance(value, datetime):
        return days
    side = (days > 0) - (days < 0) or (value > clock.now) - (value < clock.now)
    return days * _PER_DAY + side
