"""What the default pack books: nothing that can happen is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from advisor.engagement.contacts import Contact, Disposition
from advisor.engagement.signals import Reporter, Signal, SignalKind
from advisor.facts.situation import Brand, Call, Situation
from advisor.facts.values import Value
from advisor.facts.vocabulary import LegalClass
from advisor.guidance.earning import Happening, heard, occasion_in, outcome_facts, signal_facts
from advisor.guidance.guide import Guide
from advisor.rules.pack import Section
from advisor.workbench.preparing import prepare

AT = datetime(2026, 1, 12, 15, tzinfo=UTC)
ROOT = Path(__file__).parents[2] / "rules"


@pytest.fixture(scope="module")
def guide() -> Guide:
    """The default pack, ready to be matched."""
    files = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in ROOT.rglob("*.yaml")}
    prepared = prepare(files, tested=False)
    assert prepared.guide is not None
    return prepared.guide


def _heard(guide: Guide, contact: Contact, stated: dict[str, Value]) -> set[str]:
    known = Situation(
        now=AT,
        call=Call(id="", brand=""),
        occasion=occasion_in(guide, contact),
        brand=Brand(id="", name=""),
    )
    happening = Happening(at=AT, cause="it", known=known, stated=stated)
    return {rule.id for rule in heard(guide, happening)}


@pytest.mark.parametrize("disposition", Disposition)
@pytest.mark.parametrize("legal", LegalClass)
def test_every_outcome_is_booked(guide: Guide, disposition: Disposition, legal: LegalClass) -> None:
    """No way in which a call of any class can come out is forgotten (003-05)."""
    contact = Contact(at=AT, disposition=disposition, legal_class=legal.value)
    assert _heard(guide, contact, outcome_facts(contact))


@pytest.mark.parametrize("kind", SignalKind)
@pytest.mark.parametrize("reporter", Reporter)
def test_every_signal_is_booked(guide: Guide, kind: SignalKind, reporter: Reporter) -> None:
    """No kind of signal is forgotten, whoever noticed it, and none is taken for a call (003-05)."""
    signal = Signal(id="s", kind=kind, at=AT, reported_by=reporter)
    found = _heard(guide, Contact(at=AT), signal_facts(signal))
    asked = {rule.id for rule in guide.pack.rules if "signal.kind" in guide.matcher.asks(rule)}
    assert found
    assert found <= asked


def test_the_card_never_looks_at_the_agent(guide: Guide) -> None:
    """Who noted a bad outcome is not marked for it: no rule asks who the agent was (002-09)."""
    rules = [rule for rule in guide.pack.rules if rule.section is Section.ENGAGEMENT]
    asked = {fact for rule in rules for fact in guide.matcher.asks(rule)}
    assert "outcome.disposition" in asked
    assert {fact for fact in asked if fact.startswith("agent.")} == set()
