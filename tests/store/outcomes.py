"""Outcomes for the tests: each adds one contact and one line to the ledger."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from advisor.engagement.card import LedgerEntry, posted
from advisor.engagement.contacts import Contact
from advisor.guidance.settling import Settled
from advisor.store.errors import Reason, StoreError
from advisor.store.memories import MemoryStore, Remembered, Remembering
from advisor.store.vault import Committed, Identity

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def identity(number: int = 1, digest: str = "d" * 64) -> Identity:
    """Make the identity of an outcome."""
    return Identity(kind="outcome", id=f"outcome-{number}", digest=digest)


def earned(number: int = 1, points: float = 2.0) -> LedgerEntry:
    """Make a line of a ledger."""
    return LedgerEntry(
        at=NOW + timedelta(minutes=number), points=points, reason="help", cause=f"o-{number}"
    )


def adding(entry: LedgerEntry, before: Remembered) -> Remembering:
    """Decide that a line is added, and a call with it."""
    contact = Contact(id=entry.cause, at=entry.at, channel="voice_outbound")
    return Remembering(
        memory=replace(
            before.memory,
            contacts=(contact, *before.memory.contacts),
            account=posted(before.memory.account, (entry,)),
        ),
        entries=(entry,),
        settled=Settled(id=f"{entry.cause}", entries=(entry,)),
        answer=f"answer {entry.cause}".encode(),
    )


async def settle(memories: MemoryStore, number: int, customer_id: str = "K-1") -> Committed:
    """Store one outcome."""
    return await memories.settle(
        customer_id, f"c-{number}", identity(number), partial(adding, earned(number))
    )


@dataclass(slots=True)
class Callers:
    """Callers that send outcomes, each again under its id until it is acknowledged.

    Attributes:
        acknowledged: Numbers of outcomes that were, with their answers.
        refused: Why they had to be sent again.
        slowest: Seconds of the slowest single attempt.
    """

    memories: MemoryStore
    acknowledged: dict[int, bytes] = field(default_factory=dict)
    refused: Counter[Reason] = field(default_factory=Counter)
    slowest: float = 0.0

    async def send(self, numbers: range, customer_id: str) -> None:
        """Send outcomes of one customer, one after the other."""
        for number in numbers:
            while number not in self.acknowledged:
                await self._attempt(number, customer_id)

    async def _attempt(self, number: int, customer_id: str) -> None:
        clock = asyncio.get_running_loop().time
        begun = clock()
        try:
            committed = await settle(self.memories, number, customer_id)
        except StoreError as error:
            self.refused[error.reason] += 1
            await asyncio.sleep(0.005)
        else:
            self.acknowledged[number] = committed.answer
        self.slowest = max(self.slowest, clock() - begun)


async def causes(memories: MemoryStore, customer_id: str) -> list[str | None]:
    """Read what is in a customer's ledger."""
    page = await memories.ledger(customer_id, most=500)
    return [entry.cause for entry in page.entries]
