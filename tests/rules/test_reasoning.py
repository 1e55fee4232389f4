"""What is said of rules in general holds in every situation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from advisor.facts.values import UNKNOWN, Answer, Scalar, Special
from advisor.facts.worlds import World
from advisor.rules.conditions import All, AnyOf, Leaf, NoneOf, Operator
from advisor.rules.pack import IfUnsure, Rule, Section
from advisor.rules.reasoning import can_all, covers, impossible, overlap
from tests.rules.naive import Naive
from tests.rules.strategies import CATALOGUE, MARK, condition, domain, facts

SMALL = ["x.flag", "x.kind", "x.tags", "x.needs", "x.day", "x.place"]


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
def two_rules(draw: st.DrawFn) -> tuple[list[str], Rule, Rule]:
    """Two rules over the same one or two facts of few values."""
    names = draw(st.lists(st.sampled_from(SMALL), min_size=1, max_size=2, unique=True))
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


@given(two_rules())
def test_what_rules_can_do_is_what_they_do_somewhere(case: tuple[list[str], Rule, Rule]) -> None:
    """Impossible, overlapping and covered are exact over every value of every fact."""
    names, first, second = case
    nowhere: World | None = None
    answers = []
    for values in product(*([UNKNOWN, *_plain(name)] for name in names)):
        naive = Naive(facts(dict(zip(names, values, strict=True))), domain)
        answers.append((naive.rule(first, nowhere), naive.rule(second, nowhere)))
    fired = [(_fires(first, one), _fires(second, other)) for one, other in answers]
    assert impossible(first, CATALOGUE) is all(one is not Answer.YES for one, _ in answers)
    assert overlap(first, second, CATALOGUE) is any(one and other for one, other in fired)
    sure = any(one is other is Answer.YES for one, other in answers)
    assert overlap(first, second, CATALOGUE, certain=True) is sure
    assert covers(first, second, CATALOGUE) is all(one or not other for one, other in fired)


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
