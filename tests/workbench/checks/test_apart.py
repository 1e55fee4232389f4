"""Rules that can apply together always share a family, and rules of one value each do not."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from advisor.rules.conditions import All, AnyOf, Leaf, Operator
from advisor.rules.pack import IfUnsure, Rule, Section
from advisor.rules.reasoning import overlap
from advisor.workbench.checks.apart import FEW, families
from tests.rules.strategies import CATALOGUE, MARK, condition

_FACTS = ["x.kind", "x.count", "x.place"]


@st.composite
def some_rules(draw: st.DrawFn) -> list[Rule]:
    """More rules than are left together, over few facts."""
    count = draw(st.integers(FEW + 1, FEW + 6))
    return [
        Rule(
            id=f"r{number}",
            section=Section.GUIDANCE,
            because="",
            mark=MARK,
            number=number,
            when=draw(condition(_FACTS)),
            if_unsure=draw(st.sampled_from(IfUnsure)),
        )
        for number in range(count)
    ]


@given(some_rules())
def test_rules_that_meet_share_a_family(rules: list[Rule]) -> None:
    """No two rules that can apply at once are told apart."""
    together = [{rule.number for rule in family} for family in families(rules, CATALOGUE)]
    for first in rules:
        for second in rules:
            if overlap(first, second, CATALOGUE):
                assert any({first.number, second.number} <= family for family in together)


def _rules(count: int, *, loose: int) -> list[Rule]:
    leaf = Leaf("x.flag", Operator.IS, operand=True)
    return [
        Rule(
            id=f"r{number}",
            section=Section.GUIDANCE,
            because="",
            mark=MARK,
            number=number,
            when=AnyOf((leaf, Leaf("x.count", Operator.AT_LEAST, 1)))
            if number < loose
            else All((leaf, Leaf("x.count", Operator.IS, number))),
        )
        for number in range(count)
    ]


def test_each_value_has_a_family_with_what_names_none() -> None:
    """Rules that name no value of the fact stand beside each that does."""
    found = [[rule.number for rule in each] for each in families(_rules(12, loose=2), CATALOGUE)]
    assert found == [[number, 0, 1] for number in range(2, 12)]


def test_telling_apart_is_given_up_where_it_would_cost_more() -> None:
    """Where most rules name no value, copies of them would outnumber the rules by far."""
    rules = _rules(240, loose=120)
    assert [len(family) for family in families(rules, CATALOGUE)] == [240]


def test_rules_that_contradict_themselves_leave_the_others_together() -> None:
    """Where whatever names a value asks for two at once, those that name none are not lost."""
    never = All((Leaf("x.kind", Operator.IS, "a"), Leaf("x.kind", Operator.IS, "b")))
    rules = _rules(7, loose=5)
    rules[5:] = [replace(rule, when=never) for rule in rules[5:]]
    assert [[rule.number for rule in each] for each in families(rules, CATALOGUE)] == [
        [0, 1, 2, 3, 4]
    ]
