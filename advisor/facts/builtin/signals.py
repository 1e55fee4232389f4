"""Facts of a signal, for the rules that say what it earned."""

from __future__ import annotations

from typing import Final

from advisor.engagement.signals import BusinessFunction, Participation, Reporter, SignalKind
from advisor.facts.catalogue import Fact
from advisor.facts.values import FactType

FACTS: Final = (
    Fact(
        name="signal.kind",
        type=FactType.CHOICE,
        about="What was noticed.",
        sent_by="CRM",
        choices=tuple(kind.value for kind in SignalKind),
    ),
    Fact(
        name="signal.reported_by",
        type=FactType.CHOICE,
        about="Who noticed it.",
        sent_by="CRM",
        choices=tuple(reporter.value for reporter in Reporter),
    ),
    Fact(
        name="signal.source",
        type=FactType.TEXT,
        about="The system or person it came from, in a word of the company.",
        sent_by="CRM",
    ),
    Fact(
        name="signal.trust",
        type=FactType.DECIMAL,
        about="How far its source is believed, from 0 to 1.",
        sent_by="CRM",
    ),
    Fact(
        name="signal.role",
        type=FactType.CHOICE,
        about="Of a participation: how the customer took part.",
        sent_by="CRM",
        choices=tuple(role.value for role in Participation),
    ),
    Fact(
        name="signal.function",
        type=FactType.CHOICE,
        about="Of a participation: in which of the company's functions.",
        sent_by="CRM",
        choices=tuple(function.value for function in BusinessFunction),
    ),
)
