"""All built-in facts."""

from __future__ import annotations

from typing import Final

from advisor.facts.builtin import (
    call,
    customer,
    happenings,
    history,
    now,
    promise,
    purpose,
    remembered,
    signals,
    speaker,
    standing,
    surroundings,
)
from advisor.facts.catalogue import Catalogue

#: First words of the names of built-in facts; a company's own facts begin with another.
GROUPS: Final = (
    "call",
    "purpose",
    "customer",
    "number",
    "card",
    "history",
    "complaints",
    "promise",
    "slot",
    "now",
    "agent",
    "brand",
    "proof",
    "weather",
    "capacity",
    "state",
    "event",
    "outcome",
    "signal",
)

#: The catalogue that every pack begins with.
BUILT_IN: Final = Catalogue.of(
    [
        *call.FACTS,
        *purpose.FACTS,
        *customer.FACTS,
        *standing.FACTS,
        *history.FACTS,
        *promise.FACTS,
        *now.FACTS,
        *speaker.FACTS,
        *surroundings.FACTS,
        *happenings.FACTS,
        *remembered.FACTS,
        *signals.FACTS,
    ]
)
