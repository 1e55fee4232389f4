"""Calls that go on: found by their id alone, by any replica, and watched."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from advisor.store.answers import instant, text
from advisor.store.durability import Durability
from advisor.store.errors import IdReused, Reason, StoreFull, StoreLost, StoreUnavailable
from advisor.store.evidence import EvidenceStore, Kept
from advisor.store.live_records import EventRecord, event_record, read_event
from advisor.store.retention import milliseconds
from advisor.store.scripts import Asked, Script, together
from advisor.store.vault import Vault

_OPEN: Final = Script("open.lua")
_EVENT: Final = Script("event.lua")

#: Most events of one call: a call of an hour with one every seven seconds.
MOST_EVENTS: Final = 500

#: Decisions remembered here, so that an event of a call costs one round trip.
_REMEMBERED: Final = 2_000

#: Calls that the list of those going on holds; older ones make room.
_LISTED: Final = 10_000


class TooManyEvents(StoreFull):
    """A call has more events than one can have; nothing was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """All that is known of a call that goes on.

    Attributes:
        kept: The decision on it, with everything that it was made from.
        agent_id: Who has it, as far as advice was asked for them; empty for nobody.
        revision: How often anything about it has changed.
        last: The event that arrived last; None where none has.
        events: Everything reported, in no order.
        durability: How safe the event is that was added.
        repeated: Whether that event had come before.
    """

    kept: Kept
    agent_id: str
    revision: int
    last: EventRecord | None
    events: tuple[EventRecord, ...]
    durability: Durability = Durability.MEMORY
    repeated: bool = False


class LiveStore:
    """Keeps what happens in calls, and tells those who watch."""

    def __init__(self, vault: Vault, evidence: EvidenceStore) -> None:
        """Keep it in this vault; decisions are read where evidence is kept."""
        self._vault = vault
        self._evidence = evidence
        self._decisions: OrderedDict[str, Kept] = OrderedDict()

    def opening(self, call_id: str, decision_id: str, agent_id: str) -> list[Asked]:
        """Return what lets a call be found, with the decision that now holds for it.

        The commands are sent with those that keep the decision.
        """
        keys, channel = self._keys(call_id), self._channel(call_id)
        asked: list[Asked] = [_OPEN.call(keys, (decision_id, agent_id, self._life, channel))]
        return asked + self._assigned(agent_id, call_id) if agent_id else asked

    async def report(
        self, call_id: str, event: EventRecord, digest: str, *, ends: bool
    ) -> Live | None:
        """Add an event; the same again adds nothing.

        Args:
            call_id: The dialer's id of the call.
            event: What happened.
            digest: A digest of all that was sent, in hexadecimal.
            ends: Whether nobody is on the line after it.

        Returns:
            The call with the event; None where nobody knows the call.

        Raises:
            IdReused: The id came before with other content.
            TooManyEvents: The call has as many as one can have.
            StoreError: It may or may not be kept; the same again settles it.
        """
        agent_id = "" if event.agent is None else event.agent.id
        asked: list[Asked] = [self._event(call_id, event.id, event_record(event), digest)]
        question = self._vault.promise.question
        if question is not None:
            asked.append(question)
        judged = len(asked)
        asked += self._listed(call_id, event.at, ends=ends)
        if agent_id:
            asked += self._assigned(agent_id, call_id)
        answers = await self._vault.client.write(lambda redis: together(redis, *asked))
        durability = self._vault.promise.reached(answers[judged - 1])
        return await self._live(answers[0], durability)

    async def read(self, call_id: str) -> Live | None:
        """Read a call; None where nobody knows it.

        Raises:
            StoreError: It cannot be read.
        """
        (found,) = await self.read_all([call_id])
        return found

    async def read_all(self, call_ids: Sequence[str]) -> list[Live | None]:
        """Read calls in one round trip, and one more for each decision not seen here yet.

        Raises:
            StoreError: They cannot be read.
        """
        asked = [self._event(call_id, "", b"", "") for call_id in call_ids]
        if not asked:
            return []
        answers = await self._vault.client.write(lambda redis: together(redis, *asked))
        return [await self._live(answer, Durability.MEMORY) for answer in answers]

    async def ended(self, call_id: str) -> None:
        """Take a call off the list of those that go on, off the caller's path.

        Raises:
            StoreError: It could not be; it stays there for a while.
        """
        await self._vault.client.write(lambda redis: redis.zrem(self._list_key, call_id))

    async def call_of(self, agent_id: str) -> str | None:
        """Return the id of the call to which an agent was assigned last; None for none.

        Raises:
            StoreError: It cannot be read.
        """
        key = self._agent_key(agent_id)
        found = await self._vault.client.write(lambda redis: redis.get(key))
        return None if found is None else text(found)

    async def listed(self, most: int) -> tuple[tuple[str, datetime], ...]:
        """List calls in which something was reported and that have not ended, latest first.

        Raises:
            StoreError: They cannot be read.
        """
        asked = ("ZRANGE", self._list_key, 0, most - 1, "REV", "WITHSCORES")
        (found,) = await self._vault.client.write(lambda redis: together(redis, asked))
        pairs = found if isinstance(found, list) else []
        return tuple((text(name), instant(float(score))) for name, score in pairs)

    def channel(self, *, call_id: str = "", agent_id: str = "") -> str:
        """Name where changes of a call, or of an agent's calls, are told."""
        return self._channel(call_id) if call_id else self._agent_channel(agent_id)

    @property
    def _life(self) -> int:
        return milliseconds(self._vault.retention.session)

    def _keys(self, call_id: str) -> tuple[str, str]:
        stem = self._vault.keys.call(call_id)
        return f"{stem}:live", f"{stem}:events"

    def _channel(self, call_id: str) -> str:
        return f"{self._vault.keys.call(call_id)}:changes"

    def _agent_key(self, agent_id: str) -> str:
        return f"{self._vault.keys.agent(agent_id)}:call"

    def _agent_channel(self, agent_id: str) -> str:
        return f"{self._vault.keys.agent(agent_id)}:changes"

    @property
    def _list_key(self) -> str:
        return self._vault.keys.live_calls

    def _event(self, call_id: str, event_id: str, record: bytes, digest: str) -> Asked:
        return _EVENT.call(
            self._keys(call_id),
            (event_id, record, digest, MOST_EVENTS, self._life, self._channel(call_id)),
        )

    def _assigned(self, agent_id: str, call_id: str) -> list[Asked]:
        return [
            ("SET", self._agent_key(agent_id), call_id, "PX", self._life),
            ("PUBLISH", self._agent_channel(agent_id), ""),
        ]

    def _listed(self, call_id: str, at: datetime, *, ends: bool) -> list[Asked]:
        if ends:
            return [("ZREM", self._list_key, call_id)]
        score = int(at.timestamp() * 1000)
        return [
            ("ZADD", self._list_key, score, call_id),
            ("ZREMRANGEBYSCORE", self._list_key, "-inf", score - self._life),
            ("ZREMRANGEBYRANK", self._list_key, 0, -_LISTED - 1),
            ("PEXPIRE", self._list_key, self._life),
        ]

    async def _live(self, answer: object, durability: Durability) -> Live | None:
        found = answer if isinstance(answer, list) else [answer]
        came = text(found[0])
        if came == "unknown":
            return None
        if came == "reused":
            raise IdReused("An event's id came before.", reason=Reason.ID_REUSED)
        if came == "full":
            raise TooManyEvents(
                f"A call has at most {MOST_EVENTS} events; nothing was kept.", reason=Reason.FULL
            )
        _came, decision_id, agent, revision, last, records = found
        if not isinstance(records, list):
            raise StoreUnavailable("Redis answered something else.", reason=Reason.OTHER)
        kept = await self._decision(text(decision_id))
        if kept is None:
            raise StoreLost("The decision on the call is gone.", reason=Reason.LOST)
        events = tuple(read_event(record) for record in records)
        return Live(
            kept=kept,
            agent_id=text(agent),
            revision=int(text(revision)),
            last=next((each for each in events if each.id == text(last)), None),
            events=events,
            durability=durability,
            repeated=came == "repeated",
        )

    async def _decision(self, decision_id: str) -> Kept | None:
        known = self._decisions.get(decision_id)
        if known is not None:
            self._decisions.move_to_end(decision_id)
            return known
        kept = await self._evidence.decision(decision_id)
        if kept is not None:
            self._decisions[decision_id] = kept
            while len(self._decisions) > _REMEMBERED:
                self._decisions.popitem(last=False)
        return kept
