"""Drains the journal's streams into files: written and synced first, taken out of Redis then."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from redis.asyncio import Redis

from advisor.store.call_records import text_of
from advisor.store.durability import Durability
from advisor.store.journal import VERSION, Journal, Line
from advisor.store.keys import SHARDS
from advisor.store.scripts import Asked, together
from advisor.store.vault import Vault

#: Entries taken of one shard at once.
BATCH: Final = 100

#: Ids of a stream's entries, by shard.
_Ids = dict[int, list[str]]


async def drained(vault: Vault, journal: Journal, now: datetime) -> int:
    """Write what the streams hold to the journal, and take it out of them.

    Two that drain the same Redis may both write an entry, which does no harm.

    Returns:
        How many entries there were; more may be left where a shard had `BATCH` of them.

    Raises:
        StoreError: Redis cannot be asked.
        OSError: The journal cannot be written; the entries stay in Redis.
    """
    lines, ids = await vault.client.write(lambda redis: _read(redis, vault))
    if not lines:
        return 0
    await asyncio.to_thread(_write, journal, lines, now)
    await vault.client.write(lambda redis: _taken_out(redis, vault, ids))
    return len(lines)


def _write(journal: Journal, lines: list[Line], now: datetime) -> None:
    journal.append(lines, now)
    erased = frozenset(line.customer for line in lines if line.erased)
    if erased:
        journal.forget(erased)


async def _read(redis: Redis, vault: Vault) -> tuple[list[Line], _Ids]:
    asked: list[Asked] = [
        ("XRANGE", vault.keys.shard(shard).journal, "-", "+", "COUNT", BATCH)
        for shard in range(SHARDS)
    ]
    question = vault.promise.question if vault.promise.level is Durability.REPLICA else None
    if question is not None:
        asked.append(question)
    streams = await together(redis, *asked)
    ids: _Ids = {}
    lines: list[Line] = []
    for shard, stream in enumerate(streams[:SHARDS]):
        for entry_id, fields in stream if isinstance(stream, list) else ():
            ids.setdefault(shard, []).append(text_of(entry_id))
            lines.append(_line(shard, fields))
    if lines and question is not None:
        # A primary may show what its replicas lack. Should one of them take over, a journal that
        # had it would be ahead of Redis.
        vault.promise.reached(streams[-1])
    return lines, ids


async def _taken_out(redis: Redis, vault: Vault, ids: _Ids) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        for shard, entries in ids.items():
            pipe.xdel(vault.keys.shard(shard).journal, *entries)
        await pipe.execute()


def _line(shard: int, fields: Mapping[bytes, bytes]) -> Line:
    def text(name: bytes) -> str:
        return text_of(fields.get(name))

    return Line(
        version=VERSION,
        shard=shard,
        mark=text(b"mark"),
        customer=text(b"customer"),
        permissions=text(b"permissions"),
        memory=text(b"memory"),
        ledger=text(b"ledger"),
        call=text(b"call"),
        outcome=fields.get(b"outcome", b""),
        id=text(b"id"),
        answer=fields.get(b"answer", b""),
        erased=b"erased" in fields,
    )
