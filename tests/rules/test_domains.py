"""Several comparisons of an unknown fact, held against every value of its type."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.engagement.limits import Span, SpanUnit
from advisor.facts.values import Answer
from advisor.rules.conditions import Leaf, Operator
from advisor.rules.domains import over_domain
from advisor.rules.operators import Clock, holds
from tests.rules.strategies import CATALOGUE, NOW, domain, leaf

CLOCK = Clock(NOW, UTC, NOW.date())
NAMES = [fact.name for fact in CATALOGUE if fact.name.startswith("x.")]
_KNOWLEDGE = (Operator.KNOWN, Operator.UNKNOWN)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60)
@given(data=st.data())
def test_one_value_of_every_cell_is_enough(name: str, data: st.DataObject) -> None:
    """What entries about one fact come to over its cells is what they come to over all values."""
    fact = CATALOGUE[name]
    some = leaf([name]).filter(lambda one: one.operator not in _KNOWLEDGE)
    literals = data.draw(st.lists(st.tuples(some, st.booleans()), min_size=1, max_size=4))
    conjunction = data.draw(st.booleans())
    together = all if conjunction else any
    seen = {
        together(holds(one, value, fact, CLOCK) is wanted for one, wanted in literals)
        for value in domain(name)
    }
    expected = Answer.UNSURE if len(seen) > 1 else Answer.YES if True in seen else Answer.NO
    assert over_domain(fact, literals, CLOCK, conjunction=conjunction) is expected


@pytest.mark.parametrize("span", [Span(10**9, SpanUnit.DAYS), Span(10**12, SpanUnit.HOURS)])
def test_spans_beyond_the_calendar_are_answered(span: Span) -> None:
    """A span longer than any calendar leaves nothing longer ago but never."""
    recent = (Leaf("x.at", Operator.IN_THE_LAST, span), True)
    edge = (Leaf("x.at", Operator.MORE_THAN, datetime.max.replace(tzinfo=UTC)), True)
    fact = CATALOGUE["x.at"]
    assert over_domain(fact, [recent, edge], CLOCK, conjunction=True) is Answer.NO
    end = (Leaf("x.on", Operator.AT_MOST, date.max), True)
    never = (Leaf("x.on", Operator.MORE_THAN, date.max), True)
    on = CATALOGUE["x.on"]
    assert over_domain(on, [end, never], CLOCK, conjunction=True) is Answer.NO


def test_the_last_midnight_of_the_calendar_exists_in_every_zone() -> None:
    """Where a zone has no such instant, that of UTC stands in."""
    east = Clock(datetime.min.replace(tzinfo=UTC), ZoneInfo("Asia/Kolkata"), date.min)
    recent = (Leaf("x.at", Operator.IN_THE_LAST, Span(3, SpanUnit.DAYS)), True)
    fact = CATALOGUE["x.at"]
    assert over_domain(fact, [recent, recent], east, conjunction=True) is Answer.UNSURE
