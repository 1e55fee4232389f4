"""Calls of which nobody told the outcome: after a while they count as attempts of unknown end."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import datetime
from typing import Final

from redis.asyncio import Redis

from advisor.guidance.settling import bounded, with_contact
from advisor.store.call_records import text_of
from advisor.store.errors import RecordUnreadable
from advisor.store.keys import SHARDS, CustomerKeys
from advisor.store.memory_records import memory_record, read_contact, read_memory
from advisor.store.vault import Commit, Vault, open_name

#: Calls settled of one shard at once.
BATCH: Final = 50


async def settled(vault: Vault, now: datetime) -> int:
    """Settle calls whose outcome is overdue; safe while other services do the same.

    Args:
        vault: Where they are.
        now: The service's time, aware, UTC.

    Returns:
        How many calls were settled without an outcome.

    Raises:
        StoreError: Redis cannot be asked; what was settled stays settled.
    """
    due = await vault.client.write(lambda redis: _due(redis, vault, now))
    count = 0
    for shard, name in due:
        # A record that a newer replica wrote is left to that replica.
        with contextlib.suppress(RecordUnreadable):
            count += await _settled(vault, shard, name, now)
    return count


async def _due(redis: Redis, vault: Vault, now: datetime) -> list[tuple[int, str]]:
    until = int(now.timestamp() * 1000)
    async with redis.pipeline(transaction=False) as pipe:
        for shard in range(SHARDS):
            pipe.zrange(
                vault.keys.shard(shard).open, "-inf", until, byscore=True, num=BATCH, offset=0
            )
        answers = await pipe.execute()
    return [(shard, text_of(name)) for shard, names in enumerate(answers) for name in names]


async def _settled(vault: Vault, shard: int, name: str, now: datetime) -> bool:
    customer, call_name, anonymous = name.split("/")
    owner = replace(vault.keys.named(shard, customer), anonymous=anonymous == "1")
    hold = await vault.client.write(lambda redis: redis.hget(owner.holds, call_name))
    if hold is None:
        await _closed(vault, owner, call_name)
        return False
    found = await vault.found(owner)
    memory = bounded(with_contact(read_memory(found.memory), read_contact(hold)), now)
    committed = await vault.commit(
        Commit(
            owner=owner,
            found=found,
            memory=memory_record(memory),
            call_name=call_name,
            only_if_held=True,
        )
    )
    return committed is not None


async def _closed(vault: Vault, owner: CustomerKeys, call_name: str) -> None:
    """Forget an open call that has no hold any more."""
    name = open_name(owner, call_name)
    await vault.client.write(lambda redis: redis.zrem(owner.of.open, name))
