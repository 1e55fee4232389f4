"""How urgent a rule is today: a priority that follows a deadline rises as the day comes nearer.

Rules are numbered once, by a precedence that does not know the day. Those whose priority is
`by_deadline` stand behind all others of their basis there, and take their place here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from advisor.facts.values import Value, possible_values
from advisor.facts.view import Facts
from advisor.rules.pack import Priority, Rule

#: Up to how many days before the deadline a priority holds, both ends included.
RISES: Final = ((3, Priority.URGENT), (14, Priority.HIGH), (60, Priority.NORMAL))

_RANKS: Final = {priority: rank for rank, priority in enumerate(Priority)}


def by_urgency(rules: Iterable[Rule], facts: Facts) -> list[Rule]:
    """Put matched rules in the order of their precedence today: basis, priority, rule id.

    Args:
        rules: In the order of their numbers.
        facts: Hold the purpose's deadline and the customer's date.
    """
    found = list(rules)
    if all(rule.priority is not Priority.BY_DEADLINE for rule in found):
        return found
    today = urgency(facts)

    def precedence(rule: Rule) -> tuple[int, int, str]:
        now = today if rule.priority is Priority.BY_DEADLINE else rule.priority
        return -rule.basis, _RANKS[now], rule.id

    return sorted(found, key=precedence)


def strongest(rules: Iterable[Rule]) -> Iterator[Rule]:
    """Iterate over rules, strongest first; of a group only over the strongest."""
    groups: set[str] = set()
    for rule in rules:
        if rule.group is None:
            yield rule
        elif rule.group not in groups:
            groups.add(rule.group)
            yield rule


def urgency(facts: Facts) -> Priority:
    """Return what `by_deadline` comes to: urgent on the last days, low once they have passed.

    Where the customer's date is not certain, the most urgent of those possible counts; without a
    deadline, or a date to count from, nothing is urgent.
    """
    todays = _days(facts.value("now.date")) or [facts.situation.now.date()]
    deadlines = _days(facts.value("purpose.deadline"))
    levels = [_level((deadline - today).days) for deadline in deadlines for today in todays]
    return min(levels, key=_RANKS.__getitem__, default=Priority.LOW)


def _days(value: Value) -> list[date]:
    return [one for one in possible_values(value) if isinstance(one, date)]


def _level(days: int) -> Priority:
    """Return the priority so many days before a deadline; negative ones lie behind it."""
    if days < 0:
        return Priority.LOW
    return next((priority for most, priority in RISES if days <= most), Priority.LOW)
