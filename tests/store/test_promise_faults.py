"""Faults of Redis while promises are made and claimed: none is lost, none is there twice."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis

from advisor.engagement.promises import PromiseState
from advisor.store.client import StoreClient
from advisor.store.drain import drained
from advisor.store.durability import Durability, Promise
from advisor.store.embedded.server import EmbeddedServer
from advisor.store.erasure import ErasureStore
from advisor.store.errors import Reason, StoreError, StoreUnavailable
from advisor.store.journal import Journal, files_of
from advisor.store.keys import Keys
from advisor.store.queued import Claim, Place
from advisor.store.restoring import restore
from advisor.store.suitability import check
from advisor.store.vault import Committed, Vault
from tests.faultproxy import FaultProxy
from tests.store.outcomes import settle
from tests.store.promises import NOW, SETTINGS, Desk, later

_KEYS = Keys(b"a secret of the tests")
_CUSTOMERS = tuple(f"K-{number}" for number in range(20))
_LEASE = timedelta(seconds=1)
#: Seconds that a busy machine may add to a budget, and the budget of a write.
_ROOM, _WRITE = 0.25, 0.5


@asynccontextmanager
async def opened(url: str, promise: Promise | None = None) -> AsyncIterator[Vault]:
    """Open a vault with the budgets of a service, and a journal to be drained."""
    client = StoreClient(url)
    await check(client, _KEYS)
    await client.warm_up()
    try:
        yield Vault(client, _KEYS, promise=promise or Promise(), journaled=True)
    finally:
        await client.aclose()


@pytest.fixture(name="desk")
async def _desk(own_redis: EmbeddedServer) -> AsyncIterator[Desk]:
    async with opened(own_redis.url) as vault:
        yield Desk(vault)


async def insisted(desk: Desk, request_id: str, customer_id: str) -> Committed:
    """Make a promise, again and again until it is acknowledged."""
    async with asyncio.timeout(15):
        while True:
            try:
                return await desk.make(request_id, customer_id)
            except StoreUnavailable:
                await asyncio.sleep(0.005)


async def must_agree(desk: Desk, *customers: str) -> list[str]:
    """Assert that memory, queue and slot agree once a steward has come round; give what is owed."""
    await desk.reconciled()
    promised = await desk.open_promises(*customers)
    assert await desk.in_queue("due", "leases") == promised
    assert await desk.in_queue("overdue") == promised
    assert await desk.owed() == promised
    assert await desk.in_slots(NOW) == sorted(map(desk.member, promised))
    return promised


async def test_a_lost_reply_is_one_promise(own_redis: EmbeddedServer, desk: Desk) -> None:
    """Fault 4: a promise whose reply was lost is one promise, with one answer, asked for again."""
    async with FaultProxy(urlsplit(own_redis.url).path) as proxy, opened(proxy.url) as vault:
        cut_off = Desk(vault)
        await cut_off.make("r-0")
        for number in range(1, 4):
            proxy.swallow_replies = True
            with pytest.raises(StoreUnavailable):
                await cut_off.make(f"r-{number}")
            proxy.swallow_replies = False
            answers = [await desk.make(f"r-{number}") for _time in range(2)]
            assert answers[0].answer == answers[1].answer
        promised = await must_agree(desk, "K-1")

    assert len(promised) == 4


async def test_a_slow_redis(own_redis: EmbeddedServer, desk: Desk) -> None:
    """Fault 3: with 200 ms each way a promise is made or refused in time, and never OK and lost."""
    clock = asyncio.get_running_loop().time
    async with FaultProxy(urlsplit(own_redis.url).path) as proxy, opened(proxy.url) as vault:
        proxy.delay = 0.2
        begun = clock()
        slowly = await asyncio.gather(
            *(Desk(vault).make(f"r-{number}", f"K-{number}") for number in range(4)),
            return_exceptions=True,
        )
        taken = clock() - begun
        proxy.delay = 0.0
    acknowledged = {each.answer.decode() for each in slowly if isinstance(each, Committed)}
    owed = set(await desk.open_promises(*_CUSTOMERS))
    for number in range(4):
        await desk.make(f"r-{number}", f"K-{number}")

    assert all(isinstance(each, Committed | StoreUnavailable) for each in slowly)
    assert acknowledged <= owed
    # Holding, reading, storing and saying twice, each within its budget.
    assert taken < 5 * _WRITE + _ROOM
    assert len(await must_agree(desk, *_CUSTOMERS)) == 4


async def test_connections_are_reset(own_redis: EmbeddedServer, desk: Desk) -> None:
    """Fault 13: with connections reset on the way, each promise is made once; none is lost."""
    async with FaultProxy(urlsplit(own_redis.url).path) as proxy, opened(proxy.url) as vault:
        shaky = Desk(vault)
        making = [
            asyncio.create_task(insisted(shaky, f"r-{number}", _CUSTOMERS[number % 5]))
            for number in range(20)
        ]
        for _time in range(8):
            proxy.reset()
            await asyncio.sleep(0.1)
        answers = {(await each).answer.decode() for each in making}

    assert set(await must_agree(desk, *_CUSTOMERS)) == answers
    assert len(answers) == 20


async def test_a_claim_of_which_nobody_heard_comes_back(
    own_redis: EmbeddedServer, desk: Desk
) -> None:
    """Faults 4, 15: a claim whose reply was lost is due again when its lease ends, to anybody."""
    await desk.make("r-1")
    clock = asyncio.get_running_loop().time
    async with FaultProxy(urlsplit(own_redis.url).path) as proxy, opened(proxy.url) as vault:
        cut_off = Desk(vault).queue
        [due] = await cut_off.peek(NOW, 1)
        proxy.swallow_replies = True
        with pytest.raises(StoreUnavailable):
            await cut_off.claim(NOW, 1, (), worker="deaf", lease=_LEASE)
        proxy.swallow_replies = False
        # The first look was lost on its way, so that nothing had been claimed; now it is.
        lost = await desk.queue.claim(NOW, 1, (), worker="killed", lease=_LEASE)
        begun = clock()
        claims: list[Claim] = []
        async with asyncio.timeout(10):
            while not claims:
                claims = await desk.queue.claim(NOW, 1, (), worker="next", lease=_LEASE)

    assert [each.place for each in claims] == [due.place] == [each.place for each in lost]
    assert clock() - begun < _LEASE.total_seconds() + _ROOM
    assert claims[0].token > lost[0].token


async def test_another_gives_back_what_a_dead_one_would_have(desk: Desk) -> None:
    """Fault 16: whoever dies while claims are given back holds no lock: anybody else does it."""
    for number in range(10):
        await desk.make(f"r-{number}", _CUSTOMERS[number])
    short = timedelta(milliseconds=1)
    claims = await desk.queue.claim(NOW, 10, (), worker="killed", lease=short)
    reclaiming = asyncio.create_task(desk.queue.peek(NOW, 10))
    await asyncio.sleep(0)
    reclaiming.cancel()
    async with asyncio.timeout(10):
        while len(found := await desk.queue.peek(NOW, 10)) < 10:
            """Their leases have not ended yet."""

    assert {each.place for each in found} == {each.place for each in claims}
    await must_agree(desk, *_CUSTOMERS)


async def test_the_same_id_over_another_connection_is_no_replica(
    own_redis: EmbeddedServer, tmp_path: Path
) -> None:
    """Fault 8: what no replica has is not OK, by whichever service it is asked for again."""
    demand = Promise(level=Durability.REPLICA, within_ms=50)
    async with Redis.from_url(own_redis.url) as primary:
        port = await listening(primary)
        async with (
            opened(own_redis.url, demand) as one,
            opened(own_redis.url, demand) as other,
            opened(own_redis.url, replace(demand, within_ms=5_000)) as patient,
        ):
            for vault in (one, other):
                assert await refused(Desk(vault).make("r-1")) is Reason.NOT_DURABLE
            async with EmbeddedServer(tmp_path / "replica", stop_within=0.2) as follower:
                async with Redis.from_url(follower.url) as redis:
                    await copied(redis, port)
                settled = await Desk(patient).make("r-1")
                assert follower.pid is not None
                os.kill(follower.pid, signal.SIGSTOP)
                try:
                    for vault in (one, other):
                        assert await refused(Desk(vault).make("r-2")) is Reason.NOT_DURABLE
                finally:
                    os.kill(follower.pid, signal.SIGCONT)
                again = await Desk(patient).make("r-2")
            promised = await must_agree(Desk(patient), "K-1")

    assert (settled.durability, settled.repeated) == (Durability.REPLICA, True)
    assert (again.durability, again.repeated) == (Durability.REPLICA, True)
    assert len(promised) == 2


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        (("min-replicas-to-write", "1", "0"), Reason.NO_REPLICAS),
        (("requirepass", "a password", ""), Reason.REFUSED),
    ],
)
async def test_a_redis_that_refuses(
    own_redis: EmbeddedServer, desk: Desk, setting: tuple[str, str, str], reason: Reason
) -> None:
    """Fault 11: each refusal has its own word for promises too, and a retry settles it."""
    async with Redis.from_url(own_redis.url) as operator:
        await operator.config_set(*setting[:2])
        await operator.client_kill_filter(_type="normal", skipme=True)
        with pytest.raises(StoreError) as caught:
            await desk.make("r-1")
        await operator.config_set(setting[0], setting[2])
    await desk.make("r-1")

    assert caught.value.reason is reason
    assert len(await must_agree(desk, "K-1")) == 1


async def test_a_redis_that_became_a_replica(own_redis: EmbeddedServer, desk: Desk) -> None:
    """Fault 11: a demoted server makes and claims nothing; when it leads again, all goes on."""
    await desk.make("r-1")
    async with Redis.from_url(own_redis.url) as operator:
        await operator.replicaof("127.0.0.1", "1")
        reasons = [
            await refused(desk.make("r-2")),
            await refused(desk.queue.claim(NOW, 1, (), worker="w", lease=_LEASE)),
        ]
        await operator.replicaof("NO", "ONE")
    await desk.make("r-2")

    assert reasons == [Reason.READ_ONLY] * 2
    assert len(await must_agree(desk, "K-1")) == 2


async def test_a_redis_that_cannot_save(own_redis: EmbeddedServer, desk: Desk) -> None:
    """Fault 11: MISCONF has its word, for promises, claims and outcomes; a retry settles it."""
    await desk.make("r-1")
    async with Redis.from_url(own_redis.url) as operator:
        # A snapshot that fails makes the server refuse writes.
        await operator.config_set("appendonly", "no")
        await operator.config_set("save", "3600 1")
        await operator.config_set("stop-writes-on-bgsave-error", "yes")
        where = await operator.config_get("dir", "dbfilename")
        target = Path(where["dir"] or "") / (where["dbfilename"] or "")
        target.unlink(missing_ok=True)
        target.mkdir()
        (target / "in-the-way").touch()
        await operator.bgsave()
        async with asyncio.timeout(10):
            while (await operator.info("persistence"))["rdb_last_bgsave_status"] != "err":
                """The snapshot has not failed yet."""
        reasons = [
            await refused(desk.make("r-2")),
            await refused(desk.queue.claim(NOW, 1, (), worker="w", lease=_LEASE)),
            await refused(settle(desk.memories, 1)),
        ]
        await operator.config_set("stop-writes-on-bgsave-error", "no")
        await operator.config_set("save", "")
    await desk.make("r-2")

    assert reasons == [Reason.NOT_PERSISTING] * 3
    assert len(await must_agree(desk, "K-1")) == 2


async def test_a_redis_that_is_loading(
    own_redis: EmbeddedServer, desk: Desk, tmp_path: Path
) -> None:
    """Fault 11: LOADING is LOADING, for promises, claims and outcomes; then each is stored once."""
    await desk.make("r-1")
    reasons: dict[str, set[Reason]] = {"promise": set(), "claim": set(), "outcome": set()}
    async with (
        EmbeddedServer(tmp_path / "other", stop_within=0.2) as other,
        Redis.from_url(own_redis.url) as own,
        Redis.from_url(other.url) as copy,
    ):
        ports = [await listening(each) for each in (own, copy)]
        await copied(copy, ports[0])
        await copy.replicaof("NO", "ONE")
        # What the copy lacks makes the server throw away its own data, and load all anew.
        await own.set("ballast", "")
        await copy.mset({f"ballast-{number}": "x" * 100 for number in range(500)})
        # What comes back from the copy is read slowly, and meanwhile the server answers.
        await own.config_set("loading-process-events-interval-bytes", 1024)
        await own.config_set("key-load-delay", 2_000)
        copying = asyncio.create_task(copied(own, ports[1]))
        while not copying.done():
            # Each with a connection of its own: one that was refused is not used again at once.
            async with opened_unseen(own_redis.url) as vault:
                reasons["promise"].add(await refused(Desk(vault).make("r-2")))
            async with opened_unseen(own_redis.url) as vault:
                claim = Desk(vault).queue.claim(NOW, 1, (), worker="w", lease=_LEASE)
                reasons["claim"].add(await refused(claim))
            async with opened_unseen(own_redis.url) as vault:
                reasons["outcome"].add(await refused(settle(Desk(vault).memories, 1)))
        await copying
        await own.replicaof("NO", "ONE")
        await insisted(desk, "r-2", "K-1")
        async with asyncio.timeout(10):
            # A server that writes its file anew does not end when it is asked to.
            while (await own.info("persistence"))["aof_rewrite_in_progress"]:
                await asyncio.sleep(0.005)

    assert all(Reason.LOADING in each for each in reasons.values())
    assert len(await must_agree(desk, "K-1")) == 2


async def listening(redis: Redis) -> int:
    """Let a server listen on a free port of loopback, and give it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    await redis.config_set("bind", "127.0.0.1")
    await redis.config_set("port", port)
    await redis.config_set("repl-diskless-sync-delay", 0)
    return port


async def copied(redis: Redis, port: int) -> None:
    """Let a server follow another, and wait until it has all."""
    await redis.replicaof("127.0.0.1", str(port))
    async with asyncio.timeout(15):
        while (await redis.info("replication"))["master_link_status"] != "up":
            await asyncio.sleep(0.005)


@asynccontextmanager
async def opened_unseen(url: str) -> AsyncIterator[Vault]:
    """Open a vault that has not asked the server anything yet."""
    client = StoreClient(url)
    try:
        yield Vault(client, _KEYS)
    finally:
        await client.aclose()


async def refused(work: Awaitable[object]) -> Reason:
    """Say why something was refused."""
    with pytest.raises(StoreUnavailable) as caught:
        await work
    return caught.value.reason


async def test_what_was_lost_is_unknown_and_comes_back_whole(
    own_redis: EmbeddedServer, desk: Desk, tmp_path: Path
) -> None:
    """Fault 14: after FLUSHALL nothing is said to be empty; the journal brings promises back.

    With them come the queue and the room in their slots: 0 lost, and nothing settled comes back.
    """
    journal = Journal(tmp_path / "journal")
    places = [desk.queue.place(each, "r-1") for each in _CUSTOMERS]
    for customer_id in _CUSTOMERS:
        await desk.make("r-1", customer_id)
    await desk.settle(places[0], PromiseState.RELEASED, "x")
    await desk.settle(places[1], PromiseState.MISSED, "x")
    await ErasureStore(desk.vault).erase(_CUSTOMERS[2])
    while await drained(desk.vault, journal, NOW):
        """Until nothing is left."""
    before = await must_agree(desk, *_CUSTOMERS)
    async with Redis.from_url(own_redis.url) as operator:
        await operator.flushall()
    asks = (
        desk.queue.peek(NOW, 1),
        desk.queue.claim(NOW, 1, (), worker="w", lease=_LEASE),
        desk.queue.overdue(NOW, 1),
        desk.queue.missed(NOW, 1),
        desk.queue.listed(None, None, 1),
        desk.queue.promises(places[:1]),
    )
    assert [await refused(ask) for ask in asks] == [Reason.LOST] * len(asks)
    await restore(desk.vault, files_of([journal.folder]))
    claims = await desk.queue.claim(NOW, 100, (), worker="w", lease=_LEASE)

    assert sorted(each.place.id for each in claims) == before
    assert await must_agree(desk, *_CUSTOMERS) == before
    assert [each.place for each in await desk.queue.missed(NOW, 9)] == [places[1]]
    assert (await desk.make("r-1", _CUSTOMERS[5])).repeated


async def test_an_older_copy_is_brought_up_to_date(
    own_redis: EmbeddedServer, desk: Desk, tmp_path: Path
) -> None:
    """Fault 14: an older copy of the data is unknown, and restored to what had become of it."""
    journal = Journal(tmp_path / "journal")
    place = desk.queue.place(_CUSTOMERS[0], "r-1")
    for customer_id in _CUSTOMERS[:5]:
        await desk.make("r-1", customer_id)
    async with Redis.from_url(own_redis.url) as operator:
        keys = [each async for each in operator.scan_iter()]
        copy = [(key, await operator.dump(key)) for key in keys]
        await desk.settle(place, PromiseState.KEPT, "x")
        await desk.make("r-2", _CUSTOMERS[0])
        while await drained(desk.vault, journal, NOW):
            """Until nothing is left."""
        before = await must_agree(desk, *_CUSTOMERS)
        await operator.flushall()
        for key, value in copy:
            await operator.restore(key, 0, value or b"")
    reason = await refused(desk.queue.peek(NOW, 9))
    await restore(desk.vault, files_of([journal.folder]))

    assert reason is Reason.LOST
    assert await must_agree(desk, *_CUSTOMERS) == before


async def test_the_clock_of_the_service_is_put_wrong(desk: Desk) -> None:
    """Fault 36: put ahead and back, each promise is claimed once; leases go by Redis' clock."""
    for number in range(6):
        await desk.make(f"r-{number}", due_at=later(30 * number))
    long = timedelta(hours=1)
    claimed: list[str] = []
    for minutes in (0, -60, 120, -60, 60, 30, 120, 180):
        claims = await desk.queue.claim(later(minutes), 10, (), worker="w", lease=long)
        claimed += [each.place.id for each in claims]
        assert await desk.queue.claim(later(minutes), 10, (), worker="x", lease=long) == []

    assert sorted(claimed) == await desk.open_promises("K-1")
    assert await desk.in_queue("due") == []


async def test_a_record_that_cannot_be_read_holds_nobody_up(desk: Desk) -> None:
    """A memory of a newer version, or a damaged one, is left; the promises of others are read."""
    for number in range(3):
        await desk.make("r-1", _CUSTOMERS[number])
    places = [desk.queue.place(each, "r-1") for each in _CUSTOMERS[:3]]
    damaged = desk.queue.owner(places[1]).memory
    await desk.vault.client.write(lambda redis: redis.set(damaged, b'{"version":99}'))

    found = await desk.queue.promises(places)

    assert [None if each is None else each.id for each in found] == [
        places[0].id,
        None,
        places[2].id,
    ]


async def test_only_what_is_not_owed_leaves_the_queue(desk: Desk) -> None:
    """A promise leaves the queue only where the memory is still the one that does not owe it."""
    await desk.make("r-1")
    place = desk.queue.place("K-1", "r-1")
    kept = (await desk.memories.read("K-1")).found
    await desk.queue.drop(place, b"as it was before")
    assert await must_agree(desk, "K-1") == [place.id]

    await desk.queue.drop(place, kept.memory)
    assert await desk.in_queue("due", "leases", "overdue") == await desk.owed() == []


async def test_a_word_to_a_slot_that_comes_too_late(desk: Desk) -> None:
    """What one service says late to a slot does not undo what another has said since."""
    await desk.make("r-1")
    place = desk.queue.place("K-1", "r-1")
    rooms = desk.vault.keys.shard(place.shard).queue[6]
    await desk.settle(place, PromiseState.RELEASED, "x")
    committed = await desk.make("r-2")
    second = Place.of(committed.answer.decode())
    assert second is not None
    mark = desk.vault.marks.expected(place.shard)
    assert mark is not None
    late = f"{mark.epoch}:1|keep|cards|{int(NOW.timestamp() * 1000)}"
    await desk.vault.client.write(lambda redis: redis.hset(rooms, place.member, late))
    await desk.slots.say(SETTINGS)

    assert await must_agree(desk, "K-1") == [second.id]


async def test_a_request_to_move_is_another_than_one_to_make(desk: Desk) -> None:
    """Two requests of different kinds with one id stand for two promises."""
    place = desk.queue.place("K-1", "r-1")

    assert desk.queue.place_beside(place, "r-1") != place
    assert desk.queue.place_beside(place, "r-1") == desk.queue.place_beside(place, "r-1")


async def test_what_was_missed_long_ago_is_forgotten(desk: Desk) -> None:
    """The list of missed promises does not grow for ever: after a week each is forgotten."""
    await desk.make("r-1")
    place = desk.queue.place("K-1", "r-1")
    await desk.settle(place, PromiseState.MISSED, "x")
    missed_at = NOW + SETTINGS.slot + SETTINGS.grace
    await desk.queue.forget_missed(missed_at + timedelta(days=7))
    kept = await desk.in_queue("missed")
    await desk.queue.forget_missed(missed_at + timedelta(days=7, seconds=1))

    assert (kept, await desk.in_queue("missed")) == ([place.id], [])
