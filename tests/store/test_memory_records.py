"""Memories as they lie in Redis: nothing changes on the way, and versions are respected."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from advisor.engagement.card import EntryType, LedgerEntry, replayed
from advisor.engagement.contacts import Contact, Direction, Disposition, EndedBy
from advisor.engagement.promises import Promise, PromiseState
from advisor.engagement.signals import Reporter, Signal, SignalKind
from advisor.facts.memory import Complaint, LearnedFact, Memory, Reliability
from advisor.facts.situation import Suppressed
from advisor.facts.values import NEVER, Possible
from advisor.facts.vocabulary import PurposeKind, Suppression
from advisor.guidance.settling import Settled
from advisor.store.errors import RecordUnreadable
from advisor.store.memory_records import (
    VERSION,
    contact_record,
    entry_record,
    memory_record,
    read_contact,
    read_entry,
    read_memory,
    read_settled,
    settled_record,
)

_NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)

#: Every field has a value, so that a field forgotten in the record shows.
_CONTACT = Contact(
    at=_NOW,
    id="c-1",
    direction=Direction.OUTBOUND,
    channel="voice_outbound",
    disposition=Disposition.NOT_INTERESTED,
    reached_human=True,
    spoke=False,
    right_party=True,
    ended_by=EndedBy.CUSTOMER,
    ended_at_stage="headline",
    ended_after="rule/item",
    campaign="spring",
    brand="shop",
    purpose_id="delivery",
    kind="delivery_update",
    legal_class="service",
    number="+441632960000",
    debt_id="d-1",
    subject="s-1",
    topic="a fee",
    promise_id="p-1",
)
_ENTRY = LedgerEntry(
    at=_NOW,
    points=-2.5,
    reason="missed_promise",
    type=EntryType.CORRECTION,
    rule="a-rule",
    because="We said we would ring.",
    half_life=timedelta(days=90),
    cause="o-1",
)
_FACT = LearnedFact(
    name="bank.size",
    value=Possible((1, NEVER)),
    learned_at=_NOW,
    source="stated",
    reliability=Reliability.UNDER_PRESSURE,
    confidence=0.5,
    expires_at=_NOW,
    cause="o-1",
)
_SIGNAL = Signal(
    id="s-1",
    kind=SignalKind.REVIEW_POSTED,
    at=_NOW,
    reported_by=Reporter.PUBLIC,
    source="a site",
    trust=0.2,
    topic="a fee",
    subject="s-1",
    channel="letter",
    expires_at=_NOW,
    role="originator",
    function="innovation",
    owner="a team",
    due_at=_NOW,
)
_SETTLED = Settled(
    id="o-2",
    corrects="o-1",
    entries=(_ENTRY,),
    suppressed=(
        Suppressed(
            source=Suppression.PURPOSE_OPT_OUT,
            purpose_kinds=frozenset({PurposeKind.RENEWAL}),
            captured_at=_NOW,
        ),
    ),
)
_PROMISE = Promise(
    state=PromiseState.KEPT,
    due_at=_NOW,
    id="p-1",
    due_until=_NOW,
    missed_at=_NOW,
    zone="Europe/London",
    number="+441632960000",
    subject="s-1",
    topic="a fee",
    owner="sam",
    fallback="cards",
    said="Tomorrow at six, please.",
    consent="callback_request",
    customer_id="K-1",
    purpose_id="delivery",
    kind="delivery_update",
    legal_class="service",
    brand="shop",
    call_id="c-1",
    made_at=_NOW,
    replaces="p-0",
    again_at=_NOW,
    attempted=True,
    reached=True,
    settled_at=_NOW,
    settled_by="o-1",
    booked=(_ENTRY,),
)
_FULL = Memory(
    contacts=(_CONTACT, Contact(at=_NOW)),
    account=replayed((_ENTRY, replace(_ENTRY, half_life=None, type=EntryType.CREDIT))),
    facts=(_FACT,),
    complaints=(Complaint(id="x", opened_at=_NOW, topic="t", due_at=_NOW, closed_at=_NOW),),
    signals=(_SIGNAL,),
    promises=(_PROMISE, Promise(state=PromiseState.MADE, due_at=_NOW)),
    first_at=_NOW,
)


@pytest.mark.parametrize("full", [_CONTACT, _ENTRY, _FACT, _SIGNAL, _SETTLED, _PROMISE])
def test_the_examples_are_full(full: object) -> None:
    """Each example has a value in every field, so that the tests below leave none out."""
    assert all(getattr(full, each.name) is not None for each in fields(full))  # type: ignore[arg-type]


def test_memory_comes_back_as_it_was() -> None:
    """Every field survives the way to Redis and back, the account's sums included."""
    assert read_memory(memory_record(_FULL)) == _FULL


def test_holds_are_read_beside_it() -> None:
    """Calls without an outcome lie beside the memory, and none of them in it."""
    record = memory_record(replace(_FULL, holds=(_CONTACT,)))

    assert record == memory_record(_FULL)
    assert read_memory(record, (_CONTACT,)).holds == (_CONTACT,)
    assert read_memory(None, (_CONTACT,)) == Memory(holds=(_CONTACT,))


def test_contact_and_entry_come_back() -> None:
    """What lies by itself comes back as it was."""
    assert read_contact(contact_record(_CONTACT)) == _CONTACT
    assert read_entry(entry_record(_ENTRY)) == _ENTRY
    assert read_settled(settled_record(_SETTLED)) == _SETTLED


def test_what_is_unknown_takes_no_room() -> None:
    """Two hundred plain contacts are less than thirty kilobytes."""
    contact = Contact(
        id="0123456789", at=_NOW, channel="voice_outbound", disposition=Disposition.NO_ANSWER
    )

    assert len(memory_record(Memory(contacts=(contact,) * 200))) < 30_000


def test_memory_of_the_first_version_is_read() -> None:
    """A record as version 1 wrote it is read by every later version."""
    first = (
        b'{"version":1,"contacts":[{"at":"2026-11-23T12:00:00Z","id":"c","disposition":"sale"}],'
        b'"account":{"sums":[{"points":2.0,"at":"2026-11-23T12:00:00Z","half_life":"P90D"}],'
        b'"entries":1},"first_at":"2026-11-23T12:00:00Z"}'
    )
    read = read_memory(first)

    assert read.contacts[0].disposition is Disposition.SALE
    assert read.account.sums[timedelta(days=90)].points == 2.0


@pytest.mark.parametrize("record", [b"{}", b"[", b'{"version":1,"contacts":[{"new":1}]}'])
def test_damaged_memory_is_refused(record: bytes) -> None:
    """A record that cannot be read is not taken for empty."""
    with pytest.raises(RecordUnreadable, match="memory record in Redis is damaged"):
        read_memory(record)


def test_newer_memory_is_refused() -> None:
    """A record of a newer version is refused by name."""
    with pytest.raises(RecordUnreadable, match=f"reads up to {VERSION}"):
        read_memory(b'{"version":%d,"new":[]}' % (VERSION + 1))
