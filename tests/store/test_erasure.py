"""Erasing: nothing of a customer is left but what keeps them from being called."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from advisor.engagement.contacts import Contact
from advisor.facts.situation import Profile, Suppressed
from advisor.facts.vocabulary import Suppression
from advisor.store.call_records import text_of
from advisor.store.calls import Beginning, Begun, CallStore, decision_record
from advisor.store.client import ClientSettings, StoreClient
from advisor.store.customers import Change, CustomerStore
from advisor.store.durability import Durability
from advisor.store.erasure import ErasureStore
from advisor.store.errors import StoreLost
from advisor.store.evidence import EvidenceStore
from advisor.store.keys import Keys
from advisor.store.memories import MemoryStore
from advisor.store.overdue import settled
from advisor.store.vault import Vault
from tests.store.outcomes import NOW, settle
from tests.store.vaults import claimed

_NUMBER = "+441632960000"
_LONG_AFTER = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(name="vault")
async def _vault(redis_url: str, namespace: str) -> AsyncIterator[Vault]:
    client = StoreClient(redis_url, ClientSettings(read_within=5.0, write_within=10.0))
    yield await claimed(client, Keys(b"a secret of the tests", namespace=namespace))
    await client.aclose()


async def lived(vault: Vault) -> Begun:
    """Let a customer have everything that can be kept of one."""
    register = Suppressed(source=Suppression.NATIONAL_REGISTRY, captured_at=NOW)
    own = Suppressed(source=Suppression.INTERNAL, captured_at=NOW)
    profile = Profile(goal="a house", suppressions=(register, own), consents=())
    await CustomerStore(vault).update("K-1", Change(profile=profile, observed_at=NOW))
    attempt = Contact(id="c-7", at=NOW, channel="voice_outbound", number=_NUMBER)
    call = Beginning(
        call_id="c-7", customer_id="K-1", digest="d", now=NOW, attempt=attempt, brand="b"
    )
    begun = await CallStore(vault).begin(call)
    assert isinstance(begun, Begun)
    record = decision_record(begun, call, pack_version="p", request=b"", response=b"")
    await EvidenceStore(vault).keep_decision(record)
    await settle(MemoryStore(vault), 1)
    return begun


async def test_nothing_is_left_but_the_opt_out(vault: Vault, namespace: str) -> None:
    """After erasing, one key of the customer is left, with nothing but what they asked for."""
    await lived(vault)
    assert await ErasureStore(vault).erase("K-1") is Durability.MEMORY
    left = await vault.client.write(lambda redis: redis.keys(f"{namespace}:*"))
    others = {text_of(key) for key in left}
    others -= {key for key in others if key.endswith((":generation", ":layout"))}
    memories = MemoryStore(vault)
    read = await memories.read("K-1")

    assert others == {vault.keys.customer("K-1").permissions}
    assert read.stored is not None
    assert [each.source for each in read.stored.profile.suppressions] == [Suppression.INTERNAL]
    assert read.stored.profile.consents is None
    assert await settled(vault, _LONG_AFTER) == 0


async def test_export_names_every_kind_of_record(vault: Vault) -> None:
    """An export before the erasure holds the call, its decision, reference, outcome and answer."""
    begun = await lived(vault)
    everything = await ErasureStore(vault).export("K-1")

    assert sorted(part.partition(":")[0] for part in everything.others) == [
        "applied",
        "decision",
        "outcome",
        "reference",
        "session",
    ]
    session = next(v for k, v in everything.others.items() if k.startswith("session"))
    assert begun.session.reference in session


async def test_erasing_a_stranger_and_twice(vault: Vault) -> None:
    """Erasing whom nobody knows, or again, does nothing and is no error."""
    await ErasureStore(vault).erase("nobody")
    await lived(vault)
    await ErasureStore(vault).erase("K-1")
    await ErasureStore(vault).erase("K-1")

    assert (await MemoryStore(vault).read("nobody")).stored is None
    assert (await ErasureStore(vault).export("K-1")).others == {}


async def test_lost_data_is_not_said_to_be_erased(vault: Vault) -> None:
    """Where data was lost, nobody is told that it was erased: a restore would bring it back."""
    await lived(vault)
    mark = vault.keys.customer("K-1").of.generation
    await vault.client.write(lambda redis: redis.delete(mark))

    with pytest.raises(StoreLost):
        await ErasureStore(vault).erase("K-1")
