"""Customers against a real Redis: one round trip, atomic changes, nothing lost, nothing leaked."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis

from advisor.facts.memory import LearnedFact, Memory
from advisor.facts.merge import Lift
from advisor.facts.situation import Consent, Profile, Seen, Suppressed
from advisor.facts.vocabulary import ConsentState, ConsentType, Suppression
from advisor.store.client import StoreClient
from advisor.store.customers import Change, CustomerStore, Stored, Unavailable, changed
from advisor.store.embedded.server import EmbeddedServer
from advisor.store.errors import Reason, RecordUnreadable, StoreFull, StoreUnavailable
from advisor.store.keys import Keys
from advisor.store.memory_records import memory_record
from tests.faultproxy import FaultProxy
from tests.store.vaults import Overtaken, claimed, updated

_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_LATER = _NOW + timedelta(hours=1)
_DAY = timedelta(days=1)
_SECRET = b"a secret of the tests"
_DNC = Suppressed(source=Suppression.INTERNAL, captured_at=_NOW)
_WITHDRAWN = Consent(
    type=ConsentType.MARKETING_CALL, state=ConsentState.WITHDRAWN, captured_at=_NOW
)


@pytest.fixture(name="client")
async def _client(redis_url: str) -> AsyncIterator[StoreClient]:
    client = StoreClient(redis_url)
    await client.warm_up()
    yield client
    await client.aclose()


@pytest.fixture(name="keys")
def _keys(namespace: str) -> Keys:
    return Keys(_SECRET, namespace=namespace)


@pytest.fixture(name="customers")
async def _customers(client: StoreClient, keys: Keys) -> CustomerStore:
    return CustomerStore(await claimed(client, keys))


def _change(at: datetime = _NOW, *, lifts: tuple[Lift, ...] = (), **fields: object) -> Change:
    return Change(profile=Profile(**fields), observed_at=at, lifts=lifts)  # type: ignore[arg-type]


async def test_nothing_is_kept_of_a_stranger(customers: CustomerStore) -> None:
    """Of a customer nobody told about, nothing is kept, which is knowledge."""
    assert await customers.read("K-17") is None


async def test_what_is_stored_is_read(customers: CustomerStore) -> None:
    """What an update gives back is what the next call reads."""
    change = _change(
        goal="a house",
        attributes={"bank.pin_used": False},
        suppressions=(_DNC,),
        consents=(_WITHDRAWN,),
    )
    stored = await updated(customers, "K-17", change)

    assert stored.profile.goal == "a house"
    assert stored.profile.seen["bank.pin_used"] == Seen(observed_at=_NOW)
    assert await customers.read("K-17") == stored


async def test_customers_are_kept_apart(customers: CustomerStore) -> None:
    """What is kept of one customer is not read for another."""
    await customers.update("K-17", _change(goal="a house"))

    assert await customers.read("K-18") is None


async def test_read_is_one_command(client: StoreClient, customers: CustomerStore) -> None:
    """A call pays for one round trip."""
    await customers.update("K-17", _change(goal="a house", suppressions=(_DNC,)))
    before = await client.read(lambda redis: redis.info("commandstats"))
    await customers.read("K-17")
    after = await client.read(lambda redis: redis.info("commandstats"))

    calls = {
        name: stats["calls"] - before.get(name, {"calls": 0})["calls"]
        for name, stats in after.items()
    }
    assert {name: count for name, count in calls.items() if count} == {
        "cmdstat_mget": 1,
        "cmdstat_info": 1,
    }


async def test_concurrent_updates_all_count(customers: CustomerStore) -> None:
    """Updates at the same time each change their own field, and none undoes another's."""
    names = [f"bank.fact_{number}" for number in range(8)]
    await asyncio.gather(
        *(customers.update("K-17", _change(attributes={name: True})) for name in names)
    )
    stored = await customers.read("K-17")

    assert isinstance(stored, Stored)
    assert sorted(stored.profile.attributes) == names


async def _remember(client: StoreClient, keys: Keys, *facts: LearnedFact) -> None:
    record = memory_record(Memory(facts=facts, first_at=_NOW))
    await client.write(lambda redis: redis.set(keys.customer("K-17").memory, record))


def _learned(name: str, value: str | frozenset[str]) -> LearnedFact:
    return LearnedFact(name=name, value=value, learned_at=_NOW, source="learned")


async def test_an_edit_takes_what_was_learned_out_of_the_memory(
    client: StoreClient, keys: Keys, customers: CustomerStore
) -> None:
    """001-21: only a change that names a field takes back what was learned of it before."""
    goal = _learned("goal", "a boat")
    meal = _learned("quiet_times", frozenset({"19:00-20:00"}))
    pin = _learned("bank.pin_used", "yes")
    await _remember(client, keys, goal, meal, pin)
    assert await customers.read("K-17") == Stored(expired=True, learned=(goal, meal, pin))
    told = Profile(goal="a house", seen={"quiet_times": Seen(observed_at=_NOW - _DAY)})
    await customers.update("K-17", Change(profile=told, observed_at=_LATER))
    named = frozenset({"quiet_times", "bank.pin_used"})
    older = Change(profile=told, observed_at=_LATER, named=named)
    assert (await updated(customers, "K-17", older)).learned == (goal, meal, pin)
    newer = Change(profile=Profile(), observed_at=_LATER, named=named)
    assert (await updated(customers, "K-17", newer)).learned == (goal, pin)
    stored = await customers.read("K-17")
    assert isinstance(stored, Stored)
    assert stored.learned == (goal, pin)


async def test_a_memory_that_cannot_be_read_keeps_no_suppression_out(
    client: StoreClient, keys: Keys, customers: CustomerStore
) -> None:
    """A newer record stops an edit of what was learned, and no opt-out."""
    await client.write(lambda redis: redis.set(keys.customer("K-17").memory, '{"version":999}'))
    stored = await updated(customers, "K-17", _change(suppressions=(_DNC,)))
    assert stored.profile.suppressions == (_DNC,)
    edit = Change(profile=Profile(), observed_at=_NOW, named=frozenset({"goal"}))
    with pytest.raises(RecordUnreadable):
        await customers.update("K-17", edit)


async def test_update_gives_up_without_writing(client: StoreClient, keys: Keys) -> None:
    """A customer that others change all the time ends in an error, not in a lost update."""
    await claimed(client, keys)
    customers = CustomerStore(Overtaken(client, keys))

    with pytest.raises(StoreUnavailable, match="nothing was stored") as caught:
        await customers.update("K-17", _change(goal="a house"))

    assert caught.value.reason is Reason.CONTENDED
    assert await customers.read("K-17") is None


async def test_profile_expires_and_permissions_stay(
    client: StoreClient, keys: Keys, customers: CustomerStore
) -> None:
    """The profile is a cache; suppressions and consents outlive it, and the answer says so."""
    await customers.update(
        "K-17", _change(goal="a house", suppressions=(_DNC,), consents=(_WITHDRAWN,))
    )
    names = keys.customer("K-17")
    assert 0 < await client.read(lambda redis: redis.pttl(names.profile)) <= 30 * 86_400_000
    assert await client.read(lambda redis: redis.pttl(names.permissions)) == -1

    await client.write(lambda redis: redis.delete(names.profile))
    assert await customers.read("K-17") == Stored(
        profile=Profile(suppressions=(_DNC,), consents=(_WITHDRAWN,)), expired=True
    )


async def test_nothing_is_kept_for_ever_without_need(
    client: StoreClient, keys: Keys, customers: CustomerStore
) -> None:
    """A customer without suppressions and consents leaves nothing behind when the profile goes."""
    await customers.update("K-17", _change(goal="a house"))

    assert not await client.read(lambda redis: redis.exists(keys.customer("K-17").permissions))


async def test_suppressions_only_accumulate(customers: CustomerStore) -> None:
    """An update without suppressions, or with others, takes none away."""
    moratorium = Suppressed(source=Suppression.MORATORIUM, captured_at=_LATER)
    await customers.update("K-17", _change(suppressions=(_DNC,)))
    await customers.update("K-17", _change(_LATER, suppressions=()))
    stored = await updated(customers, "K-17", _change(_LATER, suppressions=(moratorium,)))

    assert stored.profile.suppressions == (_DNC, moratorium)


async def test_lifting_needs_its_basis_and_keeps_it(customers: CustomerStore) -> None:
    """A lift with its basis takes a suppression away; what was captured before stays away."""
    lift = Lift(source=Suppression.INTERNAL, basis="asked us to ring", lifted_at=_LATER)
    await customers.update("K-17", _change(suppressions=(_DNC,)))
    await customers.update("K-17", _change(_LATER, lifts=(lift,)))
    await customers.update("K-17", _change(_LATER, suppressions=(_DNC,)))

    assert await customers.read("K-17") == Stored(profile=Profile(), lifts=(lift,))


async def test_suppression_after_a_lift_stands(customers: CustomerStore) -> None:
    """Who asks again not to be called is not called."""
    lift = Lift(source=Suppression.INTERNAL, basis="asked us to ring", lifted_at=_NOW)
    again = Suppressed(source=Suppression.INTERNAL, captured_at=_LATER)
    await customers.update("K-17", _change(lifts=(lift,)))
    stored = await updated(customers, "K-17", _change(_LATER, suppressions=(again,)))

    assert stored.profile.suppressions == (again,)


def test_lift_takes_away_whatever_its_source_had() -> None:
    """A lift is not defeated by a clock that runs ahead; the latest lift of a source is kept."""
    ahead = Suppressed(source=Suppression.INTERNAL, captured_at=_LATER)
    first, second = (
        Lift(source=Suppression.INTERNAL, basis=basis, lifted_at=at)
        for basis, at in (("first", _NOW), ("second", _LATER))
    )
    before = Stored(profile=Profile(suppressions=(ahead,)), lifts=(second,))

    assert changed(before, _change(lifts=(first,))) == Stored(profile=Profile(), lifts=(second,))


async def test_same_update_again_changes_nothing(customers: CustomerStore) -> None:
    """An update whose answer was lost may be sent again."""
    lift = Lift(source=Suppression.DECEASED, basis="a mistake", lifted_at=_NOW)
    change = _change(goal="a house", suppressions=(_DNC,), consents=(_WITHDRAWN,), lifts=(lift,))

    assert await customers.update("K-17", change) == await customers.update("K-17", change)


async def test_newer_record_is_left_alone(
    client: StoreClient, keys: Keys, customers: CustomerStore
) -> None:
    """A record of a newer version makes the state unknown, and an update does not touch it."""
    name = keys.customer("K-17").permissions
    await client.write(lambda redis: redis.set(name, b'{"version":99,"new":true}'))

    assert await customers.read("K-17") == Unavailable(reason=Reason.UNREADABLE)
    with pytest.raises(RecordUnreadable):
        await customers.update("K-17", _change(goal="a house"))
    assert await client.read(lambda redis: redis.get(name)) == b'{"version":99,"new":true}'


async def test_keys_and_values_tell_no_id(
    client: StoreClient, customers: CustomerStore, namespace: str
) -> None:
    """The customer's id is in no key and no record."""
    await customers.update("customer-0815", _change(goal="a house", suppressions=(_DNC,)))
    keys = await client.write(lambda redis: redis.keys(f"{namespace}:*customer*"))
    values = await client.write(lambda redis: redis.mget(keys))

    assert len(keys) == 2
    assert not [text for text in (*keys, *values) if "0815" in str(text)]


async def test_reading_from_a_hanging_redis(own_redis: EmbeddedServer, keys: Keys) -> None:
    """A Redis that hangs makes the state unavailable, not empty and not an error."""
    assert own_redis.pid is not None
    client = StoreClient(own_redis.url)
    await client.warm_up()
    customers = CustomerStore(await claimed(client, keys))
    os.kill(own_redis.pid, signal.SIGSTOP)
    try:
        first, second = await customers.read("K-17"), await customers.read("K-17")
        with pytest.raises(StoreUnavailable):
            await customers.update("K-17", _change(goal="a house"))
    finally:
        os.kill(own_redis.pid, signal.SIGCONT)
        await client.aclose()

    assert first == Unavailable(reason=Reason.TIMEOUT)
    assert second == Unavailable(reason=Reason.BREAKER_OPEN)


async def test_full_redis_still_answers_reads(own_redis: EmbeddedServer, keys: Keys) -> None:
    """A full Redis takes no update, keeps both records as they were, and still answers calls."""
    client = StoreClient(own_redis.url)
    customers = CustomerStore(await claimed(client, keys))
    stored = await updated(customers, "K-17", _change(goal="a house", suppressions=(_DNC,)))
    async with Redis.from_url(own_redis.url) as operator:
        await operator.config_set("maxmemory", "1")

    with pytest.raises(StoreFull):
        await customers.update("K-17", _change(_LATER, goal="a boat"))
    assert await customers.read("K-17") == stored
    await client.aclose()


async def test_acknowledged_update_survives_kill_9(own_redis: EmbeddedServer, keys: Keys) -> None:
    """An update that was acknowledged is there after `kill -9` of Redis."""
    assert own_redis.pid is not None
    client = StoreClient(own_redis.url)
    customers = CustomerStore(await claimed(client, keys))
    stored = await updated(customers, "K-17", _change(suppressions=(_DNC,)))
    os.kill(own_redis.pid, signal.SIGKILL)
    async with asyncio.timeout(10):
        while not isinstance(read := await customers.read("K-17"), Stored):
            await asyncio.sleep(0.01)
    await client.aclose()

    assert read == stored


async def test_lost_answer_is_settled_by_trying_again(
    own_redis: EmbeddedServer, keys: Keys
) -> None:
    """An update whose answer was lost is an error, and trying again has one effect."""
    async with FaultProxy(urlsplit(own_redis.url).path) as proxy:
        client = StoreClient(proxy.url)
        await client.warm_up()
        customers = CustomerStore(await claimed(client, keys))
        proxy.swallow_replies = True
        with pytest.raises(StoreUnavailable) as caught:
            await customers.update("K-17", _change(suppressions=(_DNC,)))
        await client.aclose()
    direct = StoreClient(own_redis.url)
    settled = await updated(
        CustomerStore(await claimed(direct, keys)), "K-17", _change(suppressions=(_DNC,))
    )
    await direct.aclose()

    assert caught.value.reason is Reason.TIMEOUT
    assert settled.profile.suppressions == (_DNC,)
