"""The table "Yes, no, unsure" of the language, cell by cell, as the index answers it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from advisor.engagement.limits import Span, SpanUnit
from advisor.facts.values import NEVER, UNKNOWN, Answer, Possible, Value
from advisor.rules.conditions import ALWAYS, All, AnyOf, Condition, Leaf, NoneOf, Operator
from advisor.rules.groups import Judge, grouped
from advisor.rules.matching import Matcher
from advisor.rules.pack import IfUnsure, Rule, Scope, Section
from tests.rules.strategies import CATALOGUE, MARK, NOW, facts, world

COUNT = "x.count"
ABOVE = Leaf(COUNT, Operator.MORE_THAN, 3)
BELOW = Leaf(COUNT, Operator.LESS_THAN, 3)
FLAG = Leaf("x.flag", Operator.IS, True)  # noqa: FBT003 - the operand of a comparison


def rule(id_: str = "r", number: int = 0, **fields: object) -> Rule:
    """Make a rule of which only some fields matter."""
    return Rule(
        id=id_,
        section=Section.GUIDANCE,
        because="",
        mark=MARK,
        number=number,
        **fields,  # type: ignore[arg-type]
    )


def fires(*rules: Rule, stated: dict[str, Value] | None = None, **situation: object) -> list[str]:
    """List the ids of the rules that apply."""
    given = facts(stated, **situation)  # type: ignore[arg-type]
    return [found.id for found in Matcher(rules, CATALOGUE).match(given).rules()]


def answer(condition: Condition, stated: dict[str, Value]) -> Answer:
    """Answer a condition, both by its tree and by how the index resolves it."""
    said = Judge.each(facts(stated))[0].answer(grouped(condition))
    apply = rule(when=condition, if_unsure=IfUnsure.APPLY)
    skip = rule(when=condition, if_unsure=IfUnsure.SKIP)
    indexed = len(fires(apply, stated=stated)) + len(fires(skip, stated=stated))
    assert indexed == said
    return said


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Leaf(COUNT, Operator.IS, 3), Answer.UNSURE),
        (Leaf(COUNT, Operator.NOT_IN, (3,)), Answer.UNSURE),
        (Leaf("x.flag", Operator.IS, True), Answer.UNSURE),  # noqa: FBT003
        (Leaf("x.kind", Operator.IN, ("a", "b", "c")), Answer.UNSURE),
        (Leaf(COUNT, Operator.UNKNOWN, True), Answer.YES),  # noqa: FBT003
        (Leaf(COUNT, Operator.KNOWN, True), Answer.NO),  # noqa: FBT003
        (Leaf(COUNT, Operator.KNOWN, False), Answer.YES),  # noqa: FBT003
    ],
)
def test_a_condition_on_an_unknown_fact_is_unsure(condition: Condition, expected: Answer) -> None:
    """Unknown leaves every comparison unsure, not_in included; known and unknown never are."""
    assert answer(condition, {COUNT: UNKNOWN}) is expected
    assert answer(NoneOf((condition,)), {COUNT: UNKNOWN}) is Answer(2 - expected)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (All((ABOVE, BELOW)), Answer.NO),
        (AnyOf((ABOVE, NoneOf((ABOVE,)))), Answer.YES),
        (AnyOf((ABOVE, BELOW)), Answer.UNSURE),
        (All((Leaf(COUNT, Operator.MORE_THAN, 3), Leaf(COUNT, Operator.LESS_THAN, 4))), Answer.NO),
        (All((FLAG, NoneOf((FLAG,)))), Answer.NO),
        (AnyOf((Leaf(COUNT, Operator.UNKNOWN, True), ABOVE)), Answer.YES),  # noqa: FBT003
        (All((Leaf(COUNT, Operator.UNKNOWN, True), ABOVE)), Answer.UNSURE),  # noqa: FBT003
        (All((Leaf(COUNT, Operator.KNOWN, True), ABOVE)), Answer.NO),  # noqa: FBT003
        (All((ABOVE, AnyOf((BELOW, All((BELOW, FLAG)))))), Answer.UNSURE),
        (
            AnyOf(
                (
                    Leaf("x.tags", Operator.CONTAINS, "p"),
                    NoneOf((Leaf("x.tags", Operator.CONTAINS_ANY, ("p", "q")),)),
                )
            ),
            Answer.UNSURE,
        ),
        (
            All(
                (
                    Leaf("x.tags", Operator.CONTAINS, "p"),
                    NoneOf((Leaf("x.tags", Operator.CONTAINS_ANY, ("p", "q")),)),
                )
            ),
            Answer.NO,
        ),
        (
            All(
                (
                    Leaf("x.at", Operator.IN_THE_LAST, Span(1, SpanUnit.HOURS)),
                    Leaf("x.at", Operator.MORE_THAN, NOW),
                )
            ),
            Answer.NO,
        ),
        (
            AnyOf((Leaf("x.at", Operator.IS, NEVER), NoneOf((Leaf("x.at", Operator.IS, NEVER),)))),
            Answer.YES,
        ),
    ],
)
def test_entries_about_one_fact_are_judged_together(condition: Condition, expected: Answer) -> None:
    """A number above 3 and below 3 is no, even when unknown; other groups are other questions."""
    assert answer(condition, {}) is expected


def test_disagreeing_sources_make_a_condition_unsure() -> None:
    """Yes if every possible value satisfies it, no if none does, else unsure."""
    stated: dict[str, Value] = {COUNT: Possible((2, 5))}
    assert answer(ABOVE, stated) is Answer.UNSURE
    assert answer(Leaf(COUNT, Operator.AT_LEAST, 2), stated) is Answer.YES
    assert answer(Leaf(COUNT, Operator.IS, 3), stated) is Answer.NO
    assert answer(Leaf(COUNT, Operator.KNOWN, True), stated) is Answer.YES  # noqa: FBT003


def test_unsure_is_resolved_once_for_the_whole_rule() -> None:
    """Apply counts unsure as yes, skip as no."""
    assert fires(rule(when=ABOVE, if_unsure=IfUnsure.APPLY)) == ["r"]
    assert fires(rule(when=ABOVE, if_unsure=IfUnsure.SKIP)) == []


def test_an_unsure_excuse_does_not_excuse_an_apply_rule_and_silences_a_skip_rule() -> None:
    """An excuse counts the other way round."""
    assert fires(rule(unless=(FLAG,), if_unsure=IfUnsure.APPLY)) == ["r"]
    assert fires(rule(unless=(FLAG,), if_unsure=IfUnsure.SKIP)) == []


def test_when_and_unless_are_judged_separately() -> None:
    """Entries of when and of unless about one fact are two questions, each unsure."""
    torn = rule(when=ABOVE, unless=(ABOVE,), if_unsure=IfUnsure.APPLY)
    assert fires(torn, stated={COUNT: Possible((2, 5))}) == ["r"]
    assert fires(torn, stated={COUNT: 5}) == []


def test_candidate_zones_move_together() -> None:
    """A Monday in one zone and an evening in another make a Monday evening nowhere."""
    now = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)  # Sunday evening in California, Monday in Kolkata
    worlds = (world("America/Los_Angeles", now=now), world("Asia/Kolkata", now=now))
    monday = Leaf("now.weekday", Operator.IS, 0)
    evening = Leaf("now.local_time", Operator.AT_LEAST, time(18))
    both = All((monday, evening))
    apply = rule(when=both, if_unsure=IfUnsure.APPLY)
    assert fires(apply, worlds=worlds, now=now) == []
    assert fires(rule(when=monday, if_unsure=IfUnsure.APPLY), worlds=worlds, now=now) == ["r"]
    assert fires(rule(when=monday, if_unsure=IfUnsure.SKIP), worlds=worlds, now=now) == []
    assert fires(apply, now=now) == ["r"]


def test_a_scope_by_region_may_be_unsure() -> None:
    """Where only the country is known, a rule for a part of it holds if it applies if unsure."""
    florida = Scope(regions=frozenset({"US-FL"}))
    for region, expected in (("US", ["a"]), ("US-FL", ["a", "s"]), ("GB", []), (None, ["a"])):
        rules = (
            rule("a", 0, scope=florida, if_unsure=IfUnsure.APPLY),
            rule("s", 1, scope=florida, if_unsure=IfUnsure.SKIP),
        )
        assert fires(*rules, worlds=(world("America/New_York", region),)) == expected


def test_dates_are_the_customers_and_inclusive() -> None:
    """From and through hold from the customer's midnight to the customer's midnight."""
    now = datetime(2026, 3, 5, 3, tzinfo=UTC)
    through = rule(scope=Scope(through=date(2026, 3, 4)))
    assert fires(through, worlds=(world("America/New_York", now=now),), now=now) == ["r"]
    assert fires(through, worlds=(world("Europe/London", now=now),), now=now) == []
    assert fires(through, now=now) == []
    begun = rule(scope=Scope(from_=date(2026, 3, 5)), if_unsure=IfUnsure.APPLY)
    assert fires(begun, worlds=(world("America/New_York", now=now),), now=now) == []
    assert fires(begun, now=now) == ["r"]


def test_days_ago_are_unsure_where_no_place_is_known() -> None:
    """Without a zone there is no date to count from; never needs none."""
    recent = rule(
        when=Leaf("x.at", Operator.LONGER_AGO_THAN, Span(2, SpanUnit.DAYS)),
        if_unsure=IfUnsure.SKIP,
    )
    old = NOW - timedelta(days=9)
    assert fires(recent, stated={"x.at": old}) == []
    assert fires(recent, stated={"x.at": old}, worlds=(world("UTC"),)) == ["r"]
    assert fires(recent, stated={"x.at": NEVER}) == ["r"]


def test_a_replaced_rule_does_not_exist_within_the_scope_of_its_replacement() -> None:
    """Whether or not the new one's when holds; outside its scope the old one stands."""
    old = rule("old", 0)
    new = rule("new", 1, replaces=("old",), scope=Scope(brands=frozenset({"two"})), when=FLAG)
    assert fires(old, new, brand="two") == []
    assert fires(old, new, brand="one") == ["old"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (IfUnsure.APPLY, IfUnsure.APPLY, ["old", "new"]),
        (IfUnsure.SKIP, IfUnsure.APPLY, ["new"]),
        (IfUnsure.SKIP, IfUnsure.SKIP, ["old"]),
    ],
)
def test_where_the_scope_of_a_replacement_is_unsure(
    old: IfUnsure, new: IfUnsure, expected: list[str]
) -> None:
    """An apply rule stands, and so does a skip rule whose replacement would be silent."""
    replaced = rule("old", 0, if_unsure=old)
    scope = Scope(regions=frozenset({"US-FL"}))
    replacing = rule("new", 1, if_unsure=new, replaces=("old",), scope=scope)
    assert fires(replaced, replacing, worlds=(world("UTC", "US"),)) == expected


def test_replacements_in_a_circle_are_refused() -> None:
    """Two rules that replace each other are an error that names them."""
    circle = (rule("a", 0, replaces=("b",)), rule("b", 1, replaces=("a",)))
    with pytest.raises(ValueError, match="in a circle: a, b"):
        Matcher(circle, CATALOGUE)


def test_chains_of_replacements_add_up() -> None:
    """Each link takes its own target away, whether or not it is itself replaced."""
    chain = (
        rule("a", 0),
        rule("b", 1, replaces=("a",)),
        rule("c", 2, replaces=("b", "nobody")),
    )
    assert fires(*chain) == ["c"]


def test_a_rule_without_conditions_always_applies() -> None:
    """Nothing asked is nothing unsure."""
    assert fires(rule(when=ALWAYS)) == ["r"]
    assert fires(rule(when=AnyOf(()), if_unsure=IfUnsure.APPLY)) == []
