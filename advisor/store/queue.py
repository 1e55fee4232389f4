"""The queue of promises: what is due, who has claimed it, what is overdue.

It lies beside the customers, shard by shard, and changes with them in one script; so a promise is
never in one and not in the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from advisor.engagement.promises import Promise
from advisor.store.answers import instant, row, rows, scored, text
from advisor.store.errors import RecordUnreadable
from advisor.store.keys import SHARDS, CustomerKeys, ShardKeys
from advisor.store.marks import Mark
from advisor.store.memory_records import read_memory
from advisor.store.queued import CALL_LASTS, Backlog, Claim, Due, Place, milliseconds_at
from advisor.store.retention import milliseconds
from advisor.store.scripts import Argument, Asked, Script, together
from advisor.store.vault import QueueChange, Raw, Vault

_PEEK: Final = Script("peek.lua")
_CLAIM: Final = Script("claim.lua")
_UNCLAIM: Final = Script("unclaim.lua")
_RENEW: Final = Script("renew.lua")
_DROP: Final = Script("drop.lua")
_ENQUEUE: Final = Script("enqueue.lua")
_LISTED: Final = Script("listed.lua")

#: How often a claim looks again where others were faster.
_LOOKS: Final = 3

#: Promises beyond those wanted that a claim looks at, as others claim at the same time.
_SPARE: Final = 32

#: Promises of each shard that are looked at, at least; and how many times its share of all.
_SHARE: Final = 2
_FAIRNESS: Final = 4

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
        name = self._vault.keys.name("promise", owner.name, request_id)[:_DIGITS]
        return Place(shard=owner.shard, customer=owner.name, name=name)

    def place_beside(self, other: Place, request_id: str) -> Place:
        """Return the place of the promise that replaces another, by the request to move it.

        A request to make one may have the same id and is another request.
        """
        name = self._vault.keys.name("moved", other.customer, request_id)[:_DIGITS]
        return replace(other, name=name)

    def owner(self, place: Place) -> CustomerKeys:
        """Name the keys of the customer to whom a promise was made."""
        return self._vault.keys.named(place.shard, place.customer)

    async def promises(self, places: Sequence[Place]) -> list[Promise | None]:
        """Read promises as their customers' memories have them; None where one has none.

        One that only a newer version can read is none for this one.

        Raises:
            StoreError: They cannot be read; StoreLost: nobody can know what they were.
        """
        owners = [self.owner(place) for place in places]
        asked: list[Asked] = [("MGET", each.of.generation, each.memory) for each in owners]
        if not asked:
            return []
        expected = [self._vault.marks.expected(place.shard) for place in places]
        answers = await self._vault.client.write(lambda redis: together(redis, *asked))
        found: list[Promise | None] = []
        for place, before, answer in zip(places, expected, answers, strict=True):
            mark, memory = row(answer)
            self._vault.marks.check(place.shard, before, mark)
            found.append(_promise(place, memory if isinstance(memory, bytes | str) else None))
        return found

    async def peek(
        self, now: datetime, most: int, owners: Sequence[str] = (), *, spare: int = 0
    ) -> list[Due]:
        """List promises that are due and that nobody has claimed, the one due longest first.

        Of very many, a few of each shard are looked at, among them always the one due longest.

        Args:
            now: By the service's clock, aware, UTC.
            most: How many at most.
            owners: Agents and teams; none for everybody's.
            spare: How many more to list, where they are at hand.

        Raises:
            StoreError: It cannot be read; StoreLost: nobody can know what is due.
        """
        share = min(most + spare, max(_SHARE, _FAIRNESS * most // SHARDS))
        lists = await self._peeked(now, share, owners)
        if sum(map(len, lists)) < most and any(len(each) >= share for each in lists):
            lists = await self._peeked(now, most, owners)
        found = [due for each in lists for due in each]
        return sorted(found, key=lambda due: (due.at, due.place.id))[: most + spare]

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
            wanted = await self.peek(now, most - len(claimed), owners, spare=_SPARE)
            rest = wanted
            while rest and len(claimed) < most:
                # What others were faster to claim is made up for from the same look.
                missing = most - len(claimed)
                claimed += await self._claimed(now, rest[:missing], worker, lease)
                rest = rest[missing:]
            if not wanted or len(claimed) >= most:
                break
        return claimed

    async def renew(self, place: Place, token: int, call_id: str) -> bool:
        """Make a claim last longer, because its call goes on; False where it has ended.

        Raises:
            StoreError: It could not be, or may have been.
        """
        queue = self._shard(place).queue
        name = self._vault.call_name(call_id)
        arguments = (place.member, str(token), milliseconds(CALL_LASTS), name)
        asked = _RENEW.call((queue[1], queue[3]), arguments)
        (answer,) = await self._vault.client.write(lambda redis: together(redis, asked))
        return answer == 1

    async def unclaim(
        self,
        place: Place,
        token: int,
        not_before: datetime | None,
        *,
        call_id: str | None = None,
        decision_id: str = "",
    ) -> bool:
        """Give a claimed promise back; False where somebody else has claimed it since.

        Args:
            place: Which.
            token: Of the claim.
            not_before: When it is to be due again, by the service's clock; None for when it was.
            call_id: The call that is not made; the promise stays with one that has been decided
                anew since, or was dialled all the same.
            decision_id: The decision not to make it.

        Raises:
            StoreError: It could not be given back, or may have been.
        """
        again = "" if not_before is None else milliseconds_at(not_before)
        keys, name = self._shard(place), "" if call_id is None else self._vault.call_name(call_id)
        asked = _UNCLAIM.call(
            (*keys.queue[:4], keys.part(f"session:{name}")),
            (place.member, str(token), again, name, decision_id),
        )
        (answer,) = await self._vault.client.write(lambda redis: together(redis, asked))
        return answer == 1

    async def drop(self, place: Place, memory: Raw) -> None:
        """Take a promise out of the queue that its customer's memory does not owe.

        Args:
            place: Which.
            memory: The memory as it was read; the promise stays where it has changed since.

        Raises:
            StoreError: It could not be.
        """
        queue = self._shard(place).queue
        asked = _DROP.call((self.owner(place).memory, *queue[:5]), (place.member, memory or b""))
        await self._vault.client.write(lambda redis: together(redis, asked))

    async def enqueue(self, shard: int, changes: Iterable[QueueChange], mark: Mark) -> None:
        """Put promises into the queue again, as memories have them.

        Args:
            shard: Whose.
            changes: The promises.
            mark: Newer than that of anything that was said to the slots before.

        Raises:
            StoreError: They could not be.
        """
        arguments = [each for change in changes for each in change.arguments]
        if arguments:
            keys = self._vault.keys.shard(shard).queue
            asked = _ENQUEUE.call(keys, (str(mark), *arguments))
            await self._vault.client.write(lambda redis: together(redis, asked))

    async def overdue(self, now: datetime, most: int) -> list[Due]:
        """List promises whose time is over, of each shard some.

        Raises:
            StoreError: It cannot be read.
        """
        return await self._listed(4, "-inf", milliseconds_at(now), most)

    async def missed(self, now: datetime, most: int) -> list[Due]:
        """List promises that were missed lately, the first first; of very many the last ones.

        Raises:
            StoreError: It cannot be read.
        """
        since = milliseconds_at(now - MISSED_FOR)
        found = await self._listed(5, "+inf", since, most, "REV")
        return sorted(found, key=lambda due: (due.at, due.place.id))[-most:]

    async def forget_missed(self, now: datetime) -> None:
        """Forget promises that were missed too long ago to be listed.

        Raises:
            StoreError: It could not be.
        """
        until = f"({milliseconds_at(now - MISSED_FOR)}"
        asked: list[Asked] = [
            ("ZREMRANGEBYSCORE", self._vault.keys.shard(shard).queue[5], "-inf", until)
            for shard in range(SHARDS)
        ]
        await self._vault.client.write(lambda redis: together(redis, *asked))

    async def listed(
        self,
        after: tuple[datetime, str] | None,
        before: datetime | None,
        most: int,
        owners: Sequence[str] = (),
    ) -> list[Due]:
        """List promises that are owed, by when they may be missed, the first first.

        Args:
            after: Where an earlier list ended: the instant and the id of its last one.
            before: Only those that may be missed before this instant; None for all.
            most: How many at most.
            owners: Agents and teams; none for everybody's.

        Raises:
            StoreError: It cannot be read.
        """
        until = "+inf" if before is None else f"({milliseconds_at(before)}"
        if after is None:
            found = await self._listed(4, "-inf", until, most, owners=owners)
        else:
            # All of the same instant: a page may end in the midst of them.
            since = milliseconds_at(after[0])
            same = await self._listed(4, since, since, _SAME_INSTANT, owners=owners)
            found = [each for each in same if (each.at, each.place.id) > after]
            found += await self._listed(4, f"({since}", until, most, owners=owners)
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
        first = [at for answer in answers[1::2] for _member, at in scored(answer) if at <= now]
        counts = [answer for answer in answers[::2] if isinstance(answer, int)]
        return Backlog(due=sum(counts), oldest=min(first, default=None))

    async def _peeked(self, now: datetime, most: int, owners: Sequence[str]) -> list[list[Due]]:
        """Look at the first of each shard."""
        arguments: tuple[Argument, ...] = (milliseconds_at(now), most, *owners)
        asked = [
            _PEEK.call((*keys.queue[:4], keys.generation), arguments)
            for keys in map(self._vault.keys.shard, range(SHARDS))
        ]
        expected = self._expected()
        answers = await self._vault.client.write(lambda redis: together(redis, *asked))
        marks, lists = zip(*map(row, answers), strict=True)
        self._check(expected, marks)
        return [
            [Due(place=Place.in_queue(shard, member), at=at) for member, at in scored(answer)]
            for shard, answer in enumerate(lists)
        ]

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
            Place.in_queue(shard, text(member)).id: Claim(
                place=Place.in_queue(shard, text(member)),
                token=int(text(token)),
                until=instant(int(text(ends))),
            )
            for shard, answer in zip(by_shard, answers, strict=True)
            for member, token, ends in rows(answer)
        }
        return [found[due.place.id] for due in wanted if due.place.id in found]

    async def _listed(
        self,
        key: int,
        first: str | int,
        last: str | int,
        most: int,
        *order: str,
        owners: Sequence[str] = (),
    ) -> list[Due]:
        asked: list[Asked] = []
        for keys in map(self._vault.keys.shard, range(SHARDS)):
            part: Asked = (
                *("ZRANGE", keys.queue[key], first, last, "BYSCORE", *order),
                *("LIMIT", 0, most, "WITHSCORES"),
            )
            if owners:
                part = _LISTED.call((keys.queue[key], keys.queue[2]), (first, last, most, *owners))
            asked += [("GET", keys.generation), part]
        expected = self._expected()
        answers = await self._vault.client.write(lambda redis: together(redis, *asked))
        self._check(expected, answers[::2])
        return [
            Due(place=Place.in_queue(shard, member), at=at)
            for shard, answer in enumerate(answers[1::2])
            for member, at in scored(answer)
        ]

    def _expected(self) -> list[Mark | None]:
        return [self._vault.marks.expected(shard) for shard in range(SHARDS)]

    def _check(self, expected: Sequence[Mark | None], marks: Sequence[object]) -> None:
        """Tell a queue that is empty from one that was lost."""
        for shard, (before, mark) in enumerate(zip(expected, marks, strict=True)):
            self._vault.marks.check(shard, before, mark)

    def _shard(self, place: Place) -> ShardKeys:
        return self._vault.keys.shard(place.shard)


def _promise(place: Place, memory: Raw) -> Promise | None:
    try:
        promises = read_memory(memory).promises
    except RecordUnreadable:
        return None
    return next((each for each in promises if each.id == place.id), None)
