"""What each operator means: on one known value, and on which types of fact it may be used.

This is the only place that says so. The evaluator of trees asks `holds`; the index turns each
comparison into cuts and word lists (`advisor.rules.index.shapes`) and is tested against it.

* *Never* is a plain value: it is what it is, differs from every date, is longer ago than any span,
  and lies in no range and no span.
* Days are days of the customer's own calendar, today being the first of them: *in the last 7 days*
  is today, up to now, and the six days before. Hours and minutes are elapsed, both ends included.
* A country holds everything inside it: ``US`` holds ``US-FL``. Where only the country is known,
  every place inside it is possible.
* A clock window includes its beginning, excludes its end, and may wrap midnight. Other ranges
  include both ends.
* A fact that may be several things is known: only one that may be anything is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from advisor.engagement.limits import Span, SpanUnit
from advisor.facts.catalogue import Fact
from advisor.facts.values import NEVER, FactType, Scalar, Special
from advisor.rules.conditions import Leaf, Operator

if TYPE_CHECKING:
    from advisor.facts.worlds import World

_KNOWN = frozenset({Operator.KNOWN, Operator.UNKNOWN})
_EQUAL = _KNOWN | {Operator.IS}
_LISTED = _EQUAL | {Operator.IN, Operator.NOT_IN}
_ORDERED = _LISTED | {
    Operator.MORE_THAN,
    Operator.AT_LEAST,
    Operator.AT_MOST,
    Operator.LESS_THAN,
    Operator.BETWEEN,
}
#: Operators that look from now: what they mean moves with the clock.
RELATIVE: Final = frozenset({Operator.IN_THE_LAST, Operator.IN_THE_NEXT, Operator.LONGER_AGO_THAN})

#: Which operators may be used on a fact of each type. A date takes spans of days only.
OPERATORS_OF: Final[Mapping[FactType, frozenset[Operator]]] = MappingProxyType(
    {
        FactType.YES_NO: _EQUAL,
        FactType.WHOLE_NUMBER: _ORDERED,
        FactType.DECIMAL: _ORDERED,
        FactType.TEXT: _LISTED,
        FactType.CHOICE: _LISTED,
        FactType.ORDERED_CHOICE: _ORDERED,
        FactType.CHOICES: _KNOWN | {Operator.CONTAINS, Operator.CONTAINS_ANY},
        FactType.REGION: _LISTED,
        FactType.CLOCK_TIME: _ORDERED,
        FactType.WEEKDAY: _LISTED,
        FactType.DATE: _ORDERED | RELATIVE,
        FactType.INSTANT: _ORDERED | RELATIVE,
        FactType.DURATION: _ORDERED,
    }
)

#: Types whose values include *never*.
WITH_NEVER: Final = frozenset({FactType.DATE, FactType.INSTANT})

#: No span of a pack is longer; a longer one would leave the calendar.
LONGEST: Final = timedelta(days=4_000_000)


@dataclass(frozen=True, slots=True)
class Clock:
    """From where relative operators look.

    Attributes:
        now: The instant of the decision, aware.
        zone: The customer's zone; None where no world is known, and so no date either.
        today: The customer's date; None with `zone`.
    """

    now: datetime
    zone: tzinfo | None = None
    today: date | None = None

    @classmethod
    def of(cls, now: datetime, world: World | None) -> Clock:
        """Look from an instant, in a world where there is one."""
        if world is None:
            return cls(now)
        return cls(now, world.place.zone, world.local.date())


#: A clock to look from where the answer does not depend on it.
ANY_CLOCK: Final = Clock(datetime(2026, 1, 5, 12, tzinfo=UTC), UTC, date(2026, 1, 5))


def counts_days(leaf: Leaf) -> bool:
    """Tell whether a leaf counts calendar days, so that its meaning moves with the zone."""
    return isinstance(leaf.operand, Span) and leaf.operand.unit == SpanUnit.DAYS


def length(span: Span) -> timedelta:
    """Return the elapsed time of a span of hours or minutes, at most `LONGEST`."""
    minutes = span.amount * (60 if span.unit == SpanUnit.HOURS else 1)
    return min(timedelta(minutes=min(minutes, 10**10)), LONGEST)


def days_from(value: date, clock: Clock) -> int:
    """Count the days from the customer's today to a date, or to the day of an instant.

    Args:
        value: A date, or an aware instant, which is first brought to the customer's zone.
        clock: A clock in a world.

    Returns:
        Days, negative in the past. Where clocks go back over midnight, a later instant has an
        earlier date: it counts as today.
    """
    assert clock.today is not None  # noqa: S101 - leaves that count days are judged in a world
    today = clock.today.toordinal()
    if not isinstance(value, datetime):
        return value.toordinal() - today
    try:
        local = value.astimezone(clock.zone).date()
    except OverflowError:  # The first and last day of the calendar lack hours elsewhere.
        local = value.date()
    days = local.toordinal() - today
    return max(days, 0) if value > clock.now else min(days, 0)


def rank(fact: Fact, word: object) -> int:
    """Return the place of a word among an ordered choice, weakest 0; -1 for any other value."""
    return fact.choices.index(word) if word in fact.choices else -1


def inside(region: str, wider: str) -> bool:
    """Tell whether a region is another, or lies in it."""
    return region == wider or region.startswith(f"{wider}-")


def holds(leaf: Leaf, value: Any, fact: Fact, clock: Clock) -> bool:  # noqa: ANN401, PLR0911
    """Tell whether a comparison holds for one known value.

    Args:
        leaf: A comparison that fits the fact's type.
        value: One value, or NEVER; UNKNOWN is answered by `advisor.rules.groups`. A country
            stands here for *somewhere in it, nobody said where*, outside all named parts.
        fact: The fact that is compared.
        clock: From where relative operators look; in a world if the leaf `counts_days`.
    """
    operand: Any = leaf.operand
    match leaf.operator:
        case Operator.KNOWN:
            return operand is True
        case Operator.UNKNOWN:
            return operand is False
        case Operator.IS:
            return _is(value, operand, fact)
        case Operator.IN:
            return any(_is(value, one, fact) for one in operand)
        case Operator.NOT_IN:
            return not any(_is(value, one, fact) for one in operand)
        case Operator.CONTAINS | Operator.CONTAINS_ANY:
            words = {operand} if leaf.operator is Operator.CONTAINS else operand
            return value is not NEVER and not value.isdisjoint(words)
        case Operator.IN_THE_LAST | Operator.IN_THE_NEXT | Operator.LONGER_AGO_THAN:
            return _relative(leaf.operator, operand, value, clock)
        case Operator.BETWEEN:
            return value is not NEVER and _between(operand, value, fact)
        case _:
            return value is not NEVER and _compared(leaf.operator, operand, value, fact)


def _is(value: Scalar | Special, operand: object, fact: Fact) -> bool:
    if fact.type is FactType.REGION:
        return inside(str(value), str(operand))
    return value == operand


def _compared(operator: Operator, operand: Any, value: Any, fact: Fact) -> bool:  # noqa: ANN401
    if fact.type is FactType.ORDERED_CHOICE:
        operand, value = rank(fact, operand), rank(fact, value)
    if operator is Operator.MORE_THAN:
        return bool(value > operand)
    if operator is Operator.AT_LEAST:
        return bool(value >= operand)
    if operator is Operator.AT_MOST:
        return bool(value <= operand)
    return bool(value < operand)


def _between(operand: tuple[Any, Any], value: Any, fact: Fact) -> bool:  # noqa: ANN401
    first, last = operand
    if fact.type is FactType.ORDERED_CHOICE:
        return rank(fact, first) <= rank(fact, value) <= rank(fact, last)
    if fact.type is not FactType.CLOCK_TIME:
        return bool(first <= value <= last)
    if first <= last:
        return bool(first <= value < last)
    return bool(value >= first or value < last)


def _relative(operator: Operator, span: Span, value: Any, clock: Clock) -> bool:  # noqa: ANN401
    if value is NEVER:
        return operator is Operator.LONGER_AGO_THAN
    past = future = True
    if isinstance(value, datetime):
        past, future = value <= clock.now, value >= clock.now
    if span.unit == SpanUnit.DAYS:
        away: Any = days_from(value, clock)
        reach: Any = span.amount - 1
        nothing: Any = 0
    else:
        away, reach, nothing = value - clock.now, length(span), timedelta(0)
    if operator is Operator.IN_THE_LAST:
        return bool(past and -reach <= away <= nothing)
    if operator is Operator.IN_THE_NEXT:
        return bool(future and nothing <= away <= reach)
    return bool(away < -reach)
