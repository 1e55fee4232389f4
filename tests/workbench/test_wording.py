"""Facts and conditions in plain English."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from advisor.engagement.limits import Span, SpanUnit
from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.facts.catalogue import Catalogue, Fact
from advisor.facts.values import NEVER, FactType
from advisor.rules.conditions import ALWAYS, All, AnyOf, Condition, Leaf, NoneOf, Operator
from advisor.workbench.wording import condition, span, subject

OWN = [
    Fact(name="bank.pin_used", type=FactType.YES_NO, about="Was the PIN ever used?"),
    Fact(name="bank.branch", type=FactType.TEXT, about="The branch."),
    Fact(name="bank.patience", type=FactType.DURATION, about="How long they wait."),
]
CATALOGUE: Catalogue = BUILT_IN.extended(OWN)
WEEK = Span(7, SpanUnit.DAYS)


@pytest.mark.parametrize(
    ("leaf", "sentence", "opposite"),
    [
        (
            Leaf("complaints.open", Operator.AT_LEAST, 1),
            "the number of open complaints is at least 1",
            "the number of open complaints is less than 1",
        ),
        (
            Leaf("card.tier", Operator.AT_MOST, "guarded"),
            "the card's tier is guarded or below",
            "the card's tier is above guarded",
        ),
        (
            Leaf("card.tier", Operator.NOT_IN, ("low", "guarded")),
            "the card's tier is not low or guarded",
            "the card's tier is low or guarded",
        ),
        (
            Leaf("call.region", Operator.IS, "US"),
            "the customer's region is United States",
            "the customer's region is not United States",
        ),
        (
            Leaf("number.registers", Operator.CONTAINS_ANY, ("tps", "ctps")),
            "the list of registers that hold the number includes tps or ctps",
            "the list of registers that hold the number does not include tps or ctps",
        ),
        (
            Leaf("proof.how", Operator.CONTAINS, "app_call_status"),
            "the list of ways to prove who we are includes app call status",
            "the list of ways to prove who we are does not include app call status",
        ),
        (
            Leaf("history.last_refusal.at", Operator.IN_THE_LAST, WEEK),
            "the last refusal was within the last 7 days",
            "the last refusal was not within the last 7 days",
        ),
        (
            Leaf("history.last_refusal.at", Operator.IS, NEVER),
            "the last refusal never was",
            "the last refusal was at some time",
        ),
        (
            Leaf("history.last_conversation.disposition", Operator.IN, ("sale",)),
            "how the last conversation came out is sale",
            "how the last conversation came out is not sale",
        ),
        (
            Leaf("purpose.deadline", Operator.LESS_THAN, date(2026, 2, 1)),
            "the purpose's deadline is before 1 February 2026",
            "the purpose's deadline is 1 February 2026 or later",
        ),
        (
            Leaf("slot.1", Operator.MORE_THAN, datetime(2026, 2, 1, 18, 0, tzinfo=UTC)),
            "slot 1 is after 1 February 2026 18:00 UTC",
            "slot 1 is not after 1 February 2026 18:00 UTC",
        ),
        (
            Leaf("now.local_time", Operator.BETWEEN, (time(18), time(20))),
            "the customer's local time is between 18:00 and 20:00",
            "the customer's local time is not between 18:00 and 20:00",
        ),
        (
            Leaf("now.weekday", Operator.IN, (5, 6)),
            "the customer's weekday is Saturday or Sunday",
            "the customer's weekday is not Saturday or Sunday",
        ),
        (
            Leaf("bank.pin_used", Operator.IS, False),  # noqa: FBT003 - what a pack compares with
            "“Was the PIN ever used?” is answered no",
            "“Was the PIN ever used?” is answered yes",
        ),
        (
            Leaf("bank.pin_used", Operator.KNOWN, True),  # noqa: FBT003 - what a pack compares with
            "“Was the PIN ever used?” is known",
            "“Was the PIN ever used?” is not known",
        ),
        (
            Leaf("customer.goal", Operator.UNKNOWN, True),  # noqa: FBT003 - as above
            "the customer's goal is not known",
            "the customer's goal is known",
        ),
        (
            Leaf("customer.goal", Operator.KNOWN, False),  # noqa: FBT003 - as above
            "the customer's goal is not known",
            "the customer's goal is known",
        ),
        (
            Leaf("customer.consent.research", Operator.IS, "given"),
            "the customer's consent to research is given",
            "the customer's consent to research is not given",
        ),
        (
            Leaf("bank.branch", Operator.IS, "High Street"),
            "the bank's branch is “High Street”",
            "the bank's branch is not “High Street”",
        ),
        (
            Leaf("bank.patience", Operator.LESS_THAN, timedelta(minutes=5)),
            "the bank's patience is less than 5 minutes",
            "the bank's patience is at least 5 minutes",
        ),
    ],
)
def test_a_comparison_and_its_opposite_are_said(leaf: Leaf, sentence: str, opposite: str) -> None:
    """A comparison reads as a person would say it, and its opposite without a double negation."""
    assert condition(leaf, CATALOGUE) == sentence
    assert condition(NoneOf((leaf,)), CATALOGUE) == opposite


LOW = Leaf("card.tier", Operator.IS, "low")
TWO = Leaf("complaints.open", Operator.IS, 2)
GOAL = Leaf("customer.goal", Operator.KNOWN, True)  # noqa: FBT003 - what a pack compares with


@pytest.mark.parametrize(
    ("tree", "sentence"),
    [
        (ALWAYS, "always"),
        (AnyOf(()), "never"),
        (NoneOf(()), "always"),
        (All((LOW,)), "the card's tier is low"),
        (
            All((LOW, AnyOf((TWO, GOAL)))),
            (
                "the card's tier is low and (the number of open complaints is 2 or the customer's "
                "goal is known)"
            ),
        ),
        (
            NoneOf((LOW, All((TWO, GOAL)))),
            (
                "the card's tier is not low and (the number of open complaints is not 2 or the "
                "customer's goal is not known)"
            ),
        ),
        (
            NoneOf((NoneOf((LOW, TWO)),)),
            "(the card's tier is low or the number of open complaints is 2)",
        ),
    ],
)
def test_groups_are_joined_by_and_and_or(tree: Condition, sentence: str) -> None:
    """Which belongs together can be heard."""
    assert condition(tree, CATALOGUE) == sentence


@pytest.mark.parametrize("fact", list(BUILT_IN), ids=lambda fact: fact.name)
def test_every_fact_can_be_the_subject_of_a_sentence(fact: Fact) -> None:
    """No name of the language is left in a sentence (002-08)."""
    assert not set(subject(fact)) & set("_.{}")


def test_a_span_of_one_is_singular() -> None:
    """One day is a day."""
    assert [span(Span(1, SpanUnit.HOURS)), span(WEEK)] == ["1 hour", "7 days"]
