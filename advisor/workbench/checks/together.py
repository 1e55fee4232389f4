"""What rules do together: too many MUSTs in one moment, and equals that both speak for a group.

Both are proven with the exact reasoning over rules, purpose by purpose, as the facts of a purpose
are the same in all of its calls. Every other fact may be anything, each by itself, in one world; a
moment that only a guard would keep within its budget counts as too full.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Final

from advisor.facts.vocabulary import Force, ItemKind, Stage
from advisor.guidance import tables
from advisor.rules.pack import IfUnsure, Pack, Priority, Purpose, Rule, Section
from advisor.rules.problems import Problems
from advisor.rules.reasoning import Demand, can_all, fires, silent
from advisor.workbench.checks.apart import families
from advisor.workbench.checks.reach import Reach, always
from advisor.workbench.checks.tries import LIMIT, CrowdedError, Tries

#: Stronger rules of a group that are taken into account, for each rule.
MOST_SILENT: Final = 16


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
        limit: How many combinations are tried before a moment or a group is too crowded.
    """
    fixed = {purpose.id: always(pack, purpose) for purpose in pack.purposes.values()}
    _groups(pack, fixed, problems, limit)
    _moments(pack, fixed, problems, limit)


def _groups(pack: Pack, fixed: Mapping[str, list[Demand]], problems: Problems, limit: int) -> None:
    equals: dict[tuple[object, ...], list[Rule]] = {}
    for rule in pack.rules:
        if rule.group is not None:
            key = (rule.section, rule.group, rule.basis, rule.priority)
            equals.setdefault(key, []).append(rule)
    for rules in equals.values():
        tries = Tries(limit)
        try:
            for first, second in _pairs(rules, pack):
                if _related(first, second) and _both(first, second, pack, fixed, tries):
                    _equal(first, second, problems)
        except CrowdedError:
            problems.error(
                rules[0].mark,
                "group",
                f"{len(rules)} rules of the group {rules[0].group} with the same basis and"
                " priority, too many to prove that no two can speak at once",
                "priorities that tell them apart, or smaller groups",
            )


def _pairs(rules: Sequence[Rule], pack: Pack) -> Iterator[tuple[Rule, Rule]]:
    """Iterate over the pairs of rules that are not told apart by a value, each once."""
    seen: set[tuple[int, int]] = set()
    for family in families(rules, pack.catalogue):
        for first, second in combinations(sorted(family, key=lambda rule: rule.number), 2):
            pair = (first.number, second.number)
            if pair not in seen:
                seen.add(pair)
                yield first, second


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
    tries: Tries,
) -> bool:
    demands = [*fires(first), *fires(second)]
    return can_all(demands, pack.catalogue, step=tries.take) and any(
        can_all([*known, *demands], pack.catalogue, step=tries.take) for known in fixed.values()
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
        if _at_most(loud) <= budget:
            continue
        tries = Tries(limit)
        crowds = _crowds(loud, budget, pack)
        for purpose in pack.purposes.values():
            try:
                found = _crowd(crowds, budget, purpose, fixed[purpose.id], _Given(reach, tries))
            except CrowdedError:
                _unproven(moment, loud, purpose, budget, problems)
                break
            if found:
                _too_many(moment, found, purpose, budget, problems)
                break


def _crowds(loud: Sequence[_Loud], budget: int, pack: Pack) -> list[list[_Loud]]:
    """List families of rules that would be too many if they all spoke."""
    by_number = {each.rule.number: each for each in loud}
    found = (
        [by_number[rule.number] for rule in family]
        for family in families([each.rule for each in loud], pack.catalogue)
    )
    return [family for family in found if _at_most(family) > budget]


@dataclass(frozen=True, slots=True)
class _Given:
    """What is needed to tell whether rules speak, and how often that may be asked."""

    reach: Reach
    tries: Tries


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


def _crowd(
    crowds: Iterable[list[_Loud]],
    budget: int,
    purpose: Purpose,
    known: Sequence[Demand],
    given: _Given,
) -> tuple[_Loud, ...]:
    """Find rules that can speak at once with more MUSTs than the budget; none if they cannot."""
    speaks: dict[int, bool] = {}
    for family in crowds:
        for each in family:
            if each.rule.number not in speaks:
                speaks[each.rule.number] = given.reach.at_all(each.rule, purpose)
        there = [each for each in family if speaks[each.rule.number]]
        if _at_most(there) > budget and (found := _overflow(there, budget, known, given)):
            return found
    return ()


def _at_most(loud: Iterable[_Loud]) -> int:
    """Count the MUSTs that could be shown if all conditions held: of a group, one rule's."""
    alone = 0
    most: dict[str, int] = {}
    for each in loud:
        if each.rule.group is None:
            alone += len(each.items)
        else:
            most[each.rule.group] = max(most.get(each.rule.group, 0), len(each.items))
    return alone + sum(most.values())


def _overflow(
    loud: Sequence[_Loud], budget: int, known: Sequence[Demand], given: _Given
) -> tuple[_Loud, ...]:
    """Try sets of rules of one family.

    Rules with most MUSTs come first, so that a set is found or given up early.
    """
    ordered = sorted(loud, key=lambda each: -len(each.items))
    pack, step = given.reach.pack, given.tries.take
    replaced = {id_ for rule in pack.rules for id_ in rule.replaces}
    lasting = [each.rule for each in loud if each.rule.id not in replaced]

    def search(begin: int, chosen: tuple[_Loud, ...], demands: list[Demand]) -> tuple[_Loud, ...]:
        if sum(len(each.items) for each in chosen) > budget:
            return chosen
        groups = {each.rule.group for each in chosen} - {None}
        for place, each in enumerate(ordered[begin:], start=begin + 1):
            if each.rule.group in groups:
                continue
            more = [*demands, *fires(each.rule), *_stronger(each.rule, lasting)]
            if can_all(more, pack.catalogue, step=step) and (
                found := search(place, (*chosen, each), more)
            ):
                return found
        return ()

    return search(0, (), list(known))


def _stronger(rule: Rule, lasting: Iterable[Rule]) -> list[Demand]:
    """Demand that no stronger rule of the same group speaks, so that this one does.

    Which of two is stronger is not settled where a priority follows a deadline. To demand less is
    never wrong: it makes more rules speak than do.
    """
    stronger = (
        silent(other)
        for other in lasting
        if rule.group is not None
        and other.group == rule.group
        and other.number < rule.number
        and (
            other.basis > rule.basis or Priority.BY_DEADLINE not in {other.priority, rule.priority}
        )
    )
    return list(islice(stronger, MOST_SILENT))


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
