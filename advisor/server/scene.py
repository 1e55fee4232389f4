"""From a request to the situation it describes, joined with what is kept of the customer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from advisor.engagement.contacts import Contact
from advisor.engagement.signals import Weather
from advisor.engagement.slots import Capacity
from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.facts.memory import Memory
from advisor.facts.merge import lifted, merged
from advisor.facts.situation import Call, History, Profile, Situation
from advisor.facts.values import Value
from advisor.guidance.situations import situation_of
from advisor.rules.pack import Pack
from advisor.server import errors
from advisor.server.errors import ErrorReason
from advisor.server.redaction import redacted
from advisor.server.translate.call_in import call_in
from advisor.server.translate.customer_in import profile_in
from advisor.server.translate.facts_in import attributes_in, occasion_in
from advisor.server.translate.history_in import history_in
from advisor.server.validation import Violation
from advisor.store.customers import Stored, Unavailable
from advisor.v1.advisor_service_pb2 import AdviseRequest

_ROOM_EVERYWHERE: Final = Capacity()

#: Why the state is missing, for agents and operators; the store's word is added.
STATE_MISSING: Final = "what is kept of the customer could not be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a request says, in the core's values."""

    call: Call
    purpose_id: str
    occasion: dict[str, Value]
    subject: str | None
    debt_id: str | None
    relevance: str | None
    customer_id: str | None
    profile: Profile
    history: History
    stated: dict[str, Value]


def told_in(request: AdviseRequest, pack: Pack) -> Told:
    """Read a request against the pack that decides.

    Raises:
        Refusal: The pack has no such purpose or brand, or facts do not fit its catalogue; every
            such fact is named.
    """
    found: list[Violation] = []
    sent = request.purpose
    purpose = pack.purposes.get(sent.id)
    if purpose is None:
        raise errors.not_found(
            ErrorReason.UNKNOWN_PURPOSE,
            "purpose",
            sent.id,
            "GetPack lists the purposes of the pack that decides.",
        )
    customer = request.customer
    kept = attributes_in(
        customer.profile.attributes,
        pack.catalogue,
        BUILT_IN,
        "customer.profile.attributes",
        found,
    )
    told = Told(
        call=call_in(
            request.call,
            _brand(request.call.brand, pack, found),
            promise_id=request.promise.promise_id or None,
        ),
        purpose_id=sent.id,
        occasion=occasion_in(sent.occasion, purpose.occasion, "purpose.occasion", found),
        subject=sent.subject or None,
        debt_id=sent.debt_id or None,
        relevance=redacted(sent.relevance) or None,
        customer_id=customer.customer_id or None,
        profile=profile_in(customer.profile, kept, "customer.profile", found),
        history=history_in(customer.history) if customer.HasField("history") else History(),
        stated=attributes_in(request.attributes, pack.catalogue, BUILT_IN, "attributes", found),
    )
    if found:
        raise errors.invalid(found)
    return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is kept that a decision may know of.

    Attributes:
        stored: The profile; None where nothing is kept.
        memory: What is remembered of the customer.
        number: Contacts of anybody with the dialled number.
        reference: What the customer may quote of this call; None where it has none.
        elsewhere: Whether somebody else has claimed the promise that the call is to keep.
    """

    stored: Stored | None = None
    memory: Memory = field(default_factory=Memory)
    number: tuple[Contact, ...] = ()
    reference: str | None = None
    elsewhere: bool = False


def situation_in(
    told: Told,
    pack: Pack,
    now: datetime,
    kept: Known | Unavailable,
    *,
    weather: tuple[Weather, ...] = (),
    capacity: Capacity = _ROOM_EVERYWHERE,
) -> Situation:
    """Put together what is told and what is kept.

    Args:
        told: The request.
        pack: The pack that decides.
        now: The instant to decide for, aware, UTC.
        kept: What is kept; nothing, where nobody looked.
        weather: What makes itself felt to everybody now.
        capacity: Which times have no room for one more call-back.
    """
    found = kept if isinstance(kept, Known) else Known()
    known = found.stored or Stored()
    profile = merged(
        known.profile,
        replace(told.profile, suppressions=lifted(told.profile.suppressions, known.lifts)),
        observed_at=now,
    )
    missing = f"{STATE_MISSING} ({kept.reason.value})" if isinstance(kept, Unavailable) else None
    return situation_of(
        pack,
        replace(told.call, promise_elsewhere=found.elsewhere),
        told.purpose_id,
        now,
        occasion=told.occasion,
        subject=told.subject,
        debt_id=told.debt_id,
        relevance=told.relevance,
        customer_id=told.customer_id,
        profile=profile,
        history=told.history,
        stated={**profile.attributes, **told.stated, **_proof(found.reference)},
        memory=found.memory,
        number=found.number,
        weather=weather,
        capacity=capacity,
        state_missing=missing,
    )


def _proof(reference: str | None) -> dict[str, Value]:
    return {} if reference is None else {"proof.reference": reference}


def _brand(sent: str, pack: Pack, found: list[Violation]) -> str:
    brands = pack.settings.brands
    if not sent and len(brands) == 1:
        return next(iter(brands))
    if not sent:
        found.append(Violation("call.brand", "is required, because the pack has not one brand"))
    elif sent not in brands:
        raise errors.not_found(
            ErrorReason.UNKNOWN_BRAND,
            "brand",
            sent,
            "GetPack lists the brands of the pack that decides.",
        )
    return sent
