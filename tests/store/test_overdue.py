"""Calls without an outcome: they count, are settled once, and a late outcome takes their place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from advisor.engagement.contacts import Contact, Disposition
from advisor.facts.memory import Memory
from advisor.guidance.settling import Settled, with_contact
from advisor.store.calls import Beginning, Begun, CallStore
from advisor.store.client import ClientSettings, StoreClient
from advisor.store.keys import Keys
from advisor.store.memories import MemoryStore, Remembered, Remembering
from advisor.store.overdue import settled
from advisor.store.vault import Identity, Vault
from tests.store.vaults import claimed

_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_DUE = _NOW + timedelta(hours=1)


@pytest.fixture(name="vault")
async def _vault(redis_url: str, namespace: str) -> AsyncIterator[Vault]:
    client = StoreClient(redis_url, ClientSettings(read_within=5.0, write_within=10.0))
    yield await claimed(client, Keys(b"a secret of the tests", namespace=namespace))
    await client.aclose()


def a_call(call_id: str, customer_id: str | None = "K-17") -> Beginning:
    """Make a call about which advice is asked."""
    attempt = Contact(id=call_id, at=_NOW, channel="voice_outbound")
    return Beginning(
        call_id=call_id, customer_id=customer_id, digest="d", now=_NOW, attempt=attempt, brand="b"
    )


async def test_overdue_call_becomes_an_attempt(vault: Vault) -> None:
    """A call whose outcome nobody told is an attempt of which nobody knows how it ended."""
    call = a_call("c-1")
    await CallStore(vault).begin(call)

    assert await settled(vault, _DUE - timedelta(seconds=1)) == 0
    assert await settled(vault, _DUE) == 1
    assert await settled(vault, _DUE) == 0
    read = await MemoryStore(vault).read("K-17")
    assert read.memory == Memory(contacts=(call.attempt,), first_at=_NOW)
    assert read.memory.contacts[0].human is None


async def test_many_stewards_settle_once(vault: Vault) -> None:
    """Of replicas that look at the same time, one settles each call, and none is left."""
    for number in range(10):
        await CallStore(vault).begin(a_call(f"c-{number}", f"K-{number % 3}"))
    counts = await asyncio.gather(*(settled(vault, _DUE) for _ in range(4)))
    while await settled(vault, _DUE):
        """Those that a racing steward left."""
    contacts = [
        str(contact.id)
        for number in range(3)
        for contact in (await MemoryStore(vault).read(f"K-{number}")).memory.contacts
    ]

    assert sum(counts) <= 10
    assert sorted(contacts) == [f"c-{number}" for number in range(10)]


async def test_call_with_an_outcome_is_left_alone(vault: Vault) -> None:
    """An outcome in time settles the call; the steward finds nothing to do."""
    call = a_call("c-1")
    await CallStore(vault).begin(call)
    known = replace(call.attempt, disposition=Disposition.SALE)

    def decide(before: Remembered) -> Remembering:
        return Remembering(memory=with_contact(before.memory, known), settled=Settled(id="o"))

    await MemoryStore(vault).settle("K-17", "c-1", Identity(kind="o", id="1", digest="d"), decide)
    assert await settled(vault, _DUE) == 0
    assert (await MemoryStore(vault).read("K-17")).memory.contacts == (known,)


async def test_outcome_after_the_time_takes_its_place(vault: Vault) -> None:
    """A late outcome replaces the attempt of unknown end, and does not count beside it."""
    call = a_call("c-1")
    await CallStore(vault).begin(call)
    await settled(vault, _DUE)
    known = replace(call.attempt, disposition=Disposition.SALE)

    def decide(before: Remembered) -> Remembering:
        return Remembering(memory=with_contact(before.memory, known), settled=Settled(id="o"))

    await MemoryStore(vault).settle("K-17", "c-1", Identity(kind="o", id="1", digest="d"), decide)
    assert (await MemoryStore(vault).read("K-17")).memory.contacts == (known,)


async def test_released_call_is_not_settled(vault: Vault) -> None:
    """A call that was not made leaves nothing to settle, even where the release broke off."""
    call = a_call("c-1")
    begun = await CallStore(vault).begin(call)
    assert isinstance(begun, Begun)
    owner = vault.keys.customer("K-17")
    await vault.client.write(lambda redis: redis.delete(owner.holds))

    assert await settled(vault, _DUE) == 0
    assert not await vault.client.write(lambda redis: redis.exists(owner.of.open))


async def test_call_of_nobody_known_is_settled(vault: Vault) -> None:
    """A call without a customer is settled like any other, and forgotten sooner."""
    await CallStore(vault).begin(a_call("c-1", None))

    assert await settled(vault, _DUE) == 1
    owner = vault.keys.owner(None, "c-1")
    life = await vault.client.write(lambda redis: redis.pttl(owner.memory))
    assert 0 < life <= 7 * 86_400_000


async def test_record_of_a_newer_version_is_left_alone(vault: Vault) -> None:
    """What this version cannot read it does not settle, and settles the others."""
    await CallStore(vault).begin(a_call("c-1", "K-17"))
    await CallStore(vault).begin(a_call("c-2", "K-18"))
    name = vault.keys.customer("K-17").memory
    await vault.client.write(lambda redis: redis.set(name, b'{"version":99}'))

    assert await settled(vault, _DUE) == 1
    assert await vault.client.write(lambda redis: redis.get(name)) == b'{"version":99}'
