"""The queue of promises: what is due, who has claimed it, what is overdue.

It lies beside the customers, shard by shard, and changes with them in one script; so a promise is
never in one and not in the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from advisor.engagement.promises import Promise
from advisor.store.errors import Reason, StoreUnavailable
from advisor.store.keys import SHARDS, CustomerKeys, ShardKeys
from advisor.store.memory_records import read_memory
from advisor.store.queued import Backlog, Claim, Due, Place, milliseconds_at
from advisor.store.retention import milliseconds
from advisor.store.scripts import Argument, Asked, Script, together
from advisor.store.vault import QueueChange, Vault

_PEEK: Final = Script("peek.lua")
_CLAIM: Final = Script("claim.lua")
_UNCLAIM: Final = Script("unclaim.lua")
_ENQUEUE: Final = Script("enqueue.lua")

#: How often a claim looks again where others were faster.
_LOOKS: Final = 3

#: How long a missed promise is listed.
MISSED_FOR: Final = timedelta(days=7)

#: Promises of one shard that are missed at one instant, at most.
_SAME_INSTANT: Final = 10_000

#: Hexadecimal digits that tell the promises of one customer apart.
_DIGITS: Final = 16


class QueueStore:
    """Reads and claims what is in the queue."""

    def __init__(self, vault: Vault) -> None:
        """Work on this vault."""
        self._vault = vault

    def place(self, customer_id: str, request_id: str) -> Place:
        """Return the place of the promise that a request makes: the same for the same request."""
        owner = self._vault.keys.customer(customer_id)
        return self.place_beside(Place(shard=owner.shard, customer=owner.name, name=""), request_id)

    def place_beside(self, other: Place, request_id: str) -> Place:
        """Return the place of another promise to the same customer, by the request for it."""
        name = self._vault.keys.name("promise", other.customer, request_id)[:_DIGITS]
        return replace(other, name=name)

    def owner(self, place: Place) -> CustomerKeys:
        """Name the keys of the customer to whom a promise was made."""
        return self._vault.keys.named(place.shard, place.customer)

    async def promises(self, places: Sequence[Place]) -> list[Promise | None]:
        """Read promises as their customers' memories have them; None for what is not there.

        Raises:
            StoreError: They cannot be read.
            RecordUnreadable: One lies in a record of a newer version, or a damaged one.
        """
        asked: list[Asked] = [("GET", self.owner(place).memory) for place in places]
        if not asked:
            return []
        answers = await self._vault.client.write(lambda redis: together(redis, *asked))
        found: list[Promise | None] = []
        for place, answer in zip(places, answers, strict=True):
            record = answer if isinstance(answer, bytes | str) else None
            promises = read_memory(record).promises
            found.append(next((each for each in promises if each.id == place.id), None))
        return found

    async def peek(self, now: datetime, most: int, owners: Sequence[str] = ()) -> list[Due]:
        """List promises that are due and that nobody has claimed, the one due longest first.

        Args:
            now: By the service's clock, aware, UTC.
            most: How many at most.
            owners: Agents and teams; none for everybody's.

        Raises:
            StoreError: It cannot be read.
        """
        arguments: tuple[Argument, ...] = (milliseconds_at(now), most, *owners)
        asked = [
            _PEEK.call(self._vault.keys.shard(shard).queue[:4], arguments)
            for shard in range(SHARDS)
        ]
        answers = await self._vault.client.write(lambda redis: together(redis, *asked))
        found = [
            Due(place=Place.in_queue(shard, member), at=at)
            for shard, answer in enumerate(answers)
            for member, at in _scored(answer)
        ]
        return sorted(found, key=lambda due: (due.at, due.place.id))[:most]

    async def claim(
        self,
        now: datetime,
        most: int,
        owners: Sequence[str],
        *,
        worker: str,
        lease: timedelta,
    ) -> list[Claim]:
        """Claim promises that are due.

        Args:
            now: By the service's clock, aware, UTC.
            most: How many at most.
            owners: Agents and teams for whom it claims; none for everybody.
            worker: Who claims.
            lease: How long the claim lasts, by the store's clock.

        Raises:
            StoreError: It could not be, or some may have been claimed: they come back.
        """
        claimed: list[Claim] = []
        for _look in range(_LOOKS):
            wanted = await self.peek(now, most - len(claimed), owners)
            claimed += await self._claimed(now, wanted, worker, lease)
            if not wanted or len(claimed) >= most:
                break
        return claimed

    async def unclaim(self, place: Place, token: int, not_before: datetime | None) -> bool:
        """Give a claimed promise back; False where somebody else has claimed it since.

        Raises:
            StoreError: It could not be given back, or may have been.
        """
        again = "" if not_before is None else milliseconds_at(not_before)
        asked = _UNCLAIM.call(self._shard(place).queue[:4], (place.member, str(token), again))
        (answer,) = await self._vault.client.write(lambda redis: together(redis, asked))
        return answer == 1

    async def drop(self, place: Place) -> None:
        """Take a promise out of the queue of which its customer's memory knows nothing.

        Raises:
            StoreError: It could not be.
        """
        gone = QueueChange(member=place.member)
        asked = _ENQUEUE.call(self._shard(place).queue, gone.arguments)
        await self._vault.client.write(lambda redis: together(redis, asked))

    async def enqueue(self, shard: int, changes: Iterable[QueueChange]) -> None:
        """Put promises into the queue again, as memories have them.

        Raises:
            StoreError: They could not be.
        """
        arguments = [each for change in changes for each in change.arguments]
        if arguments:
            asked = _ENQUEUE.call(self._vault.keys.shard(shard).queue, arguments)
            await self._vault.client.write(lambda redis: together(redis, asked))

    async def overdue(self, now: datetime, most: int) -> list[Due]:
        """List promises whose time is over, of each shard some.

        Raises:
            StoreError: It cannot be read.
        """
        return await self._listed(4, "-inf", milliseconds_at(now), most)

    async def missed(self, now: datetime, most: int) -> list[Due]:
        """List promises that were missed lately, the first first.

        Raises:
            StoreError: It cannot be read.
        """
        since = milliseconds_at(now - MISSED_FOR)
        found = await self._listed(5, since, "+inf", most)
        return sorted(found, key=lambda due: (due.at, due.place.id))[:most]

    async def listed(
        self, after: tuple[datetime, str] | None, before: datetime | None, most: int
    ) -> list[Due]:
        """List promises that are owed, by when they may be missed, the first first.

        Args:
            after: Where an earlier list ended: the instant and the id of its last one.
            before: Only those that may be missed before this instant; None for all.
            most: How many at most.

        Raises:
            StoreError: It cannot be read.
        """
        until = "+inf" if before is None else f"({milliseconds_at(before)}"
        if after is None:
            found = await self._listed(4, "-inf", until, most)
        else:
            # All of the same instant: a page may end in the midst of them.
            since = milliseconds_at(after[0])
            same = await self._listed(4, since, since, _SAME_INSTANT)
            found = [each for each in same if (each.at, each.place.id) > after]
            found += await self._listed(4, f"({since}", until, most)
        return sorted(found, key=lambda due: (due.at, due.place.id))[:most]

    async def backlog(self, now: datetime) -> Backlog:
        """Tell how many promises are due, and since when.

        Raises:
            StoreError: It cannot be read.
        """
        until = milliseconds_at(now)
        asked: list[Asked] = []
        for shard in range(SHARDS):
            due = self._vault.keys.shard(shard).queue[0]
            asked += [
                ("ZCOUNT", due, "-inf", until),
                ("ZRANGE", due, 0, 0, "WITHSCORES"),
            ]
        answers = await self._vault.client.write(lambda redis: together(redis, *asked))
        first = [at for answer in answers[1::2] for _member, at in _scored(answer) if at <= now]
        counts = [answer for answer in answers[::2] if isinstance(answer, int)]
        return Backlog(due=sum(counts), oldest=min(first, default=None))

    async def _claimed(
        self, now: datetime, wanted: Sequence[Due], worker: str, lease: timedelta
    ) -> list[Claim]:
        by_shard: dict[int, list[str]] = {}
        for due in wanted:
            by_shard.setdefault(due.place.shard, []).append(due.place.member)
        asked = [
            _CLAIM.call(
                (*keys.queue[:4], keys.fence),
                (milliseconds_at(now), milliseconds(lease), worker, *members),
            )
            for shard, members in by_shard.items()
            for keys in (self._vault.keys.shard(shard),)
        ]
        if not asked:
            return []
        answers = await self._vault.client.write(lambda redis: together(redis, *asked))
        found = {
            Place.in_queue(shard, _text(member)).id: Claim(
                place=Place.in_queue(shard, _text(member)),
                token=int(_text(token)),
                until=_instant(int(_text(ends))),
            )
            for shard, answer in zip(by_shard, answers, strict=True)
            for member, token, ends in _rows(answer)
        }
        return [found[due.place.id] for due in wanted if due.place.id in found]

    async def _listed(self, key: int, since: str | int, until: str | int, most: int) -> list[Due]:
        asked: list[Asked] = [
            (
                *("ZRANGE", self._vault.keys.shard(shard).queue[key], since, until, "BYSCORE"),
                *("LIMIT", 0, most, "WITHSCORES"),
            )
            for shard in range(SHARDS)
        ]
        answers = await self._vault.client.write(lambda redis: together(redis, *asked))
        return [
            Due(place=Place.in_queue(shard, member), at=at)
            for shard, answer in enumerate(answers)
            for member, at in _scored(answer)
        ]

    def _shard(self, place: Place) -> ShardKeys:
        return self._vault.keys.shard(place.shard)


def _instant(milliseconds_: float) -> datetime:
    return datetime.fromtimestamp(milliseconds_ / 1000, UTC)


def _scored(answer: object) -> list[tuple[str, datetime]]:
    """Read members with their instants, from a script or a sorted set."""
    rows = answer if isinstance(answer, list) else []
    if rows and isinstance(rows[0], list):
        return [(_text(member), _instant(float(_text(score)))) for member, score in rows]
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return [(_text(member), _instant(float(_text(score)))) for member, score in pairs]


def _rows(answer: object) -> list[list[object]]:
    if not isinstance(answer, list):
        raise StoreUnavailable("Redis answered something else.", reason=Reason.OTHER)
    return answer


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
