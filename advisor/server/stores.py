"""The store of a service: the Redis that a setting names, or an embedded server of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from structlog.typing import FilteringBoundLogger

from advisor.server.clocks import Clock
from advisor.server.metrics import Metrics
from advisor.server.settings import DurabilityDemand, Settings
from advisor.server.steward import Steward
from advisor.store.calls import CallStore
from advisor.store.changes import ChangeFeed
from advisor.store.client import ClientSettings, StoreClient
from advisor.store.customers import CustomerStore
from advisor.store.durability import Durability, Promise
from advisor.store.embedded.server import EmbeddedServer, ServerChange, ServerEvent
from advisor.store.erasure import ErasureStore
from advisor.store.errors import StoreUnavailable
from advisor.store.evidence import EvidenceStore
from advisor.store.journal import Journal
from advisor.store.keys import Keys
from advisor.store.live import LiveStore
from advisor.store.marks import Marks
from advisor.store.memories import MemoryStore
from advisor.store.packs import PackStore
from advisor.store.queue import QueueStore
from advisor.store.retention import Retention
from advisor.store.secret import given_secret, kept_secret
from advisor.store.slots import SlotStore
from advisor.store.suitability import StoreReport, check, examined
from advisor.store.vault import Vault, ping
from advisor.store.weather import WeatherStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """What the services use of the store.

    Attributes:
        customers: What is kept of customers.
        calls: What calls leave while they are under way.
        evidence: What explains decisions and references later.
        live: What happens in calls.
        changes: Tells when something has.
        packs: The packs that calls began with.
        memories: What is remembered of customers.
        erasure: All that is kept of one customer, to give out or to erase.
        weather: What makes itself felt to all customers.
        queue: Promises that are owed, due, claimed, overdue.
        slots: What is promised, slot by slot.
        look: Asks the store for anything; raises a StoreError where it does not answer.
    """

    customers: CustomerStore
    calls: CallStore
    evidence: EvidenceStore
    live: LiveStore
    changes: ChangeFeed
    packs: PackStore
    memories: MemoryStore
    erasure: ErasureStore
    weather: WeatherStore
    queue: QueueStore
    slots: SlotStore
    look: Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSurroundings:
    """What the store is given from outside."""

    clock: Clock
    log: FilteringBoundLogger
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A connection, and what settings say of it; nobody has asked yet what kind of Redis it is."""

    client: StoreClient
    keys: Keys
    journal: Journal | None
    embedded: bool


@asynccontextmanager
async def opened_store(settings: Settings, given: StoreSurroundings) -> AsyncIterator[Store]:
    """Open the store; a Redis that does not answer yet is no reason not to start.

    Raises:
        StoreError: The embedded server cannot be used, Redis is set up unsuitably, or it holds
            less than its journal; the message says what to do.
    """
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(opened_client(settings, given.log))
        vault = await _vault(opened, settings, given.log)
        weather = WeatherStore(vault)
        steward = Steward(
            vault=vault,
            journal=opened.journal,
            weather=weather,
            clock=given.clock,
            log=given.log,
            metrics=given.metrics,
        )
        stack.push_async_callback(_end, asyncio.create_task(steward.run()))
        changes = ChangeFeed(opened.client, opened.keys)
        stack.push_async_callback(_end, asyncio.create_task(changes.run()))
        evidence = EvidenceStore(vault)
        yield Store(
            customers=CustomerStore(vault),
            calls=CallStore(vault),
            evidence=evidence,
            live=LiveStore(vault, evidence),
            changes=changes,
            packs=PackStore(vault),
            memories=MemoryStore(vault),
            erasure=ErasureStore(vault),
            weather=weather,
            queue=QueueStore(vault),
            slots=SlotStore(vault),
            look=lambda: opened.client.read(ping),
        )


@asynccontextmanager
async def opened_client(settings: Settings, log: FilteringBoundLogger) -> AsyncIterator[Opened]:
    """Start the embedded server where no other is named, and describe the connection.

    Raises:
        StoreError: The embedded server cannot be used, or a setting is wrong.
    """
    async with AsyncExitStack() as stack:
        if settings.redis_url is None:
            embedded = EmbeddedServer(settings.data, on_event=_reporter(log))
            await stack.enter_async_context(embedded)
            url, secret = embedded.url, kept_secret(settings.data)
        else:
            url = settings.redis_url.get_secret_value()
            key = settings.hmac_key
            secret = given_secret(None if key is None else key.get_secret_value())
        keys = Keys(secret, namespace=settings.namespace)
        journal = _journal(settings)
        client = StoreClient(
            url,
            ClientSettings(read_within=settings.store_budget_ms / 1000),
            # A Redis that was away at the start is examined before it is used.
            probe=partial(examined, keys=keys, journal=journal),
        )
        stack.push_async_callback(client.aclose)
        yield Opened(client=client, keys=keys, journal=journal, embedded=settings.redis_url is None)


def retention_of(settings: Settings) -> Retention:
    """Read from the settings how long records are kept."""
    return Retention(
        profile=timedelta(days=settings.profile_days),
        memory=timedelta(days=settings.memory_days),
        settle=timedelta(minutes=settings.settle_minutes),
        decision=timedelta(days=settings.decision_days),
        reference=timedelta(days=settings.reference_days),
        outcome=timedelta(days=settings.outcome_days),
        applied=timedelta(days=settings.idempotency_days),
        number=timedelta(days=settings.number_days),
    )


async def _vault(opened: Opened, settings: Settings, log: FilteringBoundLogger) -> Vault:
    """Ask what kind of Redis it is, and say what it could lose."""
    promise = _wanted(settings, embedded=opened.embedded)
    try:
        report = await check(opened.client, opened.keys, opened.journal)
        await opened.client.warm_up()
    except StoreUnavailable as error:
        log.warning("advisor.store_unavailable", why=error.reason.value)
    else:
        promise = report.promise(promise)
        for concern in (*report.concerns, *_concerns(opened, report, promise)):
            log.warning("advisor.store_concern", why=concern)
    marks = Marks(kept_only=promise.level is Durability.REPLICA)
    if opened.journal is not None:
        marks.expect(opened.journal.heads())
    return Vault(
        client=opened.client,
        keys=opened.keys,
        marks=marks,
        promise=promise,
        retention=retention_of(settings),
        journaled=opened.journal is not None,
    )


def _wanted(settings: Settings, *, embedded: bool) -> Promise:
    demand = settings.durability
    if demand is None:
        demand = DurabilityDemand.DISK if embedded else DurabilityDemand.MEMORY
    return Promise(level=Durability[demand.name], replicas=settings.durability_replicas)


def _concerns(opened: Opened, report: StoreReport, promise: Promise) -> Iterator[str]:
    if opened.journal is None:
        yield (
            "There is no change journal: what Redis loses is lost, and nobody can tell. Name a"
            " folder (ADVISOR_JOURNAL)."
        )
    if promise.level is Durability.DISK and report.synced == "everysec":
        yield (
            "ADVISOR_DURABILITY is disk and Redis syncs once a second: writes wait for it, and many"
            " will be UNAVAILABLE. Set `appendfsync always`."
        )
    if opened.client.fails_over and promise.level is not Durability.REPLICA:
        yield (
            f"ADVISOR_DURABILITY is {promise.level.word}: a failover may lose answered writes, and"
            " what is kept of these customers is then unknown until `advisor restore`. Set"
            " `replica`."
        )
    if promise.level is Durability.REPLICA and report.replicas < promise.replicas:
        yield (
            f"ADVISOR_DURABILITY is replica and {report.replicas} of {promise.replicas} replicas"
            " follow: every write will be UNAVAILABLE."
        )


def _journal(settings: Settings) -> Journal | None:
    if settings.journal is not None:
        return Journal(settings.journal)
    return Journal(settings.data / "journal") if settings.redis_url is None else None


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _reporter(log: FilteringBoundLogger) -> Callable[[ServerEvent], None]:
    def report(event: ServerEvent) -> None:
        say = log.info if event.change is ServerChange.READY else log.warning
        say(f"advisor.embedded_server_{event.change.value}", why=event.detail)

    return report
