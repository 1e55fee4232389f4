"""The index says what the naive reading says."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from advisor.facts.view import Facts
from advisor.rules.index.bits import ones, positions
from advisor.rules.index.build import built
from advisor.rules.index.match import matched
from advisor.rules.pack import Rule
from tests.rules.naive import Naive
from tests.rules.strategies import CATALOGUE, domain, rules, situations, some_names

cases = some_names().flatmap(
    lambda names: st.tuples(rules(names), st.lists(situations(names), min_size=1, max_size=4))
)


@given(cases)
def test_the_index_agrees_with_the_naive_reading(case: tuple[Sequence[Rule], list[Facts]]) -> None:
    """Whatever the rules and whatever is known, the index fires the rules that fire one by one."""
    given_rules, situations_ = case
    index = built(given_rules, CATALOGUE)
    for facts in situations_:
        naive = Naive(facts, domain)
        expected = [rule.number for rule in given_rules if naive.fires(rule, given_rules)]
        assert list(positions(matched(index, facts, ones(len(given_rules))))) == expected


@given(cases, st.integers(0, 2**12))
def test_some_rules_by_themselves_fire_as_among_all(
    case: tuple[Sequence[Rule], list[Facts]], wanted: int
) -> None:
    """Asked about some rules, the index looks at fewer facts and says the same of them."""
    given_rules, situations_ = case
    index = built(given_rules, CATALOGUE)
    everything = ones(len(given_rules))
    among = wanted & everything
    for facts in situations_:
        assert matched(index, facts, among) == matched(index, facts, everything) & among
