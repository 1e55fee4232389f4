"""What explains a decision later, and what a reference that a customer quotes stands for."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from advisor.engagement.contacts import Contact
from advisor.facts.memory import Memory
from advisor.store.call_records import (
    DecisionRecord,
    ReferenceRecord,
    Snapshot,
    read_decision,
    read_reference,
    written,
)
from advisor.store.customers import Stored, stored_of
from advisor.store.keys import SHARDS, Keys
from advisor.store.memory_records import read_contact, read_memory
from advisor.store.references import heard, shard_of
from advisor.store.retention import milliseconds
from advisor.store.scripts import Asked, Script, together
from advisor.store.vault import Vault

_KEEP: Final = Script("keep.lua")
_LOOKUP: Final = Script("lookup.lua")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What explains a decision.

    Attributes:
        request, response: As they were on the wire.
        stored, memory, number: As in `Begun`, as they were then; nothing where `known` is False.
        known: Whether the store could say what it held.
    """

    decision_id: str
    call_id: str
    at: datetime
    pack_version: str
    request: bytes
    response: bytes
    known: bool
    stored: Stored | None
    memory: Memory
    number: tuple[Contact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Referred:
    """What a reference stands for.

    Attributes:
        lookups: How often it had been looked up before: a reference is for one conversation.
        settled: Whether the call's outcome is known.
    """

    reference: str
    call_id: str
    brand: str
    at: datetime
    customer_id: str | None
    purpose_id: str | None
    campaign: str | None
    lookups: int
    settled: bool


class EvidenceStore:
    """Keeps and looks up what calls left behind."""

    def __init__(self, vault: Vault) -> None:
        """Keep it in this vault."""
        self._vault = vault

    async def keep_decision(self, kept: DecisionRecord, also: Iterable[Asked] = ()) -> None:
        """Keep what explains a decision, off the caller's path.

        Args:
            kept: What explains it.
            also: Commands to send with it.

        Raises:
            StoreError: It could not be kept; the decision cannot be explained later.
        """
        of = self._vault.keys.shard(decision_shard(kept.decision_id))
        asked = _KEEP.call(
            (of.part(decision_part(kept.decision_id)), of.generation),
            (written(kept), milliseconds(self._vault.retention.decision)),
        )
        await self._vault.client.write(lambda redis: together(redis, asked, *also))

    async def decision(self, decision_id: str) -> Kept | None:
        """Return what explains a decision; None where nothing is kept of it (any more).

        Raises:
            StoreError: It cannot be read.
        """
        shard = decision_shard(decision_id)
        key = self._vault.keys.shard(shard).part(decision_part(decision_id))
        record = await self._vault.client.write(lambda redis: redis.get(key))
        return None if record is None else kept_of(read_decision(record))

    async def reference(self, text: str) -> Referred | None:
        """Look up a reference as somebody says it; every look counts.

        Returns:
            What it stands for; None where it is none of ours, or too old.

        Raises:
            StoreError: It cannot be looked up.
        """
        reference = heard(text)
        shard = None if reference is None else shard_of(reference)
        if reference is None or shard is None:
            return None
        asked = _LOOKUP.call((reference_key(self._vault.keys, shard, reference),))
        (answer,) = await self._vault.client.write(lambda redis: together(redis, asked))
        if not isinstance(answer, list) or not answer:
            return None
        record = read_reference(answer[0])
        return await self._referred(reference, record, int(answer[1]))

    async def _referred(self, reference: str, record: ReferenceRecord, lookups: int) -> Referred:
        owner = self._vault.keys.owner(record.customer_id, record.call_id)
        outcome = self._vault.outcome(owner, self._vault.call_name(record.call_id))
        settled = await self._vault.client.write(lambda redis: redis.exists(outcome))
        return Referred(
            reference=reference,
            call_id=record.call_id,
            brand=record.brand,
            at=record.at,
            customer_id=record.customer_id,
            purpose_id=record.purpose_id,
            campaign=record.campaign,
            lookups=lookups,
            settled=bool(settled),
        )


def decision_shard(decision_id: str) -> int:
    """Return the shard in which a decision is kept: that of its customer, for those of the store.

    A decision that was made without the store has an id that names no shard; any will do.
    """
    try:
        return int(decision_id[:2], 16) % SHARDS
    except ValueError:
        return zlib.crc32(decision_id.encode()) % SHARDS


def decision_part(decision_id: str) -> str:
    """Name a decision's own part of its key."""
    return f"decision:{decision_id}"


def reference_key(keys: Keys, shard: int, reference: str) -> str:
    """Name the key of a reference."""
    return keys.shard(shard).part(f"reference:{keys.name('reference', reference)}")


def read_snapshot(snapshot: Snapshot) -> tuple[Stored | None, Memory, tuple[Contact, ...]]:
    """Read the records of a snapshot.

    Raises:
        RecordUnreadable: One is newer than this service, or damaged.
    """
    stored = stored_of(snapshot.profile or None, snapshot.permissions or None)
    holds = tuple(read_contact(record) for record in snapshot.holds)
    memory = read_memory(snapshot.memory or None, holds)
    return stored, memory, tuple(read_contact(record) for record in snapshot.number)


def kept_of(record: DecisionRecord) -> Kept:
    """Read what explains a decision.

    Raises:
        RecordUnreadable: A record of the snapshot is newer than this service, or damaged.
    """
    stored, memory, number = read_snapshot(record.snapshot)
    return Kept(
        decision_id=record.decision_id,
        call_id=record.call_id,
        at=record.at,
        pack_version=record.pack_version,
        request=record.request,
        response=record.response,
        known=record.snapshot.known,
        stored=stored,
        memory=memory,
        number=number,
    )
