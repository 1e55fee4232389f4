"""What a match offers, and that what is said of a rule is what the index found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.limits import Span, SpanUnit
from advisor.facts.catalogue import Catalogue, Fact, UnknownFactError
from advisor.facts.values import NEVER, UNKNOWN, Answer, FactType, Possible, Tell, Value
from advisor.facts.view import Facts
from advisor.facts.vocabulary import Decision, ReasonCode
from advisor.facts.worlds import World
from advisor.rules.conditions import All, AnyOf, Leaf, NoneOf, Operator
from advisor.rules.explain import Explanation, Kind, why, why_not
from advisor.rules.groups import Judge, enough, nodes_of
from advisor.rules.index.layout import MAX_CLAUSES, MAX_SEGMENTS
from advisor.rules.matching import Matcher, is_unsure
from advisor.rules.pack import IfUnsure, Pack, Rule, Ruling, Scope, Section, Settings
from tests.rules.naive import Naive
from tests.rules.strategies import (
    CATALOGUE,
    MARK,
    NOW,
    domain,
    facts,
    rules,
    situations,
    some_names,
    world,
)

cases = some_names().flatmap(
    lambda names: st.tuples(rules(names), st.lists(situations(names), min_size=1, max_size=3))
)


def _rule(number: int = 0, **fields: object) -> Rule:
    given_fields: dict[str, object] = {"section": Section.GUIDANCE, **fields}
    return Rule(
        id=f"r{number}",
        because="It must be said.",
        mark=MARK,
        number=number,
        **given_fields,  # type: ignore[arg-type]
    )


_YES = Leaf("x.flag", Operator.IS, operand=True)


def _is(number: int) -> Leaf:
    return Leaf("x.count", Operator.IS, number)


@given(cases)
def test_an_explanation_says_what_the_index_found(case: tuple[Sequence[Rule], list[Facts]]) -> None:
    """Whatever the rules, why a rule applies and whether it does are of one mind."""
    given_rules, situations_ = case
    matcher = Matcher(given_rules, CATALOGUE)
    for situation in situations_:
        match = matcher.match(situation)
        for rule in given_rules:
            explained = match.why(rule)
            assert explained.applies is (rule in match)
            assert "\n".join(explained.lines(CATALOGUE)).count("\n") >= len(explained.parts)


@given(cases)
def test_a_rule_that_applies_is_unsure_unless_every_world_says_yes(
    case: tuple[Sequence[Rule], list[Facts]],
) -> None:
    """Only what applies for want of knowledge is marked unsure."""
    given_rules, situations_ = case
    matcher = Matcher(given_rules, CATALOGUE)
    for situation in situations_:
        match = matcher.match(situation)
        for rule in match.rules():
            naive = Naive(situation, domain)
            worlds: Sequence[World | None] = situation.worlds or (None,)
            others = matcher.replacers_of(rule)
            sure = all(
                naive.rule(rule, world) is Answer.YES
                and all(naive.scope(other.scope, world) is Answer.NO for other in others)
                for world in worlds
            )
            assert match.unsure(rule) is (not sure and rule.if_unsure is IfUnsure.APPLY)


def test_rules_come_strongest_first_and_only_those_asked_about() -> None:
    """The lowest number is the strongest; a mask leaves the rest out."""
    many = [_rule(number, section=list(Section)[number % 2]) for number in range(1_500)]
    match = Matcher(many, CATALOGUE).match(facts())
    assert [rule.number for rule in match.rules()] == list(range(1_500))
    assert [rule.number for rule in match.rules(0b1010)] == [1, 3]
    assert bool(match)


def test_a_match_can_be_asked_about_some_rules_only() -> None:
    """Masks by section, event and decision keep the rest out from the start."""
    ruling = Ruling(decision=Decision.DEFER, reason=ReasonCode.OPEN_COMPLAINT)
    given_rules = [
        _rule(0),
        _rule(1, events=frozenset({"customer_busy"})),
        _rule(2, ruling=ruling),
    ]
    matcher = Matcher(given_rules, CATALOGUE)
    assert matcher.match(facts(), matcher.events["customer_busy"]).bits == 0b010
    assert matcher.match(facts(), matcher.decisions[Decision.DEFER]).bits == 0b100
    assert matcher.match(facts(), matcher.sections[Section.GUIDANCE]).bits == 0b111
    assert not matcher.match(facts(), 0)


def test_only_the_strongest_of_a_group_speaks() -> None:
    """Rules of one group wait for each other; rules of none do not."""
    groups = ["proof", None, "proof", None]
    given_rules = [_rule(number, group=group) for number, group in enumerate(groups)]
    match = Matcher(given_rules, CATALOGUE).match(facts())
    assert [rule.number for rule in match.spoken()] == [0, 1, 3]


def test_reasons_are_the_facts_that_a_rule_asks_about() -> None:
    """Every item can name the facts and values that made it apply."""
    rule = _rule(
        when=All((_is(3), _YES)),
        unless=(Leaf("x.kind", Operator.IS, "a"),),
    )
    match = Matcher([rule], CATALOGUE).match(facts({"x.count": 3, "x.flag": True, "x.kind": "b"}))
    assert match.reasons(rule) == (("x.count", 3), ("x.flag", True), ("x.kind", "b"))


def test_a_fact_that_nobody_declared_is_an_error() -> None:
    """An index is never built over a misspelt name."""
    with pytest.raises(UnknownFactError, match=r"no fact is called x\.cuont"):
        Matcher([_rule(when=Leaf("x.cuont", Operator.IS, 3))], CATALOGUE)


def test_more_alternatives_than_there_are_segments_are_judged_by_their_tree() -> None:
    """However many `any` a rule has, each must hold."""
    facts_ = ("x.count", "x.flag")
    any_ = [AnyOf((Leaf("x.count", Operator.IS, n), _YES)) for n in range(MAX_SEGMENTS + 2)]
    rule = _rule(when=All(tuple(any_)))
    matcher = Matcher([rule], CATALOGUE)
    assert matcher.asks(rule) == facts_
    assert matcher.match(facts({"x.count": 1, "x.flag": True})).bits == 1
    assert matcher.match(facts({"x.count": 1, "x.flag": False})).bits == 0


def test_alternatives_of_alternatives_do_not_multiply() -> None:
    """A tree that would come to thousands of clauses is judged as it stands."""
    pairs = [
        All((Leaf("x.count", Operator.IS, n), Leaf("x.rate", Operator.IS, n)))
        for n in range(MAX_CLAUSES)
    ]
    nested = AnyOf((_YES, All((AnyOf(tuple(pairs)), _is(3)))))
    for when in (AnyOf(tuple(pairs)), nested):
        matcher = Matcher([_rule(when=when)], CATALOGUE)
        assert matcher.match(facts({"x.count": 3, "x.rate": 3.0, "x.flag": False})).bits == 1
        assert matcher.match(facts({"x.count": 3, "x.rate": 4.0, "x.flag": False})).bits == 0


def test_a_residual_rule_is_judged_in_every_world() -> None:
    """Two words that one set must both have are judged by their tree, world or none."""
    both = All(tuple(Leaf("x.tags", Operator.CONTAINS, word) for word in "pq"))
    matcher = Matcher([_rule(when=both)], CATALOGUE)
    assert matcher.match(facts({"x.tags": frozenset("pq")})).bits == 1
    assert matcher.match(facts({"x.tags": Possible((frozenset("p"), frozenset("q")))})).bits == 0


def test_an_alternative_that_the_index_cannot_hold_is_judged_by_its_tree() -> None:
    """Two words of one set beside another fact, in one `any`, and a place that is not known."""
    both = All(tuple(Leaf("x.tags", Operator.CONTAINS, word) for word in "pq"))
    either = AnyOf((both, Leaf("now.weekday", Operator.IS, 2)))
    matcher = Matcher([_rule(when=either), _rule(1, when=AnyOf((_YES, *both.parts)))], CATALOGUE)
    here, there = (world(zone) for zone in ("UTC", "Pacific/Auckland"))
    assert matcher.match(facts({"x.tags": frozenset("pq"), "x.flag": False})).bits == 0b11
    assert matcher.match(facts({"x.tags": frozenset("p")}, [here])).bits == 0b11
    assert matcher.match(facts({"x.tags": frozenset("z"), "x.flag": False}, [there])).bits == 0


def test_what_is_left_over_is_judged_in_each_world() -> None:
    """Hours and days of one fact need the tree; a world where they fail silences a skip rule."""
    mixed = All(
        (
            Leaf("x.at", Operator.IN_THE_LAST, Span(1, SpanUnit.DAYS)),
            Leaf("x.at", Operator.LONGER_AGO_THAN, Span(2, SpanUnit.HOURS)),
        )
    )
    rules_ = [_rule(0, when=mixed), _rule(1, when=mixed, if_unsure=IfUnsure.APPLY)]
    matcher = Matcher(rules_, CATALOGUE)
    worlds = [world("UTC"), world("Pacific/Auckland")]
    this_morning: dict[str, Value] = {"x.at": NOW - timedelta(hours=3)}
    assert matcher.match(facts(this_morning, worlds[:1])).bits == 0b11
    assert matcher.match(facts(this_morning, worlds)).bits == 0b10
    assert matcher.match(facts({"x.at": NOW - timedelta(hours=30)}, worlds)).bits == 0


def test_never_may_be_one_of_several_possible_values() -> None:
    """Sources may disagree on whether something ever happened."""
    recent = Leaf("x.at", Operator.IN_THE_LAST, Span(2, SpanUnit.HOURS))
    rules_ = [_rule(0, when=recent), _rule(1, when=recent, if_unsure=IfUnsure.APPLY)]
    possible = Possible((NEVER, NOW - timedelta(hours=1)))
    assert Matcher(rules_, CATALOGUE).match(facts({"x.at": possible})).bits == 0b10


def test_a_place_may_be_one_of_several() -> None:
    """Where sources disagree on a place, all of them must be meant, or one where unsure counts."""
    in_us = Leaf("x.place", Operator.IS, "US")
    rules_ = [_rule(0, when=in_us), _rule(1, when=in_us, if_unsure=IfUnsure.APPLY)]
    matcher = Matcher(rules_, CATALOGUE)
    assert matcher.match(facts({"x.place": Possible(("US-FL", "CA"))})).bits == 0b10
    assert matcher.match(facts({"x.place": Possible(("US-FL", "US"))})).bits == 0b11


def test_a_rule_left_over_may_be_replaced() -> None:
    """A replacer counts for a rule that is judged by its tree, asked about or not."""
    both = All(tuple(Leaf("x.tags", Operator.CONTAINS, word) for word in "pq"))
    rules_ = [_rule(0, when=both), _rule(1, replaces=("r0",))]
    matcher = Matcher(rules_, CATALOGUE)
    told = facts({"x.tags": frozenset("pq")})
    assert matcher.match(told).bits == 0b10
    assert matcher.match(told, 0b01).bits == 0


def test_windows_hold_their_begin_and_not_their_end() -> None:
    """A window begins with its first minute and ends before its last, over midnight too."""
    rules_ = [
        _rule(0, when=Leaf("x.clock", Operator.BETWEEN, (time(9), time(18)))),
        _rule(1, when=Leaf("x.clock", Operator.BETWEEN, (time(22), time(6)))),
    ]
    matcher = Matcher(rules_, CATALOGUE)
    fired = {hour: matcher.match(facts({"x.clock": time(hour)})).bits for hour in (9, 18, 22, 3, 6)}
    assert fired == {9: 0b01, 18: 0, 22: 0b10, 3: 0b10, 6: 0}


def test_windows_and_ranges_that_hold_nothing_never_fire() -> None:
    """A window without length and a range turned around hold no value."""
    nine = time(9)
    rules_ = [
        _rule(0, when=Leaf("x.clock", Operator.BETWEEN, (nine, nine))),
        _rule(1, when=Leaf("x.count", Operator.BETWEEN, (3, 1))),
    ]
    assert not Matcher(rules_, CATALOGUE).match(facts({"x.clock": nine, "x.count": 2}))


def test_a_pack_is_matched_by_its_rules() -> None:
    """A whole pack is indexed by its own rules and catalogue."""
    settings = Settings(name="p", version="1", default_locale="en-GB", default_calendar="c")
    rest: dict[str, Any] = {key: {} for key in ("purposes", "openings", "conditions")}
    rest |= {"calendars": (), "limits": (), "cases": ()}
    pack = Pack(version="v", settings=settings, catalogue=CATALOGUE, rules=(_rule(),), **rest)
    assert Matcher.of(pack).match(facts()).bits == 1


_MANY = 5_000


@pytest.mark.parametrize(
    ("type_", "operator", "operands", "values"),
    [
        (FactType.WHOLE_NUMBER, Operator.AT_LEAST, list(range(_MANY)), [-1, 0, 7, 4_999, 6_000]),
        (FactType.TEXT, Operator.IS, [str(n) for n in range(_MANY)], ["0", "4999", "none"]),
    ],
)
def test_thousands_of_distinct_values_take_little_room(
    type_: FactType, operator: Operator, operands: list[int] | list[str], values: list[Value]
) -> None:
    """A table of 5,000 thresholds or words answers as a small one does."""
    catalogue = CATALOGUE.extended([Fact(name="y.value", type=type_, about="")])
    given_rules = [
        _rule(number, when=Leaf("y.value", operator, operand))
        for number, operand in enumerate(operands)
    ]
    matcher = Matcher(given_rules, catalogue)
    possible = Possible((values[0], values[1]))  # type: ignore[arg-type]
    for value in [*values, possible, UNKNOWN]:
        situation = facts({"y.value": value}, catalogue=catalogue)
        judge = Judge.each(situation)[0]
        expected = [
            rule.number
            for rule in given_rules
            if judge.every(nodes_of(rule)) >= enough(rule.if_unsure)
        ]
        assert [rule.number for rule in matcher.match(situation).rules()] == expected


def _explained(
    rule: Rule, stated: dict[str, Value], catalogue: Catalogue = CATALOGUE
) -> Explanation:
    return why_not(rule, facts(stated, catalogue=catalogue))


def test_what_failed_is_explained_first() -> None:
    """Why not names the failing comparison first, with the value that failed it."""
    rule = _rule(
        when=_YES,
        unless=(AnyOf((_is(3), Leaf("x.on", Operator.IN, (NOW.date(),)))),),
    )
    explained = _explained(rule, {"x.flag": True, "x.count": 3})
    assert list(explained.lines(CATALOGUE, "en")) == [
        "r0 does not apply: It must be said.",
        "  unless: all of: no",
        "    x.count not: is 3: no (it is 3)",
        f"    x.on not: is one of {NOW.date()}: unsure (it is unknown)",
        "  when: x.flag is yes: yes (it is yes)",
    ]
    assert [kind for kind, _ in explained.findings()] == [Kind.UNLESS, Kind.UNLESS, Kind.WHEN]


def test_an_explanation_says_that_a_rule_applies_only_for_want_of_knowledge() -> None:
    """What was unsure is always shown."""
    rule = _rule(when=_is(3), if_unsure=IfUnsure.APPLY)
    first = next(_explained(rule, {}).lines(CATALOGUE))
    assert first == "r0 applies (unsure, so apply): It must be said."


def test_an_explanation_names_the_replacement() -> None:
    """A rule that does not exist here says because of whom."""
    old = _rule(0)
    new = _rule(1, replaces=("r0",), scope=Scope(brands=frozenset({"one"})))
    explained = why(old, facts(), [new])
    assert (explained.applies, explained.replaced_by) == (False, ("r1",))
    assert list(explained.lines(CATALOGUE))[1:] == [
        "  replaced by r1: call.brand not: is one of one: no (it is one)"
    ]
    assert is_unsure(old, facts(), []) is False


def test_a_fact_that_nothing_may_show_is_not_shown() -> None:
    """An explanation gives the answer and withholds the value."""
    secret = Fact(name="y.secret", type=FactType.TEXT, about="", tell=Tell.NOBODY_AT_ALL)
    catalogue = CATALOGUE.extended([secret])
    rule = _rule(when=Leaf("y.secret", Operator.IS, "a"))
    lines = list(_explained(rule, {"y.secret": "b"}, catalogue).lines(catalogue))
    assert lines[1] == "  when: y.secret is a: no (it is not shown)"


@pytest.mark.parametrize(
    ("leaf", "said"),
    [
        (Leaf("x.count", Operator.KNOWN, False), "is unknown"),  # noqa: FBT003
        (Leaf("x.count", Operator.UNKNOWN, False), "is known"),  # noqa: FBT003
        (Leaf("x.at", Operator.MORE_THAN, NOW), "is more than 2026-03-04 12:00 UTC"),
        (
            Leaf("x.clock", Operator.AT_LEAST, (NOW + timedelta(hours=1)).time()),
            "is at least 13:00",
        ),
        (Leaf("x.at", Operator.IS, NEVER), "is never"),
    ],
)
def test_comparisons_are_written_in_plain_words(leaf: Leaf, said: str) -> None:
    """Each comparison reads as a person would say it."""
    (_, finding), *_ = _explained(_rule(when=leaf), {}).findings()
    assert finding.says == said
    (_, opposite), *_ = _explained(_rule(when=NoneOf((leaf,))), {}).findings()
    assert opposite.says != said
