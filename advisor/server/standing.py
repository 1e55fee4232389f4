"""A call that goes on, with everything that is known of it, read or remembered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from advisor.facts.situation import Suppressed
from advisor.facts.vocabulary import Decision, PurposeKind, Suppression
from advisor.server.recent import Recent
from advisor.server.scene import Known
from advisor.server.translate import words
from advisor.store.customers import Unavailable
from advisor.store.errors import Reason
from advisor.store.evidence import Kept, kept_of
from advisor.store.live import Live
from advisor.store.live_records import EventRecord
from advisor.v1.advisor_service_pb2 import AdviseResponse

#: Decisions after which a call is made, as the contract writes them.
MADE: Final = frozenset(
    words.DECISION.write(each) for each in Decision if each >= Decision.ALLOW_WITH_CONDITIONS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A call and everything known of it.

    Attributes:
        kept: The decision on it.
        reference: What the customer may quote of it; empty for none.
        agent_id: Who has it; empty for nobody.
        revision: How often anything about it has changed.
        events: Everything reported.
        last: The event that arrived last.
        made: Whether the decision was that the call is made.
        missing: Why the store could not be asked; None where it was.
    """

    kept: Kept
    reference: str
    agent_id: str
    revision: int
    events: tuple[EventRecord, ...]
    last: EventRecord | None
    made: bool = True
    missing: Reason | None = None


def standing_of(live: Live) -> Standing:
    """Return a call as the store has it."""
    answer = AdviseResponse.FromString(live.kept.response)
    return Standing(
        kept=live.kept,
        reference=answer.proof.reference,
        made=answer.verdict.decision in MADE,
        agent_id=_assigned(live.events) or live.agent_id,
        revision=live.revision,
        events=live.events,
        last=live.last,
    )


def alone(recent: Recent, reason: Reason) -> Standing:
    """Return a call by what this process alone has seen of it, and why no more is known."""
    events = tuple(recent.events.values())
    return Standing(
        kept=kept_of(recent.record),
        reference=recent.reference,
        agent_id=_assigned(events) or recent.agent_id,
        revision=max(recent.revision, len(events)),
        events=events,
        last=events[-1] if events else None,
        missing=reason,
    )


def known_of(standing: Standing) -> Known | Unavailable:
    """Return what guidance may know of the customer: what the decision knew."""
    kept = standing.kept
    if standing.missing is not None or not kept.known:
        return Unavailable(reason=standing.missing or Reason.LOST)
    return Known(
        stored=kept.stored,
        memory=kept.memory,
        number=kept.number,
        reference=standing.reference or None,
    )


def mark_of(standing: Standing) -> tuple[str, int, str]:
    """Return what changes whenever the guidance does."""
    missing = "" if standing.missing is None else f"without a store, {len(standing.events)}"
    return standing.kept.decision_id, standing.revision, missing


def stopped(events: tuple[EventRecord, ...], kind: PurposeKind) -> tuple[Suppressed, ...]:
    """Return what the customer has stopped in this call: at least what it is about."""
    if not any(each.kind == "stop_calling_requested" for each in events):
        return ()
    return (Suppressed(source=Suppression.PURPOSE_OPT_OUT, purpose_kinds=frozenset({kind})),)


def _assigned(events: tuple[EventRecord, ...]) -> str:
    """Return who was assigned last, by when it happened; empty for nobody."""
    ordered = sorted(events, key=lambda each: (each.at, each.id))
    assigned = [each.agent.id for each in ordered if each.agent is not None and each.agent.id]
    return assigned[-1] if assigned else ""
