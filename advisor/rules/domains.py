"""What several comparisons of one unknown fact say together, over every value of its type.

Comparisons split a type's values into cells that they cannot tell apart. One value of each cell is
enough to know whether they contradict each other, leave nothing out, or neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from math import ceil, floor
from types import MappingProxyType
from typing import Any, Final

from advisor.engagement.limits import Span
from advisor.facts.catalogue import Fact
from advisor.facts.values import NEVER, Answer, FactType, Special
from advisor.rules.conditions import Leaf
from advisor.rules.operators import WITH_NEVER, Clock, counts_days, holds, length

#: A leaf, and whether it must hold (False: must not).
Literal = tuple[Leaf, bool]

#: A word that no pack can write, for *some other one*.
OTHER: Final = "\0"

_TICK = timedelta(microseconds=1)
_DAY = timedelta(days=1)


def over_domain(
    fact: Fact, literals: Sequence[Literal], clock: Clock, *, conjunction: bool
) -> Answer:
    """Answer entries about one fact for all of its values at once.

    Args:
        fact: The fact that they compare.
        literals: Comparisons, none of them *known* or *unknown*.
        clock: From where relative operators look, in a world.
        conjunction: Whether all must hold, or one is enough.

    Returns:
        YES if every value satisfies them, NO if none does, else UNSURE.
    """
    if fact.type is FactType.CHOICES:
        can_hold, can_fail = _sets(fact, literals, conjunction=conjunction)
    else:
        together = all if conjunction else any
        seen = {
            together(holds(leaf, value, fact, clock) is wanted for leaf, wanted in literals)
            for value in cells(fact, [leaf for leaf, _ in literals], clock)
        }
        can_hold, can_fail = True in seen, False in seen
    if can_hold and can_fail:
        return Answer.UNSURE
    return Answer.YES if can_hold else Answer.NO


def cells(fact: Fact, leaves: Iterable[Leaf], clock: Clock) -> Iterator[Any]:
    """Iterate over values, at least one of every cell that comparisons tell apart.

    Args:
        fact: A fact of any type but a set of choices.
        leaves: Comparisons of it.
        clock: From where relative operators look, in a world.
    """
    operands = [value for leaf in leaves for value in _points(leaf, clock)]
    plain = [value for value in operands if not isinstance(value, Special)]
    if fact.type in WITH_NEVER:
        yield from (NEVER, clock.now if fact.type is FactType.INSTANT else clock.now.date())
    if fact.choices:
        yield from fact.choices
    else:
        yield from _AROUND[fact.type](plain)


def _points(leaf: Leaf, clock: Clock) -> tuple[Any, ...]:
    operand: Any = leaf.operand
    if isinstance(operand, Span):
        return tuple(_edges(operand, clock, by_days=counts_days(leaf)))
    return operand if isinstance(operand, tuple) else (operand,)


def _edges(span: Span, clock: Clock, *, by_days: bool) -> Iterator[Any]:
    """Iterate over where a span begins and ends, both ways, as instants or as days."""
    if not by_days:
        for away in (-length(span), timedelta(0), length(span)):
            yield _shifted(clock.now, away)
        return
    yield clock.now
    for days in (-span.amount, 1 - span.amount, 0, 1, span.amount - 1, span.amount):
        yield _Midnight(clock, days)


class _Midnight:
    """The beginning of a day, counted from today: a date, or an instant in the customer's zone."""

    def __init__(self, clock: Clock, days: int) -> None:
        today = clock.today
        assert today is not None  # noqa: S101 - spans of days are judged in a world
        last = date.max.toordinal()
        self.date = date.fromordinal(min(max(today.toordinal() + days, 1), last))
        self.zone: tzinfo | None = clock.zone

    def instant(self) -> datetime:
        try:
            return datetime.combine(self.date, time(), self.zone).astimezone(UTC)
        except OverflowError:
            return datetime.combine(self.date, time(), UTC)


def _shifted(at: Any, by: timedelta) -> Any:  # noqa: ANN401 - a date or an instant
    """Move in time, stopping at either end of the calendar."""
    try:
        return at + by
    except OverflowError:
        return at


def _yes_no(_: list[Any]) -> Iterator[Any]:
    yield from (False, True)


def _whole(points: list[Any]) -> Iterator[Any]:
    for point in (0, *points):
        yield from range(floor(point) - 1, ceil(point) + 2)


def _decimal(points: list[Any]) -> Iterator[Any]:
    ordered = sorted({0, *points})
    yield from ordered
    yield from ((low + high) / 2 for low, high in pairwise(ordered))
    yield from (ordered[0] - 1, ordered[-1] + 1)


def _words(points: list[Any]) -> Iterator[Any]:
    yield from points
    yield OTHER


def _regions(points: list[Any]) -> Iterator[Any]:
    yield from points
    yield from {point.partition("-")[0] for point in points}
    yield OTHER


def _clock_times(points: list[Any]) -> Iterator[Any]:
    yield from (time.min, time.max)
    for point in points:
        at = datetime.combine(date(2026, 1, 5), point)
        yield from ((at - _TICK).time(), point, (at + _TICK).time())


def _weekdays(_: list[Any]) -> Iterator[Any]:
    yield from range(7)


def _dates(points: list[Any]) -> Iterator[Any]:
    for point in points:
        if isinstance(point, datetime):
            continue
        day = point.date if isinstance(point, _Midnight) else point
        yield from (_shifted(day, -_DAY), day, _shifted(day, _DAY))


def _instants(points: list[Any]) -> Iterator[Any]:
    for point in points:
        at = point.instant() if isinstance(point, _Midnight) else point
        yield from (_shifted(at, -_TICK), at, _shifted(at, _TICK))


def _durations(points: list[Any]) -> Iterator[Any]:
    yield timedelta(0)
    for point in points:
        yield from (point - _TICK, point, point + _TICK)


_AROUND: Final = MappingProxyType[FactType, Callable[[list[Any]], Iterator[Any]]](
    {
        FactType.YES_NO: _yes_no,
        FactType.WHOLE_NUMBER: _whole,
        FactType.DECIMAL: _decimal,
        FactType.TEXT: _words,
        FactType.CHOICE: _words,
        FactType.ORDERED_CHOICE: _words,
        FactType.REGION: _regions,
        FactType.CLOCK_TIME: _clock_times,
        FactType.WEEKDAY: _weekdays,
        FactType.DATE: _dates,
        FactType.INSTANT: _instants,
        FactType.DURATION: _durations,
    }
)


def _sets(fact: Fact, literals: Sequence[Literal], *, conjunction: bool) -> tuple[bool, bool]:
    """Tell whether some set satisfies the entries, and whether some set does not."""
    opposite = [(leaf, not wanted) for leaf, wanted in literals]
    if conjunction:
        return _set_exists(fact, literals), any(_set_exists(fact, [one]) for one in opposite)
    return any(_set_exists(fact, [one]) for one in literals), _set_exists(fact, opposite)


def _set_exists(fact: Fact, literals: Iterable[Literal]) -> bool:
    """Tell whether a set has one word of each wanted list and none of the others."""
    wanted = [_listed(leaf) for leaf, is_wanted in literals if is_wanted]
    banned = {word for leaf, is_wanted in literals if not is_wanted for word in _listed(leaf)}
    allowed = [words - banned for words in wanted]
    return all(words & set(fact.choices) if fact.choices else words for words in allowed)


def _listed(leaf: Leaf) -> set[Any]:
    return set(leaf.operand) if isinstance(leaf.operand, tuple) else {leaf.operand}
