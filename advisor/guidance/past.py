"""What past contacts add to what is remembered, when they are told long after they happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from advisor.engagement.contacts import Contact
from advisor.facts.memory import Memory
from advisor.facts.situation import Suppressed
from advisor.guidance.settling import bounded, suppressed_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is to be stored for past contacts.

    Attributes:
        memory: What is remembered with them.
        added: How many of them were not known, and are remembered now.
        suppressed: Suppressions to add: what the customer asked for in them holds on.
    """

    memory: Memory
    added: int
    suppressed: tuple[Suppressed, ...]


def with_past(memory: Memory, told: Iterable[Contact], now: datetime) -> Past:
    """Join past contacts into what is remembered; the same again adds nothing.

    They earn and cost nothing: nobody told their points at the time.

    Args:
        memory: What is remembered.
        told: Past contacts, each with its `id`. What is remembered of one, or will be told of one
            that has no outcome yet, counts; of two that are told of one id, the later one.
        now: When they are told, aware, UTC.
    """
    remembered = {each.id for each in memory.contacts}
    open_calls = {each.id for each in memory.holds}
    by_id = {each.id: each for each in told if each.id not in remembered}
    unknown = [each for id_, each in by_id.items() if id_ not in open_calls]
    contacts = sorted((*memory.contacts, *unknown), key=lambda each: each.at, reverse=True)
    firsts = [each.at for each in unknown]
    if memory.first_at is not None:
        firsts.append(memory.first_at)
    after = bounded(
        replace(memory, contacts=tuple(contacts), first_at=min(firsts, default=None)), now
    )
    kept = {each.id for each in after.contacts}
    return Past(
        memory=after,
        added=sum(each.id in kept for each in unknown),
        suppressed=tuple(each for contact in by_id.values() for each in suppressed_by(contact)),
    )
