"""The change journal: everything that must never be lost, in files, and back from them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from advisor.engagement.card import LedgerEntry, posted
from advisor.engagement.contacts import Contact
from advisor.facts.situation import Profile, Suppressed
from advisor.facts.vocabulary import Suppression
from advisor.guidance.settling import Settled
from advisor.store.client import ClientSettings, StoreClient
from advisor.store.customers import Change, CustomerStore, Stored, Unavailable
from advisor.store.drain import drained
from advisor.store.erasure import ErasureStore
from advisor.store.errors import Reason, StoreMisconfigured
from advisor.store.journal import Journal, files_of
from advisor.store.keys import Keys
from advisor.store.marks import Mark
from advisor.store.memories import MemoryStore, Remembered, Remembering
from advisor.store.restoring import Restored, restore
from advisor.store.suitability import check
from advisor.store.vault import Identity, Vault

_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_DNC = Suppressed(source=Suppression.INTERNAL, captured_at=_NOW)
_CUSTOMERS = tuple(f"K-{number}" for number in range(20))


@pytest.fixture(name="journal")
def _journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


@pytest.fixture(name="vault")
async def _vault(redis_url: str, namespace: str) -> AsyncIterator[Vault]:
    client = StoreClient(redis_url, ClientSettings(read_within=5.0, write_within=10.0))
    keys = Keys(b"a secret of the tests", namespace=namespace)
    await check(client, keys)
    yield Vault(client, keys, journaled=True)
    await client.aclose()


def remembering(number: int, before: Remembered) -> Remembering:
    """Decide on an outcome: a contact, a line of the ledger, an opt-out."""
    at = _NOW + timedelta(minutes=number)
    entry = LedgerEntry(at=at, points=1.5, reason="help", cause=f"o-{number}")
    memory = replace(
        before.memory,
        contacts=(Contact(id=f"c-{number}", at=at), *before.memory.contacts),
        account=posted(before.memory.account, (entry,)),
    )
    return Remembering(
        memory=memory,
        entries=(entry,),
        joined=Change(profile=Profile(suppressions=(_DNC,)), observed_at=at),
        settled=Settled(id=f"o-{number}", entries=(entry,)),
        answer=b"\xff%d" % number,
    )


def identity(customer: str, number: int) -> Identity:
    """Make the identity of an outcome."""
    return Identity(kind="outcome", id=f"{customer}/{number}", digest="d" * 64)


async def settle(vault: Vault, customer: str, number: int) -> bytes:
    """Store one outcome, and give the answer to it."""
    committed = await MemoryStore(vault).settle(
        customer, f"c-{number}", identity(customer, number), partial(remembering, number)
    )
    return committed.answer


async def emptied(vault: Vault) -> None:
    """Lose all that Redis holds of the namespace, as FLUSHALL would."""
    keys = await vault.client.write(lambda redis: redis.keys(f"{vault.keys.layout[:-7]}:*"))
    await vault.client.write(lambda redis: redis.delete(*keys))


async def read_all(vault: Vault) -> list[tuple[object, ...]]:
    """Read what must never be lost of every customer."""
    memories = MemoryStore(vault)
    found: list[tuple[object, ...]] = []
    for customer in _CUSTOMERS:
        read = await memories.read_for_change(customer, "c-1", identity(customer, 1))
        suppressions = None if read.stored is None else read.stored.profile.suppressions
        ledger = (await memories.ledger(customer)).entries
        found.append((suppressions, read.memory, ledger, read.settled, read.applied))
    return found


async def test_lost_data_is_restored_whole(vault: Vault, journal: Journal) -> None:
    """Fault 14: after FLUSHALL the state is unknown; the journal brings back all, twice the same.

    20 customers with 2 outcomes each: 0 lost, 0 twice.
    """
    for customer in _CUSTOMERS:
        for number in range(2):
            await settle(vault, customer, number)
    assert await drained(vault, journal, _NOW) == 40
    before = await read_all(vault)
    await emptied(vault)
    assert await CustomerStore(vault).read("K-3") == Unavailable(reason=Reason.LOST)

    first = await restore(vault, files_of([journal.folder]))
    second = await restore(vault, files_of([journal.folder]))

    assert (first, second) == (Restored(lines=40, applied=40), Restored(lines=40, applied=0))
    assert await read_all(vault) == before
    assert await settle(vault, "K-3", 1) == b"\xff1"
    assert await read_all(vault) == before


async def test_older_copy_is_unknown_and_brought_up_to_date(vault: Vault, journal: Journal) -> None:
    """Fault 14: a Redis that an older copy was loaded into is unknown until it is restored."""
    await settle(vault, "K-3", 0)
    await drained(vault, journal, _NOW)
    owner = vault.keys.customer("K-3")
    kept = (owner.of.generation, owner.memory, owner.permissions)
    copy = await vault.client.write(lambda redis: redis.mget(*kept))
    lines = await vault.client.write(lambda redis: redis.lrange(owner.ledger, 0, -1))
    await settle(vault, "K-3", 1)
    await drained(vault, journal, _NOW)
    before = await MemoryStore(vault).read("K-3")

    await vault.client.write(
        lambda redis: redis.mset(
            {name: value or b"" for name, value in zip(kept, copy, strict=True)}
        )
    )
    await vault.client.write(lambda redis: redis.ltrim(owner.ledger, 0, len(lines) - 1))
    assert await CustomerStore(vault).read("K-3") == Unavailable(reason=Reason.LOST)
    done = await restore(vault, files_of([journal.folder]))
    after = await MemoryStore(vault).read("K-3")

    assert done == Restored(lines=2, applied=1)
    assert (after.memory, after.stored) == (before.memory, before.stored)
    assert (await MemoryStore(vault).ledger("K-3")).total == 2


async def test_service_does_not_start_on_an_emptied_redis(vault: Vault, journal: Journal) -> None:
    """An empty Redis beside a journal with entries is refused, with what to do, and not claimed."""
    await settle(vault, "K-3", 0)
    await drained(vault, journal, _NOW)
    await check(vault.client, vault.keys, journal)
    await emptied(vault)

    for _time in range(2):
        with pytest.raises(StoreMisconfigured, match="Run `advisor restore` first"):
            await check(vault.client, vault.keys, journal)
    await restore(vault, files_of([journal.folder]))
    await check(vault.client, vault.keys, journal)


async def test_redis_that_was_begun_anew_is_not_mixed(vault: Vault, journal: Journal) -> None:
    """A journal is not restored over what another beginning has stored."""
    await settle(vault, "K-3", 0)
    await drained(vault, journal, _NOW)
    await emptied(vault)
    await check(vault.client, vault.keys)
    anew = Vault(vault.client, vault.keys)
    await settle(anew, "K-3", 1)

    with pytest.raises(StoreMisconfigured, match="somebody began anew"):
        await restore(vault, files_of([journal.folder]))
    assert await CustomerStore(vault).read("K-3") == Unavailable(reason=Reason.LOST)


async def test_entry_written_twice_counts_once(
    vault: Vault, journal: Journal, tmp_path: Path
) -> None:
    """Two replicas that drain the same entry do no harm, nor does a line cut off by a crash."""
    await settle(vault, "K-3", 0)
    stream = vault.keys.customer("K-3").of.journal
    await vault.client.write(lambda redis: redis.copy(stream, f"{stream}:copy"))
    await drained(vault, journal, _NOW)
    await vault.client.write(lambda redis: redis.rename(f"{stream}:copy", stream))
    await drained(vault, Journal(tmp_path / "other"), _NOW)
    files = files_of([journal.folder, tmp_path / "other"])
    files[0].write_bytes(files[0].read_bytes() + b'{"version":1,"sha')
    await emptied(vault)

    assert await restore(vault, files) == Restored(lines=1, applied=1)


@pytest.mark.parametrize("line", [b"{}", b"nothing", b'{"version":9,"shard":1,"mark":"a:1"}'])
async def test_damaged_journal_is_refused(vault: Vault, tmp_path: Path, line: bytes) -> None:
    """A line that cannot be read is named, and nothing is restored by halves."""
    path = tmp_path / "2026-11-23.x.jsonl"
    path.write_bytes(line + b"\n")

    with pytest.raises(StoreMisconfigured, match=r"2026-11-23\.x\.jsonl:1 is no line"):
        await restore(vault, [path])


def test_heads_are_the_highest_of_all(tmp_path: Path) -> None:
    """Of several services that write to one folder, the one that came furthest counts."""
    (tmp_path / "heads-a.json").write_bytes(b'{"3":"new-1:7","4":"new-1:1"}')
    (tmp_path / "heads-b.json").write_bytes(b'{"3":"new-1:9"}')

    assert Journal(tmp_path).heads() == {3: Mark("new-1", 9), 4: Mark("new-1", 1)}
    (tmp_path / "heads-b.json").write_bytes(b"[")
    with pytest.raises(StoreMisconfigured, match="heads-b"):
        Journal(tmp_path).heads()


async def test_nothing_to_drain(vault: Vault, journal: Journal) -> None:
    """Where nothing has changed, no file is made; a profile alone is no change of the journal."""
    await CustomerStore(vault).update(
        "K-3", Change(profile=Profile(goal="a house"), observed_at=_NOW)
    )

    assert await drained(vault, journal, _NOW) == 0
    assert not journal.folder.exists()


async def test_erased_customer_is_in_no_file(vault: Vault, journal: Journal) -> None:
    """Erasing leaves the least suppression, in Redis, in the files and after restoring."""
    register = Suppressed(source=Suppression.NATIONAL_REGISTRY, captured_at=_NOW)
    await CustomerStore(vault).update(
        "K-3",
        Change(profile=Profile(goal="a house", suppressions=(register,)), observed_at=_NOW),
    )
    await settle(vault, "K-3", 0)
    await settle(vault, "K-4", 0)
    await drained(vault, journal, _NOW)
    await ErasureStore(vault).erase("K-3")
    await drained(vault, journal, _NOW)
    owner = vault.keys.customer("K-3")
    keys = await vault.client.write(lambda redis: redis.keys(f"{owner.of.stem}:*{owner.name}*"))
    lines = [line for file in files_of([journal.folder]) for line in file.read_text().split("\n")]
    await emptied(vault)
    await restore(vault, files_of([journal.folder]))
    stored = await CustomerStore(vault).read("K-3")

    assert keys == [owner.permissions.encode()]
    assert [line for line in lines if owner.name in line and '"erased":true' not in line] == []
    assert isinstance(stored, Stored)
    assert (stored.profile, stored.lifts) == (Profile(suppressions=(_DNC,)), ())
    assert (await MemoryStore(vault).ledger("K-4")).total == 1


async def test_export_gives_out_everything(vault: Vault) -> None:
    """An export holds every record of a customer."""
    await settle(vault, "K-3", 0)
    everything = await ErasureStore(vault).export("K-3")
    kinds = sorted(part.partition(":")[0] for part in everything.others)

    assert [entry.cause for entry in everything.ledger] == ["o-0"]
    assert everything.remembered.memory.contacts[0].id == "c-0"
    assert kinds == ["applied", "outcome"]
