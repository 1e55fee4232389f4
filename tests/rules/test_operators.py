"""What each operator means on one known value."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from advisor.engagement.limits import Span, SpanUnit
from advisor.facts.catalogue import Fact
from advisor.facts.values import NEVER, FactType, Scalar, Special
from advisor.rules.conditions import Leaf, Operator
from advisor.rules.operators import LONGEST, OPERATORS_OF, Clock, days_from, holds, length

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
HERE = Clock(NOW, UTC, NOW.date())
TODAY = NOW.date()
WEEK = Span(7, SpanUnit.DAYS)
DAY = Span(24, SpanUnit.HOURS)


def _ask(
    type_: FactType,
    operator: Operator,
    operand: object,
    value: Scalar | Special,
    *,
    clock: Clock = HERE,
    choices: tuple[str, ...] = (),
) -> bool:
    fact = Fact(name="x.y", type=type_, about="", choices=choices)
    return holds(Leaf("x.y", operator, operand), value, fact, clock)


@pytest.mark.parametrize(
    ("operator", "operand", "expected"),
    [
        (Operator.IS, 3, [False, True, False]),
        (Operator.IN, (2, 3), [True, True, False]),
        (Operator.NOT_IN, (2, 3), [False, False, True]),
        (Operator.MORE_THAN, 3, [False, False, True]),
        (Operator.AT_LEAST, 3, [False, True, True]),
        (Operator.AT_MOST, 3, [True, True, False]),
        (Operator.LESS_THAN, 3, [True, False, False]),
        (Operator.BETWEEN, (3, 4), [False, True, True]),
        (Operator.BETWEEN, (4, 2), [False, False, False]),
        (Operator.KNOWN, True, [True, True, True]),
        (Operator.KNOWN, False, [False, False, False]),
        (Operator.UNKNOWN, True, [False, False, False]),
        (Operator.UNKNOWN, False, [True, True, True]),
    ],
)
def test_numbers_are_compared_and_ranges_include_both_ends(
    operator: Operator, operand: object, expected: list[bool]
) -> None:
    """Every operator of a number says what its name says, of 2, 3 and 4."""
    answers = [_ask(FactType.WHOLE_NUMBER, operator, operand, value) for value in (2, 3, 4)]
    assert answers == expected


@pytest.mark.parametrize(
    ("operator", "operand", "expected"),
    [
        (Operator.AT_LEAST, "warm", [False, True, True]),
        (Operator.MORE_THAN, "warm", [False, False, True]),
        (Operator.LESS_THAN, "full", [True, True, False]),
        (Operator.BETWEEN, ("low", "warm"), [True, True, False]),
    ],
)
def test_ordered_choices_rank_by_the_order_of_their_words(
    operator: Operator, operand: object, expected: list[bool]
) -> None:
    """The words of an ordered choice stand weakest first, whatever their alphabet says."""
    words = ("low", "warm", "full")
    answers = [_ask(FactType.ORDERED_CHOICE, operator, operand, w, choices=words) for w in words]
    assert answers == expected


@pytest.mark.parametrize(
    ("window", "inside", "outside"),
    [
        ((time(9), time(20)), [time(9), time(19, 59)], [time(20), time(8, 59)]),
        ((time(21), time(8)), [time(21), time(0), time(7, 59)], [time(8), time(20, 59)]),
        ((time(9), time(9)), [], [time(9), time(8), time(10)]),
    ],
)
def test_clock_windows_wrap_midnight_and_exclude_their_end(
    window: tuple[time, time], inside: list[time], outside: list[time]
) -> None:
    """A window from 21:00 to 08:00 holds midnight and not 08:00."""
    for expected, times in ((True, inside), (False, outside)):
        for at in times:
            assert _ask(FactType.CLOCK_TIME, Operator.BETWEEN, window, at) is expected


def test_a_country_holds_everything_inside_it() -> None:
    """US holds US-FL; US-FL does not hold US, and USA is another word."""
    answers = [_ask(FactType.REGION, Operator.IS, "US", where) for where in ("US", "US-FL", "USA")]
    assert answers == [True, True, False]
    assert not _ask(FactType.REGION, Operator.IS, "US-FL", "US")


@pytest.mark.parametrize(
    ("operator", "operand", "expected"),
    [
        (Operator.CONTAINS, "a", [False, True, False]),
        (Operator.CONTAINS_ANY, ("a", "b"), [False, True, True]),
    ],
)
def test_sets_contain_words(operator: Operator, operand: object, expected: list[bool]) -> None:
    """An empty set contains nothing; one word of several is enough."""
    sets = (frozenset[str](), frozenset({"a", "c"}), frozenset({"b"}))
    assert [_ask(FactType.CHOICES, operator, operand, words) for words in sets] == expected


@pytest.mark.parametrize(
    ("operator", "operand", "expected"),
    [
        (Operator.IS, NEVER, True),
        (Operator.IS, NOW, False),
        (Operator.IN, (NOW, NEVER), True),
        (Operator.NOT_IN, (NOW,), True),
        (Operator.MORE_THAN, NOW, False),
        (Operator.LESS_THAN, NOW, False),
        (Operator.BETWEEN, (NOW, NOW), False),
        (Operator.IN_THE_LAST, WEEK, False),
        (Operator.IN_THE_NEXT, WEEK, False),
        (Operator.LONGER_AGO_THAN, WEEK, True),
        (Operator.KNOWN, True, True),
    ],
)
def test_never_is_a_value(operator: Operator, operand: object, *, expected: bool) -> None:
    """Never is known, lies in no range and no span, and is longer ago than any."""
    assert _ask(FactType.INSTANT, operator, operand, NEVER) is expected


@pytest.mark.parametrize(
    ("days", "last", "coming", "longer_ago"),
    [
        (-7, False, False, True),
        (-6, True, False, False),
        (0, True, True, False),
        (6, False, True, False),
        (7, False, False, False),
    ],
)
def test_days_are_calendar_days_of_which_today_is_the_first(
    days: int, *, last: bool, coming: bool, longer_ago: bool
) -> None:
    """The last 7 days are today and the six before; what is longer ago is the rest of the past."""
    day = TODAY + timedelta(days=days)
    assert _ask(FactType.DATE, Operator.IN_THE_LAST, WEEK, day) is last
    assert _ask(FactType.DATE, Operator.IN_THE_NEXT, WEEK, day) is coming
    assert _ask(FactType.DATE, Operator.LONGER_AGO_THAN, WEEK, day) is longer_ago


def test_the_day_of_an_instant_is_the_customers_day() -> None:
    """Half past midnight in London was still yesterday in New York."""
    at = datetime(2026, 3, 4, 0, 30, tzinfo=UTC)
    zone = ZoneInfo("America/New_York")
    today = Span(1, SpanUnit.DAYS)
    assert _ask(FactType.INSTANT, Operator.IN_THE_LAST, today, at)
    there = Clock(NOW, zone, NOW.astimezone(zone).date())
    assert not _ask(FactType.INSTANT, Operator.IN_THE_LAST, today, at, clock=there)


def test_hours_are_elapsed_with_both_ends() -> None:
    """24 hours ago to the microsecond is in the last 24 hours, and not longer ago."""
    edge, tick = NOW - timedelta(hours=24), timedelta(microseconds=1)
    assert _ask(FactType.INSTANT, Operator.IN_THE_LAST, DAY, edge)
    assert not _ask(FactType.INSTANT, Operator.IN_THE_LAST, DAY, edge - tick)
    assert _ask(FactType.INSTANT, Operator.LONGER_AGO_THAN, DAY, edge - tick)
    assert _ask(FactType.INSTANT, Operator.IN_THE_NEXT, DAY, NOW + timedelta(hours=24))
    assert not _ask(FactType.INSTANT, Operator.IN_THE_NEXT, DAY, NOW - tick)


def test_a_later_instant_of_an_earlier_date_counts_as_today() -> None:
    """Where clocks go back over midnight, what is still to come is not yesterday."""
    zone = ZoneInfo("Asia/Beirut")  # 2026-10-25 00:00 becomes 2026-10-24 23:00.
    now = datetime(2026, 10, 24, 20, 59, tzinfo=UTC)
    later = now + timedelta(minutes=30)
    tomorrow_already = Clock(now, zone, date(2026, 10, 25))
    assert days_from(later, tomorrow_already) == 0


def test_the_ends_of_the_calendar_have_a_day_in_every_zone() -> None:
    """The first instant of all has no date in New York, and is answered all the same."""
    there = Clock(NOW, ZoneInfo("America/New_York"), TODAY)
    first = datetime.min.replace(tzinfo=UTC)
    assert _ask(FactType.INSTANT, Operator.LONGER_AGO_THAN, WEEK, first, clock=there)


def test_no_span_leaves_the_calendar() -> None:
    """A span that no calendar holds is as long as the longest that one does."""
    assert length(Span(10**30, SpanUnit.MINUTES)) == LONGEST


def test_every_type_can_be_asked_whether_it_is_known() -> None:
    """Known and unknown fit every type of fact."""
    for type_ in FactType:
        assert {Operator.KNOWN, Operator.UNKNOWN} <= OPERATORS_OF[type_]
