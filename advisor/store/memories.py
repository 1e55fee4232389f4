"""What the service itself remembers of customers: read to be changed, and changed as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from advisor.engagement.card import LedgerEntry
from advisor.engagement.slots import Callbacks
from advisor.facts.memory import Memory
from advisor.facts.situation import Profile
from advisor.guidance.settling import Settled, Settlement
from advisor.store.customers import Change, Stored, changed, contended, stored_of
from advisor.store.keys import CustomerKeys
from advisor.store.memory_records import (
    entry_record,
    memory_record,
    read_contact,
    read_entry,
    read_memory,
    read_settled,
    settled_record,
)
from advisor.store.queued import queue_change
from advisor.store.records import permissions_record, profile_record
from advisor.store.scripts import Argument, together
from advisor.store.vault import (
    ATTEMPTS,
    Commit,
    Committed,
    Found,
    Identity,
    QueueChange,
    Raw,
    Vault,
)

#: Lines of the ledger on one page, at most.
LONGEST_PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What is kept of one customer, for a change to be based on.

    Attributes:
        stored: The profile with suppressions and consents; None where nothing is kept.
        memory: What is remembered; its holds are all calls without an outcome.
        settled: What settled the call before; None where nothing did.
        applied: Whether something was already stored under the request's identity.
        found: The records as they lie in Redis.
    """

    stored: Stored | None
    memory: Memory
    settled: Settled | None
    applied: bool
    found: Found


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembering:
    """A change to what is kept of one customer.

    Attributes:
        memory: What is remembered from now on; holds are left out.
        entries: What to append to the ledger, in order.
        joined: What to join into the profile, suppressions, consents and lifts; None for nothing.
            With nothing but permissions it makes no profile where there is none.
        settled: What a correction of the call's outcome will need; None leaves what is there.
        answer: What to answer when the same request comes again.
        queue: What changes of the queue of promises.
    """

    memory: Memory
    entries: tuple[LedgerEntry, ...] = ()
    joined: Change | None = None
    settled: Settled | None = None
    answer: bytes = b""
    queue: tuple[QueueChange, ...] = ()


def remembering(
    settlement: Settlement, now: datetime, answer: bytes, callbacks: Callbacks
) -> Remembering:
    """Return the change that a settlement asks for.

    Args:
        settlement: What an outcome or a signal does.
        now: When it is told, aware, UTC.
        answer: What to answer when the same request comes again.
        callbacks: How call-backs are kept.
    """
    joined = None
    if settlement.suppressed or settlement.lifts:
        joined = Change(
            profile=Profile(suppressions=settlement.suppressed),
            observed_at=now,
            lifts=settlement.lifts,
        )
    return Remembering(
        memory=settlement.memory,
        entries=settlement.entries,
        joined=joined,
        settled=settlement.settled,
        answer=answer,
        queue=tuple(queue_change(each, callbacks) for each in settlement.promises),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of a ledger, newest first.

    Attributes:
        entries: The lines.
        after: Where the next page begins; None where this is the last.
        total: How many lines there are.
    """

    entries: tuple[LedgerEntry, ...]
    after: int | None
    total: int


class MemoryStore:
    """Reads and changes what is remembered."""

    def __init__(self, vault: Vault) -> None:
        """Keep memories in this vault."""
        self._vault = vault

    async def settle(
        self,
        customer_id: str | None,
        call_id: str | None,
        identity: Identity | None,
        decide: Callable[[Remembered], Remembering],
    ) -> Committed:
        """Read, decide and store; once more where others changed the same customer in between.

        Args:
            customer_id: Whose memory; None for that of a call of which nobody said whose it is.
            call_id: The call whose outcome it is; None for anything else. One of both is given.
            identity: What makes it the same request when it comes again: it then has no second
                effect, and `decide` is not asked. None where what is decided adds nothing when it
                is decided again.
            decide: Says what is to be remembered; it may be asked more than once, and may raise.

        Raises:
            IdReused: The id came before with other content.
            StoreError: It could not be stored, or (TIMEOUT, UNREACHABLE, NOT_DURABLE) may have
                been; the same request again settles it.
            RecordUnreadable: What is kept is of a newer version, or damaged; it is left alone.
        """
        return await self._settle(self._owner(customer_id, call_id), call_id, identity, decide)

    async def settle_of(
        self,
        owner: CustomerKeys,
        identity: Identity | None,
        decide: Callable[[Remembered], Remembering],
    ) -> Committed:
        """Do what `settle` does, for a customer of whom only the keys are known.

        Raises:
            IdReused, StoreError, RecordUnreadable: As `settle`.
        """
        return await self._settle(owner, None, identity, decide)

    async def _settle(
        self,
        owner: CustomerKeys,
        call_id: str | None,
        identity: Identity | None,
        decide: Callable[[Remembered], Remembering],
    ) -> Committed:
        for _attempt in range(ATTEMPTS):
            before = await self._read(owner, call_id, identity)
            change = Remembering(memory=before.memory) if before.applied else decide(before)
            committed = await self._commit(owner, call_id, identity, before, change)
            if committed is not None:
                return committed
        raise contended()

    async def read_for_change(
        self, customer_id: str | None, call_id: str | None, identity: Identity | None = None
    ) -> Remembered:
        """Read all that an outcome or a signal may change, in one round trip.

        Raises:
            StoreError: It cannot be read.
        """
        return await self._read(self._owner(customer_id, call_id), call_id, identity)

    async def read_of(self, owner: CustomerKeys, identity: Identity | None = None) -> Remembered:
        """Read what is kept of a customer of whom only the keys are known.

        Raises:
            StoreError: It cannot be read.
        """
        return await self._read(owner, None, identity)

    async def _read(
        self, owner: CustomerKeys, call_id: str | None, identity: Identity | None
    ) -> Remembered:
        expected = self._vault.marks.expected(owner.shard)
        single: list[str] = [
            owner.of.generation,
            owner.profile,
            owner.permissions,
            owner.memory,
            self._vault.outcome(owner, self._vault.call_name(call_id or "")),
            owner.memory if identity is None else self._vault.applied(owner, identity),
        ]
        records, holds = await self._vault.client.write(
            lambda redis: together(redis, ("MGET", *single), ("HVALS", owner.holds))
        )
        mark, profile, permissions, memory, settled, applied = _records(records)
        return Remembered(
            stored=stored_of(profile, permissions),
            memory=read_memory(
                memory, tuple(read_contact(each or b"") for each in _records(holds))
            ),
            settled=None if settled is None else read_settled(settled),
            applied=identity is not None and applied is not None,
            found=Found(
                mark=self._vault.marks.check(owner.shard, expected, mark),
                profile=profile,
                permissions=permissions,
                memory=memory,
            ),
        )

    async def commit(
        self,
        customer_id: str | None,
        call_id: str | None,
        identity: Identity | None,
        before: Remembered,
        change: Remembering,
    ) -> Committed | None:
        """Store a change, all of it or nothing; the call's hold is settled with it.

        Returns:
            What came of it; None where others changed the same customer in between.

        Raises:
            IdReused, StoreError: As `settle`.
        """
        return await self._commit(
            self._owner(customer_id, call_id), call_id, identity, before, change
        )

    async def _commit(
        self,
        owner: CustomerKeys,
        call_id: str | None,
        identity: Identity | None,
        before: Remembered,
        change: Remembering,
    ) -> Committed | None:
        memory = memory_record(replace(change.memory, holds=()))
        profile, permissions = _joined(before, change.joined)
        return await self._vault.commit(
            Commit(
                owner=owner,
                found=before.found,
                profile=profile,
                permissions=permissions,
                memory=None if memory == before.found.memory else memory,
                entries=tuple(entry_record(entry) for entry in change.entries),
                call_id=call_id,
                outcome=None if change.settled is None else settled_record(change.settled),
                identity=identity,
                answer=change.answer,
                queue=change.queue,
            )
        )

    async def read(self, customer_id: str) -> Remembered:
        """Read what is kept of one customer, outside a call.

        Raises:
            StoreError: It cannot be read.
        """
        return await self.read_for_change(customer_id, None)

    async def ledger(self, customer_id: str, *, after: int = 0, most: int = 100) -> Page:
        """Read a page of a customer's ledger, newest first.

        Args:
            customer_id: Whose.
            after: How many of the newest lines to leave out.
            most: How many lines at most; never more than `LONGEST_PAGE`.

        Raises:
            StoreError: It cannot be read; StoreLost: nobody can know what it was.
        """
        owner = self._vault.keys.customer(customer_id)
        expected = self._vault.marks.expected(owner.shard)
        count = min(most, LONGEST_PAGE)
        asked: tuple[tuple[Argument, ...], ...] = (
            ("GET", owner.of.generation),
            ("LLEN", owner.ledger),
            ("LRANGE", owner.ledger, -after - count, -after - 1),
        )
        mark, total, lines = await self._vault.client.write(lambda redis: together(redis, *asked))
        self._vault.marks.check(owner.shard, expected, mark)
        entries = tuple(read_entry(line or b"") for line in reversed(_records(lines)))
        end = after + len(entries)
        many = total if isinstance(total, int) else 0
        return Page(entries=entries, after=end if entries and end < many else None, total=many)

    def _owner(self, customer_id: str | None, call_id: str | None) -> CustomerKeys:
        return self._vault.keys.owner(customer_id, call_id or "")


def _joined(before: Remembered, change: Change | None) -> tuple[bytes | None, bytes | None]:
    """Return the profile and permissions that a change leaves, None for what it does not touch."""
    if change is None:
        return None, None
    after = changed(before.stored, change)
    kept = permissions_record(after.profile, after.lifts)
    known = before.stored is not None and not before.stored.expired
    profile = profile_record(after.profile) if known or _tells_more(change.profile) else None
    found = before.found
    return (
        None if profile == found.profile else profile,
        None if kept == found.permissions else kept,
    )


def _tells_more(profile: Profile) -> bool:
    """Tell whether a change has more than permissions to join in."""
    return profile != Profile(suppressions=profile.suppressions, consents=profile.consents)


def _records(answer: object) -> Sequence[Raw]:
    return answer if isinstance(answer, list) else ()
