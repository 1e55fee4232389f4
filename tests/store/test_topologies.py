"""One server, Sentinels and a cluster: the store is the same on each, and outlives its servers."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from redis.asyncio import Redis

from advisor.engagement.signals import Weather, WeatherKind
from advisor.engagement.slots import Callbacks
from advisor.facts.situation import Profile
from advisor.store.calls import Beginning, Begun, CallStore, decision_record
from advisor.store.changes import ChangeFeed
from advisor.store.cluster import primaries
from advisor.store.customers import Change, CustomerStore, Unavailable
from advisor.store.drain import drained
from advisor.store.erasure import ErasureStore
from advisor.store.errors import (
    IdReused,
    Reason,
    StoreMisconfigured,
    StoreUnavailable,
)
from advisor.store.evidence import EvidenceStore
from advisor.store.journal import Journal, files_of
from advisor.store.keys import SHARDS, Keys
from advisor.store.live import LiveStore
from advisor.store.live_records import VERSION, AgentRecord, EventRecord
from advisor.store.marks import Mark
from advisor.store.memories import MemoryStore
from advisor.store.overdue import settled
from advisor.store.packs import PackStore
from advisor.store.queue import QueueStore
from advisor.store.queued import milliseconds_at
from advisor.store.restoring import marks_of, restore
from advisor.store.scripts import together
from advisor.store.slots import SlotStore
from advisor.store.suitability import check
from advisor.store.vault import QueueChange, Vault
from advisor.store.weather import WeatherStore
from tests.store.outcomes import NOW, adding, causes, earned, identity, settle
from tests.store.services import ONE_REPLICA, UNHURRIED, a_call, opened
from tests.store.topologies import Clustered, Watched, clustered, watched

_WITHIN = 15.0


@pytest.fixture(scope="module", name="sentinels")
def _sentinels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Give servers under Sentinels that no test harms."""
    with watched(tmp_path_factory.mktemp("sentinels")) as group:
        yield group


@pytest.fixture(scope="module", name="cluster")
def _cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clustered]:
    """Give a cluster that no test harms for longer than it runs."""
    with clustered(tmp_path_factory.mktemp("cluster")) as group:
        yield group


@pytest.fixture(params=["one", "sentinels", "cluster"], name="any_url")
def _any_url(request: pytest.FixtureRequest) -> str:
    """Give the URL of each topology in turn."""
    if request.param == "one":
        url: str = request.getfixturevalue("redis_url")
    else:
        url = request.getfixturevalue(request.param).url
    return url


@pytest.fixture(name="vault")
async def _vault(any_url: str, namespace: str) -> AsyncIterator[Vault]:
    async with opened(any_url, namespace) as vault:
        yield vault


def an_event(number: int) -> EventRecord:
    """Make an event that an agent reports."""
    return EventRecord(
        version=VERSION,
        id=f"e-{number}",
        kind="answered",
        at=NOW + timedelta(seconds=number),
        agent=AgentRecord(id=f"agent-{number}"),
    )


async def advised(vault: Vault, call: Beginning) -> Begun:
    """Begin a call, and keep what explains the decision, as a service does."""
    begun = await CallStore(vault).begin(call)
    assert isinstance(begun, Begun)
    evidence = EvidenceStore(vault)
    opening = LiveStore(vault, evidence).opening(call.call_id, begun.session.decision_id, "agent-x")
    record = decision_record(begun, call, pack_version="v", request=b"q", response=b"a")
    await evidence.keep_decision(record, opening)
    return begun


async def test_customers_and_outcomes(vault: Vault) -> None:
    """What is told of customers in many shards is stored once, however often it is told."""
    customers, memories = CustomerStore(vault), MemoryStore(vault)
    change = Change(profile=Profile(goal="a house"), observed_at=NOW)
    for number in range(24):
        customer = f"K-{number}"
        await customers.update(customer, change)
        updated = await customers.update(customer, change)
        await settle(memories, number, customer)
        committed = await settle(memories, number, customer)
        with pytest.raises(IdReused):
            await memories.settle(
                customer,
                f"c-{number}",
                identity(number, "e" * 64),
                partial(adding, earned(number)),
            )
        signal = replace(identity(number), kind="signal")
        decide = partial(adding, earned(100 + number))
        await memories.settle(customer, None, signal, decide)
        heard = await memories.settle(customer, None, signal, decide)

        assert committed.repeated
        assert heard.repeated
        assert updated.durability is committed.durability is vault.promise.level
        read = await customers.read(customer)
        assert getattr(read, "profile", None) == updated.stored.profile
        assert await causes(memories, customer) == [f"o-{100 + number}", f"o-{number}"]


async def test_calls_and_their_events(vault: Vault) -> None:
    """A call is begun, found by its id, heard of once, listed, explained and forgotten."""
    evidence = EvidenceStore(vault)
    live, calls = LiveStore(vault, evidence), CallStore(vault)
    many = [a_call(number) for number in range(12)]
    begun = [await advised(vault, call) for call in many]
    again = [await calls.begin(call) for call in many]
    for number, call in enumerate(many):
        for repeated in (False, True):
            heard = await live.report(call.call_id, an_event(number), "d" * 64, ends=False)
            assert heard is not None
            assert (heard.repeated, heard.durability) == (repeated, vault.promise.level)
        assert await live.call_of(f"agent-{number}") == call.call_id
        assert await live.call_of("agent-x") == many[-1].call_id

    assert all(isinstance(each, Begun) and each.session.repeated for each in again)
    assert [name for name, _at in await live.listed(100)] == [
        call.call_id for call in reversed(many)
    ]
    found = await live.read_all([call.call_id for call in many])
    assert [each.kept.decision_id for each in found if each is not None] == [
        each.session.decision_id for each in begun
    ]
    referred = await evidence.reference(begun[3].session.reference)
    assert referred is not None
    assert referred.call_id == "call-3"
    await live.ended(many[0].call_id)
    await calls.release(many[1], begun[1].session.decision_id)
    await calls.settle_number(many[2].attempt, many[2].call_id)
    await calls.enter_numbers([call.attempt for call in many], NOW)
    assert len(await live.listed(100)) == len(many) - 1


async def test_all_that_is_kept_of_a_customer(vault: Vault) -> None:
    """A customer's records are given out and erased, also where they lie in other slots."""
    for number in range(8):
        call = replace(a_call(number), customer_id="K-1")
        await advised(vault, call)
    await settle(MemoryStore(vault), 1, "K-1")
    erasure = ErasureStore(vault)
    before = await erasure.export("K-1")
    await erasure.erase("K-1")
    after = await erasure.export("K-1")

    assert len(before.remembered.memory.holds) == 8
    assert len(before.others) >= 8
    assert (after.remembered.memory.holds, after.ledger, after.others) == ((), (), {})


async def test_what_the_steward_does(vault: Vault, tmp_path: Path) -> None:
    """All shards are drained and settled at once, weather and packs are kept, marks are read."""
    memories = MemoryStore(vault)
    for number in range(30):
        await CallStore(vault).begin(a_call(number))
    assert await settled(vault, NOW + timedelta(days=1)) == 30
    assert await settled(vault, NOW + timedelta(days=1)) == 0
    for number in range(30):
        await settle(memories, number, f"K-{number}")
    journal = Journal(tmp_path / "journal")
    count = 0
    while more := await drained(vault, journal, NOW):
        count += more
    assert count == 60
    await check(vault.client, vault.keys, journal)
    marks = await marks_of(vault)
    assert len(marks) == SHARDS
    assert sum(mark.count for mark in marks.values() if mark is not None) == 60

    storm = Weather(
        id="storm",
        kind=WeatherKind.OUTAGE,
        begins_at=NOW,
        ends_at=NOW + timedelta(hours=1),
    )
    weather, packs = WeatherStore(vault), PackStore(vault)
    assert await weather.tell(storm) is vault.promise.level
    assert await weather.refresh(NOW) == (storm,)
    assert await weather.refresh(NOW + timedelta(hours=2)) == ()
    await packs.keep("v", {"a.yaml": b"a"})
    assert await packs.files("v") == {"a.yaml": b"a"}


async def test_lost_data_is_restored(vault: Vault, tmp_path: Path) -> None:
    """Fault 14: what every server has lost is unknown, and the journal brings all of it back."""
    memories, journal = MemoryStore(vault), Journal(tmp_path / "journal")
    for number in range(30):
        await settle(memories, number, f"K-{number}")
    while await drained(vault, journal, NOW):
        """Until the journal has all."""
    await vault.client.write(partial(emptied, vault.keys))
    assert await CustomerStore(vault).read("K-3") == Unavailable(reason=Reason.LOST)

    restored = await restore(vault, files_of([journal.folder]))

    assert (restored.lines, restored.applied) == (30, 30)
    for number in range(30):
        assert await causes(memories, f"K-{number}") == [f"o-{number}"]
        assert (await settle(memories, number, f"K-{number}")).repeated


async def emptied(keys: Keys, redis: Redis) -> None:
    """Lose all that the servers hold of a namespace, as FLUSHALL would."""
    for primary in await primaries(redis):
        async for key in primary.scan_iter(f"{keys.layout.partition(':')[0]}:*"):
            await primary.delete(key)


async def test_promises_to_ring_back(vault: Vault) -> None:
    """Promises of all shards are listed, claimed once, given back, and held room for."""
    queue, slots = QueueStore(vault), SlotStore(vault)
    places = [queue.place(f"K-{number}", "r-1") for number in range(24)]
    due, settings = milliseconds_at(NOW), Callbacks(capacity=24)
    for place in places:
        room = await slots.hold(place, "cards", NOW, settings)
        assert room.free
        change = QueueChange(
            member=place.member,
            due=due,
            overdue=due + 3_600_000,
            owed=f"{due}|{due}||cards",
            room=f"keep|cards|{due}",
        )
        await queue.enqueue(place.shard, [change], Mark("restored-1", 0))
    known = {place.id for place in places}
    assert {each.place.id for each in await queue.peek(NOW, 100)} == known
    assert {each.place.id for each in await queue.listed(None, None, 100)} == known
    assert (await queue.backlog(NOW)).due == len(known)
    lease = timedelta(minutes=1)
    claimed = await queue.claim(NOW, 100, (), worker="dialer", lease=lease)
    assert {claim.place.id for claim in claimed} == known
    assert await queue.claim(NOW, 100, (), worker="another", lease=lease) == []
    assert await queue.unclaim(claimed[0].place, claimed[0].token, None)
    assert set(await queue.promises(places)) == {None}
    assert await slots.say(settings) == len(known)
    assert await slots.say(settings) == 0
    (full,) = await slots.set("cards", {NOW: 24}, settings)
    assert (full.taken, full.capacity) == (24, 24)
    await slots.recount(NOW, settings)
    await slots.refresh(settings)
    await queue.drop(places[0], None)
    assert places[0].id not in {each.place.id for each in await queue.listed(None, None, 100)}


async def test_watchers_hear_of_changes(any_url: str, vault: Vault, namespace: str) -> None:
    """Whoever watches a call or an agent is woken, whichever process and server it happened at."""
    await advised(vault, a_call(1))
    async with opened(any_url, namespace) as other:
        feed = ChangeFeed(other.client, other.keys)
        live = LiveStore(other, EvidenceStore(other))
        run = asyncio.create_task(feed.run())
        channels = (live.channel(call_id="call-1"), live.channel(agent_id="agent-5"))
        async with asyncio.timeout(_WITHIN):
            for channel in channels:
                async with feed.watching(channel) as changed:
                    await heard(vault, changed)
        run.cancel()
        await asyncio.wait((run,))


async def heard(vault: Vault, changed: asyncio.Event) -> None:
    """Report events until a watcher is woken by one."""
    live = LiveStore(vault, EvidenceStore(vault))
    number = 5
    while not changed.is_set():
        event = replace_id(an_event(5), f"{id(changed)}-{number}")
        await live.report("call-1", event, "d" * 64, ends=False)
        number += 1
        await asyncio.sleep(0.01)


def replace_id(event: EventRecord, event_id: str) -> EventRecord:
    """Give an event another id."""
    return EventRecord(
        version=event.version, id=event_id, kind=event.kind, at=event.at, agent=event.agent
    )


async def test_script_that_servers_have_forgotten(vault: Vault) -> None:
    """A server that has forgotten the scripts is told them, and the write is confirmed with it."""
    await vault.client.write(forgotten)
    committed = await settle(MemoryStore(vault), 1)
    begun = await CallStore(vault).begin(a_call(1))

    assert (committed.durability, committed.repeated) == (vault.promise.level, False)
    assert isinstance(begun, Begun)


async def forgotten(redis: Redis) -> None:
    """Have every primary forget the scripts."""
    for primary in await primaries(redis):
        await primary.script_flush()


async def test_every_primary_is_examined(cluster: Clustered, namespace: str) -> None:
    """One primary that evicts is reason enough to refuse a cluster; one without a file, to warn."""
    last = cluster.servers[2]
    async with opened(cluster.url, namespace) as vault:
        report = await check(vault.client, vault.keys)
        assert (report.append_only, report.synced, report.replicas) == (True, "everysec", 1)
        try:
            last.command("CONFIG", "SET", "appendonly", "no")
            assert not (await check(vault.client, vault.keys)).append_only
            last.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
            with pytest.raises(StoreMisconfigured, match="allkeys-lru"):
                await check(vault.client, vault.keys)
        finally:
            last.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
            last.command("CONFIG", "SET", "appendonly", "yes")


async def test_one_server_of_a_cluster_is_no_store(cluster: Clustered, namespace: str) -> None:
    """A URL that names one server of a cluster is refused, and says how to begin it."""
    with pytest.raises(StoreMisconfigured, match=r"redis\+cluster://"):
        async with opened(f"redis://{cluster.servers[0].address}", namespace):
            raise AssertionError("unreachable: it was refused")


async def test_servers_that_are_no_cluster(sentinels: Watched, namespace: str) -> None:
    """A URL of a cluster whose servers are none is refused, and says how to begin it."""
    with pytest.raises(StoreMisconfigured, match="are no cluster"):
        async with opened(f"redis+cluster://{sentinels.servers[0].address}", namespace):
            raise AssertionError("unreachable: it was refused")


async def test_service_that_no_sentinel_knows(sentinels: Watched, namespace: str) -> None:
    """A name that the Sentinels do not know is UNREACHABLE."""
    with pytest.raises(StoreUnavailable) as caught:
        async with opened(sentinels.url.replace("/calls/", "/others/"), namespace):
            raise AssertionError("unreachable: it was refused")
    assert caught.value.reason is Reason.UNREACHABLE


async def test_write_to_a_cluster_is_sent_once(cluster: Clustered, namespace: str) -> None:
    """A write whose answer does not come in time is not sent again."""
    key = f"{namespace}:n"
    owner = cluster.owner(key)
    swift = replace(UNHURRIED, write_within=0.1)
    async with opened(cluster.url, namespace, settings=swift) as vault:
        owner.signal(signal.SIGSTOP)
        try:
            with pytest.raises(StoreUnavailable) as caught:
                await vault.client.write(lambda redis: redis.incr(key))
        finally:
            owner.signal(signal.SIGCONT)
        async with asyncio.timeout(_WITHIN):
            while vault.client.is_open:
                await asyncio.sleep(0.01)
        count = await vault.client.write(lambda redis: redis.get(key))

    assert caught.value.reason is Reason.TIMEOUT
    assert count == b"1"


@pytest.mark.parametrize(
    "words",
    [("INFO",), ("SCRIPT LOAD", "return 1"), ("EVAL", "return 1", 0), ("WAIT", 1, 10), ("SCAN", 0)],
)
async def test_what_names_no_key_is_a_mistake(
    cluster: Clustered, namespace: str, words: tuple[str | int, ...]
) -> None:
    """A command that names no key has no server of a cluster, and is refused before it is sent."""
    async with opened(cluster.url, namespace) as vault:
        with pytest.raises(ValueError, match=words[0] if isinstance(words[0], str) else ""):
            await vault.client.write(lambda redis: together(redis, words))
        with pytest.raises(ValueError, match="transactions"):
            await vault.client.write(lambda redis: redis.pipeline().execute())


async def test_safety_is_the_least_of_all(cluster: Clustered, namespace: str) -> None:
    """A question after writes to several servers gives what the least safe of them says."""
    keys = [f"{namespace}:{number}" for number in range(20)]
    async with opened(cluster.url, namespace, promise=ONE_REPLICA) as vault:
        writes = [("SET", key, "v") for key in keys]
        *said, least = await vault.client.write(
            lambda redis: together(redis, *writes, ("WAIT", 1, 1_000))
        )
        follower = next(
            each
            for each in cluster.servers[3:]
            if each.fact("master_port") == cluster.owner(keys[7]).port
        )
        follower.signal(signal.SIGSTOP)
        try:
            *_said, less = await vault.client.write(
                lambda redis: together(redis, *writes, ("WAIT", 1, 50))
            )
        finally:
            follower.signal(signal.SIGCONT)

    assert said == [True] * len(keys)
    assert (least, less) == (1, 0)
