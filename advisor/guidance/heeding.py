"""What a signal does to what is remembered: every kind has its effect, possibly none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from advisor.engagement.card import TrustTier, posted
from advisor.engagement.contacts import Contact, Direction
from advisor.engagement.signals import EFFECTS, Effect, Signal, SignalKind
from advisor.facts.memory import Complaint, LearnedFact, Memory, Reliability
from advisor.facts.situation import Brand, Call, History, Profile, Situation
from advisor.guidance.earning import Happening, earned, occasion_in, signal_facts
from advisor.guidance.guide import Guide
from advisor.guidance.settling import Settlement, bounded, with_contact, with_facts

#: Fields of a profile that a signal teaches by its kind alone.
_TAUGHT: Final = MappingProxyType(
    {SignalKind.GOAL_STATED: "goal", SignalKind.DEFECT_REPORTED: "reported_defects"}
)

#: Channels of messages whose signal names none.
_CHANNELS: Final = MappingProxyType(
    {SignalKind.LETTER_SENT: "letter", SignalKind.INBOUND_CONTACT: "voice_inbound"}
)
_MESSAGE: Final = "sms"


def heed(
    guide: Guide,
    memory: Memory,
    profile: Profile,
    signal: Signal,
    now: datetime,
    *,
    learned: tuple[LearnedFact, ...] = (),
) -> Settlement:
    """Work out what a signal changes.

    Args:
        guide: The pack whose engagement rules say what it earned.
        memory: What is remembered.
        profile: What is known of the customer.
        signal: What was noticed.
        now: When it is told, aware, UTC.
        learned: Facts that it teaches beside what its kind says.
    """
    known = Situation(
        now=now,
        call=Call(id="", brand=""),
        occasion=occasion_in(guide, Contact(at=signal.at, subject=signal.subject)),
        brand=Brand(id="", name=""),
        profile=profile,
        history=History(contacts=memory.contacts),
        memory=memory,
    )
    entries = earned(
        guide,
        Happening(at=signal.at, cause=signal.id, known=known, stated=signal_facts(signal)),
    )
    after = _EFFECTS[EFFECTS[signal.kind]](memory, signal)
    after = with_facts(after, (*_taught(signal), *learned))
    kept = (signal, *(each for each in after.signals if each.id != signal.id))
    first_at = signal.at if after.first_at is None else min(after.first_at, signal.at)
    return Settlement(
        memory=bounded(
            replace(
                after,
                signals=tuple(sorted(kept, key=lambda each: each.at, reverse=True)),
                account=posted(memory.account, entries),
                first_at=first_at,
            ),
            now,
        ),
        entries=entries,
    )


def reliability(tier: TrustTier, *, under_pressure: bool = False) -> Reliability:
    """Say how far a fact may be relied on that a customer of this tier told (004-33)."""
    if under_pressure:
        return Reliability.UNDER_PRESSURE
    low = tier.counts_as in {TrustTier.LOW, TrustTier.GUARDED}
    return Reliability.LOW_TRUST if low else Reliability.RELIABLE


def _taught(signal: Signal) -> tuple[LearnedFact, ...]:
    name = _TAUGHT.get(signal.kind)
    word = signal.subject or signal.topic
    if name is None or word is None:
        return ()
    value = frozenset({word}) if name == "reported_defects" else (signal.topic or word)
    return (
        LearnedFact(
            name=name,
            value=value,
            learned_at=signal.at,
            source="stated",
            confidence=signal.trust,
            expires_at=signal.expires_at,
            cause=signal.id,
        ),
    )


def _opens(memory: Memory, signal: Signal) -> Memory:
    matter = signal.subject or signal.id
    if any(each.id == matter and each.closed_at is None for each in memory.complaints):
        return memory
    complaint = Complaint(id=matter, opened_at=signal.at, topic=signal.topic, due_at=signal.due_at)
    return replace(memory, complaints=(complaint, *memory.complaints))


def _closes(memory: Memory, signal: Signal) -> Memory:
    """Close the complaint of the signal's matter; without a matter, the one open longest."""
    still = [each for each in memory.complaints if each.closed_at is None]
    found = [each for each in still if signal.subject in (None, each.id)]
    if not found:
        return memory
    oldest = min(found, key=lambda each: each.opened_at)
    return replace(
        memory,
        complaints=tuple(
            replace(each, closed_at=signal.at) if each is oldest else each
            for each in memory.complaints
        ),
    )


def _contact(direction: Direction) -> Callable[[Memory, Signal], Memory]:
    def add(memory: Memory, signal: Signal) -> Memory:
        channel = signal.channel or _CHANNELS.get(signal.kind, _MESSAGE)
        return with_contact(
            memory,
            Contact(
                at=signal.at,
                id=signal.id,
                direction=direction,
                channel=channel,
                subject=signal.subject,
                topic=signal.topic,
            ),
        )

    return add


def _nothing(memory: Memory, _signal: Signal) -> Memory:
    return memory


_EFFECTS: Final[Mapping[Effect, Callable[[Memory, Signal], Memory]]] = MappingProxyType(
    {
        Effect.OPENS_COMPLAINT: _opens,
        Effect.CLOSES_COMPLAINT: _closes,
        Effect.INBOUND: _contact(Direction.INBOUND),
        Effect.OUTBOUND: _contact(Direction.OUTBOUND),
        Effect.TEACHES: _nothing,
        Effect.CONTEXT: _nothing,
        Effect.NONE: _nothing,
    }
)
