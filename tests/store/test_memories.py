"""Memories against a real Redis: one effect for each id, all of it or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

import pytest

from advisor.engagement.card import balance, replayed
from advisor.engagement.slots import Callbacks
from advisor.facts.memory import Memory
from advisor.facts.merge import Lift
from advisor.facts.situation import Profile, Suppressed
from advisor.facts.vocabulary import Suppression
from advisor.guidance.settling import Settled, Settlement
from advisor.store.client import ClientSettings, StoreClient
from advisor.store.customers import Change, CustomerStore, Stored
from advisor.store.durability import Durability
from advisor.store.errors import IdReused, StoreLost
from advisor.store.keys import Keys
from advisor.store.memories import MemoryStore, Remembered, Remembering, remembering
from advisor.store.vault import Vault
from tests.store.outcomes import NOW, adding, earned, identity
from tests.store.vaults import claimed

_DNC = Suppressed(source=Suppression.INTERNAL, captured_at=NOW)


@pytest.fixture(name="vault")
async def _vault(redis_url: str, namespace: str) -> AsyncIterator[Vault]:
    client = StoreClient(redis_url, ClientSettings(write_within=10.0))
    yield await claimed(client, Keys(b"a secret of the tests", namespace=namespace))
    await client.aclose()


@pytest.fixture(name="memories")
def _memories(vault: Vault) -> MemoryStore:
    return MemoryStore(vault)


async def test_outcome_is_read_back(memories: MemoryStore) -> None:
    """What an outcome leaves is what the next reading finds."""
    committed = await memories.settle("K-17", "c", identity(), partial(adding, earned()))
    read = await memories.read_for_change("K-17", "c", identity())

    assert (committed.durability, committed.repeated) == (Durability.MEMORY, False)
    assert read.memory.account == replayed((earned(),))
    assert (read.settled, read.applied) == (Settled(id="o-1", entries=(earned(),)), True)
    assert (await memories.ledger("K-17")).entries == (earned(),)


async def test_ten_at_once_have_one_effect(memories: MemoryStore) -> None:
    """Fault 34: the same outcome ten times at once has one effect and ten equal answers."""
    committed = await asyncio.gather(
        *(memories.settle("K-17", "c", identity(), partial(adding, earned())) for _ in range(10))
    )
    read = await memories.read("K-17")

    assert {each.answer for each in committed} == {b"answer o-1"}
    assert sorted(each.repeated for each in committed) == [False] + [True] * 9
    assert len(read.memory.contacts) == 1
    assert (await memories.ledger("K-17")).total == 1


async def test_many_outcomes_at_once_all_count(memories: MemoryStore) -> None:
    """Outcomes of one customer at the same time all count, and the balance is the ledger's."""
    await asyncio.gather(
        *(
            memories.settle("K-17", f"c{n}", identity(n), partial(adding, earned(n)))
            for n in range(12)
        )
    )
    read = await memories.read("K-17")
    page = await memories.ledger("K-17")

    assert sorted(contact.id or "" for contact in read.memory.contacts) == sorted(
        f"o-{n}" for n in range(12)
    )
    assert page.total == 12
    assert balance(read.memory.account, NOW) == balance(replayed(page.entries), NOW) == 24


async def test_same_id_with_other_content_is_refused(memories: MemoryStore) -> None:
    """An id that comes again with other content changes nothing and is said to be wrong."""
    await memories.settle("K-17", "c", identity(), partial(adding, earned()))
    other = identity(digest="e" * 64)

    with pytest.raises(IdReused):
        await memories.settle("K-17", "c", other, partial(adding, earned(2)))
    assert (await memories.ledger("K-17")).total == 1


async def test_decision_that_raises_stores_nothing(memories: MemoryStore) -> None:
    """An outcome that is refused leaves no trace, and may be sent again in order."""

    def refused(_before: Remembered) -> Remembering:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await memories.settle("K-17", "c", identity(), refused)
    await memories.settle("K-17", "c", identity(), partial(adding, earned()))

    assert (await memories.ledger("K-17")).total == 1


async def test_opt_out_is_stored_with_its_call(vault: Vault, memories: MemoryStore) -> None:
    """A suppression and the call it was said in are stored together or not at all."""
    permissions = Change(profile=Profile(suppressions=(_DNC,)), observed_at=NOW)
    await memories.settle(
        "K-17", "c", identity(), lambda b: replace(adding(earned(), b), joined=permissions)
    )
    stored = await CustomerStore(vault).read("K-17")

    assert isinstance(stored, Stored)
    assert stored.profile.suppressions == (_DNC,)
    assert stored.expired


async def test_profile_known_keeps_its_fields(vault: Vault, memories: MemoryStore) -> None:
    """A suppression that a call adds leaves the profile as it was."""
    customers = CustomerStore(vault)
    await customers.update("K-17", Change(profile=Profile(goal="a house"), observed_at=NOW))
    permissions = Change(profile=Profile(suppressions=(_DNC,)), observed_at=NOW)
    await memories.settle(
        "K-17", "c", identity(), lambda b: replace(adding(earned(), b), joined=permissions)
    )
    stored = await customers.read("K-17")

    assert isinstance(stored, Stored)
    assert (stored.profile.goal, stored.profile.suppressions) == ("a house", (_DNC,))


async def test_fact_learned_makes_a_profile(memories: MemoryStore) -> None:
    """A change that tells more than permissions is kept as a profile."""
    told = Change(profile=Profile(goal="a house"), observed_at=NOW)
    await memories.settle(
        "K-17", "c", identity(), lambda b: replace(adding(earned(), b), joined=told)
    )
    stored = (await memories.read("K-17")).stored

    assert stored is not None
    assert (stored.profile.goal, stored.expired) == ("a house", False)


async def test_ledger_is_read_page_by_page(memories: MemoryStore) -> None:
    """A statement shows the newest line first, and every line once."""
    for number in range(5):
        await memories.settle("K-17", None, identity(number), partial(adding, earned(number)))
    first = await memories.ledger("K-17", most=2)
    assert first.after == 2
    second = await memories.ledger("K-17", after=first.after, most=2)
    assert second.after == 4
    last = await memories.ledger("K-17", after=second.after, most=2)
    beyond = await memories.ledger("K-17", after=9, most=2)

    assert [e.cause for p in (first, second, last) for e in p.entries] == [
        f"o-{n}" for n in (4, 3, 2, 1, 0)
    ]
    assert (last.after, beyond.entries, beyond.after) == (None, (), None)


async def test_nothing_is_written_into_an_emptied_redis(
    vault: Vault, memories: MemoryStore
) -> None:
    """Fault 14: an outcome that was decided on lost data is refused, not stored over it."""
    before = await memories.read_for_change("K-17", "c", identity())
    shard = vault.keys.customer("K-17").of
    await vault.client.write(lambda redis: redis.delete(shard.generation))

    with pytest.raises(StoreLost):
        await memories.commit("K-17", "c", identity(), before, adding(earned(), before))
    with pytest.raises(StoreLost):
        await memories.read("K-17")
    with pytest.raises(StoreLost):
        await memories.ledger("K-17")


async def test_settlement_is_stored_whole(vault: Vault, memories: MemoryStore) -> None:
    """All that a settlement asks for is stored: an opt-out now, its lifting by the correction."""
    lift = Lift(source=Suppression.INTERNAL, basis="corrected: a slip", lifted_at=NOW)
    first = Settlement(memory=Memory(first_at=NOW), suppressed=(_DNC,), settled=Settled(id="o-1"))
    second = Settlement(memory=Memory(first_at=NOW), lifts=(lift,), entries=(earned(),))
    none = Settlement(memory=Memory(first_at=NOW))
    customers = CustomerStore(vault)
    found = []
    for number, settlement in enumerate((first, second, none)):
        change = remembering(settlement, NOW, b"answer", Callbacks())
        await memories.settle("K-17", "c", identity(number), lambda _before, c=change: c)  # type: ignore[misc]
        stored = await customers.read("K-17")
        assert isinstance(stored, Stored)
        found.append((stored.profile.suppressions, stored.lifts))
    read = await memories.read_for_change("K-17", "c")

    assert found == [((_DNC,), ()), ((), (lift,)), ((), (lift,))]
    assert read.settled == Settled(id="o-1")
    assert (await memories.ledger("K-17")).entries == (earned(),)
