"""Customers in Redis: a profile that expires, and what must never be lost beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib import resources
from typing import Final

from redis.asyncio import Redis

from advisor.facts.merge import Lift, lifted, merged
from advisor.facts.situation import Profile
from advisor.facts.vocabulary import Suppression
from advisor.store.client import StoreClient
from advisor.store.errors import Reason, StoreError, StoreUnavailable
from advisor.store.keys import CustomerKeys, Keys
from advisor.store.records import (
    permissions_record,
    profile_record,
    read_profile,
    with_permissions,
)

#: How long a profile is kept after the last update, unless a setting says otherwise.
PROFILE_LIFE: Final = timedelta(days=30)

#: How often a change is tried again because others changed the same customer in between.
_ATTEMPTS: Final = 16
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What is kept of one customer.

    Attributes:
        profile: The profile, with suppressions and consents.
        lifts: Why suppressions were lifted, the latest of each source.
        expired: Whether all but suppressions and consents has expired, or was never there.
    """

    profile: Profile = field(default_factory=Profile)
    lifts: tuple[Lift, ...] = ()
    expired: bool = False


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

    def __init__(
        self, client: StoreClient, keys: Keys, *, profile_life: timedelta = PROFILE_LIFE
    ) -> None:
        """Keep customers where this client leads.

        Args:
            client: The connection.
            keys: How keys are named.
            profile_life: How long a profile is kept after its last change.
        """
        self._client = client
        self._keys = keys
        self._life = profile_life // _MILLISECOND
        self._script = resources.files(__package__).joinpath("customers.lua").read_text("utf-8")

    async def read(self, customer_id: str) -> Stored | Unavailable | None:
        """Read one customer in one round trip, within the budget of a call.

        Returns:
            What is kept; None where nothing is; `Unavailable` where that cannot be known. Nothing
            is raised for the store's sake, as a call goes on without it.
        """
        keys = self._keys.customer(customer_id)
        try:
            found = await self._client.read(lambda redis: _both(redis, keys))
            return _stored(found)
        except StoreError as error:
            return Unavailable(reason=error.reason)

    async def update(self, customer_id: str, change: Change) -> Stored:
        """Join a change into what is kept, atomically; the same change again changes nothing more.

        Returns:
            What is kept now.

        Raises:
            StoreUnavailable: It could not be stored, or (TIMEOUT, UNREACHABLE) may or may not
                have been; the same change tried again settles it.
            StoreMisconfigured: An operator must act first.
            RecordUnreadable: What is kept is of a newer version, or damaged; it is left alone.
        """
        keys = self._keys.customer(customer_id)
        for _attempt in range(_ATTEMPTS):
            found = await self._client.write(lambda redis: _both(redis, keys))
            after = changed(_stored(found), change)
            if await self._replaced(keys, found, after):
                return after
        raise StoreUnavailable(
            f"Others changed the same customer {_ATTEMPTS} times in between; nothing was stored.",
            reason=Reason.CONTENDED,
        )

    async def _replaced(self, keys: CustomerKeys, found: _Found, after: Stored) -> bool:
        """Write both records if neither has changed since it was read."""
        arguments: tuple[bytes | str | int, ...] = (
            *(record or b"" for record in found),
            profile_record(after.profile),
            permissions_record(after.profile, after.lifts) or b"",
            self._life,
        )
        answer: object = await self._client.write(
            lambda redis: redis.register_script(self._script)(
                keys=(keys.profile, keys.permissions), args=arguments
            )
        )
        return answer == 1


#: The profile and the permissions as they lie in Redis.
_Found = tuple[bytes | str | None, bytes | str | None]


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


def _latest(lifts: Iterable[Lift]) -> tuple[Lift, ...]:
    by_source: dict[Suppression, Lift] = {}
    for lift in lifts:
        other = by_source.get(lift.source, lift)
        by_source[lift.source] = max(other, lift, key=lambda each: each.lifted_at)
    return tuple(by_source[source] for source in sorted(by_source))


async def _both(redis: Redis, keys: CustomerKeys) -> _Found:
    profile, permissions = await redis.mget(keys.profile, keys.permissions)
    return profile, permissions


def _stored(found: _Found) -> Stored | None:
    cached, kept = found
    if cached is None and kept is None:
        return None
    profile = Profile() if cached is None else read_profile(cached)
    lifts: tuple[Lift, ...] = ()
    if kept is not None:
        profile, lifts = with_permissions(profile, kept)
    return Stored(profile=profile, lifts=lifts, expired=cached is None)
