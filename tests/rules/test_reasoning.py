"""What is said of rules in general holds in every situation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.facts.catalogue import Catalogue, Fact
from advisor.facts.values import UNKNOWN, Answer, FactType, Possible, Scalar, Special, Value
from advisor.facts.worlds import World
from advisor.rules.conditions import All, AnyOf, Leaf, NoneOf, Operator
from advisor.rules.pack import IfUnsure, Rule, Section
from advisor.rules.reasoning import can_all, covers, impossible, overlap
from tests.rules.naive import Naive
from tests.rules.strategies import CATALOGUE, MARK, condition, domain, facts

#: Facts of so few values that all that they may be can be tried.
SMALL = ["x.flag", "x.kind", "x.tags", "x.needs"]
LARGE = ["x.day", "x.place"]


def _rule(number: int = 0, **fields: object) -> Rule:
    return Rule(
        id=f"r{number}",
        section=Section.GUIDANCE,
        because="",
        mark=MARK,
        number=number,
        **fields,  # type: ignore[arg-type]
    )


@st.composite
def two_rules(draw: st.DrawFn, among: Sequence[str]) -> tuple[list[str], Rule, Rule]:
    """Two rules over the same one or two facts."""
    names = draw(st.lists(st.sampled_from(among), min_size=1, max_size=2, unique=True))
    first, second = (
        _rule(
            number,
            when=draw(condition(names)),
            unless=tuple(draw(st.lists(condition(names), max_size=1))),
            if_unsure=draw(st.sampled_from(IfUnsure)),
        )
        for number in range(2)
    )
    return names, first, second


def _fires(rule: Rule, answer: Answer) -> bool:
    return answer is Answer.YES or (answer is Answer.UNSURE and rule.if_unsure is IfUnsure.APPLY)


@given(two_rules(SMALL))
def test_what_rules_can_do_is_what_they_do_somewhere(case: tuple[list[str], Rule, Rule]) -> None:
    """Impossible, overlapping and covered are exact over all that every fact may be."""
    names, first, second = case
    answers = _answers(case, [list(_possible(name, len(_plain(name)))) for name in names])
    fired = [(_fires(first, one), _fires(second, other)) for one, other in answers]
    assert impossible(first, CATALOGUE) is all(one is not Answer.YES for one, _ in answers)
    assert overlap(first, second, CATALOGUE) is any(one and other for one, other in fired)
    sure = any(one is other is Answer.YES for one, other in answers)
    assert overlap(first, second, CATALOGUE, certain=True) is sure
    assert covers(first, second, CATALOGUE) is all(one or not other for one, other in fired)


@given(two_rules(LARGE))
def test_what_rules_do_somewhere_is_never_called_impossible(
    case: tuple[list[str], Rule, Rule],
) -> None:
    """Where not every state can be tried, none that is contradicts what is said in general."""
    names, first, second = case
    most = 2 if len(names) == 1 else 1
    answers = _answers(case, [list(_possible(name, most)) for name in names])
    fired = [(_fires(first, one), _fires(second, other)) for one, other in answers]
    assert impossible(first, CATALOGUE) is all(one is not Answer.YES for one, _ in answers)
    assert overlap(first, second, CATALOGUE) or not any(one and other for one, other in fired)
    assert not covers(first, second, CATALOGUE) or all(one or not other for one, other in fired)


def _answers(
    case: tuple[list[str], Rule, Rule], states: Sequence[Sequence[Value]]
) -> list[tuple[Answer, Answer]]:
    names, first, second = case
    nowhere: World | None = None
    read = [
        Naive(facts(dict(zip(names, values, strict=True))), domain) for values in product(*states)
    ]
    return [(naive.rule(first, nowhere), naive.rule(second, nowhere)) for naive in read]


def _possible(name: str, most: int) -> Iterator[Value]:
    """Iterate over what a fact may be: unknown, one value, or several up to a number."""
    plain = _plain(name)
    yield from (UNKNOWN, *plain)
    for size in range(2, most + 1):
        for values in combinations(plain, size):
            yield Possible(values)


def _plain(name: str) -> Sequence[Scalar | Special]:
    # A country stands for a part of it that nobody named; a bare one would be less than a value.
    bare = {"US": "US-ZZ", "CA": "CA-ZZ", "GB": "GB-ZZ", "FR": "FR-ZZ"}
    return [bare.get(v, v) if isinstance(v, str) else v for v in domain(name)]


def test_a_rule_whose_excuse_is_its_condition_is_impossible() -> None:
    """A rule that is excused whenever it would hold can never be certain."""
    adult = Leaf("x.count", Operator.AT_LEAST, 18)
    older = Leaf("x.count", Operator.AT_LEAST, 17)
    assert impossible(_rule(when=adult, unless=(older,)), CATALOGUE)
    assert not impossible(_rule(when=older, unless=(adult,)), CATALOGUE)


@pytest.mark.parametrize("fact", [fact.name for fact in CATALOGUE])
def test_a_fact_of_any_type_can_be_known(fact: str) -> None:
    """That something is known, and nothing else, is never a contradiction."""
    assert not impossible(_rule(when=Leaf(fact, Operator.KNOWN, operand=True)), CATALOGUE)


def test_sources_that_disagree_let_both_speak() -> None:
    """Two rules that each take one of two values for possible meet where both are."""
    known = Leaf("x.count", Operator.KNOWN, operand=True)
    one, two = (
        _rule(
            number,
            when=All((known, Leaf("x.count", Operator.IS, number))),
            if_unsure=IfUnsure.APPLY,
        )
        for number in range(2)
    )
    assert overlap(one, two, CATALOGUE)
    assert not overlap(one, two, CATALOGUE, certain=True)


def test_a_fact_that_is_always_known_has_one_value() -> None:
    """Where absence means a value that the product reads, rules for two values never meet."""
    catalogue = Catalogue.of(
        [
            Fact(name="x.n", type=FactType.WHOLE_NUMBER, about="", absent_means=0),
            Fact(
                name="x.m",
                type=FactType.WHOLE_NUMBER,
                about="",
                absent_means=0,
                read=lambda _: 0,
            ),
        ]
    )

    def meet(fact: str) -> bool:
        none, one = (
            _rule(n, when=Leaf(fact, Operator.IS, n), if_unsure=IfUnsure.APPLY) for n in range(2)
        )
        return overlap(none, one, catalogue)

    assert not meet("x.m")
    assert meet("x.n")
    unknown = Leaf("x.n", Operator.UNKNOWN, operand=True)
    assert impossible(_rule(when=unknown), catalogue)


def test_alternatives_are_tried_one_by_one() -> None:
    """Of two choices with two alternatives each, one pair that fits is enough."""
    count = [Leaf("x.count", Operator.IS, number) for number in range(4)]
    flag = Leaf("x.flag", Operator.IS, operand=True)
    either = AnyOf((count[0], All((count[1], flag))))
    other = AnyOf((count[2], All((count[1], flag))))
    assert not impossible(_rule(when=All((either, other))), CATALOGUE)
    assert impossible(_rule(when=All((either, other, NoneOf((flag,))))), CATALOGUE)


def test_nothing_demanded_is_met() -> None:
    """Without a demand every situation will do."""
    assert can_all([], CATALOGUE)
