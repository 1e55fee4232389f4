"""The rules of a bench as this project's own, and calls to hold them against."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from advisor.facts.catalogue import Catalogue, Fact
from advisor.facts.situation import Brand, Call, Occasion, Situation
from advisor.facts.values import FactType
from advisor.facts.view import Facts
from advisor.facts.vocabulary import LegalClass, PurposeKind
from advisor.rules.conditions import All, AnyOf, Condition, Leaf, Operator
from advisor.rules.pack import Rule, Section
from advisor.rules.source import Mark
from bench.rule_sets import CHOICES, NUMBERS, RuleData, Test

CATALOGUE: Final = Catalogue.of(
    [
        *(
            Fact(name=f"x.{name}", type=FactType.CHOICE, about="", choices=tuple(words))
            for name, words in CHOICES.items()
        ),
        *(Fact(name=f"x.{name}", type=FactType.WHOLE_NUMBER, about="") for name in NUMBERS),
    ]
)


def rules(data: list[RuleData]) -> tuple[Rule, ...]:
    """Make rules of them, in the same order."""
    return tuple(
        Rule(
            id=f"r{number}",
            section=Section.GUIDANCE,
            because="Measured.",
            mark=Mark("bench.yaml", number + 1, 1),
            number=number,
            when=_condition(rule),
        )
        for number, rule in enumerate(data)
    )


def _condition(rule: RuleData) -> Condition:
    alternatives = [AnyOf(tuple(map(_leaf, tests))) for tests in rule["any"]]
    return All((*map(_leaf, rule["all"]), *alternatives))


def _leaf(test: Test) -> Leaf:
    fact, operator, operand = test
    value = tuple(operand) if isinstance(operand, list) else operand
    return Leaf(f"x.{fact}", Operator(operator), value)


def facts(situation: dict[str, Any]) -> Facts:
    """Look at a situation afresh, as every call does."""
    return Facts(
        CATALOGUE,
        Situation(
            now=datetime(2026, 1, 12, 15, tzinfo=UTC),
            call=Call(id="1", brand="one"),
            occasion=Occasion(
                id="p", kind=PurposeKind.SERVICE_INFORMATION, legal_class=LegalClass.SERVICE
            ),
            brand=Brand(id="one", name="One"),
            stated={f"x.{name}": value for name, value in situation.items()},
        ),
    )
