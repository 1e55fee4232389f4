"""A priority that follows a deadline rises as the day nears, and falls when it has passed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from advisor.engagement.basis import Basis
from advisor.engagement.limits import Span, SpanUnit
from advisor.engagement.places import Place
from advisor.facts.values import NEVER, UNKNOWN, Possible, Value
from advisor.facts.view import Facts
from advisor.facts.vocabulary import Force, Stage
from advisor.guidance.advise import advise
from advisor.guidance.urgency import by_urgency, urgency
from advisor.rules.conditions import Leaf, Operator
from advisor.rules.pack import Pack, Priority, Rule
from tests.guidance import packs

DEADLINE = date(2026, 6, 30)


def _facts(before: int, *, deadline: Value = DEADLINE, places: tuple[Place, ...] = ()) -> Facts:
    pack = _pack()
    noon = datetime(2026, 6, 30, 12, tzinfo=UTC) - timedelta(days=before)
    situation = packs.situation(
        pack, "dated", now=noon, places=places, occasion={"starts_on": deadline}
    )
    return Facts(pack.catalogue, situation)


def _pack(*rules: Rule) -> Pack:
    dated = packs.purpose("dated", deadline="purpose.starts_on")
    return packs.pack(*rules, purposes=[dated])


@pytest.mark.parametrize(
    ("before", "level"),
    [
        (61, Priority.LOW),
        (60, Priority.NORMAL),
        (15, Priority.NORMAL),
        (14, Priority.HIGH),
        (4, Priority.HIGH),
        (3, Priority.URGENT),
        (0, Priority.URGENT),
        (-1, Priority.LOW),
    ],
)
def test_it_rises_as_the_deadline_nears(before: int, level: Priority) -> None:
    """Low, normal within 60 days, high within 14, urgent within 3, low once past (004-18)."""
    assert urgency(_facts(before)) is level
    assert urgency(_facts(before, places=(packs.LONDON,))) is level


def test_the_customers_own_date_counts() -> None:
    """Where it is a day later at the customer's than in UTC, the deadline is a day nearer."""
    auckland = Place(ZoneInfo("Pacific/Auckland"), "NZ")
    assert urgency(_facts(4, places=(auckland,))) is Priority.URGENT
    assert urgency(_facts(4, places=(packs.LONDON, auckland))) is Priority.URGENT


@pytest.mark.parametrize("deadline", [UNKNOWN, NEVER])
def test_nothing_is_urgent_without_a_deadline(deadline: Value) -> None:
    """A deadline that nobody knows, or that is none, makes nothing urgent."""
    assert urgency(_facts(0, deadline=deadline)) is Priority.LOW


def test_a_deadline_that_sources_disagree_on_is_no_deadline_to_rely_on() -> None:
    """The fact is unknown where two days are possible, and so nothing rises."""
    days = Possible((DEADLINE, DEADLINE + timedelta(days=400)))
    assert urgency(_facts(0, deadline=days)) is Priority.LOW


def test_rules_without_it_stay_in_their_order() -> None:
    """Where no rule follows a deadline, the order of the pack is kept."""
    rules = [packs.rule("b"), packs.rule("a", priority=Priority.URGENT)]
    assert by_urgency(rules, _facts(0)) == rules


@pytest.mark.parametrize(
    ("before", "order"),
    [
        (61, ["law", "urgent", "high", "normal", "dated", "low"]),
        (60, ["law", "urgent", "high", "dated", "normal", "low"]),
        (14, ["law", "urgent", "dated", "high", "normal", "low"]),
        (3, ["law", "dated", "urgent", "high", "normal", "low"]),
        (-1, ["law", "urgent", "high", "normal", "dated", "low"]),
    ],
)
def test_it_takes_its_place_among_the_others(before: int, order: list[str]) -> None:
    """It rises past the rules of its basis, by priority and then id, and past no stronger one."""
    fixed = [packs.rule(p.value, priority=p) for p in Priority if p is not Priority.BY_DEADLINE]
    rules = [
        packs.rule("law", basis=Basis.LAW, priority=Priority.LOW),
        *fixed,
        packs.rule("dated", priority=Priority.BY_DEADLINE),
    ]
    assert [rule.id for rule in by_urgency(rules, _facts(before))] == order


def _told(before: int) -> list[str]:
    """Advise on a purpose with a deadline, and list what is said in the body."""
    span = Leaf("purpose.starts_on", Operator.LONGER_AGO_THAN, Span(1, SpanUnit.DAYS))
    soon = Leaf("purpose.starts_on", Operator.IN_THE_NEXT, Span(1000, SpanUnit.DAYS))
    pack = _pack(
        packs.rule("news", packs.item("news", "Something else is new.", force=Force.MUST)),
        packs.rule(
            "dated",
            packs.item("will", "From {purpose.starts_on} you need it.", force=Force.MUST),
            when=soon,
            priority=Priority.BY_DEADLINE,
        ),
        packs.rule(
            "since",
            packs.item("does", "Since {purpose.starts_on} you need it.", force=Force.MUST),
            when=span,
            priority=Priority.BY_DEADLINE,
        ),
    )
    noon = datetime(2026, 6, 30, 12, tzinfo=UTC) - timedelta(days=before)
    situation = packs.situation(pack, "dated", now=noon, occasion={"starts_on": DEADLINE})
    return [item.text for item in advise(packs.guide(pack), situation).items if _in_body(item)]


def _in_body(item: object) -> bool:
    return getattr(item, "stage", None) is Stage.BODY


def test_the_script_follows_the_day() -> None:
    """The reminder moves to the front as the day nears; afterwards the words change (004-18)."""
    other, will, does = (
        "Something else is new.",
        "From 30 June you need it.",
        "Since 30 June you need it.",
    )
    assert _told(90) == [other, will]
    assert _told(10) == [will, other]
    assert _told(0) == [will, other]
    assert _told(-1) == [other, does]
