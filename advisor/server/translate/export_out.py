"""All that is kept of one customer, as the contract writes it."""

from __future__ import annotations

from datetime import datetime

from advisor.engagement.contacts import Contact
from advisor.engagement.signals import BusinessFunction, Participation, Signal
from advisor.facts.catalogue import Catalogue
from advisor.facts.memory import Complaint, LearnedFact
from advisor.facts.recall import verification_set
from advisor.facts.situation import Profile
from advisor.facts.vocabulary import Channel, LegalClass, PurposeKind, Stage
from advisor.server.translate import times, words
from advisor.server.translate.customer_out import entry_out, profile_out
from advisor.server.translate.promise_out import promise_out
from advisor.store.erasure import Everything
from advisor.v1 import customer_service_pb2 as wire
from advisor.v1 import history_pb2

_STAGES = {stage.word: stage for stage in Stage}


def export_out(
    everything: Everything, catalogue: Catalogue, now: datetime
) -> wire.ExportCustomerResponse:
    """Write all that is kept of a customer."""
    remembered = everything.remembered
    memory = remembered.memory
    profile = Profile() if remembered.stored is None else remembered.stored.profile
    verifies = verification_set(memory, now)
    return wire.ExportCustomerResponse(
        profile=profile_out(profile, catalogue),
        history=history_pb2.History(
            contacts=[contact_out(each) for each in (*memory.holds, *memory.contacts)],
            promises=[promise_out(each.at(now)) for each in memory.promises],
        ),
        ledger=[entry_out(entry) for entry in everything.ledger],
        learned=[_learned(fact, verifies=fact.name in verifies) for fact in memory.facts],
        complaints=[_complaint(each) for each in memory.complaints],
        signals=[_signal(each) for each in memory.signals],
        records=everything.others,
    )


def contact_out(contact: Contact) -> history_pb2.Contact:
    """Write one contact; what is unknown is absent."""
    return history_pb2.Contact(
        at=times.timestamp(contact.at),
        direction=words.DIRECTION.write(contact.direction),
        channel=words.CHANNEL.write(None if contact.channel is None else Channel(contact.channel)),
        disposition=words.DISPOSITION.write(contact.disposition),
        reached_human=contact.reached_human,
        right_party=contact.right_party,
        spoke=contact.spoke,
        ended_by=words.ENDED_BY.write(contact.ended_by),
        ended_at_stage=words.STAGE.write(_STAGES.get(contact.ended_at_stage or "")),
        ended_after=contact.ended_after or "",
        purpose_id=contact.purpose_id or "",
        purpose_kind=words.PURPOSE_KIND.write(
            None if contact.kind is None else PurposeKind(contact.kind)
        ),
        legal_class=words.LEGAL_CLASS.write(
            None if contact.legal_class is None else LegalClass(contact.legal_class)
        ),
        subject=contact.subject or "",
        debt_id=contact.debt_id or "",
        number=contact.number or "",
        brand=contact.brand or "",
        campaign=contact.campaign or "",
        topic=contact.topic or "",
        promise_id=contact.promise_id or "",
        call_id=contact.id or "",
    )


def _learned(fact: LearnedFact, *, verifies: bool) -> wire.Learned:
    value = fact.value
    said = ", ".join(sorted(value)) if isinstance(value, frozenset) else str(value)
    return wire.Learned(
        name=fact.name,
        value=said,
        learned_at=times.timestamp(fact.learned_at),
        source=fact.source,
        reliability=words.RELIABILITY.write(fact.reliability),
        verifies=verifies,
        confidence=fact.confidence,
        expires_at=times.timestamp(fact.expires_at),
    )


def _complaint(complaint: Complaint) -> wire.Complaint:
    return wire.Complaint(
        id=complaint.id,
        opened_at=times.timestamp(complaint.opened_at),
        topic=complaint.topic or "",
        due_at=times.timestamp(complaint.due_at),
        closed_at=times.timestamp(complaint.closed_at),
    )


def _signal(signal: Signal) -> wire.CustomerSignal:
    return wire.CustomerSignal(
        kind=words.SIGNAL_KIND.write(signal.kind),
        at=times.timestamp(signal.at),
        reported_by=words.REPORTER.write(signal.reported_by),
        source=signal.source or "",
        trust=signal.trust,
        topic=signal.topic or "",
        subject=signal.subject or "",
        channel=words.CHANNEL.write(None if signal.channel is None else Channel(signal.channel)),
        expires_at=times.timestamp(signal.expires_at),
        role=words.PARTICIPATION.write(None if signal.role is None else Participation(signal.role)),
        function=words.BUSINESS_FUNCTION.write(
            None if signal.function is None else BusinessFunction(signal.function)
        ),
        owner=signal.owner or "",
        due_at=times.timestamp(signal.due_at),
    )
