"""The one way in which anything of a customer is changed: a script, all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from redis.asyncio import Redis

from advisor.engagement.slots import FURTHEST
from advisor.store.answers import text
from advisor.store.client import StoreClient
from advisor.store.durability import Durability, Promise
from advisor.store.errors import IdReused, Reason, StoreLost
from advisor.store.keys import CustomerKeys, Keys
from advisor.store.marks import Mark, Marks
from advisor.store.retention import Retention, milliseconds
from advisor.store.scripts import Argument, Asked, Script, together

Raw = bytes | str | None

#: How often a change is tried again because others changed the same customer in between.
ATTEMPTS: Final = 64

#: What is owed is never forgotten before it is due.
_OUTLIVES_PROMISES: Final = FURTHEST + timedelta(days=30)

_COMMIT: Final = Script("commit.lua")
#: Any name will do where there is nothing: the script touches no such key.
_NONE: Final = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The records of one customer as they were read, for a change to be based on.

    Attributes:
        mark: The shard's mark then.
    """

    mark: Mark
    profile: Raw = None
    permissions: Raw = None
    memory: Raw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What makes a request the same request when it is sent again.

    Attributes:
        kind: What it is (``outcome``, ``signal``); ids of different kinds are different ids.
        id: The sender's id of it.
        digest: A digest of the whole request, in hexadecimal: the same id with another digest is
            a mistake.
    """

    kind: str
    id: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueChange:
    """A change to the queue of promises; instants in milliseconds since 1970.

    Attributes:
        member: The promise's name in the queue.
        due: When it may be rung at; None where it is owed no more.
        overdue: When it is missed.
        owed: What a claim must know of it.
        missed: When it was missed; None where it was not.
        room: What is to be said to its slot; empty for nothing.
    """

    member: str
    due: int | None = None
    overdue: int = 0
    owed: str = ""
    missed: int | None = None
    room: str = ""

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """It, as `commit.lua` takes it."""
        due = "" if self.due is None else self.due
        missed = "" if self.missed is None else self.missed
        return (self.member, due, self.overdue, self.owed, missed, self.room)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A change to the records of one customer; what is not given stays as it is.

    Attributes:
        owner: Whose records.
        found: What it is based on; others may not have changed it since.
        profile, permissions, memory: The new records.
        entries: Lines for the ledger.
        call_id: The call whose hold is settled.
        outcome: What a correction of this call's outcome needs.
        identity: What makes it the same change when it comes again.
        answer: What to answer then.
        only_if_held: Whether nothing is to happen where the call has no hold any more.
        call_name: The call by its name, where its id is not known.
        queue: What changes of the queue of promises.
    """

    owner: CustomerKeys
    found: Found
    profile: bytes | None = None
    permissions: bytes | None = None
    memory: bytes | None = None
    entries: tuple[bytes, ...] = ()
    call_id: str | None = None
    call_name: str | None = None
    outcome: bytes | None = None
    identity: Identity | None = None
    answer: bytes = b""
    only_if_held: bool = False
    queue: tuple[QueueChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A change that is stored.

    Attributes:
        durability: How safe it is.
        answer: The answer of the first time, where it was `repeated`.
        repeated: Whether it had been stored before, and nothing was changed now.
    """

    durability: Durability
    answer: bytes = b""
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Vault:
    """What every part of the store shares.

    Attributes:
        client: The connection.
        keys: How keys are named.
        marks: The generation marks that this process has seen; where a write must be on a replica,
            those that are.
        promise: How safe a write must be.
        retention: How long records are kept.
        journaled: Whether changes are written to the journal, which somebody must then drain.
    """

    client: StoreClient
    keys: Keys
    marks: Marks = field(default_factory=Marks)
    promise: Promise = field(default_factory=Promise)
    retention: Retention = field(default_factory=Retention)
    journaled: bool = False

    async def found(self, owner: CustomerKeys) -> Found:
        """Read the records of one customer, outside a call's budget.

        Raises:
            StoreError: They cannot be read; StoreLost: nobody can know what they were.
        """
        expected = self.marks.expected(owner.shard)
        names = (owner.of.generation, owner.profile, owner.permissions, owner.memory)
        mark, profile, permissions, memory = await self.client.write(
            lambda redis: redis.mget(*names)
        )
        return Found(
            mark=self.marks.check(owner.shard, expected, mark),
            profile=profile,
            permissions=permissions,
            memory=memory,
        )

    async def commit(self, commit: Commit) -> Committed | None:
        """Store a change, atomically.

        Returns:
            What came of it; None where others changed the same customer in between: read and
            decide again.

        Raises:
            IdReused: The id came before with another digest.
            StoreLost: The shard's data was lost since it was read.
            StoreUnavailable: It could not be stored, or (TIMEOUT, UNREACHABLE, NOT_DURABLE) may
                have been; the same change with the same identity settles it.
            StoreMisconfigured: An operator must act first.
        """
        asked: tuple[Asked, ...] = (self._call(commit),)
        question = self.promise.question
        if question is not None:
            asked = (*asked, question)
        answers = await self.client.write(lambda redis: together(redis, *asked))
        outcome = _list(answers[0])
        said = text(outcome[0])
        if said == "raced":
            return None
        if said == "reused":
            raise _reused()
        if said == "lost":
            raise _lost()
        durability = self.promise.reached(answers[-1])
        self.marks.kept(commit.owner.shard, commit.found.mark)
        if len(outcome) > 1:
            return Committed(durability=durability, answer=_bytes(outcome[1]), repeated=True)
        return Committed(durability=durability, answer=commit.answer)

    def applied(self, owner: CustomerKeys, identity: Identity) -> str:
        """Name the key that says what came of a request."""
        return owner.of.part(f"applied:{self._applied_name(owner, identity)}")

    def call_name(self, call_id: str) -> str:
        """Name a call without saying its id."""
        return self.keys.name("call", call_id)

    def outcome(self, owner: CustomerKeys, call_name: str) -> str:
        """Name the key of what settled a call."""
        return owner.of.part(f"outcome:{call_name}")

    def memory_life(self, owner: CustomerKeys) -> timedelta:
        """Return how long a customer's memory is kept."""
        if owner.anonymous:
            return self.retention.anonymous
        return max(self.retention.memory, _OUTLIVES_PROMISES)

    def _applied_name(self, owner: CustomerKeys, identity: Identity) -> str:
        return self.keys.name("applied", owner.name, identity.kind, identity.id)

    def _call(self, commit: Commit) -> Asked:
        owner, found, identity = commit.owner, commit.found, commit.identity
        name = commit.call_name or ""
        if commit.call_id is not None:
            name = self.call_name(commit.call_id)
        keys = (
            owner.of.generation,
            owner.profile,
            owner.permissions,
            owner.memory,
            owner.ledger,
            owner.holds,
            owner.index,
            self.outcome(owner, name or _NONE),
            owner.of.part(f"applied:{_NONE}")
            if identity is None
            else self.applied(owner, identity),
            owner.of.open,
            owner.of.journal,
            *owner.of.queue,
        )
        arguments: tuple[Argument, ...] = (
            found.mark.epoch,
            "" if identity is None else identity.digest,
            commit.answer,
            milliseconds(self.retention.applied),
            *(record or b"" for record in (found.profile, found.permissions, found.memory)),
            *(record or b"" for record in (commit.profile, commit.permissions, commit.memory)),
            milliseconds(self.retention.profile),
            milliseconds(self.memory_life(owner)),
            name,
            open_name(owner, name),
            commit.outcome or b"",
            milliseconds(self.retention.outcome),
            int(commit.only_if_held),
            int(self.journaled and not owner.anonymous),
            owner.name,
            "" if identity is None else self._applied_name(owner, identity),
            len(commit.queue),
            *(each for change in commit.queue for each in change.arguments),
            *commit.entries,
        )
        return _COMMIT.call(keys, arguments)


def _reused() -> IdReused:
    return IdReused(
        "The same id came before with other content. Send a correction under an id of its own.",
        reason=Reason.ID_REUSED,
    )


def _lost() -> StoreLost:
    return StoreLost(
        "What was stored in Redis is gone; nothing was written. Stop the service and run `advisor"
        " restore` with the journal.",
        reason=Reason.LOST,
    )


def open_name(owner: CustomerKeys, call_name: str) -> str:
    """Name an open call so that the customer's keys can be found again from it."""
    return f"{owner.name}/{call_name}/{int(owner.anonymous)}"


async def ping(redis: Redis) -> object:
    """Ask the store for anything."""
    answer: object = await redis.ping()
    return answer


def _list(answer: object) -> list[object]:
    return answer if isinstance(answer, list) else [answer]


def _bytes(answer: object) -> bytes:
    return answer if isinstance(answer, bytes) else str(answer).encode()
