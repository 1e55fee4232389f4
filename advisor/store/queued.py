"""Promises as the queue knows them: where each is, and what of it a claim must know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from advisor.engagement.promises import Promise, PromiseState
from advisor.engagement.slots import Callbacks, bucket
from advisor.store.keys import SHARDS
from advisor.store.vault import QueueChange

#: How long a claim holds from when advice is asked on its call, or something happens in that.
CALL_LASTS: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a promise is: its id says so, and nothing about whom it was made to.

    Attributes:
        shard: The customer's shard.
        customer: The name of the customer's keys.
        name: What tells it from the customer's other promises.
    """

    shard: int
    customer: str
    name: str

    @property
    def id(self) -> str:
        """The promise's id."""
        return f"{self.shard:02x}.{self.customer}.{self.name}"

    @property
    def member(self) -> str:
        """Its name in the queue."""
        return f"{self.customer}/{self.name}"

    @classmethod
    def of(cls, promise_id: str) -> Place | None:
        """Read an id; None where it is none of ours."""
        shard, _, rest = promise_id.partition(".")
        customer, _, name = rest.partition(".")
        try:
            number = int(shard, 16)
        except ValueError:
            return None
        place = cls(shard=number, customer=customer, name=name)
        return place if number in range(SHARDS) and place.id == promise_id and name else None

    @classmethod
    def in_queue(cls, shard: int, member: str) -> Place:
        """Read a name in the queue of a shard."""
        customer, _, name = member.partition("/")
        return cls(shard=shard, customer=customer, name=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A promise in the queue.

    Attributes:
        at: When it may be rung at, aware, UTC; in the list of those missed, when it was.
    """

    place: Place
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A promise that somebody has to themselves for a while.

    Attributes:
        token: Newer than that of any claim before.
        until: When it ends by the store's clock, aware, UTC.
    """

    place: Place
    token: int
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How the queue stands.

    Attributes:
        due: How many promises are due and not claimed.
        oldest: When the one of them due longest became due; None where none is.
    """

    due: int
    oldest: datetime | None


def queue_change(promise: Promise, settings: Callbacks) -> QueueChange:
    """Return what a promise changes in the queue.

    Args:
        promise: As it stands now; its id is known.
        settings: How call-backs are kept.
    """
    place = Place.of(promise.id or "")
    assert place is not None  # noqa: S101 - only promises of our own are kept
    team = promise.fallback or settings.team
    length = settings.slot
    if promise.due_until is not None:
        length = promise.due_until - promise.due_at
    slot = f"{team}|{milliseconds_at(bucket(promise.due_at, length))}"
    if not promise.state.is_open:
        missed = promise.state is PromiseState.MISSED
        return QueueChange(
            member=place.member,
            missed=milliseconds_at(promise.missed_at or promise.due_at) if missed else None,
            room=f"free|{slot}",
        )
    due = max(promise.due_at, promise.again_at or promise.due_at)
    owner = promise.owner or ""
    patience = due + settings.patience
    return QueueChange(
        member=place.member,
        due=milliseconds_at(due),
        overdue=milliseconds_at(promise.missed_at or promise.due_at + settings.slot),
        owed=f"{milliseconds_at(due)}|{milliseconds_at(patience)}|{_owner(owner, team)}|{team}",
        room=f"keep|{slot}",
    )


def _owner(owner: str, team: str) -> str:
    """Return the owner as a claim matches it: empty where it is the team itself."""
    return "" if owner == team else owner.replace("|", "")


def milliseconds_at(at: datetime) -> int:
    """Return an instant as the queue has it: milliseconds since 1970."""
    return int(at.timestamp() * 1000)
