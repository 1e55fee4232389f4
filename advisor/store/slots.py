"""What is promised, slot by slot: room is held first, and kept once the promise is stored.

A hold that nobody confirms ends by itself. What a promise has to say to its slot is stored with it
and said afterwards, again if need be, so that in the end both agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from advisor.engagement.slots import FURTHEST, Callbacks, Capacity, bucket
from advisor.store.answers import row, text
from advisor.store.keys import SHARDS
from advisor.store.queued import Place
from advisor.store.retention import milliseconds
from advisor.store.scripts import Asked, Script, ScriptCall, together
from advisor.store.vault import Vault

_ROOM: Final = Script("room.lua")
_SAID: Final = Script("said.lua")

#: How long room is held while a promise is being stored.
HELD_FOR: Final = timedelta(seconds=60)
#: How long a slot is remembered after anything of it changed; nobody plans further ahead.
_KEPT_FOR: Final = FURTHEST + timedelta(days=2)
#: How long after its time it is remembered that a slot was full.
_OVER: Final = timedelta(days=1)
#: Slots recounted at once.
_RECOUNTED: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What is promised for a slot.

    Attributes:
        free: Whether there was room for the promise that asked.
        taken: How many are promised, holds included.
        capacity: How many can be kept.
    """

    free: bool
    taken: int
    capacity: int


class SlotStore:
    """Holds and frees room, and has a snapshot of the slots that are full."""

    def __init__(self, vault: Vault) -> None:
        """Work on this vault."""
        self._vault = vault
        self._capacity = Capacity()
        self._asked = self._answered = 0
        self._recounted = 0

    @property
    def capacity(self) -> Capacity:
        """What was known of the room left a moment ago."""
        return self._capacity

    async def hold(self, place: Place, team: str, start: datetime, settings: Callbacks) -> Room:
        """Hold room for a promise that is about to be stored; the same again holds no more.

        Raises:
            StoreError: Nobody knows whether there is room.
        """
        return await self._room("hold", place.member, team, bucket(start, settings.slot), settings)

    async def drop(self, place: Place, team: str, start: datetime, settings: Callbacks) -> None:
        """Free what was held for a promise that came to nothing; one that was stored keeps it.

        Raises:
            StoreError: It could not be; a hold ends by itself.
        """
        await self._room("drop", place.member, team, bucket(start, settings.slot), settings)

    async def set(
        self, team: str, capacities: Mapping[datetime, int], settings: Callbacks
    ) -> list[Room]:
        """Say how many call-backs can be kept in slots, and count what is promised for them.

        Raises:
            StoreError: It could not be, or some may have been.
        """
        asked: list[Asked] = []
        for start, capacity in capacities.items():
            name = _name(team, start)
            asked.append(("HSET", self._vault.keys.slots("capacity"), name, capacity))
            asked.append(self._call("count", "", team, start, settings))
        answers = await self._vault.client.write(lambda redis: together(redis, *asked))
        return [_read(answer) for answer in answers[1::2]]

    async def refresh(self, settings: Callbacks) -> None:
        """Take the snapshot anew.

        Args:
            settings: How many call-backs are kept where nobody says otherwise.

        Raises:
            StoreError: It cannot be read; the old one stays.
        """
        asked: list[Asked] = [("HKEYS", self._vault.keys.slots("full"))]
        if not settings.capacity:
            asked.append(("HKEYS", self._vault.keys.slots("capacity")))
        self._asked += 1
        turn = self._asked
        answers = await self._vault.client.write(lambda redis: together(redis, *asked))
        full, *only = (frozenset(_named(text(name)) for name in row(each)) for each in answers)
        # An answer that comes late tells less than the one to a later question.
        if turn > self._answered:
            self._answered, self._capacity = turn, Capacity(full, *only)

    async def recount(self, now: datetime, settings: Callbacks) -> None:
        """Count the full slots again, as holds may have ended, and forget what is over.

        Raises:
            StoreError: It could not be.
        """
        full, said = self._vault.keys.slots("full"), self._vault.keys.slots("capacity")
        names, told = await self._vault.client.write(
            lambda redis: together(redis, ("HKEYS", full), ("HKEYS", said))
        )
        over = [
            (key, name)
            for key, found in ((full, names), (said, told))
            for name in map(text, found if isinstance(found, list) else [])
            if _named(name)[1] < now - _OVER
        ]
        asked: list[Asked] = [("HDEL", key, name) for key, name in over]
        gone = {name for _key, name in over}
        for name in self._some(
            sorted({*map(text, names if isinstance(names, list) else [])} - gone)
        ):
            team, start = _named(name)
            asked.append(self._call("count", "", team, start, settings))
        if asked:
            await self._vault.client.write(lambda redis: together(redis, *asked))

    async def say_of(self, settings: Callbacks, *places: Place) -> None:
        """Say to the slots what some promises have to say to them.

        Raises:
            StoreError: It could not be, or some of it was; what was not is said the next time.
        """
        asked: list[Asked] = [
            ("HGET", self._vault.keys.shard(place.shard).queue[6], place.member) for place in places
        ]
        answers = await self._vault.client.write(lambda redis: together(redis, *asked))
        for place, word in zip(places, answers, strict=True):
            if word is not None:
                await self._say(place.shard, place.member, text(word), settings)

    async def say(self, settings: Callbacks) -> int:
        """Say to the slots what all promises have to say to them; how much was said.

        Raises:
            StoreError: It could not be, or some of it was; what was not is said the next time.
        """
        asked: list[Asked] = [
            ("HGETALL", self._vault.keys.shard(shard).queue[6]) for shard in range(SHARDS)
        ]
        answers = await self._vault.client.write(lambda redis: together(redis, *asked))
        said = 0
        for shard, answer in enumerate(answers):
            for member, word in _pairs(answer):
                await self._say(shard, member, word, settings)
                said += 1
        return said

    def _some(self, names: list[str]) -> list[str]:
        """Return as many as are recounted at once, the next time those after them."""
        begin = 0 if self._recounted >= len(names) else self._recounted
        self._recounted = begin + _RECOUNTED
        return names[begin : self._recounted]

    async def _say(self, shard: int, member: str, word: str, settings: Callbacks) -> None:
        mark, what, name = word.split("|", 2)
        team, start = _named(name)
        forget = _SAID.call((self._vault.keys.shard(shard).queue[6],), (member, word))
        call = self._call(what, member, team, start, settings, mark=mark)
        await self._vault.client.write(lambda redis: together(redis, call))
        await self._vault.client.write(lambda redis: together(redis, forget))

    async def _room(
        self, what: str, member: str, team: str, start: datetime, settings: Callbacks
    ) -> Room:
        asked = self._call(what, member, team, start, settings)
        (answer,) = await self._vault.client.write(lambda redis: together(redis, asked))
        return _read(answer)

    def _call(
        self,
        what: str,
        member: str,
        team: str,
        start: datetime,
        settings: Callbacks,
        *,
        mark: str = "",
    ) -> ScriptCall:
        keys, name = self._vault.keys, _name(team, start)
        return _ROOM.call(
            (
                *(keys.slots(f"room:{name}"), keys.slots("full"), keys.slots("capacity")),
                keys.slots(f"said:{name}"),
            ),
            (
                what,
                member,
                settings.capacity,
                name,
                milliseconds(HELD_FOR),
                milliseconds(_KEPT_FOR),
                mark,
            ),
        )


def _name(team: str, start: datetime) -> str:
    return f"{team}|{int(start.timestamp() * 1000)}"


def _named(name: str) -> tuple[str, datetime]:
    team, _, start = name.rpartition("|")
    return team, datetime.fromtimestamp(int(start) / 1000, UTC)


def _read(answer: object) -> Room:
    room, taken, capacity = answer if isinstance(answer, list) else (0, 0, 0)
    return Room(free=room == 1, taken=taken, capacity=capacity)


def _pairs(answer: object) -> list[tuple[str, str]]:
    if isinstance(answer, dict):
        return [(text(name), text(value)) for name, value in answer.items()]
    rows = answer if isinstance(answer, list) else []
    return [(text(a), text(b)) for a, b in zip(rows[::2], rows[1::2], strict=True)]
