"""What may be so once an event of a call has been reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from advisor.facts.vocabulary import Stage, Verification
from advisor.guidance import tables
from advisor.guidance.state import CallState
from advisor.rules.reasoning import Demand
from advisor.workbench.checks.reach import one_of

ANSWERED_BY: Final = "call.answered_by"
STAGE: Final = "call.stage"
SHOWN: Final = "call.customer_verification"

_OTHERS: Final = (tables.MACHINE, tables.THIRD_PARTY)


#: Everybody who may listen, whatever they have shown. Reports come late and in any order, so even
#: after an event that says who it is, somebody else may be on the line.
LISTENERS: Final = tuple(
    CallState(verification=verification, answered_by=who)
    for verification in Verification
    for who in (None, *_OTHERS)
)


def so(event: str, listener: CallState) -> Iterator[Demand]:
    """Demand what is so after an event, before this listener, at any stage."""
    yield one_of("event.kind", (event,))
    yield one_of("call.dialled", (True,))
    yield one_of(STAGE, tuple(stage.word for stage in Stage))
    yield one_of(SHOWN, (listener.verification.word,))
    if listener.answered_by is None:
        yield replace(one_of(ANSWERED_BY, _OTHERS), unmet=True)
    else:
        yield one_of(ANSWERED_BY, (listener.answered_by,))
