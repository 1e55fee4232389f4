"""The service put together: every collaborator is made here, once, and handed to its users."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from prometheus_client import CollectorRegistry, start_http_server
from structlog.typing import FilteringBoundLogger

from advisor.server.accounts import Accounts
from advisor.server.addresses import listening_address, loopback
from advisor.server.advisor_service import AdvisorService
from advisor.server.aftermath import Aftermath
from advisor.server.callbacks import CallbackService
from advisor.server.calls import Method, Reception
from advisor.server.clocks import Clock
from advisor.server.customer_service import CustomerService
from advisor.server.due_promises import DuePromises
from advisor.server.endpoint import Endpoint
from advisor.server.evidence import Evidence
from advisor.server.guiding import GuidedCall
from advisor.server.health import Health
from advisor.server.imports import Imports
from advisor.server.live import LiveCalls
from advisor.server.metrics import Metrics
from advisor.server.outcomes import Outcomes
from advisor.server.packs import LoadedPack, Packs, Preparer, load_pack
from advisor.server.promise_context import PromiseContexts
from advisor.server.promise_keeper import PromiseKeeper
from advisor.server.recent import RecentCalls
from advisor.server.rule_service import RuleService
from advisor.server.settings import Settings
from advisor.server.store_watch import StoreWatch
from advisor.server.stores import Store, StoreSurroundings, opened_store
from advisor.server.streams import Conversation, Watch
from advisor.v1 import (
    advisor_service_pb2,
    callback_service_pb2,
    customer_service_pb2,
    rule_service_pb2,
)

ADVISOR: Final[ServiceDescriptor] = advisor_service_pb2.DESCRIPTOR.services_by_name[
    "AdvisorService"
]
CUSTOMER: Final[ServiceDescriptor] = customer_service_pb2.DESCRIPTOR.services_by_name[
    "CustomerService"
]
CALLBACK: Final[ServiceDescriptor] = callback_service_pb2.DESCRIPTOR.services_by_name[
    "CallbackService"
]
RULE: Final[ServiceDescriptor] = rule_service_pb2.DESCRIPTOR.services_by_name["RuleService"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the service is given from outside.

    Attributes:
        clock: Tells the time.
        log: Where lines go.
        registry: Where metrics are registered.
        new_id: Makes ids of decisions and of faults.
    """

    clock: Clock
    log: FilteringBoundLogger
    registry: CollectorRegistry
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Running:
    """A service that answers.

    Attributes:
        address: Where gRPC is served.
        metrics_address: Where metrics are served; empty where they are not.
        pack: The pack that decides.
    """

    address: str
    metrics_address: str
    pack: LoadedPack


@asynccontextmanager
async def service(settings: Settings, given: Surroundings) -> AsyncIterator[Running]:
    """Run the service; it drains at the end of the context.

    Raises:
        AddressRefused: It was told to listen where others than this machine could reach it.
        PackUnreadable: The folder of rules cannot be read.
        PackRefused: The pack has mistakes.
        StoreError: The embedded server cannot be used, or Redis is set up unsuitably.
        OSError: An address is taken.
    """
    address = listening_address("ADVISOR_LISTEN", settings.listen)
    metrics = Metrics(given.registry)
    async with AsyncExitStack() as stack:
        preparer = Preparer()
        stack.callback(preparer.close)
        loaded, files = await load_pack(settings.rules, preparer, given.clock)
        metrics.pack.labels(loaded.pack.version).set(1)
        metrics.rules.set(len(loaded.pack.rules))
        around = StoreSurroundings(clock=given.clock, log=given.log, metrics=metrics)
        store = await stack.enter_async_context(opened_store(settings, around))
        packs = Packs(loaded, files, preparer=preparer, store=store.packs, clock=given.clock)
        keeping = asyncio.create_task(packs.keep())
        stack.push_async_callback(_end, keeping)
        aftermath = Aftermath(log=given.log, metrics=metrics)
        stack.push_async_callback(aftermath.finish)
        keeper = PromiseKeeper(
            loaded=packs.current, store=store, clock=given.clock, log=given.log, metrics=metrics
        )
        stack.push_async_callback(_end, asyncio.create_task(keeper.run()))
        metrics_address = _serve_metrics(settings, given.registry, stack)
        health = Health()
        endpoint = _Parts(
            settings=settings,
            given=given,
            metrics=metrics,
            health=health,
            packs=packs,
            preparer=preparer,
            store=store,
            aftermath=aftermath,
            keeper=keeper,
            recent=RecentCalls(),
        ).endpoint()
        port = endpoint.bind(address)
        await _watch(store, health, given.log, metrics, stack)
        for name in ("", ADVISOR.full_name, RULE.full_name):
            await health.say(name, serving=True)
        await endpoint.start()
        stack.push_async_callback(endpoint.stop, timedelta(milliseconds=settings.drain_ms))
        running = Running(_reached(address, port), metrics_address, loaded)
        given.log.info(
            "advisor.started",
            address=running.address,
            metrics_address=running.metrics_address,
            pack_version=loaded.pack.version,
            rules=len(loaded.pack.rules),
        )
        yield running
        given.log.info("advisor.draining")
    given.log.info("advisor.stopped")


async def serve(
    settings: Settings,
    given: Surroundings,
    stop: asyncio.Event,
    on_running: Callable[[Running], None] = lambda _running: None,
) -> None:
    """Run the service until it is told to stop, then drain.

    Args:
        settings: The settings.
        given: What comes from outside.
        stop: Set to stop.
        on_running: Called once the service answers.

    Raises:
        AddressRefused, PackUnreadable, PackRefused, StoreError, OSError: As `service`.
    """
    async with service(settings, given) as running:
        on_running(running)
        await stop.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """The parts of one service, from which its endpoint is made."""

    settings: Settings
    given: Surroundings
    metrics: Metrics
    health: Health
    packs: Packs
    preparer: Preparer
    store: Store
    aftermath: Aftermath
    keeper: PromiseKeeper
    recent: RecentCalls

    def endpoint(self) -> Endpoint:
        """Make the endpoint with all services."""
        reception = Reception(
            limit=self.settings.max_concurrent_calls,
            streams=self.settings.max_streams,
            log=self.given.log,
            metrics=self.metrics,
            new_id=self.given.new_id,
        )
        services = {
            ADVISOR: self._advisor(),
            CUSTOMER: self._customer(),
            CALLBACK: self._callback(),
            RULE: self._rule(),
        }
        handlers: list[grpc.GenericRpcHandler] = [
            reception.handler(descriptor, methods) for descriptor, methods in services.items()
        ]
        endpoint = Endpoint(
            handlers=handlers,
            reception=reception,
            health_service=self.health,
            max_message_bytes=self.settings.max_message_bytes,
        )
        if self.settings.reflection:
            endpoint.reflect(descriptor.full_name for descriptor in services)
        return endpoint

    def _advisor(self) -> Mapping[str, Method | Watch | Conversation]:
        answers = AdvisorService(
            loaded=self.packs.current,
            store=self.store,
            recent=self.recent,
            aftermath=self.aftermath,
            clock=self.given.clock,
            new_id=self.given.new_id,
            metrics=self.metrics,
        )
        live = LiveCalls(
            packs=self.packs,
            store=self.store,
            recent=self.recent,
            clock=self.given.clock,
            metrics=self.metrics,
            heartbeat=timedelta(milliseconds=self.settings.heartbeat_ms),
        )
        evidence = Evidence(loaded=self.packs.current, store=self.store)
        soon = self.settings.advise_deadline_ms / 1000
        usual = self.settings.deadline_ms / 1000
        return {
            "Advise": Method("advisor.call_advised", soon, answers.advise),
            "ReportCallEvent": Method("advisor.event_answered", usual, live.report_call_event),
            "GuideCall": Conversation(
                "advisor.call_guided",
                usual,
                lambda: GuidedCall(answers.advise, live.report_call_event).step,
            ),
            "WatchGuidance": Watch("advisor.guidance_watched", live.watch_guidance),
            "ListLiveCalls": Method("advisor.live_calls_listed", usual, live.list_live_calls),
            "RecordOutcome": Method(
                "advisor.outcome_recorded", usual, self._outcomes().record_outcome
            ),
            "ExplainDecision": Method(
                "advisor.decision_explained", usual, evidence.explain_decision
            ),
            "LookupCallReference": Method(
                "advisor.reference_looked_up", usual, evidence.lookup_call_reference
            ),
        }

    def _outcomes(self) -> Outcomes:
        return Outcomes(
            loaded=self.packs.current,
            store=self.store,
            aftermath=self.aftermath,
            clock=self.given.clock,
            metrics=self.metrics,
        )

    def _customer(self) -> Mapping[str, Method]:
        answers = CustomerService(
            loaded=self.packs.current, customers=self.store.customers, clock=self.given.clock
        )
        accounts = Accounts(loaded=self.packs.current, store=self.store, clock=self.given.clock)
        imports = Imports(loaded=self.packs.current, store=self.store, clock=self.given.clock)
        deadline = self.settings.deadline_ms / 1000
        return {
            "ImportCustomers": Method(
                "advisor.customers_imported",
                self.settings.import_deadline_ms / 1000,
                imports.import_customers,
            ),
            "RecordSignal": Method(
                "advisor.signal_recorded", deadline, self._outcomes().record_signal
            ),
            "GetEngagementCard": Method(
                "advisor.card_shown", deadline, accounts.get_engagement_card
            ),
            "ExportCustomer": Method(
                "advisor.customer_exported", deadline, accounts.export_customer
            ),
            "DeleteCustomer": Method(
                "advisor.customer_deleted", deadline, accounts.delete_customer
            ),
            "GetCustomer": Method("advisor.customer_read", deadline, answers.get_customer),
            "UpdateCustomer": Method("advisor.customer_updated", deadline, answers.update_customer),
        }

    def _callback(self) -> Mapping[str, Method | Watch | Conversation]:
        contexts = PromiseContexts(
            packs=self.packs, store=self.store, recent=self.recent, clock=self.given.clock
        )
        answers = CallbackService(
            loaded=self.packs.current,
            contexts=contexts,
            store=self.store,
            aftermath=self.aftermath,
            clock=self.given.clock,
            metrics=self.metrics,
        )
        due = DuePromises(
            loaded=self.packs.current,
            contexts=contexts,
            store=self.store,
            keeper=self.keeper,
            clock=self.given.clock,
            heartbeat=timedelta(milliseconds=self.settings.heartbeat_ms),
        )
        usual = self.settings.deadline_ms / 1000
        return {
            "ProposeSlots": Method("advisor.slots_proposed", usual, answers.propose_slots),
            "MakePromise": Method("advisor.promise_made", usual, answers.make_promise),
            "ReschedulePromise": Method("advisor.promise_moved", usual, answers.reschedule_promise),
            "CancelPromise": Method("advisor.promise_cancelled", usual, answers.cancel_promise),
            "ClaimDuePromises": Method("advisor.promises_claimed", usual, due.claim_due_promises),
            "ReleaseClaim": Method("advisor.claim_released", usual, due.release_claim),
            "WatchDuePromises": Watch("advisor.promises_watched", due.watch_due_promises),
            "ListPromises": Method("advisor.promises_listed", usual, due.list_promises),
            "SetSlotCapacity": Method("advisor.capacity_set", usual, due.set_slot_capacity),
        }

    def _rule(self) -> Mapping[str, Method]:
        answers = RuleService(
            loaded=self.packs.current, preparer=self.preparer, clock=self.given.clock
        )
        usual = self.settings.deadline_ms / 1000
        long = self.settings.workbench_deadline_ms / 1000
        return {
            "GetPack": Method("advisor.pack_shown", usual, answers.get_pack),
            "ListRules": Method("advisor.rules_listed", usual, answers.list_rules),
            "CheckPack": Method("advisor.pack_checked", long, answers.check_pack),
            "EvaluatePack": Method("advisor.pack_evaluated", long, answers.evaluate_pack),
        }


def _serve_metrics(settings: Settings, registry: CollectorRegistry, stack: AsyncExitStack) -> str:
    if not settings.metrics_listen:
        return ""
    address = loopback("ADVISOR_METRICS_LISTEN", settings.metrics_listen)
    server, thread = start_http_server(address.port, str(address.host), registry)

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    stack.callback(close)
    return f"{address.host}:{server.server_port}"


async def _watch(
    store: Store,
    health: Health,
    log: FilteringBoundLogger,
    metrics: Metrics,
    stack: AsyncExitStack,
) -> None:
    watch = StoreWatch(
        look=store.look,
        services=(CUSTOMER.full_name, CALLBACK.full_name),
        health=health,
        log=log,
        metrics=metrics,
    )
    await watch.look()
    stack.push_async_callback(_end, asyncio.create_task(watch.run()))


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _reached(address: str, port: int) -> str:
    return address if address.startswith("unix:") else f"{address.rpartition(':')[0]}:{port}"
