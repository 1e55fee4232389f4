"""What may be so once an event of a call has been reported, whatever came before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from advisor.facts.events import EVENTS
from advisor.facts.vocabulary import CompanyProof, Disclosure, Stage, Verification
from advisor.guidance import tables
from advisor.guidance.state import CallState, after
from advisor.rules.reasoning import Demand
from advisor.workbench.checks.reach import one_of

#: Events after which there is nobody to speak to, and nothing that has to be done.
QUIET: Final = frozenset(
    {
        "agent_assigned",
        "call_placed",
        "guidance_shown",
        "guidance_used",
        "guidance_dismissed",
        "guidance_overridden",
    }
)

#: Events after which nobody listens: what to do now, or a message, is answer enough.
UNHEARD: Final = frozenset(
    {"machine_detected", "customer_hung_up", "agent_hung_up", "call_dropped"}
)

ANSWERED_BY: Final = "call.answered_by"
SHOWN: Final = "call.customer_verification"

_OTHERS: Final = (tables.MACHINE, tables.THIRD_PARTY)


@dataclass(frozen=True, slots=True)
class After:
    """A call after an event.

    Attributes:
        listeners: States that differ in what the customer has shown and who listens.
        facts: By name of a fact of the call: the words that it may have.
    """

    listeners: tuple[CallState, ...]
    facts: Mapping[str, tuple[object, ...]]


@lru_cache(maxsize=len(EVENTS))
def after_event(event: str) -> After:
    """Work out, from all that a call may have been before, what it may be after an event."""
    shown = [
        after(CallState(verification=verification, answered_by=who), event)
        for verification in Verification
        for who in (None, *_OTHERS)
    ]
    listeners = {
        (state.verification, state.answered_by): CallState(
            verification=state.verification, answered_by=state.answered_by
        )
        for state in shown
    }
    stages = {after(CallState(stage=stage), event).stage for stage in Stage}
    said = {after(CallState(disclosure=rung), event).disclosure for rung in Disclosure}
    proofs = {after(CallState(company_proof=proof), event).company_proof for proof in CompanyProof}
    return After(
        tuple(listeners.values()),
        {
            "event.kind": (event,),
            "call.dialled": (True,),
            "call.stage": tuple(stage.word for stage in sorted(stages)),
            "call.disclosure": tuple(rung.word for rung in sorted(said)),
            "call.company_proof": tuple(proof.word for proof in sorted(proofs)),
        },
    )


def so(event: str, listener: CallState) -> Iterator[Demand]:
    """Demand what is so after an event, before this listener."""
    for name, values in after_event(event).facts.items():
        yield one_of(name, values)
    yield one_of(SHOWN, (listener.verification.word,))
    if listener.answered_by is None:
        yield replace(one_of(ANSWERED_BY, _OTHERS), unmet=True)
    else:
        yield one_of(ANSWERED_BY, (listener.answered_by,))
