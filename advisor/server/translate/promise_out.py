"""Promises, and times that can be promised, as the contract writes them."""

from __future__ import annotations

from advisor.engagement.promises import Promise
from advisor.engagement.slots import Slot
from advisor.facts.vocabulary import ConsentType
from advisor.server.translate import times, words
from advisor.v1 import decision_pb2, history_pb2


def promise_out(promise: Promise) -> history_pb2.Promise:
    """Write a promise."""
    consent = None if promise.consent is None else ConsentType(promise.consent)
    return history_pb2.Promise(
        state=words.PROMISE_STATE.write(promise.state),
        due_at=times.timestamp(promise.due_at),
        due_until=times.timestamp(promise.due_until),
        id=promise.id or "",
        zone=promise.zone or "",
        number=promise.number or "",
        subject=promise.subject or "",
        topic=promise.topic or "",
        owner=promise.owner or "",
        team=promise.fallback or "",
        customer_id=promise.customer_id or "",
        purpose_id=promise.purpose_id or "",
        brand=promise.brand or "",
        call_id=promise.call_id or "",
        said=promise.said or "",
        consent=words.CONSENT_TYPE.write(consent),
        made_at=times.timestamp(promise.made_at),
        missed_at=times.timestamp(promise.missed_at),
        settled_at=times.timestamp(promise.settled_at),
        attempted=promise.attempted,
        replaces=promise.replaces or "",
    )


def slot_out(slot: Slot, spoken: str) -> decision_pb2.Slot:
    """Write a time that can be promised, with its words."""
    return decision_pb2.Slot(
        starts_at=times.timestamp(slot.start),
        ends_at=times.timestamp(slot.end),
        zone=slot.zone.key,
        spoken=spoken,
    )
