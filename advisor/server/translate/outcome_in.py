"""What a caller tells of how a call came out, or of what was noticed elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from advisor.engagement.card import TrustTier
from advisor.engagement.contacts import Contact, Direction
from advisor.engagement.signals import Reporter, Signal, SignalKind, Weather, WeatherKind
from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.facts.catalogue import Catalogue
from advisor.facts.memory import LearnedFact
from advisor.guidance.heeding import reliability
from advisor.guidance.settling import Outcome
from advisor.server.redaction import redacted
from advisor.server.translate import times, words
from advisor.server.translate.facts_in import attributes_in
from advisor.server.translate.history_in import contact_in
from advisor.server.validation import Violation
from advisor.v1.advisor_service_pb2 import RecordOutcomeRequest
from advisor.v1.customer_service_pb2 import CustomerSignal
from advisor.v1.customer_service_pb2 import Weather as WireWeather
from advisor.v1.facts_pb2 import FactValue

#: What of a call need not be told again: `Advise` was asked about it.
_OF_THE_CALL: Final = (
    "campaign",
    "brand",
    "purpose_id",
    "kind",
    "legal_class",
    "number",
    "debt_id",
    "subject",
    "promise_id",
)


def outcome_in(
    sent: RecordOutcomeRequest, catalogue: Catalogue, tier: TrustTier, found: list[Violation]
) -> Outcome:
    """Read an outcome.

    Args:
        sent: What is told.
        catalogue: The facts that the pack knows.
        tier: The customer's, when it was told: it says how far they are believed.
        found: Takes what is wrong.
    """
    contact = replace(contact_in(sent.call), id=sent.call_id)
    if contact.direction is None:
        contact = replace(contact, direction=Direction.OUTBOUND)
    return Outcome(
        id=sent.outcome_id,
        contact=contact,
        closed=sent.closed if sent.HasField("closed") else None,
        items_used=tuple(sent.items_used),
        comment=redacted(sent.comment) or None,
        learned=_learned(
            sent.learned,
            catalogue,
            found,
            LearnedFact(
                name="",
                value=False,
                learned_at=contact.at,
                source="stated",
                reliability=reliability(tier, under_pressure=sent.under_pressure),
                cause=sent.outcome_id,
            ),
        ),
        corrects=sent.corrects or None,
        basis=redacted(sent.basis) or None,
    )


def with_what_was_asked(contact: Contact, asked: Contact | None) -> Contact:
    """Fill in what an outcome does not repeat of the call that was asked about."""
    if asked is None:
        return contact
    missing = {
        name: getattr(asked, name) for name in _OF_THE_CALL if getattr(contact, name) is None
    }
    return replace(contact, **missing)


def signal_in(
    sent: CustomerSignal, signal_id: str, catalogue: Catalogue, found: list[Violation]
) -> tuple[Signal, tuple[LearnedFact, ...]]:
    """Read a signal about one customer, and the facts that it teaches."""
    kind = words.SIGNAL_KIND.read(sent.kind) or SignalKind.DATA_GIVEN
    reported_by = words.REPORTER.read(sent.reported_by) or Reporter.SYSTEM
    channel = words.CHANNEL.read(sent.channel)
    role = words.PARTICIPATION.read(sent.role)
    function = words.BUSINESS_FUNCTION.read(sent.function)
    trust = sent.trust if sent.HasField("trust") else None
    signal = Signal(
        id=signal_id,
        kind=kind,
        at=times.instant(sent.at),
        reported_by=reported_by,
        source=sent.source or None,
        trust=trust,
        topic=redacted(sent.topic) or None,
        subject=sent.subject or None,
        channel=None if channel is None else channel.value,
        expires_at=times.instant_of(sent, "expires_at"),
        role=None if role is None else role.value,
        function=None if function is None else function.value,
        owner=sent.owner or None,
        due_at=times.instant_of(sent, "due_at"),
    )
    like = LearnedFact(
        name="",
        value=False,
        learned_at=signal.at,
        source=signal.source or reported_by.value,
        confidence=trust,
        expires_at=signal.expires_at,
        cause=signal_id,
    )
    return signal, _learned(sent.learned, catalogue, found, like)


def weather_in(sent: WireWeather, id_: str, now: datetime) -> Weather:
    """Read what makes itself felt to many."""
    return Weather(
        id=id_,
        kind=words.WEATHER_KIND.read(sent.kind) or WeatherKind.OUTAGE,
        begins_at=times.instant_of(sent, "begins_at") or now,
        ends_at=times.instant(sent.ends_at),
        brand=sent.brand or None,
        source=sent.source or None,
    )


def _learned(
    sent: Mapping[str, FactValue],
    catalogue: Catalogue,
    found: list[Violation],
    like: LearnedFact,
) -> tuple[LearnedFact, ...]:
    values = attributes_in(sent, catalogue, BUILT_IN, "learned", found)
    return tuple(replace(like, name=name, value=value) for name, value in values.items())
