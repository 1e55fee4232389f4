"""The catalogue of facts as a page."""

from __future__ import annotations

from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.facts.catalogue import Catalogue, Fact
from advisor.facts.values import FactType, Tell
from advisor.workbench.facts_page import markdown, rows


def test_a_fact_is_told_in_words() -> None:
    """Type, unit, who may hear it, who sends it and what absence means (004-34)."""
    (row,) = rows(BUILT_IN, "complaints.open")
    assert row.as_dict() == {
        "name": "complaints.open",
        "type": "whole number",
        "unit": "complaints",
        "told": "who is verified",
        "sent_by": "CRM",
        "absent_means": "unknown",
        "about": "How many complaints of the customer are open.",
        "choices": [],
    }


def test_what_absence_means_is_a_value_in_words() -> None:
    """No weather reported is no weather, and no suppression is none."""
    absent = {row.name: row.absent_means for row in rows(BUILT_IN)}
    assert (absent["weather.outage.active"], absent["customer.suppressions"]) == ("no", "none")


def test_the_page_is_a_table_of_all_facts() -> None:
    """Every fact has a row, its words are listed, and a bar breaks no cell."""
    odd = Fact(
        name="bank.plan",
        type=FactType.CHOICE,
        about="Plan a|b.",
        tell=Tell.STRONG,
        choices=("a", "b"),
    )
    unit = Fact(name="bank.age", type=FactType.WHOLE_NUMBER, about="Age.", unit="years")
    assert list(markdown(rows(Catalogue.of([odd, unit]))))[2:] == [
        (
            "| `bank.plan` | choice | Plan a\\|b. One of: a, b. | who is strongly verified "
            "| advisor | unknown |"
        ),
        "| `bank.age` | whole number (years) | Age. | the agent only | advisor | unknown |",
    ]
    assert len(list(markdown(rows(BUILT_IN)))) == 2 + len(BUILT_IN.facts)
