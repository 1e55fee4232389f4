"""Rules and situations of any number, as plain data that every engine can be given.

Facts and their values are those of a call; each rule asks four to seven of twelve facts, and
every third rule has an alternative. The same seed gives the same rules everywhere.
"""

from __future__ import annotations

import random
from typing import Any, Final

#: A comparison: fact, operator, operand.
Test = tuple[str, str, Any]

#: A rule: tests that must all hold, and lists of alternatives of each of which one must.
RuleData = dict[str, Any]

CHOICES: Final[dict[str, list[str]]] = {
    "purpose_kind": [f"kind_{n}" for n in range(12)],
    "brand": [f"brand_{n}" for n in range(4)],
    "region": [f"R{n}" for n in range(30)],
    "tier": ["low", "cool", "warm", "full"],
    "channel": ["sms", "email", "letter", "voice"],
    "weather": ["none", "outage", "breach", "scam"],
    "topic": [f"topic_{n}" for n in range(40)],
}
NUMBERS: Final[dict[str, int]] = {
    "attempt": 9,
    "complaints": 5,
    "tenure_months": 240,
    "days_since_contact": 120,
    "minute_of_day": 1440,
}


def rule_set(count: int, seed: int = 7) -> list[RuleData]:
    """Make rules; about one in a hundred applies to a call."""
    dice = random.Random(seed)  # noqa: S311 - the same rules in every run
    return [_rule(dice, number) for number in range(count)]


def _rule(dice: random.Random, number: int) -> RuleData:
    facts = dice.sample([*CHOICES, *NUMBERS], dice.randint(4, 7))
    split = 2 if number % 3 == 0 else 0
    return {
        "all": [_test(dice, fact) for fact in facts[split:]],
        "any": [[_test(dice, fact) for fact in facts[:split]]] if split else [],
    }


def _test(dice: random.Random, fact: str) -> Test:
    if fact in CHOICES:
        words = CHOICES[fact]
        if dice.random() < 0.5:  # noqa: PLR2004 - as often one word as several
            return (fact, "is", dice.choice(words))
        return (fact, "in", sorted(dice.sample(words, min(3, len(words) - 1))))
    top = NUMBERS[fact]
    low = dice.randrange(top)
    operator = dice.choice(["at_least", "less_than", "between"])
    if operator == "between":
        return (fact, operator, [low, min(top, low + top // 3 + 1)])
    return (fact, operator, low)


def situations(count: int, seed: int = 11) -> list[dict[str, Any]]:
    """Make situations in which every fact is known: the other engines have no *unknown*."""
    dice = random.Random(seed)  # noqa: S311 - the same situations in every run
    return [
        {
            **{fact: dice.choice(words) for fact, words in CHOICES.items()},
            **{fact: dice.randrange(top) for fact, top in NUMBERS.items()},
        }
        for _ in range(count)
    ]
