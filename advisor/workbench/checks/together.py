"""What rules do together: too many MUSTs in one moment, and equals that both speak for a group.

Both are proven with the exact reasoning over rules, purpose by purpose, as the facts of a purpose
are the same in all of its calls. Every other fact may be anything, each by itself, in one world; a
moment that only a guard would keep within its budget counts as too full.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from advisor.facts.values import Answer
from advisor.facts.vocabulary import Force, ItemKind, Stage
from advisor.guidance import tables
from advisor.rules.conditions import Leaf, Operator
from advisor.rules.groups import Group
from advisor.rules.pack import IfUnsure, Pack, Priority, Purpose, Rule, Section
from advisor.rules.problems import Problems
from advisor.rules.reasoning import Demand, can_all, fires, silent
from advisor.workbench.checks.reach import Reach, fixed_facts

#: How many sets of rules are tried before a moment or a group counts as too crowded to be proven.
LIMIT: Final = 5_000


class _Crowded(Exception):
    """There are more sets of rules than may be tried."""


@dataclass(slots=True)
class _Tries:
    """Counts what has been tried, and ends what would take too long."""

    left: int

    def take(self) -> None:
        """Count one more try; raise `_Crowded` when there are none left."""
        if not self.left:
            raise _Crowded
        self.left -= 1


@dataclass(frozen=True, slots=True)
class _Loud:
    """A rule with its MUSTs of one moment."""

    rule: Rule
    items: tuple[str, ...]


def check_together(pack: Pack, problems: Problems, *, limit: int = LIMIT) -> None:
    """Report equals of a group that can both speak, and moments with more MUSTs than they show.

    Args:
        pack: The pack.
        problems: Where mistakes go.
        limit: How many sets of rules are tried before a moment or a group is too crowded.
    """
    fixed = {purpose.id: _known(pack, purpose) for purpose in pack.purposes.values()}
    _groups(pack, fixed, problems, limit)
    _moments(pack, fixed, problems, limit)


def _groups(pack: Pack, fixed: Mapping[str, list[Demand]], problems: Problems, limit: int) -> None:
    equals: dict[tuple[object, ...], list[Rule]] = {}
    for rule in pack.rules:
        if rule.group is not None:
            key = (rule.section, rule.group, rule.basis, rule.priority)
            equals.setdefault(key, []).append(rule)
    for rules in equals.values():
        tries = _Tries(limit)
        try:
            for first, second in combinations(rules, 2):
                if _related(first, second) and _both(first, second, pack, fixed, tries):
                    _equal(first, second, problems)
        except _Crowded:
            problems.error(
                rules[0].mark,
                "group",
                f"{len(rules)} rules of the group {rules[0].group} with the same basis and"
                " priority, too many to prove that no two can speak at once",
                "priorities that tell them apart, or smaller groups",
            )


def _related(first: Rule, second: Rule) -> bool:
    """Tell whether two rules of a group meet at all: of one event, and neither in place of both."""
    if _instead(first, second) or _instead(second, first):
        return False
    return first.section is not Section.REACTIONS or not first.events.isdisjoint(second.events)


def _instead(replacer: Rule, old: Rule) -> bool:
    """Tell whether a rule never speaks beside one that it replaces.

    Where the replacer's scope is unsure, both may apply: brand and campaign are always known.
    """
    scope = replacer.scope
    unsure = bool(scope.regions) or scope.from_ is not None or scope.through is not None
    both_apply = replacer.if_unsure is old.if_unsure is IfUnsure.APPLY
    return old.id in replacer.replaces and not (unsure and both_apply)


def _both(
    first: Rule,
    second: Rule,
    pack: Pack,
    fixed: Mapping[str, list[Demand]],
    tries: _Tries,
) -> bool:
    tries.take()
    demands = [*fires(first), *fires(second)]
    return can_all(demands, pack.catalogue) and any(
        can_all([*known, *demands], pack.catalogue) for known in fixed.values()
    )


def _equal(first: Rule, second: Rule, problems: Problems) -> None:
    problems.error(
        second.mark,
        "group",
        f"{second.id} in the group {second.group} with the basis and priority of {first.id}, and"
        " both can apply in one call",
        "another priority or basis for one of them, or conditions that exclude each other",
        hint="Of a group only the strongest speaks; between equals the order of ids would decide.",
    )


def _moments(pack: Pack, fixed: Mapping[str, list[Demand]], problems: Problems, limit: int) -> None:
    reach = Reach(pack)
    for moment, budget, loud in _by_moment(pack):
        if sum(len(each.items) for each in loud) <= budget:
            continue
        tries = _Tries(limit)
        for purpose in pack.purposes.values():
            there = [each for each in loud if reach.at_all(each.rule, purpose)]
            try:
                found = _overflow(there, budget, fixed[purpose.id], pack, tries)
            except _Crowded:
                _unproven(moment, there, purpose, budget, problems)
                break
            if found:
                _too_many(moment, found, purpose, budget, problems)
                break


def _by_moment(pack: Pack) -> Iterator[tuple[str, int, list[_Loud]]]:
    """Iterate over moments, with what each shows at most and the rules that have MUSTs there."""
    loud: dict[str, list[_Loud]] = {}
    for rule in pack.rules:
        moments: dict[str, list[str]] = {}
        for item in rule.items:
            if item.force is Force.MUST:
                for moment in _moments_of(rule, item.stage, item.kind):
                    moments.setdefault(moment, []).append(f"{rule.id}/{item.name}")
        for moment, items in moments.items():
            loud.setdefault(moment, []).append(_Loud(rule, tuple(items)))
    for moment, rules in loud.items():
        yield moment, tables.BRIEF if moment == _BRIEF else pack.settings.budgets.items, rules


_BRIEF: Final = "the brief"


def _moments_of(rule: Rule, stage: Stage | None, kind: ItemKind) -> Iterable[str]:
    if rule.section is Section.REACTIONS:
        return [f"the answer to {event}" for event in sorted(rule.events)]
    if kind is ItemKind.KNOW and stage is Stage.PRE_CALL:
        return [_BRIEF]
    return [f"the {(stage or Stage.BODY).word.replace('_', ' ')}"]


def _overflow(
    loud: Sequence[_Loud], budget: int, known: Sequence[Demand], pack: Pack, tries: _Tries
) -> tuple[_Loud, ...]:
    """Find rules that can speak at once with more MUSTs than the budget; none if they cannot.

    Rules with most MUSTs come first, so that a set is found or given up early.
    """
    ordered = sorted(loud, key=lambda each: -len(each.items))
    replaced = {id_ for rule in pack.rules for id_ in rule.replaces}
    settled = [each for each in loud if each.rule.id not in replaced]
    stronger = {each.rule.id: _stronger(each.rule, settled) for each in loud}

    def search(begin: int, chosen: tuple[_Loud, ...], demands: list[Demand]) -> tuple[_Loud, ...]:
        if sum(len(each.items) for each in chosen) > budget:
            return chosen
        groups = {each.rule.group for each in chosen} - {None}
        for place, each in enumerate(ordered[begin:], start=begin + 1):
            if each.rule.group in groups:
                continue
            tries.take()
            more = [*demands, *fires(each.rule), *stronger[each.rule.id]]
            if can_all(more, pack.catalogue) and (found := search(place, (*chosen, each), more)):
                return found
        return ()

    return search(0, (), list(known))


def _stronger(rule: Rule, loud: Iterable[_Loud]) -> list[Demand]:
    """Demand that no stronger rule of the same group speaks, so that this one does.

    Which of two is stronger is not settled where a priority follows a deadline.
    """
    if rule.group is None:
        return []
    return [
        silent(each.rule)
        for each in loud
        if each.rule.group == rule.group
        and each.rule.number < rule.number
        and (
            each.rule.basis > rule.basis
            or Priority.BY_DEADLINE not in {each.rule.priority, rule.priority}
        )
    ]


def _too_many(
    moment: str, loud: Sequence[_Loud], purpose: Purpose, budget: int, problems: Problems
) -> None:
    items = [name for each in loud for name in each.items]
    problems.error(
        loud[-1].rule.mark,
        "budget",
        f"{len(items)} items that are all must in {moment} of {purpose.id}: {', '.join(items)}",
        f"at most {budget}, the budget of a moment",
        hint="Lower a force, put rules in one group, or let their conditions exclude each other.",
    )


def _unproven(
    moment: str, loud: Sequence[_Loud], purpose: Purpose, budget: int, problems: Problems
) -> None:
    problems.error(
        loud[0].rule.mark,
        "budget",
        f"{len(loud)} rules with a must in {moment} of {purpose.id}, too many to prove that no"
        f" more than {budget} speak at once",
        "fewer musts, or groups of rules of which one speaks",
    )


def _known(pack: Pack, purpose: Purpose) -> list[Demand]:
    """Demand what is so in every call of a purpose."""
    return [
        Demand(
            Group(name, conjunction=True, literals=((Leaf(name, Operator.IS, value), True),)),
            Answer.YES,
        )
        for name, value in fixed_facts(pack, purpose).items()
    ]
