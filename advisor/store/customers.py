"""Customers in Redis: a profile that expires, and what must never be lost beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from advisor.facts.memory import LearnedFact, Memory
from advisor.facts.merge import REPLACEABLE, Lift, lifted, merged
from advisor.facts.recall import taken_back
from advisor.facts.situation import Profile
from advisor.facts.vocabulary import Suppression
from advisor.store.durability import Durability
from advisor.store.errors import Reason, RecordUnreadable, StoreError, StoreUnavailable
from advisor.store.memory_records import memory_record, read_memory
from advisor.store.records import (
    permissions_record,
    profile_record,
    read_profile,
    with_permissions,
)
from advisor.store.vault import ATTEMPTS, Commit, Raw, Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What is kept of one customer.

    Attributes:
        profile: The profile, with suppressions and consents.
        lifts: Why suppressions were lifted, the latest of each source.
        expired: Whether all but suppressions and consents has expired, or was never there.
        learned: What was learned, newest first, where it was read too; not in the profile.
    """

    profile: Profile = field(default_factory=Profile)
    lifts: tuple[Lift, ...] = ()
    expired: bool = False
    learned: tuple[LearnedFact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """What is kept of one customer after a change, and how safely."""

    stored: Stored
    durability: Durability


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """The state could not be read, so it is unknown and not empty: the answer is degraded."""

    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change to what is kept of one customer.

    Attributes:
        profile: The new values; `seen` tells when each was observed.
        observed_at: When the rest was observed: when the request arrived. Aware, UTC.
        named: Fields, and attributes by full name, to set; one named and absent becomes unknown.
            Not given: those that the profile has.
        lifts: Suppressions to lift.
    """

    profile: Profile
    observed_at: datetime
    named: frozenset[str] | None = None
    lifts: tuple[Lift, ...] = ()


class CustomerStore:
    """Reads and changes what is kept of customers."""

    def __init__(self, vault: Vault) -> None:
        """Keep customers in this vault."""
        self._vault = vault

    async def read(self, customer_id: str) -> Stored | Unavailable | None:
        """Read one customer in one round trip, within the budget of a call.

        Returns:
            What is kept; None where nothing is; `Unavailable` where that cannot be known. Nothing
            is raised for the store's sake, as a call goes on without it.
        """
        owner = self._vault.keys.customer(customer_id)
        expected = self._vault.marks.expected(owner.shard)
        names = (owner.of.generation, owner.profile, owner.permissions, owner.memory)
        try:
            mark, profile, permissions, memory = await self._vault.client.read(
                lambda redis: redis.mget(*names)
            )
            self._vault.marks.check(owner.shard, expected, mark)
            stored = stored_of(profile, permissions)
            learned = read_memory(memory).facts
            if stored is None and not learned:
                return None
            return replace(stored or Stored(expired=True), learned=learned)
        except StoreError as error:
            return Unavailable(reason=error.reason)

    async def update(self, customer_id: str, change: Change) -> Updated:
        """Join a change into what is kept, atomically; the same change again changes nothing more.

        A field that the change names loses what was learned of it before, but for what the change
        says again: an edit outranks what calls taught, also when the profile has expired.

        Raises:
            StoreUnavailable: It could not be stored, or (TIMEOUT, UNREACHABLE, NOT_DURABLE) may or
                may not have been; the same change tried again settles it.
            StoreMisconfigured: An operator must act first.
            RecordUnreadable: What is kept is of a newer version, or damaged; it is left alone.
        """
        owner = self._vault.keys.customer(customer_id)
        for _attempt in range(ATTEMPTS):
            found = await self._vault.found(owner)
            after = changed(stored_of(found.profile, found.permissions), change)
            kept = permissions_record(after.profile, after.lifts)
            memory = _memory(found.memory, change)
            facts = tuple(each for each in memory.facts if not _edited(each, change))
            committed = await self._vault.commit(
                Commit(
                    owner=owner,
                    found=found,
                    profile=profile_record(after.profile),
                    permissions=None if kept == found.permissions else kept,
                    memory=(
                        None
                        if facts == memory.facts
                        else memory_record(replace(memory, facts=facts))
                    ),
                )
            )
            if committed is not None:
                stored = replace(after, learned=facts)
                return Updated(stored=stored, durability=committed.durability)
        raise contended()


def contended() -> StoreUnavailable:
    """Say that others were faster again and again."""
    return StoreUnavailable(
        f"Others changed the same customer {ATTEMPTS} times in between; nothing was stored.",
        reason=Reason.CONTENDED,
    )


def changed(before: Stored | None, change: Change) -> Stored:
    """Join a change into what was kept.

    A lift takes away every suppression that its source had; one told in the same change, or
    later, stands unless it was captured before the lift.
    """
    known = before or Stored()
    lifts = _latest((*known.lifts, *change.lifts))
    lifting = {lift.source for lift in change.lifts}
    standing = tuple(kept for kept in known.profile.suppressions if kept.source not in lifting)
    profile = merged(
        replace(known.profile, suppressions=standing),
        replace(change.profile, suppressions=lifted(change.profile.suppressions, lifts)),
        observed_at=change.observed_at,
        named=change.named,
    )
    return Stored(profile=profile, lifts=lifts)


def _memory(record: Raw, change: Change) -> Memory:
    """Read what is remembered; unreadable, it is in the way only of a change that may edit it."""
    try:
        return read_memory(record)
    except RecordUnreadable:
        if change.named:
            raise
        return Memory()


def _edited(fact: LearnedFact, change: Change) -> bool:
    """Tell whether a change names what was learned, and so takes it back."""
    if fact.name not in (change.named or ()) or fact.name not in REPLACEABLE:
        return False
    seen = change.profile.seen.get(fact.name)
    at = change.observed_at if seen is None else seen.observed_at
    return taken_back(fact, change.profile, at)


def _latest(lifts: Iterable[Lift]) -> tuple[Lift, ...]:
    by_source: dict[Suppression, Lift] = {}
    for lift in lifts:
        other = by_source.get(lift.source, lift)
        by_source[lift.source] = max(other, lift, key=lambda each: each.lifted_at)
    return tuple(by_source[source] for source in sorted(by_source))


def stored_of(cached: Raw, kept: Raw) -> Stored | None:
    """Read a profile and permissions; None where neither is kept.

    Raises:
        RecordUnreadable: One is newer than this service, or damaged.
    """
    if cached is None and kept is None:
        return None
    profile = Profile() if cached is None else read_profile(cached)
    lifts: tuple[Lift, ...] = ()
    if kept is not None:
        profile, lifts = with_permissions(profile, kept)
    return Stored(profile=profile, lifts=lifts, expired=cached is None)
