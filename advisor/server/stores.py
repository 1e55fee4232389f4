"""The store of a service: the Redis that a setting names, or an embedded server of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from structlog.typing import FilteringBoundLogger

from advisor.server.settings import Settings
from advisor.store.calls import CallStore
from advisor.store.client import ClientSettings, StoreClient
from advisor.store.customers import CustomerStore
from advisor.store.embedded.server import EmbeddedServer, ServerChange, ServerEvent
from advisor.store.errors import StoreUnavailable
from advisor.store.evidence import EvidenceStore
from advisor.store.keys import Keys
from advisor.store.memories import MemoryStore
from advisor.store.secret import given_secret, kept_secret
from advisor.store.suitability import check, examined
from advisor.store.vault import Vault, ping


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """What the services use of the store.

    Attributes:
        customers: What is kept of customers.
        calls: What calls leave while they are under way.
        evidence: What explains decisions and references later.
        memories: What is remembered of customers.
        look: Asks the store for anything; raises a StoreError where it does not answer.
    """

    customers: CustomerStore
    calls: CallStore
    evidence: EvidenceStore
    memories: MemoryStore
    look: Callable[[], Awaitable[object]]


@asynccontextmanager
async def opened_store(settings: Settings, log: FilteringBoundLogger) -> AsyncIterator[Store]:
    """Open the store; a Redis that does not answer yet is no reason not to start.

    Raises:
        StoreError: The embedded server cannot be used, or Redis is set up unsuitably; the message
            says what to do.
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
        client = StoreClient(
            url,
            ClientSettings(read_within=settings.store_budget_ms / 1000),
            # A Redis that was away at the start is examined before it is used.
            probe=partial(examined, keys=keys),
        )
        stack.push_async_callback(client.aclose)
        try:
            report = await check(client, keys)
            await client.warm_up()
        except StoreUnavailable as error:
            log.warning("advisor.store_unavailable", why=error.reason.value)
        else:
            for concern in report.concerns:
                log.warning("advisor.store_concern", why=concern)
        vault = Vault(client, keys)
        yield Store(
            customers=CustomerStore(vault),
            calls=CallStore(vault),
            evidence=EvidenceStore(vault),
            memories=MemoryStore(vault),
            look=lambda: client.read(ping),
        )


def _reporter(log: FilteringBoundLogger) -> Callable[[ServerEvent], None]:
    def report(event: ServerEvent) -> None:
        say = log.info if event.change is ServerChange.READY else log.warning
        say(f"advisor.embedded_server_{event.change.value}", why=event.detail)

    return report
