"""What the service itself remembers, as it lies in Redis: each record with its form's version.

A record of a newer version is refused and left alone, as in `records`. Adding a field to anything
that is written here raises the version.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import msgspec

from advisor.engagement.card import Account, LedgerEntry, Sum
from advisor.engagement.contacts import Contact, Direction, Disposition, EndedBy
from advisor.engagement.promises import Promise, PromiseState
from advisor.engagement.signals import Signal
from advisor.facts.memory import Complaint, LearnedFact, Memory, Reliability
from advisor.guidance.settling import Settled
from advisor.store.forms import ENCODER, decoded
from advisor.store.values import ValueRecord, value_of, value_record

#: The form that this service writes, and the newest it reads; the second added promises.
VERSION: Final = 2


class _SumRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """The points of one half-life."""

    points: float
    at: datetime
    half_life: timedelta | None = None


class _AccountRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A ledger in brief."""

    sums: tuple[_SumRecord, ...] = ()
    entries: int = 0
    last_entries: tuple[LedgerEntry, ...] = ()


class _FactRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A learned fact; its value with the name of its type."""

    name: str
    value: ValueRecord
    learned_at: datetime
    source: str
    reliability: Reliability = Reliability.RELIABLE
    confidence: float | None = None
    expires_at: datetime | None = None
    cause: str | None = None


class _ContactForm(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A contact, without what is not known of it: a memory holds many."""

    at: datetime
    id: str | None = None
    direction: Direction | None = None
    channel: str | None = None
    disposition: Disposition | None = None
    reached_human: bool | None = None
    spoke: bool | None = None
    right_party: bool | None = None
    ended_by: EndedBy | None = None
    ended_at_stage: str | None = None
    ended_after: str | None = None
    campaign: str | None = None
    brand: str | None = None
    purpose_id: str | None = None
    kind: str | None = None
    legal_class: str | None = None
    number: str | None = None
    debt_id: str | None = None
    subject: str | None = None
    topic: str | None = None
    promise_id: str | None = None


class _PromiseForm(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A promise, without what is not known of it; fields as in `Promise`."""

    state: PromiseState
    due_at: datetime
    id: str | None = None
    due_until: datetime | None = None
    missed_at: datetime | None = None
    zone: str | None = None
    number: str | None = None
    subject: str | None = None
    topic: str | None = None
    owner: str | None = None
    fallback: str | None = None
    said: str | None = None
    consent: str | None = None
    customer_id: str | None = None
    purpose_id: str | None = None
    kind: str | None = None
    legal_class: str | None = None
    brand: str | None = None
    call_id: str | None = None
    made_at: datetime | None = None
    replaces: str | None = None
    again_at: datetime | None = None
    attempted: bool = False
    reached: bool | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None
    booked: tuple[LedgerEntry, ...] = ()


class MemoryRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A memory without its holds, which lie beside it; fields as in `Memory`."""

    version: int
    contacts: tuple[_ContactForm, ...] = ()
    account: _AccountRecord = _AccountRecord()
    facts: tuple[_FactRecord, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    signals: tuple[Signal, ...] = ()
    promises: tuple[_PromiseForm, ...] = ()
    first_at: datetime | None = None


class _ContactRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One contact by itself: a call without an outcome, or an entry of a number's register."""

    version: int
    contact: _ContactForm


class _EntryRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One line of the ledger."""

    version: int
    entry: LedgerEntry


class _SettledRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What settled a call, for a correction to undo."""

    version: int
    settled: Settled


_SETTLED: Final = msgspec.json.Decoder(_SettledRecord)
_MEMORY: Final = msgspec.json.Decoder(MemoryRecord)
_CONTACT: Final = msgspec.json.Decoder(_ContactRecord)
_ENTRY: Final = msgspec.json.Decoder(_EntryRecord)


def memory_record(memory: Memory) -> bytes:
    """Write a memory, without its holds."""
    account = memory.account
    return ENCODER.encode(
        MemoryRecord(
            version=VERSION,
            contacts=tuple(_form(contact) for contact in memory.contacts),
            account=_AccountRecord(
                sums=tuple(
                    _SumRecord(points=total.points, at=total.at, half_life=half_life)
                    for half_life, total in account.sums.items()
                ),
                entries=account.entries,
                last_entries=account.last_entries,
            ),
            facts=tuple(_fact_record(fact) for fact in memory.facts),
            complaints=memory.complaints,
            signals=memory.signals,
            promises=tuple(
                msgspec.convert(each, _PromiseForm, from_attributes=True)
                for each in memory.promises
            ),
            first_at=memory.first_at,
        )
    )


def read_memory(record: bytes | str | None, holds: tuple[Contact, ...] = ()) -> Memory:
    """Read a memory; an empty one where none is stored.

    Args:
        record: As it was stored.
        holds: Calls without an outcome, read beside it.

    Raises:
        RecordUnreadable: It is newer than this service, or damaged.
    """
    if record is None:
        return Memory(holds=holds)
    read = decoded(_MEMORY, record, "memory", newest=VERSION)
    sums = {each.half_life: Sum(each.points, each.at) for each in read.account.sums}
    return Memory(
        contacts=tuple(_contact(form) for form in read.contacts),
        account=Account(
            sums=MappingProxyType(sums),
            entries=read.account.entries,
            last_entries=read.account.last_entries,
        ),
        facts=tuple(_fact(fact) for fact in read.facts),
        complaints=read.complaints,
        signals=read.signals,
        promises=tuple(
            msgspec.convert(each, Promise, from_attributes=True) for each in read.promises
        ),
        holds=holds,
        first_at=read.first_at,
    )


def contact_record(contact: Contact) -> bytes:
    """Write one contact by itself."""
    return ENCODER.encode(_ContactRecord(version=VERSION, contact=_form(contact)))


def read_contact(record: bytes | str) -> Contact:
    """Read one contact.

    Raises:
        RecordUnreadable: It is newer than this service, or damaged.
    """
    return _contact(decoded(_CONTACT, record, "contact", newest=VERSION).contact)


def entry_record(entry: LedgerEntry) -> bytes:
    """Write one line of the ledger."""
    return ENCODER.encode(_EntryRecord(version=VERSION, entry=entry))


def read_entry(record: bytes | str) -> LedgerEntry:
    """Read one line of the ledger.

    Raises:
        RecordUnreadable: It is newer than this service, or damaged.
    """
    return decoded(_ENTRY, record, "ledger", newest=VERSION).entry


def settled_record(settled: Settled) -> bytes:
    """Write what settled a call."""
    return ENCODER.encode(_SettledRecord(version=VERSION, settled=settled))


def read_settled(record: bytes | str) -> Settled:
    """Read what settled a call.

    Raises:
        RecordUnreadable: It is newer than this service, or damaged.
    """
    return decoded(_SETTLED, record, "outcome", newest=VERSION).settled


def _form(contact: Contact) -> _ContactForm:
    return msgspec.convert(contact, _ContactForm, from_attributes=True)


def _contact(form: _ContactForm) -> Contact:
    return msgspec.convert(form, Contact, from_attributes=True)


def _fact_record(fact: LearnedFact) -> _FactRecord:
    return _FactRecord(
        name=fact.name,
        value=value_record(fact.value),
        learned_at=fact.learned_at,
        source=fact.source,
        reliability=fact.reliability,
        confidence=fact.confidence,
        expires_at=fact.expires_at,
        cause=fact.cause,
    )


def _fact(record: _FactRecord) -> LearnedFact:
    return LearnedFact(
        name=record.name,
        value=value_of(record.value),
        learned_at=record.learned_at,
        source=record.source,
        reliability=record.reliability,
        confidence=record.confidence,
        expires_at=record.expires_at,
        cause=record.cause,
    )
